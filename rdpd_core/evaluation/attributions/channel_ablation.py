"""Feature ablation: what is lost when a whole channel is taken away."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question
from rdpd_core.evaluation.attributions.covering import covered


@ATTRIBUTORS.register
class ChannelAblation(Attributor):
    """Evidence lost with one channel, spread evenly over its samples; says nothing about time."""

    name = "channel_ablation"
    title = "Channel ablation"
    help = "What evidence is lost when a whole channel is replaced by the baseline; spread evenly over time."
    reference = "Kokhlikyan et al. Captum: A unified and generic model interpretability library. arXiv:2009.07896, 2020."

    def copies(self, question: Question) -> int:
        """Give how many channels are taken away at once."""
        return min(8, question.model.channels)

    def values(self, question: Question) -> Tensor:
        """Give the loss of each channel."""
        model = question.model
        return covered(question, np.repeat(np.arange(model.channels)[:, None], model.samples, axis=1), self.copies(question))
