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
    """Mean gradient along the way, times the way; points are the nodes of Gauss and Legendre."""

    name = "integrated_gradients"
    title = "Integrated gradients"
    help = "How much a value adds to the evidence on the way from the baseline to the window; the values add up."
    reference = "Sundararajan, Taly, Yan. Axiomatic Attribution for Deep Networks. ICML 2017."
    additive = True

    @dataclass(frozen=True)
    class Params(Params):
        """How finely the way is walked."""

        steps: int = number(64, 2, 1024, "points on the way from the baseline to the window")

    def held(self, question: Question) -> int:
        """Give what a walk holds, and the window itself."""
        return question.model.walk_values(self.params.steps) + 4 * question.model.channels * question.model.samples

    def values(self, question: Question) -> Tensor:
        """Give the integral of the gradient times the difference from the baseline.

        What the network does before its first bend is done once at either end of the way, and the gradient goes back through
        it once: there the mean over the points is that of what comes after.
        """
        node, weight = np.polynomial.legendre.leggauss(self.params.steps)
        share = torch.from_numpy((node + 1) / 2).to(question.x)
        weight = torch.from_numpy(weight / 2).to(question.x)
        x = question.x.detach().requires_grad_()
        end, start = question.model.enter(x), question.model.enter(question.base).detach().requires_grad_()
        score = question.along(start, (end - start).detach(), share)  # (B, n)
        (slope,) = torch.autograd.grad((score * weight).sum(), start)
        (slope,) = torch.autograd.grad(end, x, slope)
        return slope * (x - question.base).detach()
