"""Every study, on every data set: what it asks for, what the paper says beside it, and what is printed."""

import csv
import io
import re
from dataclasses import replace

import pytest

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import ParameterError, RdpdError, UnknownNameError
from rdpd_core.evaluation.tables import csv_text
from rdpd_core.experiments.evidence import key_of
from rdpd_core.experiments.published import PARAMETERS, rows_of
from rdpd_core.experiments.studies import STUDIES, Asked
from rdpd_core.experiments.studies.table5 import paper_rows
from rdpd_core.experiments.study_answers import answers
from rdpd_core.experiments.study_text import CLASS_COLUMNS, COLUMNS, class_rows, csv_rows, text_of
from tests.core.experiments.evidence.made import SKILL, cell

UNITS = ["right_arm", "left_arm", "torso", "right_leg", "left_leg"]
PAPER = {f"table{n}" for n in range(2, 6)} | {f"figure{n}" for n in range(3, 9)}


def test_every_table_and_figure_of_the_paper_is_there():
    assert set(STUDIES.names()) >= PAPER


@pytest.mark.parametrize("kind", list(STUDIES), ids=lambda kind: kind.name)
@pytest.mark.parametrize("dataset", ["simulated_ecg", "dsads", "ptbxl"])
def test_every_study_asks_for_experiments_that_can_be_told_apart(kind, dataset):
    study = kind()
    wanted = study.wanted(Asked(dataset, "paper"))
    if kind.name == "table5":
        assert wanted == []
        return
    places = [tuple(one.at.values()) for one in wanted]
    assert len(set(places)) == len(places) > 0
    assert all(set(one.at) == set(study.axes) for one in wanted)
    assert {one.experiment.recipe for one in wanted} == {"paper"}
    assert all(one.experiment.seeds >= 5 for one in wanted), "fewer could decide nothing"
    shared = 3 if kind.name == "when" else 0  # four conditions have one easy experiment in common
    assert len({key_of(one.experiment) for one in wanted}) == len(wanted) - shared
    assert study.title
    assert bool(study.source) == (kind.name in PAPER)


def test_table_2_of_measured_motion_has_every_body_unit_and_every_person():
    wanted = STUDIES.get("table2")().wanted(Asked("dsads"))
    assert [one.at["view"] for one in wanted] == UNITS
    assert {len(one.experiment.splits) for one in wanted} == {8}
    assert {"teacher", "direct", "rdpd", "oracle", "forest"} <= set(wanted[0].experiment.arms)
    some = STUDIES.get("table2")().wanted(Asked("dsads", views=("torso",), splits=("p1", "p5"), seeds=2))
    assert [one.experiment.splits for one in some] == [("p1", "p5")]
    assert some[0].experiment.seeds == 2


@pytest.mark.parametrize(
    ("name", "dataset", "view"),
    [
        ("table3", "ptbdb", "lead_I"),
        ("figure3", "pamap2", "wrist"),
        ("breakeven", "ptbxl", "lead_I"),
    ],
)
def test_a_study_of_one_view_looks_at_the_first(name, dataset, view):
    assert {one.at["view"] for one in STUDIES.get(name)().wanted(Asked(dataset, "paper"))} == {view}


def test_conditions_share_their_easy_experiment():
    study = STUDIES.get("when")()
    wanted = study.wanted(Asked("dsads", values=("unlabeled=0,0.9", "noise=0,1,2")))
    assert [(one.at["condition"], one.at["value"]) for one in wanted] == [
        ("unlabeled", 0.0), ("unlabeled", 0.9), ("noise", 0.0), ("noise", 1.0), ("noise", 2.0),
    ]  # fmt: skip
    assert len({key_of(one.experiment) for one in wanted}) == 4
    by_people = study.wanted(Asked("dsads", values=("share=1,0.5",)))[1].experiment
    assert (by_people.share, by_people.share_by) == (0.5, "subjects")
    with pytest.raises(ParameterError, match=r"unlabeled=0,0.5,0.9"):
        study.wanted(Asked("dsads", values=("0.5",)))


@pytest.mark.slow
def test_an_experiment_that_stands_in_several_places_counts_once(toy):
    study, asked = STUDIES.get("when")(), Asked("toy", "paper", values=("unlabeled=0,0.5", "noise=0,1"))
    wanted = study.wanted(asked)
    easy, hard = cell(), cell(skill={**SKILL, "rdpd": SKILL["direct"]})
    cells = {}
    for one in wanted:
        key = key_of(one.experiment)
        cells[key] = replace(easy if one.at["value"] == 0 else hard, key=key)
    told = answers(study.book(asked, wanted, cells, "python -m rdpd_core study when"))[-1]
    assert len(wanted) == 4
    assert "over all 3 experiments together" in told
    gap = (easy.difference("rdpd", "direct", "pr_auc").value + 2 * hard.difference("rdpd", "direct", "pr_auc").value) / 3
    assert f"{gap:+.3f} [" in told


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("table2", {"dataset": "dsads", "views": ("left_foot",)}), ("table2", {"dataset": "dsad"}),
        ("table2", {"dataset": "dsads", "values": ("1",)}), ("figure4", {"dataset": "dsads", "values": ("loud",)}),
        ("figure4", {"dataset": "dsads", "others": {"noise": 1.0}}), ("table2", {"dataset": "dsads", "splits": ("p9",)}),
        ("figure3", {"dataset": "dsads", "values": ("0",)}),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(name, asked):
    with pytest.raises(RdpdError):
        STUDIES.get(name)().wanted(Asked(**asked))
    with pytest.raises(UnknownNameError, match="did you mean 'table2'"):
        STUDIES.get("tabel2")


def test_a_tag_says_what_departs_from_the_study():
    study = STUDIES.get("table2")()
    assert study.tag(Asked("dsads", seeds=3)) == ""
    assert study.tag(Asked("dsads", others={"unlabeled": 0.95})) == "unlabeled_0.95"
    wide = {"architecture": {"student": {"filters": 32, "dropout": 0.2}}}
    assert study.tag(Asked("dsads", others=wide)) == "architecture_student.dropout_0.2-student.filters_32"
    assert re.fullmatch(r"[\w.+-]+", study.tag(Asked("dsads", views=("T_xacc,T_yacc",), others={"teacher": "a/b"})))


def test_table_5_of_the_paper_comes_out_exactly():
    assert [row["counted as in the paper"] for row in paper_rows()] == [118_287, 8_207, 334_985, 19_753, 60_171, 3_979]
    assert [row["used"] for row in paper_rows()][:2] == [52_620, 4_076]
    assert [row[""] for row in paper_rows()] == ["same"] * 6
    assert [row["printed in the paper"] for row in paper_rows()] == [printed for *_, printed in PARAMETERS]
    own = STUDIES.get("table5")().rows(Asked("dsads"))[6:]
    assert [row["model"] for row in own] == ["Teacher, all", *(f"RDPD, {view}" for view in UNITS)]


@pytest.mark.parametrize(("table", "count"), [("table2", 16), ("table3", 6), ("table4", 16), ("figure3", 0)])
def test_the_numbers_of_the_paper(table, count):
    rows = rows_of(table)
    assert len(rows) == count
    assert all(0 < mean < 1 and 0 < sd < 0.1 for row in rows for mean, sd in row.scores)
    if table == "table2":
        ankle = {row.arm: row for row in rows if row.view == "Ankle"}
        assert ankle["rdpd"].score("pr_auc") == (0.639, 0.030)
        gain = ankle["rdpd"].score("pr_auc")[0] / ankle["direct"].score("pr_auc")[0] - 1
        assert gain == pytest.approx(0.2456, abs=5e-5), "the paper's 24.56%"


@pytest.fixture
def book(toy, monkeypatch):
    """Results of Table 2 on the toy data set, made by hand."""
    study, asked = STUDIES.get("table2")(), Asked("toy", "paper", others={"arms": tuple(SKILL)})
    wanted = study.wanted(asked)
    cells = {}
    for one in wanted[:1]:
        made = cell(view=one.experiment.view)
        cells[key_of(one.experiment)] = made
        assert made.key == key_of(one.experiment)
    return study.book(asked, wanted, cells, "python -m rdpd_core study table2 --dataset toy --recipe paper")


@pytest.mark.slow
def test_a_text_has_our_numbers_the_paper_s_and_what_became_of_each_statement(book):
    told = text_of(book)
    assert "Not there yet: limbs." in told
    assert re.search(r"RDPD +0\.\d{3} \[0\.\d{3}, 0\.\d{3}\] ± 0\.\d{3}", told)
    assert (
        "Hong et al., IJCAI 2019, Table 2: PAMAP2. Other people, channels and classes: levels do not compare with ours" in told
    )
    assert "0.639 ± 0.030" in told
    assert re.search(r"^held +RDPD is above Direct in PR-AUC, on every view", told, re.MULTILINE)
    assert re.search(r"^held +The teacher, which reads every channel, is above RDPD", told, re.MULTILINE)
    assert "n = 108 windows of 6 subjects, 5 seeds, 6 splits." in told
    assert told.endswith("repeat: python -m rdpd_core study table2 --dataset toy --recipe paper")


def test_a_file_says_of_every_class_what_it_loses_to_the_teacher(book):
    rows = list(csv.DictReader(io.StringIO(csv_text(CLASS_COLUMNS, class_rows(book)))))
    (cell,) = book.cells
    assert {row["class"] for row in rows} == set(cell.class_names)
    assert {row["arm"] for row in rows} == set(SKILL)
    lost = [row for row in rows if row["lost_to_teacher"]]
    assert {row["arm"] for row in lost} == set(SKILL) - {"teacher"}
    mean = {(row["metric"], row["arm"], row["class"]): float(row["mean"]) for row in rows}
    for row in lost:
        between = mean[row["metric"], "teacher", row["class"]] - mean[row["metric"], row["arm"], row["class"]]
        assert float(row["lost_to_teacher"]) == pytest.approx(between, abs=2e-4), "both are rounded to 4 places"


def test_a_file_has_a_row_for_every_arm_and_score_and_the_source_of_each(book):
    rows = list(csv.DictReader(io.StringIO(csv_text(COLUMNS, csv_rows(book)))))
    ours = [row for row in rows if row["source"] == "ours"]
    assert len(ours) == len(SKILL) * 5
    assert all(float(row["low"]) <= float(row["mean"]) <= float(row["high"]) for row in ours)
    assert {row["dataset"] for row in rows if row["source"] != "ours"} == {"PAMAP2"}
    assert DATASETS.get(ours[0]["dataset"]).simulated
