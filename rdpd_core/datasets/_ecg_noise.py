"""Noise of electrodes and muscles, drawn as a spectrum, so that any sampling rate sees the same noise."""

from __future__ import annotations

import numpy as np

TOP_HZ = 95.0
MAINS_HZ = 50.0


def shapes(frequency: np.ndarray) -> np.ndarray:
    """Give the amplitude spectrum of each kind of noise; (3, F), each with unit sum of squares.

    Args:
        frequency: (F,), in Hz.
    """
    above = np.maximum(frequency, 1e-9)
    wander = np.where((frequency >= 0.05) & (frequency <= 0.7), 1 / above, 0.0)
    muscle = np.where(frequency > 0, (above / 30) / (1 + (above / 30) ** 2), 0.0)
    mains = np.exp(-0.5 * ((frequency - MAINS_HZ) / 0.05) ** 2)
    stack = np.stack([wander, muscle, mains])
    return stack / np.linalg.norm(stack, axis=1, keepdims=True)


def noise(rng: np.random.Generator, level: np.ndarray, duration_s: float, rate_hz: float, burst: float) -> np.ndarray:
    """Draw the noise of all channels.

    Args:
        rng: Where the draws come from.
        level: (C, 3), root mean square of wander, muscle and mains per channel, in mV.
        duration_s: In s.
        rate_hz: Sampling rate, in Hz; frequencies from half of it on are left out.
        burst: How much the muscles swell and ebb, from 0 to 1.

    Returns:
        (C, time), mV.
    """
    samples = round(duration_s * rate_hz)
    frequency = np.arange(int(TOP_HZ * duration_s)) / duration_s
    draw = rng.standard_normal((len(level), len(frequency), 2)).view(np.complex128)[..., 0]
    swell = rng.uniform(0.05, 0.25), rng.uniform(0, 2 * np.pi)
    keep = frequency < rate_hz / 2
    wander, muscle, mains = level.T[..., None] * shapes(frequency)[:, None] * (samples / 2)  # (3, C, F)
    steady = np.fft.irfft((draw * (wander + mains))[:, keep], n=samples)
    swelling = np.fft.irfft((draw * muscle)[:, keep], n=samples)
    return steady + swelling * (1 + burst * np.sin(2 * np.pi * swell[0] * np.arange(samples) / rate_hz + swell[1]))
