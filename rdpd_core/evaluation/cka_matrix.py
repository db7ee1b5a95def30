"""CKA of every layer of one model with every layer of another: value, interval over people, and what wrong pairs would give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation._cka_draws import Grouped, drawn_hsic, grouped, others, pair_sums
from rdpd_core.evaluation._cka_interval import interval_of
from rdpd_core.evaluation._cka_layers import Layer, layer, recentered
from rdpd_core.evaluation._cka_null import LEAST_BLOCKS, RECORDINGS, WINDOWS, compressed, orders, reordered, spread, thin
from rdpd_core.evaluation.cka import EVEN, LEAST, hsic, ratio, too_few
from rdpd_core.evaluation.intervals import DRAWS, Units, check_draws, draw_weights, resampling_units
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator

SHUFFLES = 200
LEAST_FOR_NULL = 6
"""Fewest windows for which wrong pairs can be told from right ones: fewer have too few reorderings."""
ABOVE, UNCLEAR, INSIDE, UNDEFINED = "above", "unclear", "inside", "undefined"
_CELLS = 1_000_000
Between = Callable[[], None]


@dataclass(frozen=True)
class Cell:
    """One layer beside another.

    Attributes:
        value: Unbiased linear CKA; None where undefined.
        reason: Why there is no value; empty if there is one.
        interval: 95%, resampling people; None where there are too few.
        null: Central 95% of the values of wrongly paired windows; None where there are too few windows.
        null_mean: Their mean.
        p: Share of wrong pairings, counting the right one, that are at least as alike; one-sided.
    """

    value: float | None
    reason: str = ""
    interval: Interval | None = None
    null: tuple[float, float] | None = None
    null_mean: float | None = None
    p: float | None = None

    @property
    def mark(self) -> str:
        """What may be said: "above" chance with its whole interval, "unclear", "inside" the null, or "undefined"."""
        if self.value is None or self.null is None:
            return UNDEFINED
        if self.value <= self.null[1]:
            return INSIDE
        return ABOVE if self.interval is not None and self.interval.low > self.null[1] else UNCLEAR


@dataclass(frozen=True)
class Grid:
    """CKA of every layer of one side with every layer of the other.

    Attributes:
        rows: Layers of the first side.
        columns: Layers of the second.
        cells: A tuple per row.
        n_windows: Windows.
        n_rows: Examples: windows, or windows times moments.
        n_subjects: People.
        units: What intervals resample, and how many: ("subjects", 12).
        null: How pairs were made wrong: "windows" or "recordings".
        null_rows: Examples behind each wrong pairing; fewer than `n_rows` only where all would take minutes.
        drawn: (R, rows, columns), values of resampled people, NaN where undefined; empty without intervals.
        wrong: (R, rows, columns), values of wrong pairings; empty without a null.
        models: Pairs of models behind it, averaged.
        spread: (rows, columns), standard deviation over pairs of models; None for one.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    n_windows: int
    n_rows: int
    n_subjects: int
    units: tuple[str, int]
    null: str
    null_rows: int
    drawn: np.ndarray
    wrong: np.ndarray
    models: int = 1
    spread: np.ndarray | None = None

    def values(self) -> np.ndarray:
        """Give the values, (rows, columns), NaN where undefined."""
        return np.array([[np.nan if c.value is None else c.value for c in row] for row in self.cells])

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON, without the draws."""
        plain = {name: value for name, value in self.__dict__.items() if name not in ("cells", "drawn", "wrong", "spread")}
        spread = None if self.spread is None else [[None if np.isnan(v) else float(v) for v in row] for row in self.spread]
        cells = [[{**asdict(c), "mark": c.mark} for c in row] for row in self.cells]
        return plain | {"shuffles": len(self.wrong), "cells": cells, "spread": spread}


def compare_layers(
    first: Mapping[str, np.ndarray],
    second: Mapping[str, np.ndarray],
    subject: Sequence[str] | np.ndarray,
    recording: Sequence[str] | np.ndarray,
    *,
    draws: int = DRAWS,
    shuffles: int = SHUFFLES,
    null: str = WINDOWS,
    seed: int = 0,
    between: Between = lambda: None,
) -> Grid:
    """Give the unbiased linear CKA of all pairs of layers.

    Args:
        first: Features by layer, (N, D) or (N * R, D): R rows for each window, one window after another.
        second: The same windows in the other model.
        subject: (N,), text.
        recording: (N,), text.
        draws: Resamples of people; 0 gives no intervals.
        shuffles: Wrong pairings; 0 gives no null.
        null: "windows" pairs any windows; "recordings" exchanges recordings whole, so that the null keeps what windows of one
            recording have in common; with fewer than 8 recordings it is as "windows", and the result says so.
        seed: Keys resamples and pairings; grids of the same windows and seed are resampled alike, so they may be subtracted.
        between: Called now and then; may raise to end the work.

    Raises:
        ShapeError: Layers and windows do not belong together.
        DataError: A value is not a number, or there is no layer.
        ParameterError: Too few draws or shuffles.
    """
    _check(draws, shuffles, null)
    per_window = _rows_per_window(first, second, subject, recording)
    place = np.lexsort((np.asarray(recording).astype(str), np.asarray(subject).astype(str)))
    units = resampling_units(np.asarray(subject)[place].astype(str), np.asarray(recording)[place].astype(str))
    order, people = grouped(np.repeat(units.index, per_window), numpy_generator("cka units", seed, units.n))
    rows = spread(place, per_window)
    sides = [{name: layer(np.asarray(x)[rows], name) for name, x in side.items()} for side in (first, second)]
    together = [[a.take(order) for a in side.values()] for side in sides]
    values, drawn = _values(together, people, units, draws, seed, between)
    block = _blocks(np.asarray(subject).astype(str)[place], np.asarray(recording).astype(str)[place])
    chosen = null if null == WINDOWS or block[-1] + 1 >= LEAST_BLOCKS else WINDOWS
    wrong, null_rows = _wrong([list(side.values()) for side in sides], block, per_window, chosen, shuffles, seed, between)
    names = tuple(tuple(side) for side in sides)
    cells = tuple(
        tuple(
            cell_of(
                values[i, j], drawn[:, i, j], wrong[:, i, j], (units.kind, units.n), _why_not(a, sides[0][a], b, sides[1][b])
            )
            for j, b in enumerate(names[1])
        )
        for i, a in enumerate(names[0])
    )
    n, n_subjects = len(subject), len(np.unique(subject))
    return Grid(*names, cells, n, n * per_window, n_subjects, (units.kind, units.n), chosen, null_rows, drawn, wrong)


def cell_of(value: float, drawn: np.ndarray, wrong: np.ndarray, units: tuple[str, int], reason: str) -> Cell:
    """Give a cell from its value, NaN where undefined, and the values of draws and of wrong pairings, (R,) each."""
    if np.isnan(value):
        return Cell(None, reason)
    interval = interval_of(value, drawn, units)
    if not len(wrong) or not np.isfinite(wrong).all():
        return Cell(float(value), "", interval)
    low, high = np.percentile(wrong, [2.5, 97.5])
    p = (1 + int((wrong >= value).sum())) / (1 + len(wrong))
    return Cell(float(value), "", interval, (float(low), float(high)), float(wrong.mean()), p)


def _why_not(name: str, a: Layer, other: str, b: Layer) -> str:
    """Say why two layers have no value, if they have none."""
    if len(a) < LEAST:
        return too_few(len(a), LEAST)
    return f"{name}: {a.reason}" if a.reason else f"{other}: {b.reason}" if b.reason else EVEN


def _check(draws: int, shuffles: int, null: str) -> None:
    if draws:
        check_draws(draws)
    if shuffles and shuffles < 40:
        raise ParameterError(f"shuffles={shuffles} is too few for a band of 95%; give 40 or more ({SHUFFLES} is usual), or 0")
    if null not in (WINDOWS, RECORDINGS):
        raise ParameterError(f"null={null!r} is neither {WINDOWS!r} nor {RECORDINGS!r}")


def _rows_per_window(
    first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray], subject: Sequence[str], recording: Sequence[str]
) -> int:
    """Give how many rows every layer has for each window."""
    if not first or not second:
        raise DataError("a side has no layer to compare; choose models that give features")
    n, rows = len(subject), {name: len(x) for side in (first, second) for name, x in side.items()}
    if not n or len(recording) != n:
        raise ShapeError(
            f"{n} subjects and {len(recording)} recordings were given; give one of each for every window, and a window"
        )
    if len(set(rows.values())) > 1 or next(iter(rows.values())) % n or not next(iter(rows.values())):
        raise ShapeError(f"layers have {rows} rows for {n} windows; all need as many, the same number for each window")
    return next(iter(rows.values())) // n


def _blocks(subject: np.ndarray, recording: np.ndarray) -> np.ndarray:
    """Number the recordings of sorted windows, (N,)."""
    new = (subject[1:] != subject[:-1]) | (recording[1:] != recording[:-1])
    return np.concatenate([[0], np.cumsum(new)])


def _values(
    sides: Sequence[Sequence[Layer]], people: Grouped, units: Units, draws: int, seed: int, between: Between
) -> tuple[np.ndarray, np.ndarray]:
    """Give CKA of all pairs, (rows, columns), and of every draw of people, (R, rows, columns); NaN where undefined."""
    shape = (len(sides[0]), len(sides[1]))
    if len(sides[0][0]) < LEAST:
        return np.full(shape, np.nan), np.empty((0, *shape))
    every = [*sides[0], *sides[1]]
    pairs = [(i, i) for i in range(len(every))] + [(i, shape[0] + j) for i in range(shape[0]) for j in range(shape[1])]
    sums = {}
    for i, j in pairs:
        between()
        sums[i, j] = pair_sums(every[i], every[j], people)
    weights = np.ones((len(people.size), 1))
    if draws and units.enough:
        generator = numpy_generator("cka", seed, units.kind, units.n)
        weights = np.concatenate([weights, draw_weights(len(people.size), draws, generator)], axis=1)
    parts = []
    step = max(1, _CELLS // len(every[0]))
    for at in range(0, weights.shape[1], step):
        between()
        some = weights[:, at : at + step]
        k = [others(a, some, people) for a in every]
        parts.append({(i, j): drawn_hsic(sums[i, j], k[i], k[j], some, people) for i, j in pairs})
    hsic = {pair: np.concatenate([part[pair] for part in parts]) for pair in pairs}
    found = [[_ratios(hsic[i, shape[0] + j], hsic[i, i], hsic[shape[0] + j, shape[0] + j]) for j in range(shape[1])]
             for i in range(shape[0])]  # fmt: skip
    whole = np.moveaxis(np.array(found), 2, 0)
    return whole[0], whole[1:]


def _ratios(cross: np.ndarray, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    ratios = [ratio(*three) for three in zip(cross, own, other, strict=True)]
    return np.array([np.nan if r is None else r for r in ratios])


def _wrong(
    sides: Sequence[Sequence[Layer]], block: np.ndarray, per_window: int, null: str, shuffles: int, seed: int, between: Between
) -> tuple[np.ndarray, int]:
    """Give CKA of wrong pairs, (R, rows, columns), NaN where undefined, and how many examples stand behind it."""
    n = len(block)
    if n < LEAST_FOR_NULL or not shuffles:
        return np.empty((0, len(sides[0]), len(sides[1]))), 0
    sides = [[compressed(a) for a in side] for side in sides]
    widths = [sum(a.width for a in side) for side in sides]
    kept = thin(n, per_window, *widths, shuffles)
    if len(kept) < n:
        rows = spread(kept, per_window)
        sides = [[recentered(a.take(rows)) for a in side] for side in sides]
    found = orders(null, block[kept], shuffles, numpy_generator("cka null", seed, null, n))
    cross = reordered(*sides, (spread(order, per_window) for order in found), between)
    own, other = ([hsic(a, a) for a in side] for side in sides)
    scale = np.multiply.outer(np.array(own), np.array(other))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, cross / np.sqrt(np.maximum(scale, 0)), np.nan), len(kept) * per_window
