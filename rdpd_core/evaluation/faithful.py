"""Deletion and insertion: whether what an attribution names first matters first to the model.

Cells are taken away in the order of the attribution, the strongest evidence first, and put back into the baseline in the same
order. A good order makes the probability fall early when taking away, and rise early when putting back. The number that is
judged is the area under the insertion curve minus that under the deletion curve: for orders drawn at random its expectation
is exactly 0, since putting back in one order is taking away in the reverse one.

Reference:
    Petsiuk, Das, Saenko: RISE, BMVC 2018; Samek et al., IEEE Transactions on Neural Networks and Learning Systems 28, 2017.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rdpd_core.errors import DataError, ShapeError
from rdpd_core.evaluation.cells import Cells
from rdpd_core.models import Model
from rdpd_core.runtime import numpy_generator

STEPS = 10
ORDERS = 20


@dataclass(frozen=True)
class Curves:
    """Probability of the explained class while cells are taken away or put back.

    Attributes:
        share: (J + 1,), share of the cells that was taken away or put back, from 0 to 1.
        deletion: (B, J + 1).
        insertion: (B, J + 1).
        random_deletion: (R, J + 1), mean over windows, each row one order per window drawn at random.
        random_insertion: (R, J + 1).
    """

    share: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """Area under insertion minus area under deletion, (B,); above 0 if the order is better than chance."""
        return area(self.insertion) - area(self.deletion)

    @property
    def band(self) -> tuple[float, float] | None:
        """The central 95% of the mean gap of orders drawn at random, from their spread around 0; None if none was drawn."""
        if len(self.random_deletion) < 2:
            return None
        drawn = area(self.random_insertion) - area(self.random_deletion)
        reach = 1.96 * float(np.sqrt(np.mean(drawn**2)))
        return -reach, reach


def area(curve: np.ndarray) -> np.ndarray:
    """Give the area under curves (..., J + 1) whose points are evenly spaced from 0 to 1, by trapezoids."""
    return (curve[..., 1:] + curve[..., :-1]).mean(axis=-1) / 2


def curves(
    model: Model,
    x: Tensor,
    base: Tensor,
    target: np.ndarray,
    sums: np.ndarray,
    cells: Cells,
    *,
    steps: int = STEPS,
    orders: int = ORDERS,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Curves:
    """Follow the probability of a class while cells change in the order of an attribution.

    Args:
        model: In evaluation mode.
        x: (B, C, T), normalized.
        base: (B, C, T), what stands for nothing.
        target: (B,), the class explained.
        sums: (B, Q), the attribution of each cell; of equal ones, the order is drawn.
        cells: Which values change together.
        steps: J, how many cells at a time: Q / J.
        orders: R, orders drawn at random to compare with; 0 draws none.
        seed: Keys what is drawn.
        on_progress: Told how many orders were followed, of how many; may raise to end it.

    Raises:
        ShapeError: The attribution has other cells or windows.
    """
    if sums.shape != (len(x), cells.count):
        raise ShapeError(f"sums of shape {sums.shape} do not fit {len(x)} windows of {cells.count} cells")
    draw = numpy_generator("curves", seed)
    walk = _Walk(model, x, base, target, cells, steps)
    deletion, insertion = walk.follow(ranks(sums, draw))
    drawn = []
    for at in range(orders):
        if on_progress is not None:
            on_progress(at, orders)
        drawn.append([curve.mean(axis=0) for curve in walk.follow(ranks(np.zeros_like(sums), draw))])
    rows = np.array(drawn).reshape(orders, 2, steps + 1)
    return Curves(np.linspace(0, 1, steps + 1), deletion, insertion, rows[:, 0], rows[:, 1])


def ranks(sums: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Give the place of each cell, (B, Q), 0 for the strongest evidence; equal cells in an order drawn at random."""
    ties = draw.random(sums.shape)
    order = np.stack([np.lexsort((tie, -row)) for tie, row in zip(ties, sums, strict=True)])
    return np.argsort(order, axis=1)


def probability(model: Model, x: Tensor, target: np.ndarray) -> np.ndarray:
    """Give the probability of a class (B,) for windows (B, C, T), float64."""
    with torch.no_grad():
        logits = model(x.to(next(model.parameters()).device)).logits.double().cpu()
    found = logits.softmax(1).numpy()[np.arange(len(target)), target]
    if not np.isfinite(found).all():
        raise DataError("the model gave probabilities that are not numbers; its weights are damaged or its training diverged")
    return found


class _Walk:
    """Windows on their way to their baseline and back."""

    def __init__(self, model: Model, x: Tensor, base: Tensor, target: np.ndarray, cells: Cells, steps: int) -> None:
        self.model, self.x, self.base, self.target, self.steps = model, x, base, np.asarray(target), steps
        self.index, self.count = torch.from_numpy(cells.index()), cells.count
        self.full, self.empty = (probability(model, where, self.target) for where in (x, base))

    def follow(self, rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give deletion and insertion curves, (B, J + 1) each, for the places (B, Q) of cells."""
        place = torch.from_numpy(rank)[:, self.index]  # (B, C, T)
        deletion, insertion = [self.full], [self.empty]
        for step in range(1, self.steps):
            first = place < step * self.count / self.steps
            deletion.append(probability(self.model, torch.where(first, self.base, self.x), self.target))
            insertion.append(probability(self.model, torch.where(first, self.x, self.base), self.target))
        return np.stack([*deletion, self.empty], axis=1), np.stack([*insertion, self.full], axis=1)
