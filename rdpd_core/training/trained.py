"""What training made of one member."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from rdpd_core.training.cohort import Member
from rdpd_core.training.history import Row


@dataclass(frozen=True)
class Trained:
    """What training made of one member.

    Attributes:
        member: Who.
        weights: Of its best epoch, as it would have them alone.
        own: The method's own trainable parts at that epoch.
        best_epoch: Counted from 1.
        epochs: How many it was trained for.
        score: Validation score of its best epoch.
        history: A row per epoch.
        train_pass: Outputs of the training pass of its best epoch, logits (N, K) and attention (N, S), if they were kept.
    """

    member: Member
    weights: dict[str, Tensor]
    own: dict[str, Tensor]
    best_epoch: int
    epochs: int
    score: float
    history: list[Row]
    train_pass: tuple[Tensor, Tensor | None] | None = None
