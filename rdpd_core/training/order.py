"""Which windows an epoch holds, and which of them students imitate first."""

from __future__ import annotations

import torch
from torch import Tensor

BALANCE = ("windows", "subjects")


def drawn(owner: Tensor, balance: str, generator: torch.Generator) -> Tensor:
    """Draw the windows of an epoch, N of them, in the order in which they are seen.

    Args:
        owner: (N,), subject of every window, counted from 0, on the CPU.
        balance: "windows" gives each window once. "subjects" gives every subject the same number, or one more: of many windows
            some are left out, few come several times, each as often as the next, or once more.
        generator: Of the draw.

    Returns:
        (N,), positions.
    """
    count = len(owner)
    if balance == "windows":
        return torch.randperm(count, generator=generator)
    subjects = int(owner.max()) + 1
    most = torch.full((subjects,), count // subjects)
    most[torch.randperm(subjects, generator=generator)[: count % subjects]] += 1
    found = []
    for subject, wanted in enumerate(most.tolist()):
        own = (owner == subject).nonzero()[:, 0]
        rounds = [own[torch.randperm(len(own), generator=generator)] for _ in range(-(-wanted // len(own)))]
        found += [torch.cat(rounds)[:wanted]] if rounds else []
    return torch.cat(found)[torch.randperm(count, generator=generator)]


def harder(logits: Tensor, owner: Tensor) -> Tensor:
    """Give for every window the share of its subject's windows that a teacher is less sure of, by the entropy of its answer.

    Args:
        logits: (G, N, K), of G teachers.
        owner: (N,), subject of every window, counted from 0.

    Returns:
        (G, N), from 0 to below 1.
    """
    log_p = logits.log_softmax(-1)
    unsure = -(log_p.exp() * log_p).sum(-1)
    size = owner.bincount()
    before, found = size.cumsum(0) - size, torch.empty_like(unsure)
    for row, said in zip(found, unsure, strict=True):
        at = said.argsort(descending=True, stable=True)
        at = at[owner[at].argsort(stable=True)]
        row[at] = (torch.arange(len(at), device=at.device) - before[owner[at]]) / size[owner[at]].to(row)
    return found
