"""Another sampling rate, without aliasing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from rdpd_core.errors import ParameterError
from rdpd_core.types import Recording

MOST_UPSAMPLING = 4
LARGEST_FACTOR = 2000


def resample(recording: Recording, rate_hz: float) -> Recording:
    """Give the recording at another sampling rate; equal rates give it back unchanged.

    A polyphase low-pass filter (windowed sinc, Kaiser window) removes what the new rate cannot carry. A channel's mean is taken
    off before and put back after, so that an offset makes no step at the ends. Gaps stay gaps: they are bridged linearly for
    the filter, and every new sample whose nearest old one was missing is NaN again.

    Args:
        recording: NaN where a sensor was silent.
        rate_hz: The new rate, at most four times the old one.

    Raises:
        ParameterError: The rate is not positive, too high to be honest, or no simple ratio to the old one.
    """
    old = recording.sampling_rate
    if rate_hz == old:
        return recording
    from scipy import signal as dsp  # takes over a second to import, and stored recordings are not resampled again

    up, down = _ratio(old, rate_hz)
    signal = np.asarray(recording.signal, dtype=np.float64)
    there = np.isfinite(signal)
    if there.all():
        new = dsp.resample_poly(signal, up, down, axis=1, padtype="mean")
        return replace(recording, signal=new.astype(np.float32), sampling_rate=float(rate_hz))
    bridged = np.stack([_bridge(row, ok) for row, ok in zip(signal, there, strict=True)])
    new = dsp.resample_poly(bridged, up, down, axis=1, padtype="mean")
    nearest = np.minimum(np.round(np.arange(new.shape[1]) * (down / up)).astype(np.int64), signal.shape[1] - 1)
    new[~there[:, nearest]] = np.nan
    return replace(recording, signal=new.astype(np.float32), sampling_rate=float(rate_hz))


def _ratio(old: float, new: float) -> tuple[int, int]:
    if not (np.isfinite(new) and new > 0):
        raise ParameterError(f"sampling rate {new:g} Hz: give a positive number of Hz")
    if new > MOST_UPSAMPLING * old:
        raise ParameterError(
            f"from {old:g} to {new:g} Hz would invent {new / old:.3g} samples for each measured one; "
            f"at most {MOST_UPSAMPLING * old:g} Hz ({MOST_UPSAMPLING} times the recorded rate) is allowed"
        )
    exact = Fraction(new).limit_denominator(10**6) / Fraction(old).limit_denominator(10**6)
    ratio = exact.limit_denominator(LARGEST_FACTOR)
    if ratio == 0 or ratio.numerator > LARGEST_FACTOR or abs(ratio / exact - 1) > Fraction(1, 10**6):
        raise ParameterError(f"from {old:g} to {new:g} Hz: choose a rate whose ratio has whole numbers up to {LARGEST_FACTOR}")
    return ratio.numerator, ratio.denominator


def _bridge(row: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Fill the gaps of one channel by straight lines; a channel without values becomes 0."""
    if not there.any():
        return np.zeros_like(row)
    at = np.arange(len(row))
    return np.interp(at, at[there], row[there])
