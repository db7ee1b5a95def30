"""CKA of features that come in batches and are not kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from rdpd_core.errors import DataError, ShapeError
from rdpd_core.evaluation._cka_layers import CONSTANT, FEATURE
from rdpd_core.evaluation.cka import EVEN, LEAST, UNBIASED, Similarity, ratio, too_few

_STILL = 1e-12


@dataclass
class Stream:
    """Unbiased linear CKA, exact, in one pass over the examples and in memory of p x q numbers.

    Kept are sums over examples of products of x, y and their squared lengths. Features are shifted by the mean of the first
    batch, so that those far from the origin keep their digits.
    """

    _sums: dict[str, _Sums] = field(default_factory=dict)

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Take in a batch.

        Args:
            x: (B, p).
            y: (B, q), the same examples.

        Raises:
            ShapeError: The batches do not belong together, or not to those before.
            DataError: A value is not a number.
        """
        first, second = _table(x, "x"), _table(y, "y")
        if len(first) != len(second):
            raise ShapeError(f"x has {len(first)} examples, y has {len(second)}; give the features of the same examples")
        for name, left, right in (("xy", first, second), ("xx", first, first), ("yy", second, second)):
            if name not in self._sums:
                self._sums[name] = _Sums.empty(left, right)
            self._sums[name].add(left, right)

    def result(self) -> Similarity:
        """Give the CKA of everything that came, or why there is none."""
        n = self._sums["xy"].n if self._sums else 0
        if n < LEAST:
            return Similarity(None, too_few(n, LEAST), n, UNBIASED, FEATURE)
        if any(self._sums[name].spread() == 0 for name in ("xx", "yy")):
            return Similarity(None, CONSTANT, n, UNBIASED, FEATURE)
        scale = {name: self._sums[name].spread() for name in ("xx", "yy")}
        own, other = (self._sums[name].hsic() / scale[name] ** 2 for name in ("xx", "yy"))
        value = ratio(self._sums["xy"].hsic() / (scale["xx"] * scale["yy"]), own, other)
        return Similarity(value, "" if value is not None else EVEN, n, UNBIASED, FEATURE)


@dataclass
class _Sums:
    """Sums over n examples, k and l being the squared lengths of x and y."""

    shift_x: np.ndarray
    shift_y: np.ndarray
    xy: np.ndarray  # (p, q)
    xl: np.ndarray  # (p,)
    yk: np.ndarray  # (q,)
    x: np.ndarray  # (p,)
    y: np.ndarray  # (q,)
    k: float = 0.0
    kl: float = 0.0
    l: float = 0.0  # noqa: E741
    n: int = 0

    @classmethod
    def empty(cls, x: np.ndarray, y: np.ndarray) -> Self:
        p, q = x.shape[1], y.shape[1]
        return cls(x.mean(axis=0), y.mean(axis=0), np.zeros((p, q)), np.zeros(p), np.zeros(q), np.zeros(p), np.zeros(q))

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        if x.shape[1] != len(self.x) or y.shape[1] != len(self.y):
            given, before = (x.shape[1], y.shape[1]), self.xy.shape
            raise ShapeError(f"this batch has {given} columns, those before had {before}; give the same layers in every batch")
        x, y = x - self.shift_x, y - self.shift_y
        k, other = np.einsum("nd,nd->n", x, x), np.einsum("nd,nd->n", y, y)
        self.xy += x.T @ y
        self.xl += other @ x
        self.yk += k @ y
        self.x += x.sum(axis=0)
        self.y += y.sum(axis=0)
        self.k, self.l, self.kl = self.k + float(k.sum()), self.l + float(other.sum()), self.kl + float(k @ other)
        self.n += len(x)

    def spread(self) -> float:
        """Give the mean squared distance of x from its mean; 0 where that is rounding."""
        mean = self.x / self.n
        found = self.k / self.n - float(mean @ mean)
        size = self.k / self.n + float(self.shift_x @ self.shift_x)
        return found if found > _STILL * size else 0.0

    def hsic(self) -> float:
        """Give HSIC1 from the Gram matrices without their diagonals, whose sums follow from those kept."""
        n = self.n
        trace = float(np.einsum("pq,pq->", self.xy, self.xy)) - self.kl
        sum_k, sum_l = float(self.x @ self.x) - self.k, float(self.y @ self.y) - self.l
        middle = float(self.x @ self.xy @ self.y) - float(self.x @ self.xl) - float(self.y @ self.yk) + self.kl
        return (trace + sum_k * sum_l / ((n - 1) * (n - 2)) - 2 / (n - 2) * middle) / (n * (n - 3))


def _table(values: np.ndarray, name: str) -> np.ndarray:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or not found.size:
        raise ShapeError(f"{name} has shape {found.shape}; give (B, D), one row per example, with at least one of each")
    if not np.isfinite(found).all():
        raise DataError(f"{name} holds values that are not numbers; leave these examples out")
    return found
