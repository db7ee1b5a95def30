"""HSIC1 of resampled people, exactly and quickly: each person is summed up once, and a draw only weighs the sums.

Whoever is drawn twice brings every window twice. A window and its own copy are no pair of examples: taken for one, they would
look like two examples that both layers find alike, and raise every similarity. So sums run over different windows only, as in
the U-statistic of which HSIC1 is the closed form: A + C - 2 B, with A = E K_ij L_ij, B = E K_ij L_ik and C = E K_ij L_kl over
different windows i, j, k, l. With every weight 1 this is HSIC1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rdpd_core.evaluation._cka_layers import BLOCK_CELLS, Layer

MOST_UNITS = 400
"""More people than these are joined into so many groups at random, which changes no expectation and bounds the cost."""


@dataclass(frozen=True)
class Grouped:
    """Which unit each example belongs to, examples of a unit one after another.

    Attributes:
        start: (U,), the first example of each unit.
        size: (U,), examples of each.
    """

    start: np.ndarray
    size: np.ndarray

    @property
    def unit(self) -> np.ndarray:
        """(n,), the unit of each example."""
        return np.repeat(np.arange(len(self.size)), self.size)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Give sums over the examples of each unit, along the first axis."""
        return np.add.reduceat(values, self.start, axis=0)


def grouped(unit: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, Grouped]:
    """Give an order (n,) that puts the examples of a unit together, and where each unit then begins.

    Args:
        unit: (n,), whole numbers, the unit of each example.
        generator: Joins units at random where there are too many.
    """
    count = int(unit.max()) + 1
    if count > MOST_UNITS:
        unit = (generator.permutation(count) % MOST_UNITS)[unit]
    order = np.argsort(unit, kind="stable")
    size = np.bincount(unit)
    return order, Grouped(np.concatenate([[0], np.cumsum(size)[:-1]]), size)


@dataclass(frozen=True)
class PairSums:
    """What two layers have in common, person by person.

    Attributes:
        cross: (U, U), sums of K_ij L_ij over windows i of one person and j of another, each with itself too.
        diagonal: (U,), sums of K_ii L_ii.
    """

    cross: np.ndarray
    diagonal: np.ndarray


def pair_sums(a: Layer, b: Layer, units: Grouped) -> PairSums:
    """Sum up two layers whose examples are in the order of `units`."""
    diagonal = units.sums(a.square * b.square)
    n, p, q, u = len(a), a.width, b.width, len(units.size)
    through_features = n * p * q + u * u * p * q
    cross = _by_features(a, b, units) if through_features <= n * n * (p + q) else _by_examples(a, b, units)
    return PairSums(cross, diagonal)


def _by_features(a: Layer, b: Layer, units: Grouped) -> np.ndarray:
    u, q = len(units.size), b.width
    step = max(1, BLOCK_CELLS // (u * q))
    ends = [slice(at, at + size) for at, size in zip(units.start, units.size, strict=True)]
    cross = np.zeros((u, u))
    for at in range(0, a.width, step):
        own = np.stack([(a.x[s, at : at + step].T @ b.x[s]).ravel() for s in ends])  # (U, columns * q)
        cross += own @ own.T
    return cross


def _by_examples(a: Layer, b: Layer, units: Grouped) -> np.ndarray:
    n, unit = len(a), units.unit
    step = max(1, BLOCK_CELLS // n)
    cross = np.zeros((len(units.size), len(units.size)))
    for at in range(0, n, step):
        s = slice(at, at + step)
        rows = np.add.reduceat((a.x[s] @ a.x.T) * (b.x[s] @ b.x.T), units.start, axis=1)  # (rows, U)
        np.add.at(cross, unit[s], rows)
    return cross


def others(a: Layer, weights: np.ndarray, units: Grouped) -> np.ndarray:
    """Give the weighted sums of K_ij over other windows j, (n, R).

    Args:
        a: Examples in the order of `units`.
        weights: (U, R).
        units: Whose examples these are.
    """
    drawn = a.x @ (units.sums(a.x).T @ weights)
    drawn -= a.square[:, None] * np.repeat(weights, units.size, axis=0)
    return drawn


def drawn_hsic(sums: PairSums, k: np.ndarray, other: np.ndarray, weights: np.ndarray, units: Grouped) -> np.ndarray:
    """Give HSIC1 of every draw, (R,); NaN where a draw holds too few windows.

    Args:
        sums: Of the two layers.
        k: (n, R), as `others` gave for the first.
        other: (n, R), for the second.
        weights: (U, R), how often each unit was drawn.
        units: Whose examples these are.
    """
    w1, w2 = weights, weights**2
    pairs = _between(sums.cross, w1, w1) - sums.diagonal @ w2
    mixed = _between(sums.cross, w1, w2) - sums.diagonal @ weights**3
    twice = _between(sums.cross, w2, w2) - sums.diagonal @ weights**4
    by_unit = units.sums(k * other)  # (U, R)
    triples = (w1 * by_unit).sum(axis=0) - mixed
    fours = (w1 * units.sums(k)).sum(axis=0) * (w1 * units.sums(other)).sum(axis=0)
    fours += -4 * (w2 * by_unit).sum(axis=0) + 2 * twice
    two, three, four = _tuples(weights, units.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(four > 0, pairs / two - 2 * triples / three + fours / four, np.nan)


def _between(cross: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("ur,ur->r", left, cross @ right)


def _tuples(weights: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the weights of all pairs, triples and quadruples of different windows, (R,) each."""
    one, sq, cube, fourth = (size @ weights**power for power in (1, 2, 3, 4))
    two = one**2 - sq
    three = one**3 - 3 * one * sq + 2 * cube
    four = one**4 - 6 * one**2 * sq + 3 * sq**2 + 8 * one * cube - 6 * fourth
    return two, three, four
