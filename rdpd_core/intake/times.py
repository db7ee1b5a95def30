"""Times of samples: read from a column, and turned into an even grid without inventing what was not measured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.intake.formats.base import Column
from rdpd_core.intake.mapping import TIME_UNITS

NEAR = 0.02
"""A rate that is so close to a whole number of Hz is taken for it."""


def seconds(column: Column, unit: str) -> np.ndarray:
    """Give the times of a column in s, NaN where there is none.

    Raises:
        DataError: They are neither numbers nor dates; the message names column and row.
    """
    if unit != "date" and column.numbers is not None:
        return column.numbers * (1.0 if column.unit == "s" else TIME_UNITS[unit])
    if unit != "date":
        raise DataError(f"column {column.name!r}: times in {unit} must be numbers; say that they are dates if they are")
    import pandas as pd

    words = pd.Series(column.words(), dtype=object)
    clock = words.str.fullmatch(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?")
    if len(words) and clock.all():
        found = pd.to_timedelta(words.str.replace(",", ".").where(words.str.count(":") == 2, words + ":00"), errors="coerce")
        value = found.dt.total_seconds().to_numpy(dtype=np.float64)
    else:
        moments = pd.to_datetime(words.where(words != ""), errors="coerce", utc=True, format="ISO8601")
        whole = moments.astype("datetime64[ns, UTC]").astype("int64").to_numpy()
        known = ~moments.isna().to_numpy()
        first = whole[known].min() if known.any() else 0  # seconds since 1970 would be coarse
        value = np.where(known, (whole - first) / 1e9, np.nan)
    bad = np.flatnonzero(np.isnan(value) & (words != "").to_numpy())
    if len(bad):
        raise DataError(f"column {column.name!r}, row {bad[0] + 1}: neither a time (12:30:05) nor a date (2025-01-31 12:30:05)")
    return value


def rate_of(times: np.ndarray) -> float:
    """Give the usual number of samples per second of sorted times, a whole number where it is close to one; 0 if unknown."""
    steps = np.diff(times)
    steps = steps[np.isfinite(steps) & (steps > 0)]
    if not len(steps):
        return 0.0
    middle = np.median(steps)
    mean = steps[steps <= 3 * middle].mean()  # times in whole ms are coarse; their mean is not
    rate = 1 / mean
    whole = round(rate)
    if whole and abs(rate / whole - 1) <= NEAR:
        return float(whole)
    return float(f"{rate:.3g}")


def stretches(times: np.ndarray, gap_s: float) -> list[slice]:
    """Give the runs of sorted times between which more than `gap_s` passes."""
    breaks = np.flatnonzero(np.diff(times) > gap_s) + 1
    ends = [0, *breaks.tolist(), len(times)]
    return [slice(a, b) for a, b in pairwise(ends)]


def even(times: np.ndarray, values: np.ndarray, grid: np.ndarray, gap_s: float) -> np.ndarray:
    """Give values on an even grid by straight lines; NaN where the two measured neighbors are more than `gap_s` apart.

    Args:
        times: (n,), sorted, in s.
        values: (n,), NaN where nothing was measured.
        grid: (m,), sorted, in s.
        gap_s: In s.

    Returns:
        (m,), float64.
    """
    there = np.isfinite(values)
    if not there.any():
        return np.full(len(grid), np.nan)
    at, known = times[there], values[there]
    after = np.clip(np.searchsorted(at, grid), 1, max(len(at) - 1, 1)) if len(at) > 1 else np.zeros(len(grid), dtype=int)
    out = np.interp(grid, at, known, left=np.nan, right=np.nan)
    if len(at) > 1:
        out[(at[after] - at[after - 1]) > gap_s] = np.nan
    exact = np.searchsorted(at, grid)
    hit = (exact < len(at)) & (at[np.minimum(exact, len(at) - 1)] == grid)
    out[hit] = known[exact[hit]]
    return out
