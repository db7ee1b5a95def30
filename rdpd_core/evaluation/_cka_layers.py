"""A layer's features made ready to be compared, and the one sum that every form of CKA is built from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rdpd_core.errors import DataError, ShapeError

BLOCK_CELLS = 4_000_000
"""Most cells of any intermediate matrix, 32 MB."""
FEATURE, GRAM = "feature", "gram"
CONSTANT = "the features are the same for every example"


@dataclass(frozen=True)
class Layer:
    """Features of n examples, centered, at a scale where a row has mean squared length 1.

    CKA does not change by either; sums stay far from overflow, and long vectors far from an origin lose no digits.

    Attributes:
        x: (n, D), float64; columns that do not vary are left out.
        square: (n,), squared length of each row.
        reason: Why it cannot be compared; empty if it can.
    """

    x: np.ndarray
    square: np.ndarray
    reason: str = ""

    def __len__(self) -> int:
        return len(self.x)

    @property
    def width(self) -> int:
        """D, columns that vary."""
        return self.x.shape[1]

    def take(self, index: np.ndarray | slice) -> Self:
        """Give some examples, neither centered nor scaled anew."""
        return replace(self, x=self.x[index], square=self.square[index])


def layer(features: np.ndarray, name: str = "features") -> Layer:
    """Make features ready.

    Args:
        features: (n, D), one row per example.
        name: Of the layer, for messages.

    Raises:
        ShapeError: It is no such table, or empty.
        DataError: A value is not a number.
    """
    given = np.asarray(features)
    if given.ndim != 2 or not given.size:
        raise ShapeError(f"{name} has shape {given.shape}; give (n, D), one row per example, with at least one of each")
    precision = np.finfo(given.dtype).eps if given.dtype.kind == "f" else np.finfo(np.float64).eps
    x = given.astype(np.float64)
    if not np.isfinite(x).all():
        wrong = int((~np.isfinite(x)).any(axis=1).sum())
        raise DataError(f"{name}: {wrong} of {len(x)} examples hold values that are not numbers; leave these examples out")
    return _centered(x, 8 * float(precision))


def _centered(x: np.ndarray, tolerance: float) -> Layer:
    largest = np.abs(x).max(axis=0)  # (D,)
    top = largest.max()
    x /= top if top > 0 else 1.0
    x -= x.mean(axis=0)
    varies = np.abs(x).max(axis=0) > tolerance * largest / (top if top > 0 else 1.0)
    if not varies.any():
        return Layer(np.zeros((len(x), 1)), np.zeros(len(x)), CONSTANT)
    x = x if varies.all() else x[:, varies]
    x /= np.abs(x).max()
    x -= x.mean(axis=0)
    x /= np.sqrt(np.einsum("nd,nd->", x, x) / len(x))
    return Layer(x, np.einsum("nd,nd->n", x, x))


def recentered(part: Layer) -> Layer:
    """Give a batch of a layer centered on itself."""
    x = part.x - part.x.mean(axis=0)
    return replace(part, x=x, square=np.einsum("nd,nd->n", x, x))


def pick_form(n: int, p: int, q: int) -> str:
    """Give the cheaper way to a sum over all pairs of n examples: through p x q features, or through their products."""
    return FEATURE if p * q <= n * (p + q) else GRAM


def total(a: Layer, b: Layer, form: str = "") -> float:
    """Give the sum over all pairs of examples, each with itself too, of K_ij L_ij, where K = X X' and L = Y Y'.

    Both forms are exact; neither holds more than `BLOCK_CELLS` cells at once.

    Args:
        a: X, (n, p).
        b: Y, (n, q), the same examples.
        form: "feature" squares X'Y, cost n p q; "gram" multiplies K and L, cost n n (p + q); empty takes the cheaper.
    """
    n, p, q = len(a), a.width, b.width
    if (form or pick_form(n, p, q)) == FEATURE:
        step = max(1, BLOCK_CELLS // q)
        parts = (a.x[:, at : at + step].T @ b.x for at in range(0, p, step))
        return float(sum(np.einsum("pq,pq->", part, part) for part in parts))
    step = max(1, BLOCK_CELLS // n)
    blocks = (slice(at, at + step) for at in range(0, n, step))
    return float(sum(np.einsum("ij,ij->", a.x[s] @ a.x.T, b.x[s] @ b.x.T) for s in blocks))
