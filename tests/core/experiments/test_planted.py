"""The trial of the checks, in a short form, and the bench of attributions."""

import json

import pytest

from rdpd_core.experiments import bench_attribution, planted
from rdpd_core.experiments.planted import trial


@pytest.mark.slow
def test_planted_evidence_is_believed_and_empty_models_are_not(monkeypatch, capsys):
    monkeypatch.setattr(planted, "trial", lambda *given: trial(*given, effort=planted.BRIEF))
    assert planted.main(["--models", "2", "--seed", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["hit_rate"] >= 0.9
    assert told["believed"]
    assert told["refused"] == 1
    assert len(told["checks"]) == 6


@pytest.mark.slow
def test_without_any_evidence_nothing_is_believed(monkeypatch):
    monkeypatch.setattr(planted, "stage", lambda seed, stage=planted.stage: stage(seed, strength=0.0))
    told = trial(2, models=0, effort=planted.BRIEF)
    assert not told["believed"]
    assert told["hit_rate"] < 0.5


def test_the_bench_tells_times_and_ratios(monkeypatch, capsys):
    monkeypatch.setattr(bench_attribution, "CHANNELS", 2)
    monkeypatch.setattr(bench_attribution, "WIDTHS", {"student": {"filters": 2, "hidden": 2}})
    assert bench_attribution.main(["--windows", "2", "--repeats", "1"]) == 0
    told = json.loads(capsys.readouterr().out)["student"]
    for name in ("plain loop over steps", "captum, one by one", "here, one by one"):
        ratio = told[f"{name} (ms a window)"] / told["here, at once (ms a window)"]
        assert told[f"{name} / at once"] == pytest.approx(ratio, rel=0.2, abs=0.05)
