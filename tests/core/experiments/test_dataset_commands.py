"""From simulated files to a card and a comparison, by the commands that a person would type."""

import json

import pytest

from rdpd_core.__main__ import main

PAPERS = {"pamap2": ("wrist", 52, 12), "ptbdb": ("lead_I", 15, 6), "mimic3": ("HR", 6, 8)}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    return tmp_path


@pytest.mark.slow
def test_a_card_tells_figures_classes_and_quality(place, capsys):
    assert main(["simulate", "mimic3", str(place / "data"), "--scale", "0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == str(place / "data" / "mimic3")
    assert told["files"] == 6
    assert main(["datasets", "mimic3", "--data-root", str(place / "data"), "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    figures = {row["figure"]: row for row in card["figures"]}
    assert figures["subjects"]["paper"] == 9488
    assert figures["channels"] == {"figure": "channels", "paper": 6, "files": 6, "windows": None}
    assert figures["samples"]["files"] == 48 * figures["subjects"]["files"]
    assert figures["subjects"]["windows"] == sum(row["subjects"] for row in card["classes"]) == 80
    assert [row["channel"] for row in card["quality"]] == ["HR", "RR", "BP_mean", "BP_systolic", "BP_diastolic", "SpO2"]
    assert card["simulated"]
    assert main(["datasets", "mimic3", "--data-root", str(place / "data")]) == 0
    text = capsys.readouterr().out
    assert "MIMIC-III vital signs (simulated files)" in text
    assert "no person was measured" in text
    assert "455424" in text


def test_simulated_files_are_never_written_over_others(place, capsys):
    (place / "data" / "mimic3").mkdir(parents=True)
    assert main(["simulate", "mimic3", str(place / "data"), "--scale", "0"]) == 1
    assert "is there already and may hold recordings" in capsys.readouterr().err
    assert list((place / "data").iterdir()) == [place / "data" / "mimic3"]


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPERS)
def test_a_comparison_runs_on_simulated_files(place, capsys, name):
    view, channels, classes = PAPERS[name]
    assert main(["simulate", name, str(place / "data"), "--scale", "0"]) == 0
    capsys.readouterr()
    asked = ["--epochs", "1", "--seeds", "1", "--recipe", "paper", "--device", "cpu", "--json"]
    assert main(["compare", name, "--data-root", str(place / "data"), *asked]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["experiment"]["view"] == view
    rows = found["comparison"]["rows"]["pr_auc"]
    assert {row["arm"] for row in rows} == {"teacher", "direct", "distill", "rdpd_r1", "rdpd_r2", "rdpd"}
    assert any("were simulated; no person was measured" in notice for notice in found["notices"])
    assert main(["datasets", name, "--data-root", str(place / "data"), "--json"]) == 0
    figures = {row["figure"]: row for row in json.loads(capsys.readouterr().out)["figures"]}
    assert (figures["channels"]["paper"], figures["channels"]["files"]) == (channels, channels)
    assert (figures["classes"]["paper"], figures["classes"]["files"]) == (classes, classes)
