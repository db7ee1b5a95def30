"""Class distributions of every arm beside the truth."""

import itertools

import numpy as np
import pytest

from app import theme
from app.figures.distributions import distribution_figure
from tests.app.made import CLASSES, arm, case


def bars(fig, title):
    """Give the bars of an arm."""
    (trace,) = [t for t in fig.data if t.name == title]
    return trace


def test_every_arm_has_a_column_of_its_own_from_0_to_1():
    made = case()
    fig = distribution_figure(made)
    starts = [bars(fig, one.title).base[0] for one in made.arms]
    assert all(right - left > 1 for left, right in itertools.pairwise(starts))
    assert fig.layout.xaxis.tickvals == tuple(start + end for start in starts for end in (0, 1))
    assert fig.layout.xaxis.ticktext == ("0", "1") * len(starts)
    (tracks,) = [t for t in fig.data if t.type == "bar" and t.name is None]
    assert set(tracks.x) == {1.0}
    assert sorted(set(tracks.base)) == starts


def test_values_colors_and_whiskers_are_those_of_the_arm():
    fig = distribution_figure(case())
    trace = bars(fig, "RDPD")
    assert trace.x.tolist() == [0.20, 0.71, 0.09]
    assert [row[1] for row in trace.customdata] == [0.20, 0.71, 0.09]
    assert trace.marker.color == theme.mark_of("rdpd").color
    assert trace.marker.pattern.shape == theme.mark_of("rdpd").pattern
    assert np.allclose(trace.error_x.array, 0.05)
    assert bars(fig, "Teacher").error_x.array is None


def test_whiskers_end_where_probability_ends():
    fig = distribution_figure(case(arms=(arm("rdpd", [0.99, 0.01, 0.0], [0.25] * 4),)))
    whiskers = bars(fig, "RDPD").error_x
    assert np.allclose(whiskers.array, [0.01, 0.05, 0.05])
    assert np.allclose(whiskers.arrayminus, [0.05, 0.01, 0.0])


def test_the_truth_is_marked_by_sign_word_and_shade():
    fig = distribution_figure(case())
    rows = [note.text for note in fig.layout.annotations]
    assert [text for text in rows if "truth" in text] == ["<b>◆ bundle branch block</b> (truth)"]
    (band,) = fig.layout.shapes
    assert band.y0 < CLASSES.index("bundle branch block") < band.y1


def test_an_unknown_truth_is_marked_nowhere():
    fig = distribution_figure(case(truth=None))
    assert not fig.layout.shapes
    assert not [note for note in fig.layout.annotations if "truth" in note.text]


@pytest.mark.parametrize("word", ["n = 3", "n = 1"])
def test_the_number_of_seeds_is_said(word):
    assert any(word in note.text for note in distribution_figure(case()).layout.annotations)


def test_the_axis_says_what_it_measures():
    assert "probability" in distribution_figure(case()).layout.xaxis.title.text
