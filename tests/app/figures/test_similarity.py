"""Pictures of likeness show what was counted, and strike out what chance would give."""

import numpy as np
import pytest

from app.figures.similarity import (
    change_figure,
    change_table,
    describe_change,
    describe_matrix,
    describe_scatter,
    matrix_figure,
    matrix_table,
    scatter_figure,
    scatter_table,
)
from rdpd_core.evaluation.cka_align import align
from rdpd_core.evaluation.cka_compare import averaged, changes, mean_diagonal
from rdpd_core.evaluation.cka_matrix import compare_layers
from rdpd_core.experiments.similarity import SimilarityMatrix
from rdpd_core.runtime import numpy_generator

N = 80
ABOUT = {"subject": np.repeat([f"s{at}" for at in range(8)], 10), "recording": np.repeat([f"r{at}" for at in range(16)], 5)}


def layers(arm: str, seed: int, noise: float) -> dict[str, np.ndarray]:
    """Give a layer that has something in common with others, one that has not, and one that does not vary."""
    draw = numpy_generator("figure", arm, seed)
    common = numpy_generator("figure").normal(size=(N, 3))
    return {"a<b": common + noise * draw.normal(size=(N, 3)), "own": draw.normal(size=(N, 4)), "still": np.ones((N, 2))}


def grids(arm: str, noise: float, seeds: int) -> list:
    """Give a grid per seed."""
    pairs = [(layers("teacher", s, 0.3), layers(arm, s, noise)) for s in range(seeds)]
    return [compare_layers(*pair, **ABOUT, draws=100, shuffles=100) for pair in pairs]


@pytest.fixture(scope="module")
def made() -> SimilarityMatrix:
    """Three seeds of an arm beside its teachers."""
    each = grids("rdpd", 0.5, 3)
    grid = averaged(each)
    return SimilarityMatrix("Teacher", "RDPD", "flatten", grid, mean_diagonal(grid), tuple(each), {})


def test_squares_hold_the_values_and_chance_is_struck_out(made):
    matrix = made.to_dict()
    fig = matrix_figure(matrix, "rdpd")
    heat, points = fig.data
    marks = [[c["mark"] for c in row] for row in matrix["cells"]]
    assert marks[0][0] == "above"
    assert marks[0][1] == "inside"
    assert marks[2] == ["undefined"] * 3
    assert heat.z[0][0] == matrix["cells"][0][0]["value"]
    assert heat.z[0][1] is None or np.isnan(heat.z[0][1])
    assert heat.text[0][0] == f"{matrix['cells'][0][0]['value']:.2f}"
    struck = sum(row.count("inside") for row in marks)
    assert sum(s.type == "line" for s in fig.layout.shapes) == struck
    assert sum(s.type == "rect" for s in fig.layout.shapes) == struck + sum(row.count("undefined") for row in marks)
    assert "–" in points.text
    assert any("same for every" in tip for tip in points.customdata)
    assert heat.y[0] == "a&lt;b"


def test_the_picture_says_n_mode_and_null(made):
    text = matrix_figure(made.to_dict(), "rdpd").layout.annotations[0].text
    for said in ("n = 80 windows of 8 subjects", "3 pairs of models", "mode flatten", "null (windows shuffled)", "wrong pairs"):
        assert said in text
    words = describe_matrix(made.to_dict())
    assert words.startswith("CKA of the layers of Teacher (rows) and RDPD (columns): of 9 pairs")
    assert "no more alike than wrong pairs" in words
    assert "nothing can be said" in words
    assert "[" in words


def test_the_table_holds_every_number(made):
    table = matrix_table(made.to_dict())
    assert len(table) == 9
    assert table["CKA"][0] == made.grid.values()[0, 0]
    assert table["95% low"][0] < table["CKA"][0] < table["95% high"][0]
    assert table["null high"][0] > 0
    assert table["why none"][8]
    assert set(table["n (windows)"]) == {N}


@pytest.mark.parametrize(("seeds", "claimed"), [(3, False), (8, True)])
def test_a_difference_without_a_claim_is_struck_out(made, seeds, claimed):
    cells, along = changes(grids("near", 0.3, seeds), grids("far", 3.0, seeds), "Direct")
    difference = {"cells": [[c.to_dict() for c in row] for row in cells], "diagonal": along.to_dict()}
    matrix = made.to_dict()
    fig = change_figure(difference, matrix, "Direct")
    strokes = sum(s.type == "line" for s in fig.layout.shapes)
    assert strokes == sum(c.claim == "none" for row in cells for c in row)
    assert (cells[0][0].claim != "none") == claimed
    assert (strokes == 9) != claimed
    assert f"n = {seeds} seeds" in fig.layout.annotations[0].text
    words = describe_change(difference, matrix, "Direct")
    assert ("too few seeds" in words) != claimed
    assert change_table(difference, matrix)["difference of CKA"][0] == cells[0][0].value


def test_points_are_windows_colored_by_class():
    first, second = layers("teacher", 0, 0.3)["a<b"], layers("rdpd", 0, 0.3)["a<b"]
    found = align(first, second, ABOUT["subject"])
    target = np.arange(N) % 3 - 1
    fig = scatter_figure(found, target, ("rest", "walk"), ("a<b", "own"))
    assert len(fig.data) == 6  # two components of three kinds of windows
    assert sum(len(t.x) for t in fig.data) == 2 * N
    assert len({t.marker.symbol for t in fig.data}) == 3
    assert [t.name for t in fig.data if t.showlegend] == ["unknown", "1 rest", "2 walk"]
    held = fig.layout.annotations[0].text
    assert f"left out: r = {found.held_out[0]:.2f}" in held
    assert f"[{found.intervals[0].low:.2f}, {found.intervals[0].high:.2f}]" in held
    assert f"null {found.nulls[0][0]:.2f} to {found.nulls[0][1]:.2f}" in held
    assert "n = 80 windows of 8 subjects; 95% intervals, 8 subjects" in fig.layout.annotations[-1].text.replace("<br>", " ")
    words = describe_scatter(found, ("a<b", "own"))
    assert "80 windows of 8 subjects" in words
    assert "on people left out" in words
    table = scatter_table(found, target, ("rest", "walk"))
    assert table["class"].tolist()[:3] == ["unknown", "rest", "walk"]
    assert np.array_equal(table["component 1, first"], found.first[:, 0])


def test_a_layer_that_does_not_vary_gives_a_sentence():
    found = align(np.ones((N, 2)), layers("rdpd", 0, 0.3)["own"], ABOUT["subject"])
    assert "same for every example" in describe_scatter(found, ("still", "own"))
    fig = scatter_figure(found, np.zeros(N, dtype=int), ("rest",), ("still", "own"))
    assert "undefined" in fig.layout.annotations[0].text
