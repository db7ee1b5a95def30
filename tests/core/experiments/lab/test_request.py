"""What may be asked of the lab, and how it is cut into subsets."""

import json

import pytest

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments import Experiment
from rdpd_core.experiments.lab import Lab, units_of
from rdpd_core.experiments.lab.subsets import count, every, grown

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF")


def test_all_subsets_of_the_limb_leads():
    lab = Lab(Experiment(dataset="simulated_ecg", seeds=3), names=LEADS)
    assert (lab.subsets, lab.students) == (63, 378)
    assert lab.base.view == "limb"
    assert lab.base.arms == ("teacher", "direct", "rdpd")
    assert len(every(6, 6)) == count(6, 6) == 63
    assert len(set(every(6, 6))) == 63


def test_groups_are_carried_as_one():
    lab = Lab(Experiment(dataset="dsads"), by="groups")
    assert lab.subsets == 31
    assert [len(unit.rows) for unit in lab.units] == [9] * 5


def test_a_lab_is_the_same_after_json():
    lab = Lab(Experiment(dataset="simulated_ecg", noise=0.5), names=("V5", "I"), search="beam", beam=2)
    again = Lab.from_dict(json.loads(json.dumps(lab.to_dict())))
    assert again == lab
    assert again.digest() == lab.digest()
    assert lab.base.view == "I,V5"


def test_a_beam_grows_the_kept_ones_by_one():
    assert grown([()], 3) == [(0,), (1,), (2,)]
    assert grown([(0,), (2,)], 4) == [(0, 1), (0, 2), (0, 3), (1, 2), (2, 3)]
    lab = Lab(Experiment(dataset="simulated_ecg"), search="beam", beam=1)
    assert lab.subsets == sum(range(1, 16))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({}, ParameterError, "32,767 subsets of up to 15 of 15 units; at most 4,096"),
        ({"names": ("I",)}, ParameterError, "at least two"),
        ({"names": ("I", "I")}, ParameterError, "named twice"),
        ({"names": ("I", "V9")}, UnknownNameError, "V9"),
        ({"by": "groups", "names": ("limb", "arm")}, UnknownNameError, "arm"),
        ({"by": "leads"}, ParameterError, "by='leads'"),
        ({"beam": 0, "names": LEADS}, ParameterError, "beam"),
    ],
)
def test_what_cannot_be_trained_is_said(changes, error, words):
    with pytest.raises(error, match=words.replace("(", r"\(")):
        Lab(Experiment(dataset="simulated_ecg"), **changes)


def test_students_of_other_widths_cannot_share_a_cohort():
    with pytest.raises(ParameterError, match="quarter"):
        Lab(Experiment(dataset="simulated_ecg", width="channels"), names=LEADS)


def test_units_keep_the_order_of_the_data_set():
    channels = Lab(Experiment(dataset="simulated_ecg"), names=LEADS).units
    assert [unit.name for unit in channels] == list(LEADS)
    from rdpd_core.datasets import DATASETS

    there = DATASETS.get("simulated_ecg").channels
    assert [unit.name for unit in units_of(there, "channels", ("V1", "I"))] == ["I", "V1"]
