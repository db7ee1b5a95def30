"""DeepLIFT: differences from the baseline, sent back layer by layer."""

from __future__ import annotations

import copy
import warnings

from torch import Tensor, nn

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question, centered
from rdpd_core.models import Model

PLAIN = (
    nn.Linear, nn.Conv1d, nn.Conv2d, nn.AvgPool1d, nn.AdaptiveAvgPool1d, nn.Flatten, nn.Identity, nn.BatchNorm1d, nn.Dropout,
)  # fmt: skip
BENT = (nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.MaxPool1d, nn.SiLU, nn.GELU)
"""Layers for which captum has a rule of its own."""


@ATTRIBUTORS.register
class DeepLift(Attributor):
    """Rescale rule; only for models whose every step is a layer with a known rule."""

    name = "deep_lift"
    title = "DeepLIFT"
    help = "What a value's difference from the baseline adds to the evidence, sent back layer by layer; the values add up."
    reference = (
        "Shrikumar, Greenside, Kundaje. Learning Important Features Through Propagating Activation Differences. ICML 2017."
    )
    additive = True

    @classmethod
    def fits(cls, model: Model) -> str:
        """Give which parts of a model have no rule; empty if all have one."""
        if model.attends:
            return "it has no rule for the products inside attention"
        leaves = [module for module in model.modules() if not list(module.children())]
        odd = sorted({type(module).__name__ for module in leaves if not isinstance(module, (*PLAIN, *BENT))})
        if odd:
            return f"it has no rule for {', '.join(odd)}"
        own = [name for name, _ in model.named_parameters(recurse=False)]
        return f"it computes with {', '.join(own[:3])} outside of any layer" if own else ""

    def values(self, question: Question) -> Tensor:
        """Give the contributions; captum hangs hooks into the model, so it works on a copy."""
        import captum.attr

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Setting forward, backward hooks", category=UserWarning)
            found = captum.attr.DeepLift(_Evidence(copy.deepcopy(question.model)))
            x, base = question.x.clone().requires_grad_(), question.base.clone().requires_grad_()
            return found.attribute(x, base, additional_forward_args=question.target)


class _Evidence(nn.Module):
    """A model that gives its evidence alone."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        return centered(self.model(x).logits, target)
