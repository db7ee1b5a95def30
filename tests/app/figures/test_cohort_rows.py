"""Pictures of cohorts: what is drawn is what was found, small numbers are said to be hidden, and rows can be chosen."""

import numpy as np
import plotly.graph_objects as go
import pytest

from app.figures.about import About, stamped
from app.figures.abstain import chosen_row, kept_words, ringed
from app.figures.cohort_shares import describe_shares, shares_figure, shares_table
from app.figures.forest import Line, Section, describe_forest, forest_figure, forest_table, line_of
from app.figures.noted import WIDTH, noted
from app.figures.row_choice import choosable, cut

CELL = {"value": 0.6, "interval": {"low": 0.4, "high": 0.9}, "n": 40, "units": 8}
SECTIONS = (
    Section(
        "rest", (line_of("Teacher", "teacher", CELL, "subjects", band=(0.0, 0.7)), line_of("RDPD", "rdpd", CELL, "subjects"))
    ),
    Section("walk", (Line("all arms", "teacher", None, None, "", why="hidden: fewer than 5"),)),
)
NOTES = ["n = 40 windows of 8 subjects; 95% intervals", "Dashed: by chance"]
FOUND = {
    "classes": ["rest", "walk"],
    "subjects": ["ann", "bob", "cem"],
    "truth": ["rest", None, "walk"],
    "windows": [4, 2, 2],
    "titles": {"rdpd": "RDPD"},
    "accuracy": {"rdpd": [0.0, 0.5, 1.0]},
    "arms": {
        "rdpd": {
            "models": 2,
            "mean": [[0.8, 0.2], [0.4, 0.6], [0.1, 0.9]],
            "sd_over_seeds": [[0.1, 0.1], [0.0, 0.0], [0.05, 0.05]],
            "decided": [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]],
            "entropy": [0.5, 0.67, 0.33],
        }
    },
}


def texts(fig: go.Figure) -> str:
    return " ".join(note.text for note in fig.layout.annotations).replace("<br>", " ")


def curve(share: float, value: float, n: int) -> dict:
    cell = {"value": value, "interval": {"low": value - 0.1, "high": value + 0.1}, "n": n, "units": 4}
    return {"share": share, "threshold": 1 - share, "accuracy": cell}


def test_lines_show_value_interval_null_and_why_one_is_missing():
    fig = forest_figure(SECTIONS, "accuracy", NOTES, (0, 1), 0.5)
    points = [trace for trace in fig.data if len(trace.x)]
    assert [trace.x[0] for trace in points] == [0.6, 0.6]
    assert points[0].error_x.array[0] == pytest.approx(0.3)
    assert points[0].error_x.arrayminus[0] == pytest.approx(0.2)
    assert len({trace.marker.symbol for trace in points}) == 2, "told apart without color"
    assert sorted((s.x0, s.x1) for s in fig.layout.shapes) == [(0.0, 0.7), (0.5, 0.5), (0.5, 0.5)]
    assert all(word in texts(fig) for word in ("hidden: fewer than 5", "n = 40 windows of 8 subjects", "Dashed: by chance"))
    low, high = fig.layout.xaxis.range
    assert low < 0
    assert high > 1


def test_lines_do_not_meet():
    fig = forest_figure(SECTIONS, "accuracy", NOTES, (0, 1))
    rows = sorted(note.y for note in fig.layout.annotations if note.yref == "y" and note.xref == "paper")
    assert np.diff(rows).min() >= 1


def test_numbers_behind_lines_are_complete():
    table = forest_table(SECTIONS, "accuracy")
    assert table["accuracy"].tolist()[:2] == [0.6, 0.6]
    assert table["high"].tolist()[0] == 0.9
    assert table["by chance, to"].tolist()[0] == 0.7
    told = describe_forest(SECTIONS, "accuracy", NOTES)
    assert "Teacher 0.60 [0.400, 0.900]" in told
    assert "hidden" in told
    assert "nan" not in told


def test_notes_are_broken_for_a_narrow_window_and_need_room():
    note, height = noted(["a word " * 30, "<b>n</b>"])
    lines = note["text"].split("<br>")
    assert max(map(len, lines[:-1])) <= WIDTH
    assert lines[-1] == "&lt;b&gt;n&lt;/b&gt;"
    assert height > 14 * len(lines)


def test_a_bar_per_subject_fills_the_width_and_carries_its_spread():
    fig = shares_figure(FOUND, "rdpd", [0, 1, 2], ["n = 8 windows"])
    bars = [t for t in fig.data if t.type == "bar" and t.orientation == "h"]
    assert np.sum([t.x for t in bars], axis=0) == pytest.approx(np.ones(3))
    (spread,) = [t for t in fig.data if t.type == "scatter"]
    assert spread.x.tolist() == pytest.approx([0.8, 1.0, 1.0])
    assert spread.error_x.array.tolist() == pytest.approx([0.1, 0.0, 0.0]), "no share is above 1"
    assert "entropy 0.50 nat" in texts(fig)
    assert "4 windows" in texts(fig)
    assert len(shares_table(FOUND, "rdpd", [0, 1, 2])) == 6
    assert "ann: rest 0.80, true rest; bob: walk 0.60;" in describe_shares(FOUND, "rdpd", [0, 1, 2], [])


def test_many_classes_have_no_legend_that_would_hide_the_footer():
    names = [f"class {k}" for k in range(12)]
    own = {**FOUND["arms"]["rdpd"], "mean": [[1 / 12] * 12] * 3, "sd_over_seeds": [[0.0] * 12] * 3}
    fig = shares_figure({**FOUND, "classes": names, "arms": {"rdpd": own}}, "rdpd", [1], [])
    assert fig.layout.legend.y is None
    foot = stamped(fig, About((("data set", "toy"),)))
    (note,) = [a for a in foot.layout.annotations if a.name == "about"]
    assert note.y == 0
    assert -note.yshift <= foot.layout.margin.b


def test_one_seed_has_no_spread():
    one = {**FOUND, "arms": {"rdpd": {**FOUND["arms"]["rdpd"], "models": 1, "sd_over_seeds": None}}}
    assert not [t for t in shares_figure(one, "rdpd", [0], []).data if t.type == "scatter"]


def test_only_the_rows_that_are_asked_for_stay():
    part = cut(FOUND, [2, 0])
    assert (part["subjects"], part["windows"], part["accuracy"]["rdpd"]) == (["cem", "ann"], [2, 4], [1.0, 0.0])
    assert part["arms"]["rdpd"]["mean"] == [[0.1, 0.9], [0.8, 0.2]]
    assert part["classes"] == FOUND["classes"]


def test_classes_are_no_rows_even_if_there_are_as_many():
    three = {**FOUND, "classes": ["rest", "walk", "run"]}
    assert cut(three, [0])["classes"] == ["rest", "walk", "run"]


def test_every_square_knows_its_row():
    heat = {
        "type": "heatmap",
        "z": [[0, 1], [1, 0]],
        "x": ["a", "b"],
        "y": ["ann · rest", "<b>"],
        "hovertemplate": "%{y} %{z:.0%}",
    }
    axes = {"xaxis": {}, "yaxis": {"autorange": "reversed"}}
    fig = choosable(go.Figure({"data": [heat], "layout": axes}), ["ann", "<b>"])
    points = fig.data[1]
    assert [behind[0] for behind in points.customdata] == ["ann", "ann", "<b>", "<b>"]
    assert points.customdata[2][2] == "&lt;b&gt;"
    assert points.marker.opacity == 0
    assert fig.layout.yaxis.range == (1.5, -0.5)


def test_the_chosen_point_is_ringed_and_said_with_n_and_interval():
    curves = [curve(1.0, 0.5, 40), curve(0.8, 0.625, 32), curve(0.5, 0.75, 20)]
    own = {"abstain": {"curve": curves, "accuracy": curves[0]["accuracy"]}}
    found = {"arms": {"rdpd": own}, "titles": {"rdpd": "RDPD"}, "n_windows": 40, "unit": "subjects"}
    row = chosen_row(found, "rdpd", 0.78)
    assert row["share"] == 0.8
    told = kept_words(found, "rdpd", row)
    assert "is right in 62.5% [52.5%, 72.5%] of them (n = 32 windows of 4 subjects)" in told
    assert "It abstains in 8 windows." in told
    assert "It abstains nowhere." in kept_words(found, "rdpd", curves[0])
    fig = ringed(go.Figure(), row)
    assert (fig.data[-1].x[0], fig.data[-1].y[0]) == (0.8, 0.625)
    assert fig.layout.shapes[0].x0 == 0.8
