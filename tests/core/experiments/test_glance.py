"""All results at a glance: which experiments stand in a row, what is told of them, and what stands elsewhere."""

import json
from dataclasses import replace

import pytest

from rdpd_core.__main__ import main
from rdpd_core.datasets import DATASETS
from rdpd_core.experiments.evidence import book
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.glance import FEW, glances, rows_of, sentences, verdict
from rdpd_core.experiments.study_answers import together
from tests.core.experiments.evidence.made import cell
from tests.toys import ToyDataset

BETTER = {"teacher": 3.0, "direct": 1.0, "rdpd": 2.0, "forest": 0.6}
LEVEL = {"teacher": 3.0, "direct": 1.0, "rdpd": 1.0, "forest": 2.0}


def made(view, skill=BETTER, at=None, **asked):
    return cell({"view": view, **(at or {})}, skill=skill, view=view, **asked)


def bound(*cells, tag="", study="table2", axes=("view",)):
    return Book(study, "toy", "paper", tag, "python -m rdpd_core study", axes, cells)


@pytest.fixture(autouse=True)
def known(toy, monkeypatch):
    """The toy data set is known, and of people who were measured."""
    monkeypatch.setattr(ToyDataset, "simulated", False)


@pytest.mark.slow
def test_views_of_the_same_people_are_one_row_and_labels_part_them():
    few = {"unlabeled": 0.95}
    found = glances([bound(made("limbs"), made("wrist")), bound(made("wrist", **few), tag="few")])
    assert [(g.labels, g.views, g.whole) for g in found] == [
        ("all labels", ["wrist", "limbs"], True), ("5% labeled", ["wrist"], False),
    ]  # fmt: skip
    first = found[0]
    assert first.over("direct").value == together(first.cells, "rdpd", "direct").value
    assert first.score("rdpd") == pytest.approx(sum(c.mean("rdpd", "pr_auc") for c in first.cells) / 2)
    assert first.best().at["view"] in ("wrist", "limbs")


@pytest.mark.parametrize(
    ("asked", "labels", "more"),
    [
        ({"unlabeled": 0.5, "unlabeled_by": "subjects"}, "50% of people labeled", ""),
        ({"wrong_labels": 0.4}, "40% wrong", ""),
        ({"unlabeled": 0.5, "wrong_labels": 0.4}, "50% labeled, 40% wrong", ""),
        ({"unlabeled": 0.9, "teacher_labels": "same"}, "10% labeled", "same labels for the teacher"),
        ({"teacher_targets": "out_of_fold"}, "all labels", "teacher targets out of fold"),
    ],
)
@pytest.mark.slow
def test_labels_and_what_else_is_different_are_told(asked, labels, more):
    (found,) = glances([bound(made("wrist", **asked))])
    assert (found.labels, found.more) == (labels, more)


@pytest.mark.parametrize("asked", [{"noise": 1.0}, {"share": 0.5}, {"rich_share": 0.5}, {"temperature": 2.0}])
@pytest.mark.slow
def test_experiments_along_a_course_stand_elsewhere(asked):
    assert not glances([bound(made("wrist", **asked))])


@pytest.mark.slow
def test_without_direct_or_imitation_nothing_is_compared():
    assert not glances([bound(made("wrist", skill={"teacher": 3.0, "direct": 1.0}))])
    assert not glances([bound(made("wrist", skill={"teacher": 3.0, "rdpd": 1.0}))])


@pytest.mark.slow
def test_an_experiment_in_several_results_counts_once_where_most_views_are():
    one, both = bound(made("wrist", skill=LEVEL), tag="a"), bound(made("wrist"), made("limbs"))
    for order in ([one, both], [both, one]):
        (found,) = glances(order)
        assert found.cells[0].mean("rdpd", "pr_auc") == made("wrist").mean("rdpd", "pr_auc")


@pytest.mark.slow
def test_a_data_set_that_is_gone_is_still_told():
    gone = [replace(c, experiment={**c.experiment, "dataset": "gone"}) for c in (made("wrist"), made("limbs"))]
    (found,) = glances([bound(*gone)])
    assert (found.dataset, found.views, found.measured) == ("gone", ["wrist", "limbs"], True)
    assert rows_of([found])[0]["data set"] == "gone"


@pytest.mark.slow
def test_how_nothing_was_taken_away_makes_no_other_row():
    found = glances([bound(made("wrist")), bound(made("limbs", share_by="subjects", noise_kind="normal"), tag="b")])
    assert [g.views for g in found] == [["wrist", "limbs"]]


@pytest.mark.slow
def test_other_arms_are_another_row():
    plain = made("limbs", skill={"direct": 1.0, "distill": 2.0})
    found = glances([bound(made("wrist"), plain)])
    assert sorted(g.arm for g in found) == ["distill", "rdpd"]


def test_other_people_are_another_row():
    other = replace(made("limbs"), windows={"f0": "others"})
    found = glances([bound(made("wrist")), bound(other, tag="b")])
    assert sorted(g.views for g in found) == [["limbs"], ["wrist"]]


@pytest.mark.slow
def test_the_better_teacher_comes_first():
    weak = made("wrist", skill={**BETTER, "teacher": 1.5}, recipe="tuned")
    found = glances([bound(weak, tag="weak"), bound(made("wrist"))])
    assert [g.recipe for g in found] == ["paper", "tuned"]


@pytest.mark.slow
def test_what_is_shown_is_counted_in_words():
    rows = glances([bound(made("wrist"), made("limbs")), bound(made("wrist", unlabeled=0.5, skill=LEVEL), tag="few")])
    few, whole, forest = sentences(rows)
    assert few.startswith("Where labels are few or wrong: no gain is shown in 1 of 1 line. RDPD less Direct in PR-AUC: ")
    assert whole.startswith("Where every window has its right label: imitation helps in 1 of 1 line.")
    assert "the student is better in 1, the forest is better in 1 of 2 lines" in forest


@pytest.mark.slow
def test_the_best_of_several_views_is_named_with_its_loss(monkeypatch):
    monkeypatch.setattr("rdpd_core.experiments.glance.SEVERAL", 2)
    *_, told, caution = sentences(glances([bound(made("wrist"), made("limbs", skill={**BETTER, "rdpd": 2.5}))]))
    assert "of 2 views limbs serves best, 0." in told
    assert told.endswith("below the teacher of all channels.")
    assert "named after the fact, which flatters it" in caution


def test_simulated_people_are_told_apart(monkeypatch):
    monkeypatch.setattr(ToyDataset, "simulated", True)
    told = sentences(glances([bound(made("wrist"))]))
    assert told == [told[0]]
    assert told[0].startswith("Where every window has its right label, on simulated people: ")


@pytest.mark.slow
def test_few_trainings_say_nothing():
    (found,) = glances([bound(made("wrist", seeds=2, folds=5))])
    assert verdict(found.over("direct")) == verdict(None) == FEW


@pytest.mark.slow
def test_the_table_has_a_row_for_every_line():
    few = {"unlabeled": 0.95, "teacher_labels": "same"}
    table = rows_of(glances([bound(made("wrist")), bound(made("wrist", **few), tag="few")]))
    assert [row["labels"] for row in table] == ["all labels", "5% labeled; same labels for the teacher"]
    assert table[0]["less Direct"].startswith("+0.")
    assert table[0]["n"] == "5 seeds, 6 people"
    (other,) = rows_of(glances([bound(made("wrist", skill={"direct": 1.0, "distill": 2.0}))]))
    assert (other["Teacher"], other["less forest"], other["of the gap closed"]) == ("", "", "")
    assert other["RDPD"].endswith(" (Distill)")


def test_the_command_prints_the_table_and_the_words(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(book, "own_folder", lambda: tmp_path / "own")
    monkeypatch.setattr(book, "shipped_folder", lambda: tmp_path / "none")
    bound(made("wrist"), made("limbs")).write(tmp_path / "own")
    assert main(["results", "--glance"]) == 0
    said = capsys.readouterr().out
    assert "wrist, limbs" in said
    assert "Where every window has its right label: imitation helps in 1 of 1 line." in said
    assert main(["results", "--glance", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["students read"] == "wrist, limbs"
    (tmp_path / "own" / "bad.json").write_text("{}")
    assert main(["results", "--glance"]) == 1
    assert "refused: the result bad.json" in capsys.readouterr().err


@pytest.mark.slow
def test_what_comes_with_the_program_is_of_one_set_of_people_each():
    rows = glances([entry.read() for entry in book.entries([(book.shipped_folder(), True)])])
    whose = {(g.dataset, g.recipe, g.labels, g.more) for g in rows}
    assert len(whose) == len(rows), "a line is there twice: recordings have changed between its results"
    assert {g.dataset for g in rows} >= {"dsads", "ptbxl", "ptbxl_normal"}
    assert all(DATASETS.get(g.dataset) for g in rows)
