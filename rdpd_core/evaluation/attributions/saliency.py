"""Saliency: how steeply the evidence changes with a value, whatever the direction."""

from __future__ import annotations

from torch import Tensor

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question


@ATTRIBUTORS.register
class Saliency(Attributor):
    """Absolute gradient."""

    name = "saliency"
    title = "Saliency (gradient)"
    help = "How much the evidence would change if a value moved by one standard deviation; says how much, not for or against."
    reference = "Simonyan, Vedaldi, Zisserman. Deep Inside Convolutional Networks. ICLR workshop 2014."
    signed = False
    compares = False

    def values(self, question: Question) -> Tensor:
        """Give the absolute gradient at the window."""
        import captum.attr

        found = captum.attr.Saliency(question.evidence)
        return found.attribute(question.x.clone().requires_grad_(), additional_forward_args=question.target)
