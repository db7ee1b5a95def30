"""Baselines: what stands for "nothing there" when a window is explained or a part of it is taken away."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rdpd_core.errors import UnknownNameError

DRAWS = 5


@dataclass(frozen=True)
class Baseline:
    """One way to say that nothing is there.

    Attributes:
        name: Identifier.
        title: For people.
        help: What it is, in one sentence.
        draws: How many are drawn for a window; attributions are the mean over them.
    """

    name: str
    title: str
    help: str
    draws: int = 1


BASELINES: dict[str, Baseline] = {
    b.name: b
    for b in (
        Baseline("zero", "mean of the training people", "Every channel lies flat at its mean over the training windows."),
        Baseline("mean", "mean of the window", "Every channel lies flat at its own mean in this window."),
        Baseline("noise", "noise", "Every channel is white noise with the spread of the training windows.", DRAWS),
    )
}


def baselines(name: str, x: Tensor, generator: torch.Generator) -> Tensor:
    """Give the baselines of windows, (G, B, C, T), G draws of each.

    Args:
        name: One of `BASELINES`.
        x: (B, C, T), normalized.
        generator: Of the noise, on the CPU; every window has the same, so that company changes nothing.

    Raises:
        UnknownNameError: No such baseline.
    """
    if name not in BASELINES:
        raise UnknownNameError("baseline", name, BASELINES)
    if name == "zero":
        return torch.zeros_like(x)[None]
    if name == "mean":
        return x.mean(dim=2, keepdim=True).expand_as(x)[None]
    drawn = torch.randn((DRAWS, 1, *x.shape[1:]), generator=generator).to(x)
    return drawn.expand(DRAWS, *x.shape)
