"""How alike two models answer: explained variance of probabilities, agreement beyond chance, and divergence, over people.

Squared correlation forgives an answer that is shifted or scaled; the coefficient of determination, with the second model as the
reference, does not, and falls below 0 where the first is further from it than its mean.

References:
    Cohen, Educational and Psychological Measurement 20, 1960 (kappa); Lin, IEEE Transactions on Information Theory 37, 1991
    (Jensen-Shannon divergence).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError, ShapeError
from rdpd_core.evaluation.intervals import DRAWS, check_draws, chunks, percentile_interval, resampling_units
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator


@dataclass(frozen=True)
class Likeness:
    """One measure of how alike answers are.

    Attributes:
        name: Identifier.
        title: For people.
        help: What it says.
        alike: Its value for equal answers.
    """

    name: str
    title: str
    help: str
    alike: float = 1.0


_TABLE = (
    Likeness("r2_class", "R² by class", "Squared correlation of the probabilities of a class; mean over classes."),
    Likeness("r2_pooled", "R² pooled", "Squared correlation of all probabilities at once."),
    Likeness(
        "determination", "determination", "Share of the second's variance that the first explains as it is; may be below 0."
    ),
    Likeness("agreement", "agreement", "Share of windows given to the same class."),
    Likeness("kappa", "Cohen's kappa", "Agreement beyond what the shares of the classes give by chance."),
    Likeness("js", "Jensen-Shannon", "Mean divergence of the two distributions of a window, in nats; at most ln 2.", 0.0),
)
LIKENESS: dict[str, Likeness] = {one.name: one for one in _TABLE}
UNDEFINED = {
    "r2_class": "no class has probabilities that vary in both models",
    "r2_pooled": "the probabilities of one model do not vary",
    "determination": "the probabilities of the second model do not vary",
    "kappa": "both models give all windows to one class",
}


@dataclass(frozen=True)
class Measured:
    """One measure over all windows.

    Attributes:
        value: None where undefined.
        interval: 95%, resampling people; None where there are too few.
        reason: Why there is no value; empty if there is one.
    """

    value: float | None
    interval: Interval | None
    reason: str = ""


@dataclass(frozen=True)
class OutputSimilarity:
    """How alike two models answer about the same windows.

    Attributes:
        measures: By name of `LIKENESS`.
        n_windows: N.
        n_subjects: People.
    """

    measures: Mapping[str, Measured]
    n_windows: int
    n_subjects: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def output_similarity(
    first: np.ndarray, second: np.ndarray, subject: np.ndarray, recording: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> OutputSimilarity:
    """Compare the answers of two models.

    Args:
        first: (N, K), probabilities; the student's, say.
        second: (N, K), the reference: the teacher's.
        subject: (N,), text.
        recording: (N,), text.
        draws: Resamples of people.
        seed: Keys them.

    Raises:
        ShapeError: The answers are not about the same windows and classes.
        DataError: There is no window, or a probability is no number.
        ParameterError: Too few draws.
    """
    check_draws(draws)
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 2 or a.shape != b.shape or len(subject) != len(a) or len(recording) != len(a):
        raise ShapeError(
            f"answers of shapes {a.shape} and {b.shape}, {len(subject)} subjects; both must be (N, K), with N subjects"
        )
    if not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise DataError("there is no window, or a probability is not a number; choose windows that both models answer")
    units = resampling_units(np.asarray(subject).astype(str), np.asarray(recording).astype(str))
    sums = _sums(a, b, units.index, units.n)
    whole = _measures(sums, np.ones((units.n, 1)), a.shape[1])
    parts = [
        _measures(sums, w, a.shape[1]) for w in chunks(units.n, draws, numpy_generator("outputs", seed, units.kind, units.n))
    ]
    measures = {}
    for name in LIKENESS:
        value = float(whole[name][0])
        if np.isfinite(value):
            measures[name] = Measured(value, percentile_interval(np.concatenate([part[name] for part in parts]), units))
        else:
            measures[name] = Measured(None, None, UNDEFINED[name])
    return OutputSimilarity(measures, len(a), len(np.unique(subject)))


def _sums(a: np.ndarray, b: np.ndarray, unit: np.ndarray, units: int) -> dict[str, np.ndarray]:
    """Give what the measures are made of, summed over the windows of each unit, (..., U)."""
    k = a.shape[1]
    shift = a.mean(axis=0), b.mean(axis=0)  # keeps the digits of variances
    x, y = a - shift[0], b - shift[1]
    middle = 0.5 * (a + b)
    js = sum(0.5 * _log_ratio(p, middle).sum(axis=1) for p in (a, b))
    said, wanted = a.argmax(axis=1), b.argmax(axis=1)
    table = np.zeros((k, k, units))
    np.add.at(table, (said, wanted, unit), 1)

    def by_unit(values: np.ndarray) -> np.ndarray:
        out = np.zeros((units, *values.shape[1:]))
        np.add.at(out, unit, values)
        return np.moveaxis(out, 0, -1)

    moments = {"n": np.ones(len(a)), "x": x, "y": y, "xx": x * x, "yy": y * y, "xy": x * y, "gap": (a - b) ** 2, "js": js}
    return {name: by_unit(values) for name, values in moments.items()} | {
        "table": table, "shift_x": shift[0], "shift_y": shift[1]
    }  # fmt: skip


def _log_ratio(p: np.ndarray, middle: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log(p / middle), 0.0)


def _measures(sums: Mapping[str, np.ndarray], w: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Give every measure of every draw, (R,); NaN where undefined."""
    n = sums["n"] @ w
    mean_x, mean_y = sums["x"] @ w / n, sums["y"] @ w / n  # (K, R)
    var_x, var_y = sums["xx"] @ w / n - mean_x**2, sums["yy"] @ w / n - mean_y**2
    both = sums["xy"] @ w / n - mean_x * mean_y
    level_x, level_y = mean_x + sums["shift_x"][:, None], mean_y + sums["shift_y"][:, None]
    spread_x, spread_y = var_x.mean(axis=0) + level_x.var(axis=0), var_y.mean(axis=0) + level_y.var(axis=0)
    shared = both.mean(axis=0) + (level_x * level_y).mean(axis=0) - level_x.mean(axis=0) * level_y.mean(axis=0)
    table = (sums["table"].reshape(k * k, -1) @ w).reshape(k, k, -1) / n
    agreement = np.einsum("kkr->r", table)
    chance = (table.sum(axis=1) * table.sum(axis=0)).sum(axis=0)
    by_class = _share(both, var_x) * _share(both, var_y)
    there = np.isfinite(by_class)
    return {
        "r2_class": _share(np.where(there, by_class, 0).sum(axis=0), there.sum(axis=0)),
        "r2_pooled": _share(shared, spread_x) * _share(shared, spread_y),
        "determination": 1 - _share((sums["gap"] @ w).sum(axis=0), n * var_y.sum(axis=0)),
        "agreement": agreement,
        "kappa": _share(agreement - chance, 1 - chance),
        "js": np.maximum(sums["js"] @ w / n, 0),
    }


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Give part / whole, NaN where the whole is rounding."""
    there = whole > 1e-18  # variances of probabilities; what is below is rounding
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=there)
