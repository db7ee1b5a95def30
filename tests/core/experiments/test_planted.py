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


@pytest.mark.slow
def test_the_bench_tells_times_and_ratios(monkeypatch):
    monkeypatch.setattr(bench_attribution, "CHANNELS", 2)
    monkeypatch.setattr(bench_attribution, "WIDTHS", {"student": {"filters": 2, "hidden": 2}})
    found = bench_attribution.bench(windows=2, repeats=1)
    assert list(found["student"]) == [
        "plain loop over points", "captum, one by one", "captum, at once", "here, one by one", "here, at once",
    ]  # fmt: skip
    first, *_, last = bench_attribution.rows(found)
    ratio = found["student"]["plain loop over points"] / found["student"]["here, at once"]
    assert first["at once is faster"] == f"{ratio:.1f} times"
    assert last["at once is faster"] == "1.0 times"
    assert "64 points, 2 x 256, 2 windows, one thread" in bench_attribution.basis(found)
