"""Calipers: what they measure, and what is drawn of it."""

import numpy as np
import pytest

from app.figures.viewer import Calipers, Settings, cut, describe_measurement, interval_words, measure, viewer_figure
from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.types import Channel

CHANNELS = (Channel("I", "mV", "limb"), Channel("pulse", "1/min", "heart"))


def pulse(rate=500.0, start_s=0.0):
    """Give 2 s with a pulse of 1 mV from 0.8 to 1 s on the first of two channels."""
    time = np.arange(round(2 * rate)) / rate
    return np.stack([np.where((time >= 0.8 - 1e-9) & (time < 1.0 - 1e-9), 1.0, 0.0), 60 + time]).astype(np.float32)


@pytest.mark.parametrize("rate", [100.0, 200.0, 500.0, 1000.0])
def test_a_pulse_of_1_mv_and_200_ms_measures_so(rate):
    found = measure(pulse(rate), rate, 5.8, 6.0, 0, start_s=5.0)
    assert found.interval_ms == pytest.approx(200.0)
    assert found.span == 1.0
    assert found.bpm == pytest.approx(300.0)
    assert (found.first, found.second, found.change) == (1.0, 0.0, -1.0)
    assert interval_words(found) == "200 ms · 300 bpm"


def test_times_may_be_given_in_either_order_or_be_one():
    forth, back = measure(pulse(), 500.0, 0.2, 0.9, 0), measure(pulse(), 500.0, 0.9, 0.2, 0)
    assert (forth.low, forth.high) == (back.low, back.high) == (0.0, 1.0)
    assert forth.interval_ms == -back.interval_ms == pytest.approx(700.0)
    assert forth.change == -back.change == 1.0
    one = measure(pulse(), 500.0, 0.9, 0.9, 0)
    assert (one.bpm, one.span) == (None, 0.0)
    assert interval_words(one) == "0 ms"


def test_silence_has_no_amplitude():
    found = measure(np.full((1, 100), np.nan), 100.0, 0.1, 0.5, 0)
    assert np.isnan(found.span)
    assert "no values" in describe_measurement(Calipers(0.1, 0.5, "I"), found, "mV")


@pytest.mark.parametrize("times", [(-0.1, 1.0), (0.5, 2.1), (np.nan, 1.0), (0.0, np.inf)])
def test_times_outside_are_refused(times):
    with pytest.raises(ParameterError, match="outside"):
        measure(pulse(), 500.0, *times, 0)


def test_channels_that_are_not_there_are_refused():
    with pytest.raises(ParameterError, match="channel"):
        measure(pulse(), 500.0, 0.1, 0.2, 2)
    with pytest.raises(UnknownNameError):
        viewer_figure(CHANNELS, pulse(), 500.0, Settings(calipers=Calipers(0.1, 0.2, "II")))


def lines(fig, axis):
    """Give the dashed lines on a value axis, or over all rows."""
    return [shape for shape in fig.layout.shapes if shape.yref == axis and shape.line.dash == "dash"]


def test_two_times_cross_all_rows_and_two_levels_are_on_their_channel():
    fig = viewer_figure(CHANNELS, pulse(), 500.0, Settings(calipers=Calipers(1.0, 0.8, "I")))
    assert [shape.x0 for shape in lines(fig, "paper")] == [0.8, 1.0]
    assert all((shape.y0, shape.y1) == (0, 1) for shape in lines(fig, "paper"))
    (trace,) = [trace for trace in fig.data if trace.name == "I"]
    assert sorted(shape.y0 for shape in lines(fig, "y")) == pytest.approx([min(trace.y), max(trace.y)])
    texts = " ".join(note.text for note in fig.layout.annotations)
    assert "200 ms · 300 bpm" in texts
    assert "1.00 mV" in texts


def test_levels_can_be_chosen_and_carry_the_unit():
    calipers = Calipers(0.5, 1.5, "pulse", (60.0, 62.5))
    fig = viewer_figure(CHANNELS, pulse(), 500.0, Settings(calipers=calipers))
    assert sorted(shape.y0 for shape in lines(fig, "y2")) == [60.0, 62.5]
    assert "2.5 1/min" in " ".join(note.text for note in fig.layout.annotations)
    told = describe_measurement(calipers, measure(pulse(), 500.0, 0.5, 1.5, 1), "1/min")
    assert told == "pulse, 0.5 to 1.5 s: 1000 ms · 60 bpm; 2.5 1/min between the chosen levels (60 and 62.5 1/min)."


def test_words_at_an_end_of_the_picture_are_not_cut_off():
    fig = viewer_figure(CHANNELS, pulse(), 500.0, Settings(calipers=Calipers(1.95, 2.0, "I")))
    interval, size = [note for note in fig.layout.annotations if note.bordercolor]
    assert 0.1 < interval.x < 1.9
    assert size.xanchor == "right"


def test_long_intervals_are_said_in_longer_units():
    hours = np.zeros((1, 48))
    assert interval_words(measure(hours, 1 / 3600, 0.0, 7200.0, 0)) == "2.00 h"
    assert interval_words(measure(hours, 1.0, 0.0, 30.0, 0)) == "30.0 s"


def test_a_stretch_is_cut_at_its_samples():
    part, start = cut(pulse(), 500.0, 5.0, 5.8, 0.2)
    assert part.shape == (2, 100)
    assert (part[0] == 1.0).all()
    assert start == pytest.approx(5.8)
    part, start = cut(pulse(), 500.0, 5.0, 0.0, 99.0)
    assert (part.shape, start) == ((2, 1000), 5.0)
    with pytest.raises(ParameterError, match="ends at 7 s"):
        cut(pulse(), 500.0, 5.0, 7.0, 1.0)
