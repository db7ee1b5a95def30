"""Attention, read as an attribution: where in time the model looks, whatever the channel and the class."""

from __future__ import annotations

import torch
from torch import Tensor

from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question
from rdpd_core.models import Model


@ATTRIBUTORS.register
class Attention(Attributor):
    """Weights over segments, spread evenly over the samples of a segment and the channels the model reads."""

    name = "attention"
    title = "Attention"
    help = "The model's own weights over time; they add up to 1, and tell neither channels nor classes apart."
    reference = "Hong et al. RDPD: Rich Data Helps Poor Data via Imitation. IJCAI 2019, Equations 3-5."
    signed = False
    compares = False

    @classmethod
    def fits(cls, model: Model) -> str:
        """Give that a model has no attention; empty if it has."""
        return "" if model.attends else "it has no attention over time"

    def values(self, question: Question) -> Tensor:
        """Give the weights."""
        with torch.no_grad():
            weight = question.ask(question.x).attention  # (B, S)
        channels, samples = question.x.shape[1:]
        place = torch.arange(samples, device=weight.device) * weight.shape[1] // samples
        counts = torch.bincount(place, minlength=weight.shape[1])
        spread = (weight / (counts * channels))[:, place]
        return spread[:, None].expand(-1, channels, -1)
