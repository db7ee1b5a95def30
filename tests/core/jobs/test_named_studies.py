"""`study table2` and `results` from a terminal: trained once, asked again for nothing, honest about what has changed."""

import csv
import json
from dataclasses import replace

import pytest

from rdpd_core.__main__ import main
from rdpd_core.experiments.evidence import Shelf, book
from rdpd_core.jobs import named_studies, states
from tests.app import jobs_made
from tests.core.jobs.made import desk, toy_spec

pytestmark = pytest.mark.slow

SHORT = ["--dataset", "toy", "--recipe", "paper", "--seeds", "1", "--epochs", "2", "--patience", "2"]
ARMS = ["--arms", "teacher", "direct", "rdpd", "forest"]


@pytest.fixture
def told(toy, capsys, monkeypatch, tmp_path):
    """Run a command; gives what it printed and what it said beside."""
    monkeypatch.setattr(book, "shipped_folder", lambda: tmp_path / "shipped")

    def run(*arguments, code=0):
        assert main(list(arguments)) == code
        return capsys.readouterr()

    return run


def study(told, *more, name="table2", code=0):
    return told("study", name, *SHORT, *ARMS, "--here", *more, code=code)


def trained(captured):
    return [line for line in captured.err.splitlines() if "students" in line]


def test_a_table_is_made_once_and_then_costs_nothing(told, tmp_path):
    first = study(told)
    assert len(trained(first)) == 2, "one for each view"
    assert "Every arm on every body place or lead" in first.out
    again = study(told, "--csv", str(tmp_path / "t.csv"))
    assert not trained(again)
    assert again.out == first.out
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["where"] for row in rows if row["source"] == "ours"} == {"wrist", "limbs"}


def test_results_are_listed_and_shown_without_training(told):
    made = study(told)
    assert "toy.table2.paper.epochs_2.patience_2" in told("results").out
    shown = told("results", "toy.table2.paper.epochs_2.patience_2")
    assert shown.out.strip() in made.out
    record = json.loads(told("results", "toy.table2.paper.epochs_2.patience_2", "--json").out)
    assert len(record["cells"]) == 2
    assert "did you mean" in told("results", "toy.tabel2.paper.epochs_2.patience_2", code=1).err


def test_studies_share_experiments(told):
    study(told, name="figure4")
    easy = study(told, "--values", "0", "3", name="figure4")
    assert len(trained(easy)) == 1, "only the new amplitude"
    assert "wrist, noise 3" in easy.out


def test_a_command_that_is_printed_repeats_the_numbers(told):
    made = study(told)
    line = next(line for line in made.out.splitlines() if line.startswith("repeat: "))
    words = line.removeprefix("repeat: python -m rdpd_core ").split()
    again = told(*words, "--here", "--fresh")
    assert trained(again), "it was trained anew"
    assert again.out.replace("\n", "") == made.out.replace("\n", "")


def test_recordings_that_changed_are_told_and_what_was_found_is_kept(told, tmp_path):
    study(told)
    shelf = Shelf()
    paths = list(shelf.roots[0].glob("*.json"))
    for path in paths:
        (old,) = shelf.find(path.name.rpartition("-")[0])
        path.unlink()
        shelf.put(replace(old, windows=dict.fromkeys(old.windows, "0" * 64)))
    again = study(told)
    assert "the recordings have changed since 2 experiments" in again.err
    assert "digest 000000000000, now" in again.err
    assert len(trained(again)) == 2
    assert len(list(shelf.roots[0].glob("*.json"))) == 4


def test_a_damaged_record_is_told_and_made_again(told):
    study(told)
    path = next(Shelf().roots[0].glob("*.json"))
    path.write_text("{}", encoding="utf-8")
    again = study(told)
    assert "is not as it was written" in again.err
    assert len(trained(again)) == 1


def test_shipped_results_are_not_trained_again(told, tmp_path):
    made = study(told, "--out", str(tmp_path / "shipped"))
    Shelf().roots[0].rename(tmp_path / "gone")
    assert not trained(study(told))
    fresh = study(told, "--fresh")
    assert len(trained(fresh)) == 2
    assert "the program" in told("results").out or made


def test_data_that_are_not_here_are_asked_for(told, tmp_path):
    missing = told("study", "table2", "--dataset", "dsads", "--data-root", str(tmp_path), code=1)
    assert "Get it: https://archive.ics.uci.edu" in missing.err


def test_table_5_needs_no_data(told):
    shown = told("study", "table5", "--dataset", "dsads")
    assert "118287" in shown.out
    assert "differs" not in shown.out


@pytest.mark.parametrize("wrong", [["--view", "wirst"], ["--values", "1"], ["--splits", "fixd"]])
def test_what_cannot_be_asked_is_one_line(told, wrong):
    assert study(told, *wrong, code=1).err.count("\n") == 1


def test_what_ended_a_moment_ago_goes_on_though_the_list_has_not_noted_it(toy, tmp_path):
    office, spec = jobs_made.desk(tmp_path), toy_spec("experiment")
    job = named_studies._submitted(office, spec)
    job.folder.write_record("result", {"status": states.STOPPED, "reason": "stopped", "ended": 1.0, "models": [], "tables": []})
    assert office.table.entries("id = ?", (job.id,))[0].state is None
    again = named_studies._submitted(office, spec)
    assert (again.id, again.state.name) == (job.id, states.QUEUED)
    assert job.folder.record("result") is None


@pytest.mark.slow
def test_as_a_job_it_goes_on_where_it_was_stopped(toy, tmp_path, monkeypatch):
    from rdpd_core.experiments.studies import STUDIES, Asked
    from rdpd_core.jobs.asking import spec_of_series

    office = desk(tmp_path)
    wanted = STUDIES.get("table2")().wanted(Asked("toy", "paper", seeds=1, others={"epochs": 3000, "arms": ("direct",)}))
    spec = spec_of_series([one.experiment for one in wanted], title="t", device="cpu", threads=1, checkpoint_s=0.0)
    job = named_studies._submitted(office, spec)
    assert named_studies._submitted(office, spec).id == job.id, "asked again while it runs, it is the same"
    office.stop(job.id)
    ended = named_studies.follow(office, job.id)
    assert ended.state.name == states.STOPPED
    again = named_studies._submitted(office, spec)
    assert again.id == job.id, "it goes on"
    office.force(job.id)
