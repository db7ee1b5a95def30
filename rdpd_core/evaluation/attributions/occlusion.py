"""Occlusion: what is lost when a piece of time of a group of channels is covered."""

from __future__ import annotations

from torch import Tensor

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question
from rdpd_core.evaluation.attributions.covering import covered


@ATTRIBUTORS.register
class Occlusion(Attributor):
    """Evidence lost by covering one cell, spread evenly over the values of the cell."""

    name = "occlusion"
    title = "Occlusion"
    help = "What evidence is lost when one group of channels is covered by the baseline in one piece of time."
    reference = "Zeiler, Fergus. Visualizing and Understanding Convolutional Networks. ECCV 2014."

    def copies(self, question: Question) -> int:
        """Give how many cells are covered at once."""
        return min(8, question.cells.count)

    def values(self, question: Question) -> Tensor:
        """Give the loss of each cell."""
        return covered(question, question.cells.index(), self.copies(question))
