"""Windows mixed in pairs, their labels alike (Zhang et al. mixup: Beyond Empirical Risk Minimization. ICLR 2018)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Mix(NamedTuple):
    """What is mixed into the windows of a batch.

    Attributes:
        partner: (B,), position of the other window in the batch.
        share: (B,), of the other window, from 0 to 1.
    """

    partner: Tensor
    share: Tensor

    def windows(self, x: Tensor) -> Tensor:
        """Give windows (B, C, T) mixed with their partners."""
        share = self.share.reshape(-1, 1, 1).to(x)
        return torch.lerp(x, x[self.partner], share)

    def labels(self, target: Tensor, classes: int) -> Tensor:
        """Give the shares of the classes (..., B, K) of labels (..., B); what has no label (-1) shares nothing."""
        own = torch.nn.functional.one_hot(target.clamp(min=0), classes) * (target >= 0).unsqueeze(-1)
        share = self.share.unsqueeze(-1)
        return (1 - share) * own + share * own[..., self.partner, :]

    def both(self, there: Tensor) -> Tensor:
        """Say of windows (..., B) whether they and their partners are among those that teachers were asked about."""
        return there & there[..., self.partner]


def draw(count: int, most: float, generator: torch.Generator, device: torch.device) -> Mix:
    """Draw a partner for each of `count` windows, and its share, evenly from 0 to `most`.

    With 1 this is the mixing of function matching (Beyer et al. Knowledge Distillation: A Good Teacher Is Patient and
    Consistent. CVPR 2022), where the teacher answers for the very window that the student sees.
    """
    partner = torch.randperm(count, generator=generator)
    share = most * torch.rand(count, generator=generator)
    return Mix(partner.to(device), share.to(device))
