"""Band-pass filtering without delay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.types import Recording

ORDER = 4


def band_pass(recording: Recording, band_hz: tuple[float, float], order: int = ORDER) -> Recording:
    """Give the recording with only the frequencies of a band, every event at its own time.

    A Butterworth filter runs forward and backward, which doubles its slope and cancels its delay; at both band edges half of
    the amplitude is left. Order 4 at 500 Hz, then resampling to 100 Hz and a z-score per lead, gives the preprocessed form in
    which part of PTB-XL is passed on.

    Args:
        recording: Without missing values.
        band_hz: Lower and upper edge in Hz.
        order: Of the Butterworth prototype.

    Raises:
        ParameterError: The band does not lie between 0 and half the sampling rate.
        DataError: Values are missing, or the recording is too short to filter.
    """
    from scipy import signal as dsp  # takes over a second to import, and stored recordings are not filtered again

    low, high = band_hz
    half = recording.sampling_rate / 2
    if not 0 < low < high < half:
        raise ParameterError(
            f"band {low:g} to {high:g} Hz at {recording.sampling_rate:g} Hz: choose 0 < low < high < {half:g} Hz, half the rate"
        )
    if not np.isfinite(recording.signal).all():
        raise DataError("values are missing; fill them before filtering")
    sections = dsp.butter(order, band_hz, "bandpass", fs=recording.sampling_rate, output="sos")
    shortest = 3 * (2 * len(sections) + 1) + 1
    if recording.signal.shape[1] < shortest:
        raise DataError(f"a recording of {recording.signal.shape[1]} samples cannot be filtered; {shortest} are needed")
    filtered = dsp.sosfiltfilt(sections, recording.signal.astype(np.float64), axis=1)
    return replace(recording, signal=filtered.astype(np.float32))


def standardize(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale each channel by its own mean and standard deviation.

    Args:
        signal: (C, time), without missing values.

    Returns:
        The scaled signal (C, time), float32; and a mask (C,), True where a channel is constant and 0 was written for all of it.
    """
    wide = signal.astype(np.float64)
    mean, std = wide.mean(axis=1, keepdims=True), wide.std(axis=1, keepdims=True)
    # Rounding leaves a tiny spread in a constant channel of large values.
    flat = std <= 1e-7 * np.maximum(np.abs(mean), 1e-30)
    scaled = np.where(flat, 0.0, (wide - mean) / np.where(flat, 1.0, std))
    return scaled.astype(np.float32), flat[:, 0]
