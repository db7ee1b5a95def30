"""The command line: what it prints, and how it fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rdpd_core.__main__ import PROGRAM, build_parser, main
from rdpd_core.store import Store

BRIEF = ["--view", "wrist", "--recipe", "paper", "--epochs", "3", "--device", "cpu"]


def printed(capsys, *arguments):
    """Give what a command that must succeed prints on standard output."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def refused(capsys, *arguments):
    """Give the reason of a command that must fail: one line, the last on standard error, after the stages it went through."""
    assert main(list(arguments)) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert [line for line in lines if line.startswith("python -m rdpd_core")] == lines[-1:]
    assert "Traceback" not in "".join(lines)
    return lines[-1]


@pytest.mark.parametrize("command", ["datasets", "methods", pytest.param("models", marks=pytest.mark.slow)])
def test_listings_are_tables_and_json(toy, capsys, command):
    rows = json.loads(printed(capsys, command, "--json"))
    table = printed(capsys, command)
    first = {"datasets": "name", "methods": "name", "models": "model"}[command]
    assert all(row[first] in table for row in rows)
    if command == "datasets":
        assert next(r for r in rows if r["name"] == "simulated_ecg")["here"] == "simulated"


@pytest.mark.slow
def test_compare_prints_saves_and_repeats(toy, capsys, tmp_path):
    csv = tmp_path / "table.csv"
    asked = ["--arms", "teacher", "direct", "rdpd", "--seeds", "2", "--save", "--csv", str(csv)]
    text = printed(capsys, "compare", "toy", *BRIEF, *asked)
    assert "PR-AUC (higher is better)" in text
    assert "too few seeds to say (n=2)" in text
    assert "n = 27 windows of 1 subject" in text
    assert "repeat: python -m rdpd_core compare toy" in text
    cards = Store.default().list("toy").cards
    assert len(cards) == 6
    assert all(f"saved: {card.key}" in text for card in cards)
    assert csv.read_text().count("RDPD") == text.count("\nRDPD")


def test_compare_as_json_holds_the_whole_comparison(toy, capsys):
    found = json.loads(printed(capsys, "compare", "toy", *BRIEF, "--arms", "direct", "distill", "--seeds", "1", "--json"))
    rows = found["comparison"]["rows"]["pr_auc"]
    assert {row["arm"] for row in rows} == {"direct", "distill"}
    assert found["experiment"]["dataset"] == "toy"
    assert found["chosen"]["fixed"]["distill"]["settings"]["temperature"] == 5.0


@pytest.mark.slow
def test_evaluate_scores_a_saved_model_by_class_too(toy, capsys):
    printed(capsys, "compare", "toy", *BRIEF, "--arms", "direct", "--seeds", "1", "--save")
    text = printed(capsys, "evaluate", "toy/direct-wrist-split_fixed-seed0", "--noise", "0.5")
    assert "noise amplitude 0.5" in text
    assert all(name in text for name in ("PR-AUC", "rest", "walk", "run"))
    scores = json.loads(printed(capsys, "evaluate", "direct-wrist-split_fixed-seed0", "--json"))["scores"]
    assert scores["n_windows"] == 27


def test_failures_are_one_line_with_the_way_out(toy, capsys):
    assert "did you mean 'toy'" in refused(capsys, "compare", "tyo")
    assert "did you mean 'wrist'" in refused(capsys, "compare", "toy", "--view", "wirst")
    assert "did you mean 'rdpd'" in refused(capsys, "compare", "toy", "--arms", "rpdd")
    assert "outside [1, 1000]" in refused(capsys, "compare", "toy", "--seeds", "0")
    assert "nobody" in refused(capsys, "evaluate", "toy/nobody")
    assert "did you mean 'pamap2'" in refused(capsys, "bench", "--shapes", "pamap")
    assert "is not on this machine" in refused(capsys, "compare", "toy", "--device", "mps")


def test_missing_recordings_name_folder_files_source_and_licence(toy, capsys, tmp_path):
    text = refused(capsys, "compare", "dsads", "--data-root", str(tmp_path))
    assert str(tmp_path / "dsads") in text
    assert "https://archive.ics.uci.edu" in text
    assert "CC BY 4.0" in text
    assert "RDPD_DATA" in text


def test_bench_prints_ratios(capsys, monkeypatch):
    from rdpd_core.experiments import bench

    monkeypatch.setitem(bench.SHAPES, "tiny", bench.Shape(256, 2, 32, 3, 4, 4, 2))
    (first, second) = json.loads(
        printed(capsys, "bench", "--shapes", "tiny", "--members", "3", "--repeats", "1", "--device", "cpu", "--json")
    )
    assert {first["dropout_place"], second["dropout_place"]} == {"before_pooling", "after_pooling"}
    assert first["ratio"] == pytest.approx(first["loop_s"] / first["cohort_s"])
    assert first["members"] == 3


def test_every_command_explains_itself(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for command in (
        "datasets",
        "simulate",
        "download",
        "models",
        "methods",
        "compare",
        "analyze",
        "jobs",
        "evaluate",
        "bench",
        "pretrain",
    ):
        assert command in text
        with pytest.raises(SystemExit) as end:
            build_parser().parse_args([command, "--help"])
        assert end.value.code == 0
        assert f"usage: {PROGRAM} {command}" in capsys.readouterr().out


def test_help_loads_nothing_heavy():
    code = "import sys\nfrom rdpd_core.__main__ import build_parser\nbuild_parser()\nprint('torch' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.slow
def test_who_has_read_enough_is_no_failure_of_ours():
    root = Path(__file__).resolve().parents[2]
    words = [sys.executable, "-m", "rdpd_core", "methods"]
    process = subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert said == ""
