"""Signals with attention beneath them: one time axis, units, marks, and scales that can be read off."""

import numpy as np
import pytest

from app import theme
from app.figures.case import case_figure, case_title
from app.figures.signals import ECG_PAPER, paper_for, stack
from rdpd_core.errors import ParameterError
from rdpd_core.types import Channel
from tests.app.made import arm, case

SHOWN = ("I", "II", "V1")


def drawn(fig, name):
    """Give the trace of a name."""
    (trace,) = [t for t in fig.data if t.name == name]
    return trace


def test_signal_and_attention_share_one_time_axis():
    made = case()
    fig = case_figure(made, SHOWN)
    signal, bars = drawn(fig, "I"), drawn(fig, "RDPD")
    assert bars.x.tolist() == [6.25, 8.75, 11.25, 13.75]
    assert (signal.xaxis or "x") == bars.xaxis == "x"
    assert signal.yaxis != bars.yaxis
    assert fig.layout.xaxis.range[0] < made.offset_s
    assert fig.layout.xaxis.range[1] == pytest.approx(made.offset_s + made.duration_s, abs=0.02)


def test_segment_edges_stand_in_the_signals():
    lines = [shape for shape in case_figure(case(), SHOWN).layout.shapes if shape.type == "line" and shape.x0 == shape.x1]
    assert {5.0, 7.5, 10.0, 12.5, 15.0} <= {round(line.x0, 6) for line in lines}


def test_channels_of_the_students_are_marked_by_more_than_color():
    fig = case_figure(case(), SHOWN)
    texts = [note.text for note in fig.layout.annotations]
    assert "<b>▸I</b>" in texts
    assert drawn(fig, "I").line.width > drawn(fig, "II").line.width


def test_every_arm_has_its_strip_in_its_own_color_and_pattern():
    made = case()
    fig = case_figure(made, SHOWN)
    floors = []
    for one in made.arms:
        bars, mark = drawn(fig, one.title), theme.mark_of(one.arm)
        assert (bars.marker.color, bars.marker.pattern.shape) == (mark.color, mark.pattern)
        assert np.allclose(np.asarray(bars.customdata)[:, 0], one.attention)
        floors.append(bars.base[0])
    assert np.allclose(np.diff(floors), -1)
    heights = np.concatenate([np.asarray(drawn(fig, one.title).y) for one in made.arms])
    shares = np.concatenate([one.attention for one in made.arms])
    assert np.allclose(heights / shares, heights[0] / shares[0])  # one scale for all arms


def test_overlap_and_attention_stand_there_as_text():
    fig = case_figure(case(), SHOWN)
    texts = " ".join(note.text for note in fig.layout.annotations)
    assert "overlap with teacher 0.95" in texts
    numbers = [text for trace in fig.data if trace.type == "scatter" and trace.mode == "text" for text in trace.text]
    assert "0.45" in numbers


def test_a_single_model_has_no_whiskers():
    fig = case_figure(case(), SHOWN)
    assert drawn(fig, "Teacher").error_y.array is None
    assert np.allclose(np.diff(drawn(fig, "RDPD").error_y.array), 0)


def test_the_title_says_which_window_it_is_and_that_it_is_simulated():
    assert case_title(case()) == "s012, recording s012_1, 5 to 15 s, simulated"
    assert "simulated" in case_figure(case(), SHOWN).layout.title.text
    assert "simulated" not in case_title(case(simulated=False))


def test_names_from_files_cannot_bring_tags():
    fig = case_figure(case(subject='<a href="x">s</a>'), SHOWN)
    assert "<a" not in fig.layout.title.text


def test_models_without_attention_leave_the_signals_alone():
    fig = case_figure(case(arms=(arm("direct", [1.0, 0.0, 0.0], None),)), SHOWN)
    assert not [t for t in fig.data if t.type == "bar"]
    assert "time in the recording (s)" in fig.layout.xaxis.title.text


def test_figures_stay_small():
    fig = case_figure(case(), [c.name for c in case().channels])
    assert len(fig.to_json()) < 500_000


def test_channels_of_several_units_are_refused():
    channels = (Channel("I", "mV", "limb"), Channel("pulse", "1/min", "heart"))
    with pytest.raises(ParameterError, match="one unit"):
        paper_for(channels, np.zeros((2, 10)))


@pytest.mark.parametrize("scale", [0.003, 1.0, 40.0, 7000.0])
def test_other_units_get_a_paper_of_a_few_round_lines(scale):
    signal = scale * np.sin(np.arange(400) / 10)[None]
    paper = paper_for([Channel("x", "m/s^2", "arm")], signal)
    assert 1 <= 2 * scale / paper.major_y <= 12
    assert paper is not ECG_PAPER


def test_a_silent_channel_has_room_of_its_own():
    signal = np.stack([np.sin(np.arange(100) / 5), np.full(100, np.nan), np.sin(np.arange(100) / 5)])
    places = stack(signal, ECG_PAPER)
    assert np.isfinite(places.baseline).all()
    assert (np.diff(places.baseline) <= -1.0).all()
