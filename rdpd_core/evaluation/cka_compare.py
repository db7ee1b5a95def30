"""Grids of several models: their mean, that of matching layers, and whether one arm resembles the teacher more than another.

Two networks always differ a little, whatever they were taught: a difference between two of them is no difference between two
ways of teaching. So claims are made over seeds, as everywhere: five or more, a test over them, and an interval that resamples
seeds as well as people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from rdpd_core.errors import IncompatibleError
from rdpd_core.evaluation._cka_interval import interval_of
from rdpd_core.evaluation.cka_matrix import Cell, Grid, cell_of
from rdpd_core.evaluation.paired import holm, smallest_p, verdict, wilcoxon_p
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator

NO_MATCH = "no layer of one model has its like in the other"


@dataclass(frozen=True)
class Change:
    """How much more alike one arm is to its teacher than another, in one pair of layers or over matching layers.

    Attributes:
        value: Difference of the means over seeds; None where undefined.
        interval: 95%, resampling people and seeds; None where there are too few people.
        p: Wilcoxon's over seeds, corrected by Holm for the pairs of layers; None where undefined.
        claim: "better" (more alike), "worse" (less), or "none".
        says: The claim as a sentence.
        n_seeds: Seeds that both arms have.
        reason: Why there is no value; empty if there is one.
    """

    value: float | None
    interval: Interval | None
    p: float | None
    claim: str
    says: str
    n_seeds: int
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def averaged(grids: Sequence[Grid], seed: int = 0) -> Grid:
    """Give the mean of the grids of several pairs of models for the same windows; intervals resample the pairs, too.

    Raises:
        IncompatibleError: They are not of the same layers and windows.
    """
    first = grids[0]
    check_alike(grids)
    if len(grids) == 1:
        return first
    values = np.stack([grid.values() for grid in grids])
    drawn = _resampled(np.stack([grid.drawn for grid in grids]), _seeds(len(grids), len(first.drawn), seed))
    wrong = np.mean([grid.wrong for grid in grids], axis=0)
    cells = tuple(
        tuple(
            cell_of(values[:, i, j].mean(), drawn[:, i, j], wrong[:, i, j], first.units, _reason(grids, i, j))
            for j in range(len(first.columns))
        )
        for i in range(len(first.rows))
    )
    spread = values.std(axis=0, ddof=1)
    return replace(first, cells=cells, drawn=drawn, wrong=wrong, models=len(grids), spread=spread)


def check_alike(grids: Sequence[Grid]) -> None:
    """Raise IncompatibleError unless grids are of the same layers, windows and draws."""
    kinds = {(g.rows, g.columns, g.n_windows, g.n_rows, g.units, g.null, g.drawn.shape, g.wrong.shape) for g in grids}
    if len(kinds) != 1:
        raise IncompatibleError("these models have other layers, or were compared on other windows; compare models of one kind")


def matching(rows: Sequence[str], columns: Sequence[str]) -> list[tuple[int, int]]:
    """Give which layers belong together: those of one name, else those at the same depth."""
    named = [(i, columns.index(name)) for i, name in enumerate(rows) if name in columns]
    if named or not rows or not columns:
        return named
    count = min(len(rows), len(columns))
    places = [np.linspace(0, len(side) - 1, count).round().astype(int).tolist() for side in (rows, columns)]
    return list(zip(*places, strict=True))


def mean_diagonal(grid: Grid) -> Cell:
    """Give the mean over matching layers, of those that have a value."""
    pairs = _defined(grid)
    if not pairs:
        return Cell(None, NO_MATCH)
    value, drawn, wrong = (_over(part, pairs) for part in (grid.values()[None], grid.drawn, grid.wrong))
    return cell_of(float(value[0]), drawn, wrong, grid.units, "")


def changes(own: Sequence[Grid], reference: Sequence[Grid], title: str, seed: int = 0) -> tuple[list[list[Change]], Change]:
    """Give how two arms differ in their likeness to the teacher: in every pair of layers, and over matching layers.

    Args:
        own: A grid per seed.
        reference: A grid per seed of the arm compared with, the same seeds in the same order.
        title: Of the arm compared with.
        seed: Keys how seeds are resampled.

    Raises:
        IncompatibleError: They are not of the same layers and windows, or not of as many seeds.
    """
    if len(own) != len(reference):
        raise IncompatibleError(f"{len(own)} seeds against {len(reference)}; give the seeds that both arms have")
    check_alike([*own, *reference])
    first = own[0]
    value = np.stack([a.values() - b.values() for a, b in zip(own, reference, strict=True)])
    picked = _seeds(len(own), len(first.drawn), seed)
    drawn = _resampled(np.stack([a.drawn - b.drawn for a, b in zip(own, reference, strict=True)]), picked)
    places = [(i, j) for i in range(len(first.rows)) for j in range(len(first.columns))]
    defined = [(i, j) for i, j in places if np.isfinite(value[:, i, j]).all()]
    corrected = dict(zip(defined, holm([wilcoxon_p(value[:, i, j]) for i, j in defined]), strict=True))
    grid = [
        [
            _change(value[:, i, j], drawn[:, i, j], corrected.get((i, j)), len(defined), first.units, title,
                    _reason([*own, *reference], i, j))
            for j in range(len(first.columns))
        ]
        for i in range(len(first.rows))
    ]  # fmt: skip
    pairs = [pair for pair in matching(first.rows, first.columns) if pair in corrected]
    if not pairs:
        return grid, Change(None, None, None, "none", NO_MATCH, len(own), NO_MATCH)
    along = _over(value, pairs)
    return grid, _change(along, _over(drawn, pairs), wilcoxon_p(along), 1, first.units, title, "")


def _change(
    value: np.ndarray, drawn: np.ndarray, p: float | None, tests: int, units: tuple[str, int], title: str, reason: str
) -> Change:
    """Give the change of one place: value (seeds,), drawn (R,)."""
    if p is None:
        return Change(None, None, None, "none", reason, len(value), reason)
    mean, n = float(value.mean()), len(value)
    interval = interval_of(mean, drawn, units, bounded=False)
    claim, says = verdict(
        reference=title, n_seeds=n, n_pairs=n, pairs="seeds", mean=mean, interval=interval, p_holm=p,
        reachable=min(1.0, tests * smallest_p(n)), higher_is_better=True,
    )  # fmt: skip
    words = {"better": "more like the teacher", "worse": "less like the teacher"}
    return Change(mean, interval, p, claim, says.replace(claim, words[claim], 1) if claim in words else says, n)


def _seeds(models: int, draws: int, seed: int) -> np.ndarray:
    """Give which models each draw holds, (R, models)."""
    return numpy_generator("cka seeds", seed, models).integers(0, models, size=(draws, models))


def _resampled(drawn: np.ndarray, picked: np.ndarray) -> np.ndarray:
    """Give the mean over the picked models of every draw, (R, ...), from (models, R, ...)."""
    if not drawn.shape[1]:
        return drawn[0]
    return drawn[picked, np.arange(len(picked))[:, None]].mean(axis=1)


def _reason(grids: Sequence[Grid], i: int, j: int) -> str:
    return next((g.cells[i][j].reason for g in grids if g.cells[i][j].value is None), "")


def _defined(grid: Grid) -> list[tuple[int, int]]:
    return [(i, j) for i, j in matching(grid.rows, grid.columns) if grid.cells[i][j].value is not None]


def _over(values: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """Give means (R,) over some places of (R, rows, columns)."""
    rows, columns = zip(*pairs, strict=True)
    return values[:, rows, columns].mean(axis=1) if len(values) else np.empty(0)
