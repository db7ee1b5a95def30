"""Labels only: the student that nobody teaches, and the way every teacher is trained."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from rdpd_core.losses import label_loss
from rdpd_core.methods.base import METHODS, Method
from rdpd_core.params import Params, number
from rdpd_core.types import ModelOutput


@METHODS.register
class Direct(Method):
    """Cross entropy with the labels, at a temperature."""

    name = "direct"
    title = "Direct (labels only)"
    reference = "Hong et al. RDPD: Rich Data Helps Poor Data via Imitation. IJCAI 2019, Equations 8 and 11."
    family = "labels"
    uses_teacher = False

    @dataclass(frozen=True)
    class Params(Params):
        """Settings of label training."""

        temperature: float = number(1.0, 0.1, 100.0, "divides the logits in the loss; RDPD trains its teacher at 5")

    def forward(self, student: ModelOutput, teacher: ModelOutput | None, target: Tensor, p: Params) -> dict[str, Tensor]:
        """Give the label term."""
        return {"hard": label_loss(student.logits, target, p.temperature)}
