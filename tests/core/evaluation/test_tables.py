"""A comparison as text and as CSV."""

from __future__ import annotations

import csv
import io
import re

import pytest

from rdpd_core.evaluation.arms import Comparison, Run
from rdpd_core.evaluation.comparison import compare
from rdpd_core.evaluation.tables import basis, csv_text, difference_cell, plain_cell, score_cell, text, to_csv
from tests.core.evaluation.made import predictions


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    skills = {"teacher": 2.0, "direct": 1.0, "=rdpd": 1.4}
    given = [
        Run(a, s, "0", predictions(100, skill=k, seed=s)) for a, k in skills.items() for s in range(1 if a == "teacher" else 6)
    ]
    return compare(given, metrics=["roc_auc", "nll"], draws=100)


def test_columns_are_aligned(comparison):
    first = text(comparison).split("\n\n")[0].splitlines()
    assert first[0] == "ROC-AUC (higher is better)"
    assert "NLL (lower is better)" in text(comparison)
    at = first[1].index("difference to Direct")
    starts = [line[at : at + 1] for line in first[3:]]
    assert starts == ["+", "r", "+"]
    assert all(line[at - 2 : at] == "  " for line in first[3:])
    assert len(first) == 6


def test_cells(comparison):
    teacher, direct, rdpd = comparison.rows["roc_auc"]
    assert re.fullmatch(r"0\.\d{3} \[0\.\d{3}, \d\.\d{3}\] \(n=1\)", score_cell(teacher))
    assert re.fullmatch(r"0\.\d{3} \[0\.\d{3}, 0\.\d{3}\] ± 0\.\d{3} \(n=6\)", score_cell(direct))
    assert difference_cell(direct) == "reference"
    assert re.fullmatch(r"\+0\.\d{3} \[[+-]0\.\d{3}, \+0\.\d{3}\]", difference_cell(rdpd))


def test_what_stands_behind_is_said(comparison):
    assert "100 windows of 12 subjects" in basis(comparison)
    assert "resampling 12 subjects 100 times" in basis(comparison)
    lone = compare([Run("direct", 0, "0", predictions(60, subjects=1))], metrics=["accuracy"], draws=100)
    assert "No intervals: 2 recordings are too few" in basis(lone)


def test_csv_reads_back_and_holds_no_formula(comparison):
    lines = list(csv.DictReader(io.StringIO(to_csv(comparison), newline="")))
    assert len(lines) == 6
    assert [line["arm"] for line in lines[:3]] == ["teacher", "direct", "'=rdpd"]
    row = comparison.rows["roc_auc"][2]
    assert float(lines[2]["mean"]) == row.mean
    assert float(lines[2]["difference_low"]) == row.difference.interval.low
    assert lines[1]["difference"] == ""
    assert lines[0]["verdict"] == "too few seeds to say (n=1)"


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_quoted(value):
    assert plain_cell(value) == "'" + value
    assert list(csv.reader(io.StringIO(csv_text(["a"], [[value]]), newline=""))) == [["a"], ["'" + value]]


def test_numbers_stay_numbers():
    assert csv_text(["a", "b"], [[-0.5, None]]) == "a,b\r\n-0.5,\r\n"
