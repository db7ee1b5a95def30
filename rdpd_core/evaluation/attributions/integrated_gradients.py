"""Integrated gradients: the slope along the straight way from the baseline to the window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question
from rdpd_core.params import Params, number


@ATTRIBUTORS.register
class IntegratedGradients(Attributor):
    """Mean gradient along the way, times the way; all steps of a window are run together (nodes of Gauss and Legendre)."""

    name = "integrated_gradients"
    title = "Integrated gradients"
    help = "How much a value adds to the evidence on the way from the baseline to the window; the values add up."
    reference = "Sundararajan, Taly, Yan. Axiomatic Attribution for Deep Networks. ICML 2017."
    additive = True

    @dataclass(frozen=True)
    class Params(Params):
        """How finely the way is walked."""

        steps: int = number(64, 2, 1024, "points on the way from the baseline to the window")

    def copies(self, question: Question) -> int:
        """Give the steps."""
        return self.params.steps

    def values(self, question: Question) -> Tensor:
        """Give the integral of the gradient times the difference from the baseline."""
        node, weight = np.polynomial.legendre.leggauss(self.params.steps)
        share = torch.from_numpy((node + 1) / 2).to(question.x)
        weight = torch.from_numpy(weight / 2).to(question.x)
        way = (question.x - question.base).permute(1, 2, 0)[..., None]  # (C, T, B, 1)
        # Copies lie innermost in memory: models that put windows last copy whole rows, not single values.
        points = question.base.permute(1, 2, 0)[..., None] + share * way  # (C, T, B, steps)
        points = points.flatten(2).permute(2, 0, 1).requires_grad_()
        score = question.evidence(points, question.target.repeat_interleave(self.params.steps))
        (slope,) = torch.autograd.grad(score.sum(), points)
        mean = slope.permute(1, 2, 0).unflatten(2, (-1, self.params.steps)) @ weight  # (C, T, B)
        return (mean * way[..., 0]).permute(2, 0, 1)
