"""Gradient SHAP: slopes at random points between noisy copies of the window and the baseline."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question
from rdpd_core.params import Params, number


@ATTRIBUTORS.register
class GradientShap(Attributor):
    """Expected gradient between baseline and window under noise; random, but the same for every window and call."""

    name = "gradient_shap"
    title = "Gradient SHAP"
    help = "Expected change of evidence at random points between baseline and window; the values add up on average."
    reference = "Lundberg, Lee. A Unified Approach to Interpreting Model Predictions. NeurIPS 2017."
    additive = True

    @dataclass(frozen=True)
    class Params(Params):
        """How much is drawn."""

        draws: int = number(64, 8, 1024, "random points between baseline and window")
        noise: float = number(0.1, 0.0, 2.0, "spread of the noise on the window, in standard deviations of the channel")

    def copies(self, question: Question) -> int:
        """Give the draws."""
        return self.params.draws

    def values(self, question: Question) -> Tensor:
        """Give the mean of slope times way over the draws."""
        n, x = self.params.draws, question.x
        noise = torch.randn((n, *x.shape[1:]), generator=question.generator).to(x)
        # One point in each of n equal parts of the way: the same mean as free draws, with less scatter.
        share = ((torch.arange(n) + torch.rand(n, generator=question.generator)) / n).to(x)
        noisy = x[:, None] + self.params.noise * noise  # (B, n, C, T)
        way = noisy - question.base[:, None]
        points = (question.base[:, None] + share[:, None, None] * way).flatten(0, 1).requires_grad_()
        score = question.evidence(points, question.target.repeat_interleave(n))
        (slope,) = torch.autograd.grad(score.sum(), points)
        return (slope.view_as(way) * way).mean(1)
