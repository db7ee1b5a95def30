"""From experiments to a job: what it is called, how it is cut, and what is refused before anything is written."""

import pytest

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import JobFileError, MissingDataError, ParameterError
from rdpd_core.experiments import Experiment
from rdpd_core.experiments.study import grid
from rdpd_core.jobs.asking import spec_of, title_of

FEW = {"dataset": "simulated_ecg", "view": "lead_I", "seeds": 5}


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "RDPD and 5 more arms, lead_I, 5 seeds, simulated_ecg"),
        ({"arms": ("direct",), "seeds": 1}, "Direct, lead_I, 1 seed, simulated_ecg"),
        ({"arms": ("direct", "rdpd")}, "Direct and RDPD, lead_I, 5 seeds, simulated_ecg"),
        ({"arms": ("teacher", "direct", "distill")}, "Distill and 2 more arms, lead_I, 5 seeds, simulated_ecg"),
        ({"dataset": "dsads", "view": "torso", "split": "all"}, "RDPD and 5 more arms, torso, 5 seeds, 8 splits, dsads"),
    ],
)
def test_a_title_says_what_is_compared(changes, title):
    assert title_of([Experiment(**{**FEW, **changes})]) == title


def test_a_study_says_what_it_varies():
    base = Experiment(**FEW)
    assert title_of(grid(base, {"view": ["lead_I", "limb"], "noise_on": ["poor", "all"]})) == (
        "4 experiments over view and noise on, RDPD and 5 more arms, 5 seeds, simulated_ecg"
    )
    assert title_of(grid(base, {"seeds": ["1", "2"], "noise": ["0", "1"], "recipe": ["paper", "tuned"]})) == (
        "8 experiments over seeds, recipe and noise, RDPD and 5 more arms, lead_I, simulated_ecg"
    )


def test_what_is_too_large_for_one_piece_is_a_study():
    assert spec_of([Experiment(**FEW)]).kind == "experiment"
    assert spec_of([Experiment(**FEW), Experiment(**{**FEW, "noise": 1.0})]).kind == "study"
    assert spec_of([Experiment(**{**FEW, "seeds": 100})]).kind == "study"


def test_a_spec_holds_what_was_asked(tmp_path, monkeypatch):
    experiment = Experiment(**FEW)
    spec = spec_of(
        [experiment], title=" mine ", device="cpu", threads=3, gpus=0.0, watch="s1", checkpoint_s=1.0, keep_models=False
    )
    assert (spec.title, spec.device, spec.threads, spec.watch, spec.checkpoint_s, spec.keep_models) == (
        "mine",
        "cpu",
        3,
        "s1",
        1.0,
        False,
    )
    assert spec.asked() == [experiment]
    assert "torch" in spec.versions
    assert len(spec_of([experiment], title="x" * 5000).title) == 200


def test_the_place_of_data_is_that_of_whoever_asks(tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_DATA", str(tmp_path / "here"))
    assert spec_of([Experiment(**FEW)]).data_root == str(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    assert spec_of([Experiment(**FEW)], data_root="there").data_root == str(tmp_path / "there")
    monkeypatch.delenv("RDPD_DATA")
    assert spec_of([Experiment(**FEW)]).data_root is None
    monkeypatch.setenv("RDPD_DATA", str(tmp_path / "here"))
    assert spec_of([Experiment(**FEW)], engine="ray").data_root is None, "elsewhere data lies elsewhere"


def test_what_cannot_be_done_here_is_refused(toy, tmp_path):
    with pytest.raises(ParameterError, match="at least one experiment"):
        spec_of([])
    for device in ("gpu", "cuda:x", "cuda:-1", "", "cpu:0"):
        with pytest.raises(ParameterError, match="choose one of auto, cpu, mps and cuda"):
            spec_of([Experiment(**FEW)], device=device)
    with pytest.raises(ParameterError, match="not on this machine"):
        spec_of([Experiment(**FEW)], device="mps")
    assert spec_of([Experiment(**FEW)], device="mps", engine="slurm").device == "mps"
    with pytest.raises(MissingDataError, match="Daily and Sports"):
        spec_of([Experiment(dataset="dsads")], data_root=str(tmp_path))
    assert spec_of([Experiment(dataset="dsads")], data_root=str(tmp_path), engine="ray").dataset == "dsads"
    with pytest.raises(JobFileError, match="gpus must be a number"):
        spec_of([Experiment(**FEW)], gpus=-1.0)
    assert "toy" in DATASETS
    assert spec_of([Experiment(dataset="toy")]).dataset == "toy"
