"""The page of results: what is answered, what stands beside it, and what is said where there is nothing."""

import json
from types import SimpleNamespace

import pytest

from app.components import results_glance
from rdpd_core.datasets import DATASETS
from rdpd_core.experiments.evidence import book
from rdpd_core.experiments.studies import STUDIES
from tests.app.test_views import alts, here, models, opened, words
from tests.core.experiments.evidence.made import SKILL, cell
from tests.toys import ToyDataset

__all__ = ["here", "models"]


@pytest.fixture
def empty(here, monkeypatch, tmp_path):
    """A place without results, in which the toy data set is known."""
    monkeypatch.setitem(DATASETS._entries, "toy", ToyDataset)
    monkeypatch.setattr(book, "own_folder", lambda: tmp_path / "own")
    monkeypatch.setattr(book, "shipped_folder", lambda: tmp_path / "none")


def write(study, axes, *cells, missing=()):
    made = book.Book(study, "toy", "paper", "", f"python -m rdpd_core study {study} --dataset toy", axes, cells, missing)
    made.write(book.own_folder())
    return made


@pytest.fixture
def table(empty):
    """Results of every arm on two views, made by hand; the forest is the worst, the teacher the best."""
    return write(
        "table2", ("view",), cell({"view": "wrist"}), cell({"view": "limbs"}, skill={**SKILL, "rdpd": 2.4}), missing=("x",)
    )


def figures(at):
    return [json.loads(element.proto.spec) for element in at.get("plotly_chart")]


@pytest.mark.slow
def test_without_results_the_page_says_how_to_get_them(empty):
    at = opened("results")
    assert "No study has been run yet" in at.info[0].value
    assert at.code[0].value == "python -m rdpd_core study table2 --dataset dsads"


@pytest.mark.slow
def test_the_answer_is_in_words_with_n_and_interval(table):
    told = words(opened("results"))
    assert "Of 2 views limbs carries most: RDPD 0." in told
    assert "imitation helps" in told
    assert "the student is worth its training" in told
    assert "(n = 5 seeds, 6 subjects)" in told
    assert "Not there yet: x." in told
    assert "held" in told
    assert "RDPD is above Direct in PR-AUC, on every view" in told


@pytest.mark.slow
def test_every_picture_has_words_numbers_and_a_null(table):
    at = opened("results")
    told = alts(at)
    assert len(told) == 4, "scores, differences, classes, attention"
    assert all(len(alt) > 80 for alt in told)
    scores, gaps, classes, looks = figures(at)
    assert {len(trace["x"]) for trace in scores["data"]} == {2}
    assert len(gaps["data"]) == len(SKILL) - 1
    assert any(shape.get("x0") == 0.0 for shape in gaps["layout"]["shapes"]), "no difference is drawn"
    assert classes["data"][0]["type"] == "heatmap"
    assert len(looks["data"]) == 3


def test_the_paper_stands_beside_and_is_named(table):
    at = opened("results")
    told = words(at)
    assert "Other people, channels and classes: levels do not compare with ours" in told
    frames = [frame.value for frame in at.dataframe]
    paper = next(frame for frame in frames if any(str(c).startswith("PAMAP2") for c in frame))
    assert "0.639 ± 0.030" in set(paper["PAMAP2 Ankle"])
    assert at.code[-1].value == table.command


def test_another_score_is_another_picture(table):
    one, two = (figures(opened("results", results__score=score))[0] for score in ("pr_auc", "macro_f1"))
    assert one["data"][0]["x"] != two["data"][0]["x"]


@pytest.mark.slow
def test_a_course_along_an_axis(empty):
    cells = [cell({"view": "wrist", "noise": v}, skill={"direct": 1.0, "rdpd": r}) for v, r in ((0.0, 1.0), (1.0, 2.0))]
    write("figure4", ("view", "noise"), *cells)
    at = opened("results")
    course = figures(at)[0]
    assert [trace["name"] for trace in course["data"]] == ["Direct", "RDPD"]
    assert course["layout"]["xaxis"]["ticktext"] == ["0", "1"]
    assert all(trace["error_y"]["array"] for trace in course["data"])
    assert "wrist: RDPD is shown above Direct at noise 1, of 2 values tried." in words(at)
    assert "standard deviations of the channel" in alts(at)[0]


def test_a_map_of_conditions(empty):
    cells = [cell({"view": "wrist", "condition": "unlabeled", "value": v}, skill={"direct": 1.0, "rdpd": r})
             for v, r in ((0.0, 1.0), (0.9, 2.0))]  # fmt: skip
    write("when", ("view", "condition", "value"), *cells)
    told = words(opened("results"))
    assert "Unlabeled: RDPD is shown above Direct at wrist, unlabeled 0.9" in told
    assert "The dashed line is no difference" in told


def test_a_damaged_file_is_told(table):
    path = book.own_folder() / f"{table.name}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("a notice", "no notice"), encoding="utf-8")
    at = opened("results")
    assert "is not as it was written" in at.error[0].value.replace("\\", "")


def test_a_link_to_what_is_not_there_is_told(table):
    at = opened("results", results__name="dsads.table9.tuned")
    assert any("dsads.table9.tuned" in warning.value.replace("\\", "") for warning in at.warning)


def test_results_are_called_by_what_was_asked(empty):
    for tag in ("", "unlabeled_0.95.right_arm", "lead_II-V5"):
        book.Book("table2", "toy", "paper", tag, "python", ("view",), (cell({"view": "wrist"}),)).write(book.own_folder())
    at = opened("results", results__name="toy.table2.paper")
    everything, *options = at.selectbox[0].options
    assert everything == "All results at a glance"
    assert "table2, paper. Made here." in words(at)
    kind = DATASETS.get("toy").title
    asked = ("paper", "paper, lead II-V5", "paper, unlabeled 0.95, right arm")
    assert options == [f"{kind}: {STUDIES.get('table2').title} (table2, {one})" for one in asked]


@pytest.mark.slow
def test_all_results_come_first_where_there_are_several(table):
    few = cell({"view": "wrist"}, skill=SKILL, unlabeled=0.9)
    book.Book("table2", "toy", "paper", "unlabeled_0.9", "python", ("view",), (few,)).write(book.own_folder())
    at = opened("results")
    told = words(at)
    assert at.selectbox[0].value == "all"
    assert "Where labels are few or wrong, on simulated people: imitation helps in 1 of 1 line" in told
    assert len(alts(at)) == 2, "beside labels alone, and beside the forest"
    gaps = figures(at)[0]
    assert [len(trace["x"]) for trace in gaps["data"]] == [2]
    lines = at.dataframe[-1].value
    assert list(lines["labels"]) == ["all labels", "10% labeled"]
    assert at.code[-1].value == "python -m rdpd_core results --glance"
    one = opened("results", results__score="macro_f1")
    assert figures(one)[0]["data"][0]["x"] != gaps["data"][0]["x"]


def test_a_damaged_file_among_several_is_told_and_the_others_are_shown(table):
    (book.own_folder() / "toy.table2.damaged.json").write_text("{}", encoding="utf-8")
    at = opened("results")
    assert "is not as it was written" in at.error[0].value.replace("\\", "")
    assert "imitation helps in 1 of 1 line" in words(at)


@pytest.mark.slow
def test_what_cannot_be_compared_is_said(empty):
    for noise in (0.5, 1.0):
        made = cell({"view": "wrist", "noise": noise}, skill=SKILL, noise=noise)
        book.Book("figure4", "toy", "paper", f"{noise}", "python", ("view", "noise"), (made,)).write(book.own_folder())
    at = opened("results")
    assert "None of the results compares imitation with labels alone" in at.info[0].value
    assert not at.get("plotly_chart")


def test_a_click_on_a_line_or_a_row_opens_its_results(table, monkeypatch):
    few = cell({"view": "wrist"}, skill=SKILL, unlabeled=0.9)
    other = book.Book("table2", "toy", "paper", "unlabeled_0.9", "python", ("view",), (few,))
    other.write(book.own_folder())
    (points,) = figures(opened("results"))[0]["data"]
    assert [keys[2] for keys in points["customdata"]] == [table.name, other.name]
    state = {
        "line": {"selection": {"points": [{"customdata": points["customdata"][1]}]}},
        "row": {"selection": {"rows": [0]}}, "none": {"selection": {"points": [], "rows": []}},
    }  # fmt: skip
    monkeypatch.setattr(results_glance, "st", SimpleNamespace(session_state=state))
    results_glance._open_point("results", "none")
    results_glance._open_row("results", "none", [table.name, other.name])
    assert "results.name" not in state
    results_glance._open_point("results", "line")
    assert state["results.name"] == other.name
    results_glance._open_row("results", "row", [table.name, other.name])
    assert state["results.name"] == table.name
