"""Fewer points for the same picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.reduce import reduce, reduce_evenly
from rdpd_core.errors import ParameterError


def test_short_signals_stay_whole():
    signal = np.arange(400.0)
    kept = reduce(signal, pixels=100)
    assert np.array_equal(kept.index, np.arange(400))
    assert np.array_equal(kept.value, signal)


@given(spike=st.integers(0, 99_999), pixels=st.integers(1, 700), up=st.booleans())
def test_one_odd_sample_stays_visible_and_points_are_few(spike, pixels, up):
    signal = np.sin(np.arange(100_000) / 500)
    signal[spike] = 9.0 if up else -9.0
    kept = reduce(signal, pixels)
    assert len(kept.index) <= 4 * pixels
    assert spike in kept.index
    assert (np.diff(kept.index) >= 0).all()
    assert np.array_equal(signal[kept.index], kept.value)


@given(length=st.integers(1, 5000), pixels=st.integers(1, 50))
def test_extremes_of_the_whole_are_kept_at_any_length(length, pixels):
    signal = np.cos(np.arange(length) * 1.7)
    kept = reduce(signal, pixels)
    assert kept.value.min() == signal.min()
    assert kept.value.max() == signal.max()


def test_silence_stays_silence():
    signal = np.sin(np.arange(10_000) / 50)
    signal[2000:6000] = np.nan
    kept = reduce(signal, pixels=100)
    inside = (kept.index >= 2050) & (kept.index < 5950)
    assert inside.any()
    assert np.isnan(kept.value[inside]).all()
    assert np.isfinite(kept.value[(kept.index < 1950) | (kept.index > 6050)]).all()


@pytest.mark.parametrize(("pixels", "per_pixel"), [(0, 4), (100, 1)])
def test_impossible_sizes_are_refused(pixels, per_pixel):
    with pytest.raises(ParameterError):
        reduce(np.zeros(10), pixels, per_pixel)


@given(spike=st.integers(0, 49_999), pixels=st.integers(1, 400))
def test_evenly_spaced_points_keep_a_spike_within_a_pixel(spike, pixels):
    signal = np.zeros(50_000)
    signal[spike] = 1.0
    kept = reduce_evenly(signal, pixels)
    assert len(kept.value) <= 2 * pixels
    at = kept.first + kept.step * np.flatnonzero(kept.value == 1.0)
    assert (np.abs(at - spike) <= 50_000 / pixels).all()
    assert len(at) >= 1


def test_evenly_spaced_points_of_a_short_signal_are_its_samples():
    kept = reduce_evenly(np.arange(30.0), 100)
    assert (kept.first, kept.step) == (0.0, 1.0)
    assert np.array_equal(kept.value, np.arange(30.0))


def test_evenly_spaced_points_keep_silence_and_what_stands_beside_it():
    signal = np.full(10_000, np.nan)
    signal[5000:5003] = [1.0, -2.0, 3.0]
    kept = reduce_evenly(signal, 100)
    there = np.isfinite(kept.value)
    assert kept.value[there].tolist() == [-2.0, 3.0]
    assert (np.abs(kept.first + kept.step * np.flatnonzero(there) - 5001) <= 100).all()
    with pytest.raises(ParameterError):
        reduce_evenly(signal, 0)
