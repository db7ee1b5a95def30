"""Fewer points for the same picture: the smallest and the largest value of every bin, so that one odd sample stays visible."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rdpd_core.errors import ParameterError

POINTS_PER_PIXEL = 4
WIDTH_PIXELS = 1200


class Reduced(NamedTuple):
    """Some samples of a signal.

    Attributes:
        index: (P,), int64, positions of the samples kept, ascending.
        value: (P,), the samples.
    """

    index: np.ndarray
    value: np.ndarray


def reduce(signal: np.ndarray, pixels: int = WIDTH_PIXELS, per_pixel: int = POINTS_PER_PIXEL) -> Reduced:
    """Give at most `per_pixel` points per pixel of a signal.

    Args:
        signal: (T,); NaN where a sensor was silent.
        pixels: Width of the drawing.
        per_pixel: At least 2; of each bin the smallest and the largest value are kept, in the order of time.

    Raises:
        ParameterError: The width is below 1 pixel, or fewer than 2 points per pixel are asked for.
    """
    if pixels < 1 or per_pixel < 2:
        raise ParameterError(f"{pixels} pixels with {per_pixel} points each: give at least 1 pixel and 2 points")
    most = pixels * per_pixel
    if len(signal) <= most:
        return Reduced(np.arange(len(signal)), np.asarray(signal))
    edges = np.linspace(0, len(signal), most // 2 + 1).astype(np.int64)
    silent = np.isnan(signal)
    low = _positions(np.where(silent, np.inf, signal), edges, np.minimum)
    high = _positions(np.where(silent, -np.inf, signal), edges, np.maximum)
    index = np.sort(np.stack([low, high], axis=1), axis=1).ravel()
    return Reduced(index, np.asarray(signal)[index])


def _positions(signal: np.ndarray, edges: np.ndarray, extreme: np.ufunc) -> np.ndarray:
    """Give the first position of the extreme value in each bin."""
    best = extreme.reduceat(signal, edges[:-1])
    hits = np.flatnonzero(signal == np.repeat(best, np.diff(edges)))
    return hits[np.searchsorted(hits, edges[:-1])]


class Even(NamedTuple):
    """A signal in so few evenly spaced points that their times need not be sent.

    Attributes:
        value: (P,), the samples, or the smallest and the largest of each bin in the order of time.
        first: Time of the first point, in samples.
        step: Between points, in samples.
    """

    value: np.ndarray
    first: float
    step: float


def reduce_evenly(signal: np.ndarray, pixels: int = WIDTH_PIXELS) -> Even:
    """Give at most 2 points per pixel, each less than a pixel from its true time.

    Args:
        signal: (T,); NaN where a sensor was silent.
        pixels: Width of the drawing.

    Raises:
        ParameterError: The width is below 1 pixel.
    """
    if pixels < 1:
        raise ParameterError(f"{pixels} pixels: give at least 1 pixel")
    signal = np.asarray(signal)
    if len(signal) <= 2 * pixels:
        return Even(signal, 0.0, 1.0)
    size = -(-len(signal) // pixels)
    bins = np.pad(signal, (0, -len(signal) % size), mode="edge").reshape(-1, size)
    silent = np.isnan(bins) if np.isnan(signal).any() else None
    low = np.argmin(bins if silent is None else np.where(silent, np.inf, bins), axis=1)
    high = np.argmax(bins if silent is None else np.where(silent, -np.inf, bins), axis=1)
    at = np.sort(np.stack([low, high], axis=1), axis=1)
    return Even(np.take_along_axis(bins, at, axis=1).ravel(), size / 4 - 0.5, size / 2)
