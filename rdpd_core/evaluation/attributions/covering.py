"""Taking parts of a window away, one after the other."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rdpd_core.evaluation.attributions.base import Question


def covered(question: Question, part: np.ndarray, at_once: int) -> Tensor:
    """Give the evidence lost with each part, spread evenly over the values of the part, so that sums are the loss.

    Args:
        question: What is asked.
        part: (C, T), which part every value belongs to, from 0.
        at_once: How many parts are taken away in one run of the model.

    Returns:
        (B, C, T).
    """
    import captum.attr

    mask = torch.from_numpy(part).to(question.x.device)
    sizes = torch.bincount(mask.flatten()).to(question.x)
    found = captum.attr.FeatureAblation(question.evidence)
    with torch.no_grad():
        lost = found.attribute(
            question.x,
            question.base,
            additional_forward_args=question.target,
            feature_mask=mask[None],
            perturbations_per_eval=at_once,
        )
    return lost / sizes[mask]
