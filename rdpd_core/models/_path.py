"""A pooled layer along a straight way of inputs: its bends are found, not walked.

Along start + share * way a unit of the first layer is a straight line that crosses 0 at most once, so it is open up to one
share or from one share on. What all positions of a filter add up to at every point is then a running sum over the places where
they open and close: the cost is that of positions and points together, not of one times the other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def pooled_path(start: Tensor, way: Tensor, share: Tensor) -> Tensor:
    """Give mean over positions of ReLU(start + share * way), at every share.

    Args:
        start: (..., P), what goes into ReLU where the way begins, at P positions.
        way: (..., P), how far it goes.
        share: (n,), ascending, how much of the way each point has gone.

    Returns:
        (..., n); differentiable in `start`, once.
    """
    return _PooledPath.apply(start, way, share)


class _PooledPath(torch.autograd.Function):
    """pooled_path; keeps where each unit opens or closes."""

    @staticmethod
    def forward(ctx: Any, start: Tensor, way: Tensor, share: Tensor) -> Tensor:
        points, flat = len(share), way == 0
        opens = way >= 0  # those that never move count as opening: at the first point, or behind the last
        turn = torch.searchsorted(share, torch.where(flat, 0.0, -start / torch.where(flat, 1.0, way)))  # first point behind it
        turn = torch.where(flat, torch.where(start > 0, 0, points), turn)
        offset, slope = (_open_sums(part, turn, opens, points) for part in (start, way))
        ctx.save_for_backward(turn, opens)
        return offset.addcmul_(slope, share).div_(start.shape[-1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        turn, opens = ctx.saved_tensors
        before = torch.zeros(*grad.shape[:-1], grad.shape[-1] + 1, dtype=grad.dtype, device=grad.device)
        torch.cumsum(grad, -1, out=before[..., 1:])
        here = before.gather(-1, turn)
        return torch.where(opens, before[..., -1:] - here, here).div_(turn.shape[-1]), None, None


def _open_sums(values: Tensor, turn: Tensor, opens: Tensor, points: int) -> Tensor:
    """Give the sum of the values (..., P) of all units that are open at each point, (..., n)."""
    changes = values.new_zeros(*values.shape[:-1], points + 1)
    changes.scatter_add_(-1, turn, torch.where(opens, values, -values))
    changes[..., 0] += torch.where(opens, 0.0, values).sum(-1)
    return changes[..., :points].cumsum(-1)
