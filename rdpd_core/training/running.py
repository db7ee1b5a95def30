"""An epoch on its way: which batches, how far, and what was measured so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor


class EpochLosses(NamedTuple):
    """The weighted terms of one epoch: names, values (steps, terms, M), and the share of the windows in each step (steps,)."""

    names: tuple[str, ...]
    values: Tensor
    share: Tensor

    def means(self) -> list[dict[str, float]]:
        """Give the mean over windows of every term, by member."""
        means = torch.einsum("stm,s->mt", self.values, self.share)
        return [dict(zip(self.names, row, strict=True)) for row in means.tolist()]

    def broken(self, at: int) -> tuple[str, float]:
        """Give the first term of a member that is not a number, and what it is; the others follow from it."""
        mine = self.values[:, :, at].flatten()
        first = int((~torch.isfinite(mine)).nonzero()[0])
        return self.names[first % len(self.names)], float(mine[first])


@dataclass
class RunningEpoch:
    """An epoch between two of its steps.

    Attributes:
        epoch: Counted from 1.
        batches: Positions of the windows of every step.
        changes: Draws the changes of windows.
        passed: Outputs of this training pass, logits (M, N, K) and attention (M, N, S), if they are kept.
        names: Of the weighted terms; empty before the first step.
        values: (terms, M) of every step so far.
    """

    epoch: int
    batches: tuple[Tensor, ...]
    changes: torch.Generator
    passed: tuple[Tensor, Tensor | None] | None = None
    names: tuple[str, ...] = ()
    values: list[Tensor] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Give how many steps were made."""
        return len(self.values)

    def add(self, index: Tensor, terms: dict[str, Tensor], logits: Tensor, attention: Tensor | None) -> None:
        """Take in one step: weighted terms (M,), logits (M, B, K) and attention (M, B, S) of the windows `index`."""
        self.names = tuple(terms)
        self.values.append(torch.stack([term.detach() for term in terms.values()]))
        if self.passed is not None:
            self.passed[0][:, index] = logits.detach().float()
            if attention is not None:
                self.passed[1][:, index] = attention.detach().float()

    def losses(self) -> EpochLosses:
        """Give the terms of the steps so far."""
        count = sum(map(len, self.batches))
        share = torch.tensor([len(index) / count for index in self.batches[: self.step]], device=self.values[0].device)
        return EpochLosses(self.names, torch.stack(self.values), share)
