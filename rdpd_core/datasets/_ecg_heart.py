"""The moving dipole of one recording: the waves of all its beats, in closed form at any sampling rate."""

from __future__ import annotations

import numpy as np

from rdpd_core.datasets._ecg_rhythm import Beats
from rdpd_core.datasets._ecg_waves import RATE_POWER, Waves

REACH = 4.5
"""A wave is cut this many standard deviations from its middle, where 0.004 % of it is left."""


def spread(beats: Beats, healthy: Waves, diseased: Waves, ectopic: Waves) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give every wave of every beat: middle (K, W) in s, width (K, W) in s, vector (K, W, 3) in mV."""
    share = beats.shown[:, None]
    wild = beats.ectopic[:, None]
    factor = beats.period[:, None] ** RATE_POWER
    delay = (1 - share) * healthy.delay + share * diseased.delay
    width = (1 - share) * healthy.width + share * diseased.width
    vector = (1 - share[..., None]) * healthy.vector + share[..., None] * diseased.vector
    delay, width = np.where(wild, ectopic.delay, delay), np.where(wild, ectopic.width, width)
    vector = np.where(wild[..., None], ectopic.vector, vector)
    return beats.time[:, None] + delay * factor, width * factor, vector


def sway(vector: np.ndarray, time_s: np.ndarray, breath_hz: float, phase: float, turn: np.ndarray, swell: float) -> np.ndarray:
    """Give the waves as the breathing chest turns and dampens them.

    Args:
        vector: (K, W, 3), mV.
        time_s: (K,), R peaks.
        breath_hz: Respiration rate.
        phase: Of respiration at time 0, in rad.
        turn: (3,), axis of the turn times its amplitude, in rad; small.
        swell: Amplitude of the change in size, as a share.
    """
    breath = np.sin(2 * np.pi * breath_hz * time_s + phase)[:, None, None]
    return vector * (1 + swell * breath) + breath * np.cross(turn, vector)


def dipole(middle: np.ndarray, width: np.ndarray, vector: np.ndarray, duration_s: float, rate_hz: float) -> np.ndarray:
    """Give the sum of all Gaussian waves.

    Args:
        middle: (K, W), in s.
        width: (K, W), standard deviations in s.
        vector: (K, W, 3), in mV.
        duration_s: Length, in s.
        rate_hz: Sampling rate; common instants of two rates get the same values.

    Returns:
        (3, time), mV.
    """
    samples = round(duration_s * rate_hz)
    out = np.zeros((3, samples))
    for wave in range(middle.shape[1]):
        center, sigma = middle[:, wave, None], width[:, wave, None]
        first = np.ceil((center - REACH * sigma) * rate_hz).astype(np.int64)
        at = first + np.arange(int(2 * REACH * sigma.max() * rate_hz) + 1)  # (K, samples under one wave)
        z = (at / rate_hz - center) / sigma
        good = (np.abs(z) <= REACH) & (at >= 0) & (at < samples)
        beat, _ = np.nonzero(good)
        bell, where = np.exp(-0.5 * z[good] ** 2), at[good]
        for axis in range(3):
            out[axis] += np.bincount(where, weights=bell * vector[beat, wave, axis], minlength=samples)
    return out
