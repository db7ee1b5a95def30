"""RDPD: imitate the teacher's predictions, its attention over time, and a learned mixture of hard and soft labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rdpd_core.losses import attention_divergence, combined_label, label_loss, soft_target
from rdpd_core.losses.imitation import ATTENTION_FORMS
from rdpd_core.methods.base import METHODS, Method
from rdpd_core.params import Params, choice, number
from rdpd_core.types import ModelOutput


@METHODS.register
class RDPD(Method):
    """Sum of four terms; with the last three weights at 0 it is Direct, with attention and combined at 0 it is Distill."""

    name = "rdpd"
    title = "RDPD"
    reference = "Hong et al. RDPD: Rich Data Helps Poor Data via Imitation. IJCAI 2019, Equations 10-15."
    family = "attention"
    needs = frozenset({"logits", "attention"})
    imitates = frozenset({"soft", "attention"})

    @dataclass(frozen=True)
    class Params(Params):
        """Weights of the four terms, all 1 in the paper, and the switches between paper and published code."""

        temperature: float = number(5.0, 0.1, 100.0, "softens predictions; the paper takes 5, and 2.5 for MIMIC-III")
        hard_weight: float = number(1.0, 0.0, 100.0, "weight of the labels")
        soft_weight: float = number(1.0, 0.0, 100.0, "weight of the teacher's predictions")
        attention_weight: float = number(1.0, 0.0, 100.0, "weight of the teacher's attention")
        combined_weight: float = number(1.0, 0.0, 100.0, "weight of the combined label")
        attention_form: str = choice(
            "student_teacher",
            ATTENTION_FORMS,
            "KL(student || teacher) as the paper, the other way as its code, or Jensen-Shannon",
        )
        combined_bias: str = choice(
            "scalar", ("scalar", "per_class"), "b of Equation 13; a scalar, as published, can have no effect, one per class can"
        )
        batch_divisor: int = number(
            0,
            0,
            100_000,
            "divide imitation terms by this and not by the true batch size; the published code divides by 128 always; 0 is off",
        )

    def setup(self, student: ModelOutput, teacher: ModelOutput | None) -> None:
        """Make w1, w2 and b."""
        classes = student.logits.shape[-1]
        self.w1, self.w2 = nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor(0.5))
        self.b = nn.Parameter(torch.zeros(classes) if self.params.combined_bias == "per_class" else torch.zeros(()))

    def forward(self, student: ModelOutput, teacher: ModelOutput | None, target: Tensor, p: Params) -> dict[str, Tensor]:
        """Give the terms hard, soft, attention and combined."""
        divisor = p.batch_divisor or None
        # The gradient of a scalar b is zero by algebra; as rounding noise Adam would still turn it into steps.
        b = self.b if p.combined_bias == "per_class" else self.b.detach()
        return {
            "hard": p.hard_weight * label_loss(student.logits, target),
            "soft": p.soft_weight
            * soft_target(student.logits, teacher.logits, p.temperature, divisor=divisor, there=teacher.there),
            "attention": p.attention_weight
            * attention_divergence(student.attention, teacher.attention, p.attention_form, divisor, teacher.there),
            "combined": p.combined_weight * combined_label(student.logits, target, p.temperature, self.w1, self.w2, b),
        }
