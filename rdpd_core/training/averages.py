"""A running mean of a cohort's weights, which is often better than the last step's (Polyak, Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from rdpd_core.training.cohort import Cohort


class Averages:
    """The exponential mean of every stacked tensor of a cohort over the steps.

    Attributes:
        share: Of the past, in (0, 1); early steps take less, so that the first weights are soon forgotten.
        steps: How many were taken in.
        means: By the names of `Cohort.named`.
    """

    def __init__(self, cohort: Cohort, share: float) -> None:
        """Begin with the weights as they are."""
        self.share, self.steps = share, 0
        self.means = {name: tensor.detach().clone() for name, tensor in cohort.named()}

    @torch.no_grad()
    def update(self, cohort: Cohort) -> None:
        """Take in the weights after a step."""
        self.steps += 1
        share = min(self.share, self.steps / (self.steps + 9))
        named = cohort.named()
        torch._foreach_lerp_([self.means[name] for name, _ in named], [t.detach() for _, t in named], 1 - share)

    def select(self, at: Sequence[int]) -> None:
        """Keep only some members, by position."""
        self.means = {name: mean[list(at)] for name, mean in self.means.items()}

    @contextmanager
    def in_place(self, cohort: Cohort) -> Iterator[None]:
        """Let the cohort speak with the means while the block lasts; the tensors that learn are put back untouched."""
        weights, own = cohort.weights, cohort.own
        cohort.weights = {name: self.means[f"weights.{name}"] for name in weights}
        cohort.own = {name: self.means[f"own.{name}"] for name in own}
        try:
            yield
        finally:
            cohort.weights, cohort.own = weights, own

    def tensors(self) -> dict[str, Tensor]:
        """Give the means for a saved state."""
        return {f"mean.{name}": mean for name, mean in self.means.items()}
