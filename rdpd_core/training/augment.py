"""Changes of training windows, drawn anew each epoch; teacher and students always see the same changed window."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def _none(x: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    return x


def _jitter(x: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Add normal noise of `strength` standard deviations."""
    return x + strength * torch.randn(x.shape, generator=generator).to(x)


def _scale(x: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Multiply each channel of each window by 1 + strength * a normal number."""
    return x * (1 + strength * torch.randn(*x.shape[:2], 1, generator=generator).to(x))


def _shift(x: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Roll each window in time by up to `strength` of its length, all channels alike."""
    length = x.shape[-1]
    by = ((torch.rand(len(x), generator=generator) * 2 - 1) * strength * length).round().long().to(x.device)
    at = (torch.arange(length, device=x.device) - by.unsqueeze(-1)) % length
    return x.gather(-1, at.unsqueeze(1).expand(x.shape))


AUGMENTATIONS: dict[str, Callable[[Tensor, float, torch.Generator], Tensor]] = {
    "none": _none,
    "jitter": _jitter,
    "scale": _scale,
    "shift": _shift,
}
