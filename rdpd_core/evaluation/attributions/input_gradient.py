"""Gradient times input: the slope at the window, times how far each value lies from the baseline."""

from __future__ import annotations

from torch import Tensor

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question


@ATTRIBUTORS.register
class InputGradient(Attributor):
    """A straight line through the window; integrated gradients with a single step at its end."""

    name = "input_gradient"
    title = "Gradient times input"
    help = "What a value would add to the evidence if the model were as steep everywhere as it is at the window."
    reference = "Shrikumar, Greenside, Shcherbina, Kundaje. Not Just a Black Box. arXiv:1605.01713, 2016."

    def values(self, question: Question) -> Tensor:
        """Give the gradient at the window times the difference from the baseline."""
        import captum.attr

        def shifted(way: Tensor, target: Tensor, base: Tensor) -> Tensor:
            return question.evidence(base + way, target)

        found = captum.attr.InputXGradient(shifted)
        way = (question.x - question.base).requires_grad_()
        return found.attribute(way, additional_forward_args=(question.target, question.base))
