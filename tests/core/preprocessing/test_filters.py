"""Filters keep what lies in the band, at its time, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.preprocessing.filters import band_pass, standardize
from rdpd_core.types import Channel, Recording

RATE = 500.0
TIME = np.arange(10_000) / RATE


def recording(*waves: np.ndarray) -> Recording:
    channels = tuple(Channel(f"c{i}", "mV", "g") for i in range(len(waves)))
    return Recording("r", np.stack(waves).astype(np.float32), RATE, channels, "s", None)


def sine(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * TIME)


@pytest.mark.parametrize(("hz", "left"), [(0.05, 0.0), (0.5, 0.5), (10.0, 1.0), (40.0, 0.5), (120.0, 0.0)])
def test_amplitude_left_by_frequency(hz: float, left: float) -> None:
    out = band_pass(recording(sine(hz)), (0.5, 40.0)).signal[0]
    middle = slice(3000, 7000)
    assert np.abs(out[middle]).max() == pytest.approx(left, abs=0.03)


def test_an_event_stays_where_it_was() -> None:
    bump = np.exp(-(((TIME - 10.0) / 0.05) ** 2))
    out = band_pass(recording(bump), (0.5, 40.0)).signal[0]
    assert abs(TIME[out.argmax()] - 10.0) <= 1 / RATE


@pytest.mark.parametrize("band", [(0.0, 40.0), (40.0, 0.5), (0.5, 250.0), (-1.0, 3.0)])
def test_an_impossible_band_is_refused(band: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match="half the rate"):
        band_pass(recording(sine(1)), band)


def test_missing_values_and_short_recordings_are_refused() -> None:
    whole = recording(sine(1))
    with pytest.raises(DataError, match="fill them"):
        band_pass(recording(np.where(TIME > 3, np.nan, 1.0)), (0.5, 40.0))
    with pytest.raises(DataError, match="20 samples cannot be filtered"):
        band_pass(replace(whole, signal=whole.signal[:, :20]), (0.5, 40.0))


def test_standardize_scales_each_channel_and_marks_constant_ones() -> None:
    scaled, flat = standardize(np.stack([3 + 5 * sine(1), np.full_like(TIME, 101_325.3), 0 * TIME]).astype(np.float32))
    assert scaled[0].mean() == pytest.approx(0, abs=1e-4)
    assert scaled[0].std() == pytest.approx(1, abs=1e-4)
    assert flat.tolist() == [False, True, True]
    assert not scaled[1:].any()
