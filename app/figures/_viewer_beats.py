"""Where heart beats are, well enough to go from one to the next; nothing is diagnosed from it."""

from __future__ import annotations

import numpy as np

SLOPE_S, SMOOTH_S, APART_S, REFINE_S = 0.02, 0.1, 0.3, 0.08
"""Over which time a slope is taken, how long it is averaged, how near beats can be, and how far their peaks are looked for."""
HEIGHT = 0.3
"""How steep a beat must be, as a share of nearly the steepest."""


def beats(signal: np.ndarray, rate: float, start_s: float = 0.0) -> np.ndarray:
    """Give the times of the R peaks of an ECG: where all leads together are steepest, at the greatest distance from rest.

    Args:
        signal: (C, T), mV; NaN where an electrode was silent.
        rate: Hz.
        start_s: Time of the first sample, in s.

    Returns:
        (n,), s, ascending.
    """
    from scipy.signal import find_peaks  # takes over a second to import, and few look at beats

    if signal.shape[1] < 3 * APART_S * rate:
        return np.empty(0)
    rest = np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else 0.0 for row in signal])
    away = np.nan_to_num(signal - rest[:, None]).astype(float)
    lag = max(1, round(SLOPE_S * rate))
    slope = np.zeros_like(away)
    slope[:, lag:] = away[:, lag:] - away[:, :-lag]
    size = np.maximum(slope.std(axis=1, keepdims=True), 1e-9)
    width = max(1, round(SMOOTH_S * rate))
    power = np.convolve(((slope / size) ** 2).mean(axis=0), np.ones(width) / width, mode="same")
    enough = HEIGHT * np.percentile(power, 98)
    if not enough > 0:
        return np.empty(0)
    found, _ = find_peaks(power, height=enough, distance=max(1, round(APART_S * rate)))
    reach, total = round(REFINE_S * rate), (away / size).__abs__().mean(axis=0)
    peaks = [lo + int(np.argmax(total[lo : at + reach + 1])) for at in found for lo in (max(at - reach, 0),)]
    return start_s + np.unique(peaks) / rate
