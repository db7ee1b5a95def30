"""Means over windows, and differences of such means, with intervals from resampling people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.evaluation.intervals import DRAWS, MINIMUM_UNITS, Units, chunks, percentile_interval
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator


@dataclass(frozen=True)
class Estimate:
    """A number, and how sure one may be of it.

    Attributes:
        value: The number; None where there is nothing to take it from.
        interval: 95%, resampling people; None if there are too few, or all are alike.
        n: Windows behind it.
        units: People (or recordings) behind it.
    """

    value: float | None
    interval: Interval | None
    n: int
    units: int

    @property
    def sign(self) -> int:
        """1 or -1 if the interval lies above or below 0; 0 if it does not exclude 0, or there is none."""
        if self.interval is None or not self.interval.excludes(0):
            return 0
        return 1 if self.interval.low > 0 else -1

    def ends(self) -> dict[str, Any]:
        """Give the ends of the interval for a table, None where there is none."""
        return {"low": None, "high": None} if self.interval is None else {"low": self.interval.low, "high": self.interval.high}

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def mean_of(
    values: np.ndarray, units: Units, where: np.ndarray | None = None, *, draws: int = DRAWS, key: object = 0
) -> Estimate:
    """Give the mean over windows.

    Args:
        values: (N,), of each window.
        units: Whom each window belongs to.
        where: (N,), which windows count; None counts all.
        draws: Resamples of people.
        key: Keys the resamples; equal keys draw alike, so that differences stay paired.
    """
    chosen = np.ones(len(values), dtype=bool) if where is None else np.asarray(where, dtype=bool)
    top, size = _sums(values, chosen, units)
    if not size.sum():
        return Estimate(None, None, 0, 0)
    there = size > 0
    interval = None
    if np.ptp(top[there] / size[there]) > 0:
        interval = _interval(units, int(there.sum()), draws, key, lambda w: _ratio(top @ w, size @ w))
    return Estimate(float(top.sum() / size.sum()), interval, int(size.sum()), int(there.sum()))


def gap_of(
    values: np.ndarray, units: Units, first: np.ndarray, second: np.ndarray, *, draws: int = DRAWS, key: object = 0
) -> Estimate:
    """Give the mean over the windows `first` less that over the windows `second`, people resampled for both at once.

    Args:
        values: (N,), of each window.
        units: Whom each window belongs to.
        first: (N,), mask.
        second: (N,), mask.
        draws: Resamples of people.
        key: Keys the resamples.
    """
    (top, size), (other, base) = (_sums(values, np.asarray(mask, dtype=bool), units) for mask in (first, second))
    n, people = int(size.sum() + base.sum()), int(((size + base) > 0).sum())
    if not size.sum() or not base.sum():
        return Estimate(None, None, n, people)
    least = min(int((size > 0).sum()), int((base > 0).sum()))
    interval = _interval(units, least, draws, key, lambda w: _ratio(top @ w, size @ w) - _ratio(other @ w, base @ w))
    return Estimate(float(top.sum() / size.sum() - other.sum() / base.sum()), interval, n, people)


def _sums(values: np.ndarray, chosen: np.ndarray, units: Units) -> tuple[np.ndarray, np.ndarray]:
    index = units.index[chosen]
    given = np.asarray(values, dtype=np.float64)[chosen]
    return np.bincount(index, weights=given, minlength=units.n), np.bincount(index, minlength=units.n).astype(np.float64)


def _interval(units: Units, people: int, draws: int, key: object, value) -> Interval | None:
    """Give the interval of what `value` says of weights (U, R); None if fewer than 5 units are behind it."""
    if people < MINIMUM_UNITS:
        return None
    drawn = chunks(units.n, draws, numpy_generator("estimate", key, units.kind, units.n))
    return percentile_interval(np.concatenate([value(w) for w in drawn]), units)


def _ratio(top: np.ndarray, size: np.ndarray) -> np.ndarray:
    return np.divide(top, size, out=np.full(len(top), np.nan), where=size > 0)
