"""What CKA gives when the windows of one side are paired with the wrong windows of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rdpd_core.evaluation._cka_layers import Layer
from rdpd_core.evaluation.cka import hsic_of

WINDOWS, RECORDINGS = "windows", "recordings"
LEAST_BLOCKS = 8
"""With fewer recordings there are too few ways to exchange them."""
MOST_PAIRED = 2048
"""Most examples whose products with each other are held, 17 MB for each layer."""
HEAVY = 1e11
"""Multiplications and additions that all wrong pairings together may cost; beyond, they are made of fewer windows."""
REORDER = 80
"""What it costs to reorder a value of an n x n matrix, in multiplications of a matrix product; measured."""
NARROW, MOST_SOLVED = 32, 2048
TAIL = 1e-8
"""Share of the squared arrangement that may be left out: changes no value by more than its root, 1e-4."""


def compressed(a: Layer) -> Layer:
    """Give a layer in its own main directions, as many as matter: trained layers need few, and each pairing costs that less."""
    n, width = a.x.shape
    if width <= NARROW or min(n, width) > MOST_SOLVED:
        return a
    value, vector = np.linalg.eigh(a.x.T @ a.x if width <= n else a.x @ a.x.T)
    kept = np.cumsum(value**2) > TAIL * (value**2).sum()  # from the smallest on
    x = a.x @ vector[:, kept] if width <= n else vector[:, kept] * np.sqrt(value[kept])
    return Layer(x, np.einsum("nd,nd->n", x, x), a.reason)


def orders(kind: str, block: np.ndarray, count: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield reorderings (n,) of windows.

    Args:
        kind: "windows" shuffles all; "recordings" keeps the windows of a recording in a row, exchanges recordings, and turns
            the whole by a random number of windows, so that what neighbors have in common stays.
        block: (n,), the recording of each window; windows of a recording one after another.
        count: How many.
        generator: Draws them.
    """
    n = len(block)
    parts = np.split(np.arange(n), np.flatnonzero(np.diff(block)) + 1)
    for _ in range(count):
        if kind == WINDOWS:
            yield generator.permutation(n)
            continue
        mixed = np.concatenate([parts[at] for at in generator.permutation(len(parts))])
        yield np.roll(mixed, int(generator.integers(n)))


def spread(order: np.ndarray, rows_per_window: int) -> np.ndarray:
    """Give the reordering of rows that belongs to one of windows, each window's rows staying together."""
    if rows_per_window == 1:
        return order
    return (order[:, None] * rows_per_window + np.arange(rows_per_window)).ravel()


def thin(windows: int, rows_per_window: int, columns: int, other_columns: int, shuffles: int) -> np.ndarray:
    """Give which windows reorderings are made of: all, or some evenly spread where all would take minutes."""
    affordable = int(HEAVY / (2.0 * shuffles * rows_per_window * columns * other_columns))
    most = max(LEAST_BLOCKS, MOST_PAIRED // rows_per_window, affordable)
    if windows <= most:
        return np.arange(windows)
    return np.linspace(0, windows - 1, most).round().astype(np.int64)


def reordered(
    first: Sequence[Layer], second: Sequence[Layer], found: Iterator[np.ndarray], between: Callable[[], None]
) -> np.ndarray:
    """Give HSIC1 of every pair of layers under every reordering of the second side, (R, layers, layers).

    Args:
        first: Layers of n centered examples.
        second: Layers of the same examples.
        found: Reorderings (n,).
        between: Called before every reordering; may raise to end the work.
    """
    n = len(first[0])
    wide = sum(a.width for a in first) * sum(b.width for b in second)
    paired = n <= MOST_PAIRED and n * len(second) * (REORDER + 5 * len(first)) < wide
    crossed = _paired(first, second) if paired else _featured(first, second)
    own, other = (np.stack([side.square for side in sides], axis=1) for sides in (first, second))  # (n, layers)
    traces = own.sum(axis=0)[:, None], other.sum(axis=0)[None]
    values = []
    for order in found:
        between()
        values.append(hsic_of(n, crossed(order), own.T @ other[order], *traces))
    return np.stack(values)


def _featured(first: Sequence[Layer], second: Sequence[Layer]) -> Callable[[np.ndarray], np.ndarray]:
    """Give what sums K_ij L_ij under a reordering, through the products of all columns at once."""
    own, other = (np.concatenate([side.x for side in sides], axis=1).astype(np.float32) for sides in (first, second))
    down, across = (np.cumsum([0, *(side.width for side in sides)])[:-1] for sides in (first, second))

    def crossed(order: np.ndarray) -> np.ndarray:
        squared = np.square(own.T @ other[order], dtype=np.float64)
        return np.add.reduceat(np.add.reduceat(squared, down, axis=0), across, axis=1)

    return crossed


def _paired(first: Sequence[Layer], second: Sequence[Layer]) -> Callable[[np.ndarray], np.ndarray]:
    """The same through the products of examples, for layers wider than there are examples."""
    own = np.stack([(a.x @ a.x.T).astype(np.float32).ravel() for a in first])  # (layers, n * n)
    others = [(b.x @ b.x.T).astype(np.float32) for b in second]

    def crossed(order: np.ndarray) -> np.ndarray:
        return np.stack([own @ other[np.ix_(order, order)].ravel() for other in others], axis=1).astype(np.float64)

    return crossed
