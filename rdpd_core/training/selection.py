"""Validation scores of all members at once, on the device, for choosing epochs.

Reported scores are computed by scikit-learn in the evaluation room; these agree with them and exist because a cohort is
scored after every epoch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rdpd_core.errors import TrainingError


def score_members(name: str, logits: Tensor, target: Tensor) -> Tensor:
    """Give a validation score of every member, (M,); windows without label do not count.

    Args:
        name: Of `SELECTION`.
        logits: (M, N, K); a member with a value that is not finite scores NaN, whatever the ranks of the others say.
        target: (N,), -1 where there is no label.

    Raises:
        TrainingError: No window has a label, or all have the same and the score is a ranking of classes.
    """
    if logits.device.type == "mps":  # which has no numbers of 64 bits
        logits, target = logits.cpu(), target.cpu()
    there = target >= 0
    if not there.all():
        logits, target = logits[:, there], target[there]
    if not len(target):
        raise TrainingError("no validation window has a label; epochs cannot be chosen without")
    if name in RANKED and (target == target[0]).all():
        raise TrainingError(f"{name} needs validation windows of at least two classes; take other subjects, or accuracy")
    sound = torch.isfinite(logits).flatten(1).all(1)
    return SELECTION[name](logits, target).masked_fill(~sound, float("nan"))


def _one_vs_rest(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Give probabilities and truth (M*K, N) of the classes that occur."""
    present = [k for k in range(logits.shape[-1]) if (target == k).any() and (target != k).any()]
    chosen = torch.tensor(present, device=logits.device)
    scores = logits.float().softmax(-1)[..., chosen].movedim(-1, 1)  # (M, K, N)
    truth = (target == chosen.unsqueeze(-1)).expand(scores.shape)
    return scores.reshape(-1, scores.shape[-1]).contiguous(), truth.reshape(-1, truth.shape[-1])


def roc_auc(logits: Tensor, target: Tensor) -> Tensor:
    """Give the macro one-vs-rest area under the ROC curve, (M,), over the classes that occur.

    Args:
        logits: (M, N, K).
        target: (N,).
    """
    scores, truth = _one_vs_rest(logits, target)
    ordered = scores.sort(-1).values
    low = torch.searchsorted(ordered, scores, right=False)
    high = torch.searchsorted(ordered, scores, right=True)
    rank = (low + high + 1).double() / 2  # the mean rank of a tie
    positive = truth.sum(-1).double()
    negative = truth.shape[-1] - positive
    area = ((rank * truth).sum(-1) - positive * (positive + 1) / 2) / (positive * negative)
    return area.view(len(logits), -1).mean(-1)


def pr_auc(logits: Tensor, target: Tensor) -> Tensor:
    """Give the macro average precision, (M,), over the classes that occur."""
    scores, truth = _one_vs_rest(logits, target)
    falling, order = (-scores).sort(-1)
    hits = truth.gather(-1, order).double().cumsum(-1)
    last = torch.searchsorted(falling, -scores, right=True) - 1  # where the tie of each window ends
    precision = hits.gather(-1, last) / (last + 1)
    return ((precision * truth).sum(-1) / truth.sum(-1)).view(len(logits), -1).mean(-1)


def macro_f1(logits: Tensor, target: Tensor) -> Tensor:
    """Give the macro F1 of the most probable class, (M,), over classes that occur or are predicted."""
    classes = torch.arange(logits.shape[-1], device=logits.device)
    said = logits.argmax(-1).unsqueeze(-1) == classes
    true = (target.unsqueeze(-1) == classes).expand(said.shape)
    both, either = (said & true).sum(1).double(), (said.sum(1) + true.sum(1)).double()
    return torch.where(either > 0, 2 * both / either.clamp(min=1), 0.0).sum(-1) / (either > 0).sum(-1)


def accuracy(logits: Tensor, target: Tensor) -> Tensor:
    """Give the share of windows whose most probable class is right, (M,)."""
    return (logits.argmax(-1) == target).double().mean(-1)


def negative_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Give minus the cross entropy with the labels, (M,)."""
    picked = logits.float().log_softmax(-1).gather(-1, target.expand(logits.shape[:2]).unsqueeze(-1))
    return picked.squeeze(-1).double().mean(-1)


SELECTION: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "roc_auc": roc_auc,
    "pr_auc": pr_auc,
    "macro_f1": macro_f1,
    "accuracy": accuracy,
    "loss": negative_loss,
}
RANKED = ("roc_auc", "pr_auc")
