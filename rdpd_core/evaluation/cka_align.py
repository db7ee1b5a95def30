"""What two layers have in common, one example at a time: their first aligned components, and whether these hold for new people.

With more features than examples some direction always fits. So canonical correlations are regularized, and beside the
correlation of the examples that directions were fitted to stands that of people who were left out while fitting.

References:
    Hotelling, Biometrika 28, 1936 (canonical correlation); Vinod, Journal of Econometrics 4, 1976 (its regularized form);
    Schoenemann, Psychometrika 31, 1966 (orthogonal Procrustes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation._cka_layers import layer
from rdpd_core.runtime import numpy_generator

CCA, PROCRUSTES = "cca", "procrustes"
COMPONENTS, FOLDS, LEAST_PEOPLE, LEAST_WINDOWS = 2, 5, 2, 8
RIDGE = 0.1
"""Added to every direction's variance, as a share of the mean variance."""
MOST_DIRECTIONS = 256


@dataclass(frozen=True)
class Aligned:
    """The first components of two layers for the same windows.

    Attributes:
        method: "cca" (most correlated) or "procrustes" (most shared variance under a rotation).
        first: (N, 2), components of the first layer, each of variance 1; a column of zeros where there is no second.
        second: (N, 2), those of the second layer.
        fitted: (2,), correlation on the windows that the directions were fitted to; None where there is no component.
        held_out: (2,), mean correlation on people left out while fitting; None where there are too few.
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
            first=nothing, second=nothing, fitted=(None,) * COMPONENTS, held_out=None, folds=0, reason=reason, **about
        )
    basis = _Basis.of(a.x, b.x)
    first, second = basis.fit(np.ones(n, dtype=bool), method, ridge).project(basis)
    fitted = tuple(_correlation(first[:, c], second[:, c]) for c in range(COMPONENTS))
    held_out, folds = _held_out(basis, who, len(people), method, ridge, seed)
    reason = "" if held_out else f"{len(people)} subject{'s' * (len(people) != 1)}: too few to leave some out"
    return Aligned(
        first=_standard(first), second=_standard(second), fitted=fitted, held_out=held_out, folds=folds, reason=reason, **about
    )


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


def _held_out(
    basis: _Basis, who: np.ndarray, people: int, method: str, ridge: float, seed: int
) -> tuple[tuple[float, ...] | None, int]:
    """Give the mean correlation of people left out, and in how many turns."""
    if people < LEAST_PEOPLE:
        return None, 0
    folds = min(FOLDS, people)
    turn = (numpy_generator("align", seed, people).permutation(people) % folds)[who]
    found = []
    for fold in range(folds):
        out = turn == fold
        if out.sum() < 3 or (~out).sum() < 3:
            continue
        first, second = basis.fit(~out, method, ridge).project(basis, out)
        ones = [_correlation(first[:, c], second[:, c]) for c in range(COMPONENTS)]
        found.append([0.0 if one is None else one for one in ones])  # nothing in common is no correlation
    return (tuple(np.mean(found, axis=0).tolist()), len(found)) if found else (None, 0)


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
