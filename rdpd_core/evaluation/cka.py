"""Linear CKA: how alike two layers arrange the same examples, whatever their widths, rotations and scales.

The biased form rises with width: independent features of 64 examples and 512 columns give 0.89. So the unbiased form is used
for everything that is shown. It may fall slightly below 0, and is not cut there.

With centered features the unbiased HSIC needs no n x n matrix. Write K = X X', L = Y Y', k and l for their diagonals. Rows
of K sum to 0, so those of K without its diagonal sum to -k, and

    n (n - 3) HSIC1 = |X'Y|^2 - n / (n - 2) k'l + (1'k) (1'l) / ((n - 1) (n - 2)),

which costs n p q: linear in n.

References:
    Kornblith, Norouzi, Lee and Hinton. Similarity of Neural Network Representations Revisited. ICML 2019.
    Song, Smola, Gretton, Bedo and Borgwardt. Feature Selection via Dependence Maximization. JMLR 13, 2012 (HSIC1).
    Nguyen, Raghu and Kornblith. Do Wide and Deep Networks Learn the Same Things? ICLR 2021 (batches).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rdpd_core.errors import ParameterError, ShapeError
from rdpd_core.evaluation._cka_layers import FEATURE, GRAM, Layer, layer, pick_form, recentered, total
from rdpd_core.runtime import numpy_generator

LEAST = 4
"""Fewest examples for which the unbiased form is defined."""
UNBIASED, BIASED = "unbiased", "biased"
BATCH, EPOCHS = 256, 10
EVEN = "all examples are equally far from each other, so there is no arrangement to compare"
_ROUNDING = 1e-10


@dataclass(frozen=True)
class Similarity:
    """A value of CKA, or why there is none.

    Attributes:
        value: 1 for layers that are alike up to rotation and scale; None where undefined.
        reason: Why there is no value; empty if there is one.
        n: Examples.
        estimator: "unbiased" or "biased".
        form: "feature" or "gram": through which products it was computed.
    """

    value: float | None
    reason: str
    n: int
    estimator: str
    form: str


def hsic(a: Layer, b: Layer, form: str = "") -> float:
    """Give the unbiased HSIC1 of two centered layers of at least 4 examples."""
    n, q = len(a), float(a.square @ b.square)
    return hsic_of(n, total(a, b, form), q, float(a.square.sum()), float(b.square.sum()))


def hsic_of(n: int, cross: float | np.ndarray, diagonal: float | np.ndarray, trace: float, other: float) -> float | np.ndarray:
    """Give HSIC1 from its sums.

    Args:
        n: Examples, at least 4.
        cross: Sum of K_ij L_ij over all pairs, each with itself too.
        diagonal: Sum of K_ii L_ii.
        trace: Of K.
        other: Trace of L.
    """
    return (cross - n / (n - 2) * diagonal + trace * other / ((n - 1) * (n - 2))) / (n * (n - 3))


def cka(x: np.ndarray, y: np.ndarray, estimator: str = UNBIASED, form: str = "") -> Similarity:
    """Give the CKA of two layers.

    Args:
        x: (n, p), features of n examples.
        y: (n, q), features of the same examples.
        estimator: "unbiased", or "biased", which only large n forgive.
        form: "feature" or "gram"; empty takes the cheaper. They agree.

    Raises:
        ShapeError: The examples are not the same in number.
        DataError: A value is not a number.
        ParameterError: No such estimator or form.
    """
    _check_choice("estimator", estimator, (UNBIASED, BIASED))
    _check_choice("form", form, ("", FEATURE, GRAM))
    a, b = pair(x, y)
    n, chosen = len(a), form or pick_form(len(a), a.width, b.width)
    if reason := undefined(a, b, LEAST if estimator == UNBIASED else 2):
        return Similarity(None, reason, n, estimator, chosen)
    if estimator == BIASED:
        value = total(a, b, chosen) / np.sqrt(total(a, a, form) * total(b, b, form))
        return Similarity(float(value), "", n, estimator, chosen)
    value = ratio(hsic(a, b, chosen), hsic(a, a, form), hsic(b, b, form))
    return Similarity(value, "" if value is not None else EVEN, n, estimator, chosen)


def minibatch_cka(
    x: np.ndarray,
    y: np.ndarray,
    batch: int = BATCH,
    epochs: int = EPOCHS,
    seed: int = 0,
    between: Callable[[], None] = lambda: None,
) -> Similarity:
    """Give the CKA from batches: HSIC1 averaged over shuffled batches, and the ratio taken once, at the end.

    A mean of ratios would be biased; a mean of unbiased HSIC1 is not. The short batch at the end of an epoch is dropped, so
    all batches weigh the same. For layers too wide for the exact form; cost is linear in n.

    Args:
        x: (n, p).
        y: (n, q).
        batch: Examples at once; all of them if there are fewer.
        epochs: Passes, each shuffled anew.
        seed: Keys the order.
        between: Called before every batch; may raise to end the work.

    Raises:
        ParameterError: A batch of fewer than 4, or no epoch.
        ShapeError: The examples are not the same in number.
        DataError: A value is not a number.
    """
    if batch < LEAST or epochs < 1:
        raise ParameterError(f"batch={batch} and epochs={epochs}: give a batch of {LEAST} or more, and 1 epoch or more")
    a, b = pair(x, y)
    n, size = len(a), min(batch, len(a))
    form = pick_form(size, a.width, b.width)
    if reason := undefined(a, b, LEAST):
        return Similarity(None, reason, n, UNBIASED, form)
    generator, sums, count = numpy_generator("minibatch", seed, n), np.zeros(3), 0
    for _ in range(epochs):
        order = generator.permutation(n)
        for at in range(0, n - size + 1, size):
            between()
            own, other = (recentered(side.take(order[at : at + size])) for side in (a, b))
            sums += [hsic(own, other), hsic(own, own), hsic(other, other)]
            count += 1
    value = ratio(*(sums / count))
    return Similarity(value, "" if value is not None else EVEN, n, UNBIASED, form)


def pair(x: np.ndarray, y: np.ndarray) -> tuple[Layer, Layer]:
    """Make two layers ready.

    Raises:
        ShapeError: The examples are not the same in number.
        DataError: A value is not a number.
    """
    a, b = layer(x, "x"), layer(y, "y")
    if len(a) != len(b):
        raise ShapeError(f"x has {len(a)} examples, y has {len(b)}; give the features of the same examples")
    return a, b


def undefined(a: Layer, b: Layer, least: int = LEAST) -> str:
    """Say why two layers have no CKA; empty if nothing is known against it."""
    return too_few(len(a), least) if len(a) < least else a.reason or b.reason


def too_few(n: int, least: int) -> str:
    """Say that there are too few examples, and how many are needed."""
    return f"{n} example{'' if n == 1 else 's'}: at least {least} are needed"


def ratio(cross: float, own: float, other: float) -> float | None:
    """Give CKA from three unbiased HSIC of layers at scale 1; None if one of them has no arrangement.

    HSIC1 is an inner product, so only rounding can bring the ratio beyond 1, and that is taken back.
    """
    if not (own > _ROUNDING and other > _ROUNDING):
        return None
    return float(np.clip(cross / np.sqrt(own * other), -1.0, 1.0))


def _check_choice(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise ParameterError(f"{name}={given!r} is not one of {', '.join(filter(None, allowed))}")
