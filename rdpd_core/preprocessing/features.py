"""Simple numbers about windows, as a skeptic would try them first: no network, no training, a few lines of arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rdpd_core.errors import ShapeError

BANDS = 5
QUARTILES = (25, 50, 75)
PER_CHANNEL = 11 + BANDS
"""Numbers of one channel: mean, sd, least, most, quartiles, energy, mean absolute value, mean absolute step, peak, bands."""


def count_features(groups: Sequence[str]) -> int:
    """Give how many numbers `window_features` gives for channels of these groups."""
    return PER_CHANNEL * len(groups) + len(_pairs(groups))


def window_features(x: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Describe windows by numbers of each channel, and by how channels of one group go together.

    Of each channel: mean, standard deviation, least and most value, the three quartiles, energy (mean square), mean absolute
    value, mean absolute step from sample to sample, the frequency of the spectral peak as a share of the sampling rate, and the
    shares of the spectral power that lie in `BANDS` bands of equal width on an axis that is logarithmic in frequency. Of each
    pair of channels of one group: their correlation. A channel that does not move has peak, bands and correlations 0.

    Args:
        x: (B, C, T), with at least 4 samples.
        groups: (C,), the sensor or body place of each channel.

    Returns:
        (B, F), float32; F is `count_features(groups)`.

    Raises:
        ShapeError: There is not one group for each channel, or there are fewer than 4 samples.
    """
    if x.ndim != 3 or x.shape[1] != len(groups) or x.shape[2] < 4:
        raise ShapeError(
            f"windows of shape {x.shape} and {len(groups)} groups; give (B, C, T) with C groups and T of 4 or more"
        )
    x = np.asarray(x, dtype=np.float32)
    mean, deviation = x.mean(axis=2), x.std(axis=2)
    low, middle, high = np.percentile(x, QUARTILES, axis=2)
    size, step = np.abs(x).mean(axis=2), np.abs(np.diff(x, axis=2)).mean(axis=2)
    plain = [mean, deviation, x.min(axis=2), x.max(axis=2), low, middle, high, (x**2).mean(axis=2), size, step]
    columns = [*plain, *_spectrum(x - mean[:, :, None])]
    own = np.stack(columns, axis=2).reshape(len(x), -1)  # (B, C * PER_CHANNEL)
    return np.concatenate([own, _together(x - mean[:, :, None], deviation, groups)], axis=1).astype(np.float32)


def _spectrum(moving: np.ndarray) -> list[np.ndarray]:
    """Give the frequency of the peak, and the share of the power in each band, (B, C) each; mean-free windows come in."""
    samples = moving.shape[2]
    power = np.abs(np.fft.rfft(moving * np.hanning(samples).astype(np.float32), axis=2)[:, :, 1:]) ** 2
    edges = np.geomspace(1, power.shape[2] + 1, BANDS + 1).round().astype(int) - 1
    total = power.sum(axis=2)
    still = total <= 0
    whole = np.where(still, 1.0, total)
    shares = [power[:, :, a:b].sum(axis=2) / whole for a, b in pairwise(edges)]
    return [np.where(still, 0.0, (power.argmax(axis=2) + 1) / samples), *shares]


def _pairs(groups: Sequence[str]) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(groups)) for j in range(i + 1, len(groups)) if groups[i] == groups[j]]


def _together(moving: np.ndarray, deviation: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Give the correlation of every pair of channels of one group, (B, pairs)."""
    pairs = _pairs(groups)
    if not pairs:
        return np.empty((len(moving), 0), dtype=np.float32)
    first, second = map(list, zip(*pairs, strict=True))
    scaled = moving / np.where(deviation > 0, deviation, 1.0)[:, :, None]
    products = scaled @ scaled.transpose(0, 2, 1) / moving.shape[2]  # (B, C, C)
    return products[:, first, second]
