"""Resampling: no aliasing, no steps at the ends, gaps stay gaps."""

import numpy as np
import pytest

from rdpd_core.errors import ParameterError
from rdpd_core.preprocessing.resample import resample
from rdpd_core.types import Channel, Recording


def recording(signal: np.ndarray, rate: float) -> Recording:
    channels = tuple(Channel(f"c{i}", "mV", "g") for i in range(len(signal)))
    return Recording("r", signal.astype(np.float32), rate, channels, "s", None)


def sine(hz: float, rate: float, seconds: float = 20.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)


def test_equal_rates_give_the_same_recording_back() -> None:
    same = recording(sine(1, 100)[None], 100.0)
    assert resample(same, 100.0) is same


@pytest.mark.parametrize(("old", "new"), [(500.0, 100.0), (100.0, 33.3), (100.0, 128.0), (1000.0, 200.0)])
def test_a_slow_wave_survives(old: float, new: float) -> None:
    out = resample(recording(sine(1, old)[None], old), new)
    want = np.sin(2 * np.pi * np.arange(out.signal.shape[1]) / new)
    middle = slice(len(want) // 4, -len(want) // 4)
    assert out.sampling_rate == new
    assert abs(out.signal.shape[1] / new - 20.0) <= 1 / new
    assert np.abs(out.signal[0] - want)[middle].max() < 0.02


def test_what_the_new_rate_cannot_carry_is_removed_not_folded() -> None:
    fast = sine(90, 500)[None]
    assert np.abs(fast[:, ::5]).max() > 0.9  # every fifth sample would show a 10 Hz wave that is not there
    assert np.abs(resample(recording(fast, 500.0), 100.0).signal[:, 100:-100]).max() < 0.05


def test_an_offset_makes_no_step_at_the_ends() -> None:
    out = resample(recording(np.full((1, 1000), 70.0), 100.0), 25.0).signal
    assert np.abs(out - 70).max() < 1e-3


def test_gaps_stay_gaps_and_do_not_spread() -> None:
    wave = sine(1, 100)
    wave[500:700] = np.nan
    silent = np.full_like(wave, np.nan)
    out = resample(recording(np.stack([wave, silent]), 100.0), 50.0).signal
    assert np.isnan(out[0, 250:350]).all()
    assert np.isfinite(out[0, :250]).all()
    assert np.isfinite(out[0, 350:]).all()
    assert np.isnan(out[1]).all()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), 401.0, 100.00123])
def test_senseless_rates_are_refused(rate: float) -> None:
    with pytest.raises(ParameterError, match="Hz"):
        resample(recording(sine(1, 100)[None], 100.0), rate)
