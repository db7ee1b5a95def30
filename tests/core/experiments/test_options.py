"""Options of commands that ask for experiments."""

import argparse
import dataclasses

import pytest

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments import Experiment
from rdpd_core.experiments.options import experiment_of, experiment_options, experiments_of, grid_option, place_options

BASE = Experiment(dataset="simulated_ecg", view="lead_I", seeds=2)


@pytest.fixture
def parser():
    made = argparse.ArgumentParser()
    for declare in (experiment_options, grid_option, place_options):
        declare(made)
    return made


def test_every_setting_has_an_option(parser):
    options = {action.dest for action in parser._actions}
    assert {f.name for f in dataclasses.fields(Experiment)} <= options


def test_an_experiment_is_what_was_asked(parser):
    words = ["dsads", "--view", "torso", "--arms", "rdpd", "direct", "--seeds", "7", "--noise", "0.5", "--recipe", "paper"]
    given = parser.parse_args(words)
    asked = {"dataset": "dsads", "view": "torso", "arms": ("direct", "rdpd"), "seeds": 7, "noise": 0.5, "recipe": "paper"}
    assert experiment_of(given) == Experiment(**asked)
    assert experiment_of(parser.parse_args(["dsads"])) == Experiment(dataset="dsads")


def test_a_grid_has_every_combination():
    found = experiments_of(BASE, ["noise=0, 0.5", "noise-on=poor,all"])
    assert [(e.noise, e.noise_on) for e in found] == [(0.0, "poor"), (0.0, "all"), (0.5, "poor"), (0.5, "all")]
    assert all((e.view, e.seeds) == ("lead_I", 2) for e in found)
    assert experiments_of(BASE, []) == [BASE]


def test_channels_and_arms_are_joined_by_plus():
    found = experiments_of(BASE, ["view=limb,I+II", "arms=direct,rdpd+direct"])
    assert [(e.view, e.arms) for e in found[2:]] == [("I,II", ("direct",)), ("I,II", ("direct", "rdpd"))]


def test_networks_are_set_by_role_or_for_all(parser):
    words = ["simulated_ecg", "--architecture", "student.filters=9", "segments=10", "teacher.second_conv=true"]
    found = experiment_of(parser.parse_args(words)).architecture
    assert found == {
        "teacher": {"segments": 10, "second_conv": True}, "student": {"segments": 10, "filters": 9}, "oracle": {"segments": 10},
    }  # fmt: skip
    grid = experiments_of(BASE, ["architecture=student.filters=4,student.filters=8+student.dropout=0.1"])
    assert [e.architecture["student"] for e in grid] == [{"filters": 4}, {"filters": 8, "dropout": 0.1}]


@pytest.mark.parametrize(
    ("axes", "kind", "reason"),
    [
        (["noise"], ParameterError, "give a setting once, with its values"),
        (["noise="], ParameterError, "give a setting once"),
        (["noise=0", "noise=1"], ParameterError, "give a setting once"),
        (["noyse=1"], UnknownNameError, "did you mean 'noise'"),
        (["=1"], UnknownNameError, "unknown setting"),
        (["dataset=dsads"], UnknownNameError, "unknown setting of a grid 'dataset'"),
        (["architecture=1"], ParameterError, "'1' sets nothing of a network"),
        (["noise=much"], ParameterError, "cannot be read as float"),
        (["seeds=0"], ParameterError, "outside"),
        (["view=limp"], UnknownNameError, "did you mean 'limb'"),
    ],
)
def test_a_wrong_axis_is_refused(axes, kind, reason):
    with pytest.raises(kind, match=reason):
        experiments_of(BASE, axes)
