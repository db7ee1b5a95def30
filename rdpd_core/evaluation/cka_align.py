"""What two layers have in common, one example at a time: their first aligned components, and whether these hold for new people.

With more features than examples some direction always fits. So canonical correlations are regularized, and beside the
correlation of the examples that directions were fitted to stands that of people who were left out while fitting, with an
interval over these people, and with what it is when the windows of one side are turned against those of the other.

References:
    Hotelling, Biometrika 28, 1936 (canonical correlation); Vinod, Journal of Econometrics 4, 1976 (its regularized form);
    Schoenemann, Psychometrika 31, 1966 (orthogonal Procrustes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation._cka_interval import interval_of
from rdpd_core.evaluation._cka_layers import layer
from rdpd_core.evaluation.intervals import DRAWS, draw_weights
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator

CCA, PROCRUSTES = "cca", "procrustes"
COMPONENTS, FOLDS, LEAST_PEOPLE, LEAST_WINDOWS = 2, 5, 2, 8
RIDGE = 0.1
"""Added to every direction's variance, as a share of the mean variance."""
MOST_DIRECTIONS = 256
TURNS = 200


@dataclass(frozen=True)
class Aligned:
    """The first components of two layers for the same windows.

    Attributes:
        method: "cca" (most correlated) or "procrustes" (most shared variance under a rotation).
        first: (N, 2), components of the first layer, each of variance 1; a column of zeros where there is no second.
        second: (N, 2), those of the second layer.
        fitted: (2,), correlation on the windows that the directions were fitted to; None where there is no component.
        held_out: (2,), correlation on people left out while fitting, about the means of those fitted to; None where there are
            too few.
        intervals: (2,), 95%, resampling people left out, the directions held fast; None where there are too few people.
        nulls: (2,), the central 95% where windows of one side are turned against the other's; None without `held_out`.
        folds: How often people were left out.
        n_windows: N.
        n_subjects: People.
        reason: Why there is nothing to see, or no held-out value; empty if there is all.
    """

    method: str
    first: np.ndarray
    second: np.ndarray
    fitted: tuple[float | None, ...]
    held_out: tuple[float, ...] | None
    intervals: tuple[Interval | None, ...]
    nulls: tuple[tuple[float, float], ...] | None
    folds: int
    n_windows: int
    n_subjects: int
    reason: str


def align(x: np.ndarray, y: np.ndarray, subject: np.ndarray, method: str = CCA, ridge: float = RIDGE, seed: int = 0) -> Aligned:
    """Give the first two aligned components of two layers.

    Args:
        x: (N, p).
        y: (N, q), the same windows.
        subject: (N,), text; people are left out whole.
        method: "cca" or "procrustes".
        ridge: For "cca": see `RIDGE`; above 0.
        seed: Keys who is left out together.

    Raises:
        ShapeError: The windows are not the same in number.
        ParameterError: No such method, or a ridge that is not above 0.
        DataError: A value is not a number, or there are fewer than 8 windows.
    """
    if method not in (CCA, PROCRUSTES) or not ridge > 0:
        raise ParameterError(f"method={method!r}, ridge={ridge}: give {CCA} or {PROCRUSTES}, and a ridge above 0")
    a, b = layer(x, "x"), layer(y, "y")
    people, who = np.unique(np.asarray(subject).astype(str), return_inverse=True)
    n = len(a)
    if len(b) != n or len(who) != n:
        raise ShapeError(f"x has {n} windows, y {len(b)}, subject {len(who)}; give the same windows")
    if n < LEAST_WINDOWS:
        raise DataError(f"{n} windows are too few to align layers; at least {LEAST_WINDOWS} are needed")
    about = {"method": method, "n_windows": n, "n_subjects": len(people)}
    if reason := a.reason or b.reason:
        nothing = np.zeros((n, COMPONENTS))
        return Aligned(
            first=nothing, second=nothing, fitted=(None,) * COMPONENTS, **_unknown(), folds=0, reason=reason, **about
        )
    basis = _Basis.of(a.x, b.x)
    first, second = basis.fit(np.ones(n, dtype=bool), method, ridge).project(basis)
    fitted = tuple(_correlation(first[:, c], second[:, c]) for c in range(COMPONENTS))
    left = _left_out(basis, who, len(people), method, ridge, seed)
    found = _unknown() if left is None else _held(left, who, len(people), seed)
    reason = "" if left is not None else f"{len(people)} subject{'s' * (len(people) != 1)}: too few to leave some out"
    first, second, folds = _standard(first), _standard(second), 0 if left is None else left.folds
    return Aligned(first=first, second=second, fitted=fitted, **found, folds=folds, reason=reason, **about)


def _unknown() -> dict[str, Any]:
    return {"held_out": None, "intervals": (None,) * COMPONENTS, "nulls": None}


class _Directions(NamedTuple):
    left: np.ndarray
    right: np.ndarray

    def project(self, basis: _Basis, index: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        return _padded(basis.x[index] @ self.left), _padded(basis.y[index] @ self.right)


class _Basis(NamedTuple):
    """Two layers in coordinates of their own main directions, which is quicker and changes nothing that is kept of them."""

    x: np.ndarray
    y: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> _Basis:
        return cls(_main(x), _main(y))

    def fit(self, index: np.ndarray, method: str, ridge: float) -> _Directions:
        x, y = (side[index] - side[index].mean(axis=0) for side in self)
        left, right = (np.eye(side.shape[1]) for side in self) if method == PROCRUSTES else (_white(x, ridge), _white(y, ridge))
        u, _, v = np.linalg.svd(left.T @ (x.T @ y) @ right, full_matrices=False)
        return _Directions(left @ u[:, :COMPONENTS], right @ v[:COMPONENTS].T)


def _main(x: np.ndarray) -> np.ndarray:
    """Give coordinates (N, r) along the main directions, r at most 256."""
    small = x.T @ x if x.shape[1] <= len(x) else x @ x.T
    value, vector = np.linalg.eigh(small)
    kept = np.flatnonzero(value > value[-1] * 1e-12)[::-1][:MOST_DIRECTIONS]
    return x @ vector[:, kept] if x.shape[1] <= len(x) else vector[:, kept] * np.sqrt(value[kept])


def _white(x: np.ndarray, ridge: float) -> np.ndarray:
    """Give what makes the columns of x uncorrelated, damped by the ridge, (r, r)."""
    covariance = x.T @ x / len(x)
    size = np.trace(covariance) / len(covariance)
    value, vector = np.linalg.eigh(covariance + (ridge * size if size > 0 else 1.0) * np.eye(len(covariance)))
    return vector / np.sqrt(value)


class _Left(NamedTuple):
    """Components of people while they were left out, (N, 2) each, about the means of the others; zeros for who never was."""

    first: np.ndarray
    second: np.ndarray
    folds: int


def _left_out(basis: _Basis, who: np.ndarray, people: int, method: str, ridge: float, seed: int) -> _Left | None:
    """Fit without some people and look at theirs, in turns; None where there are too few."""
    if people < LEAST_PEOPLE:
        return None
    folds = min(FOLDS, people)
    turn = (numpy_generator("align", seed, people).permutation(people) % folds)[who]
    sides, done = [np.zeros((len(who), COMPONENTS)) for _ in range(2)], 0
    for fold in range(folds):
        out = turn == fold
        if out.sum() < 3 or (~out).sum() < 3:
            continue
        done += 1
        for side, found in zip(sides, basis.fit(~out, method, ridge).project(basis), strict=True):
            size = found[~out].std(axis=0)
            moved = found[out] - found[~out].mean(axis=0)
            side[out] = np.divide(moved, size, out=np.zeros_like(moved), where=size > 0)
    return _Left(*sides, done) if done else None


def _held(left: _Left, who: np.ndarray, people: int, seed: int) -> dict[str, Any]:
    """Give the correlation of each component on people left out, with interval and null."""
    order = np.argsort(who, kind="stable")  # turned side by side, windows of one person stay neighbors
    first, second, who = left.first[order], left.second[order], who[order]
    sums = [_by_person(product, who, people) for product in (first * second, first**2, second**2)]  # (people, 2) each
    weights = draw_weights(people, DRAWS, numpy_generator("align people", seed, people))
    drawn, values = _cosine(*(weights.T @ part for part in sums)), _cosine(*(part.sum(axis=0) for part in sums))
    generator, n = numpy_generator("align null", seed, len(who)), len(who)
    turned = np.stack([(first * np.roll(second, int(generator.integers(1, n)), axis=0)).sum(axis=0) for _ in range(TURNS)])
    wrong = _cosine(turned, *(part.sum(axis=0) for part in sums[1:]))
    low, high = np.percentile(wrong, [2.5, 97.5], axis=0)
    intervals = tuple(interval_of(float(values[c]), drawn[:, c], ("subjects", people)) for c in range(COMPONENTS))
    return {
        "held_out": tuple(values.tolist()),
        "intervals": intervals,
        "nulls": tuple(zip(low.tolist(), high.tolist(), strict=True)),
    }


def _by_person(values: np.ndarray, who: np.ndarray, people: int) -> np.ndarray:
    return np.stack([np.bincount(who, weights=column, minlength=people) for column in values.T], axis=1)


def _cosine(both: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Give a correlation from its sums; 0 where one side does not vary: nothing in common is no correlation."""
    size = np.sqrt(one * other)
    return np.divide(both, size, out=np.zeros_like(both), where=size > 1e-12)


def _padded(x: np.ndarray) -> np.ndarray:
    return x if x.shape[1] == COMPONENTS else np.column_stack([x, np.zeros((len(x), COMPONENTS - x.shape[1]))])


def _standard(x: np.ndarray) -> np.ndarray:
    spread = x.std(axis=0)
    return np.divide(x - x.mean(axis=0), spread, out=np.zeros_like(x), where=spread > 0)


def _correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Give Pearson's correlation; None where one does not vary."""
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / size, -1, 1)) if size > 1e-12 else None
