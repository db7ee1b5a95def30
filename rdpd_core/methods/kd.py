"""Knowledge distillation by softened predictions, in the forms found in papers and public code."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from rdpd_core.losses import label_loss, soft_target
from rdpd_core.methods.base import METHODS, Method
from rdpd_core.params import Params, choice, flag, number
from rdpd_core.types import ModelOutput


@METHODS.register
class KD(Method):
    """The student matches the teacher's softened predictions and the labels."""

    name = "kd"
    title = "Knowledge distillation"
    reference = (
        "Hinton, Vinyals, Dean. Distilling the Knowledge in a Neural Network. NIPS workshop 2014; "
        "Lopez-Paz et al. Unifying Distillation and Privileged Information. ICLR 2016 (form generalized)."
    )
    family = "predictions"
    imitates = frozenset({"soft"})

    @dataclass(frozen=True)
    class Params(Params):
        """Settings of distillation."""

        form: str = choice(
            "sum",
            ("sum", "hinton", "slide", "repdistiller", "generalized"),
            "sum: hard + soft, RDPD's Distill; hinton: (1-alpha) hard + alpha soft; slide: the same with twice the soft term; "
            "repdistiller: (1-alpha) hard + alpha KL; generalized: (1-alpha) hard + alpha soft, "
            "scale and student temperature by switch",
        )
        temperature: float = number(5.0, 0.1, 100.0, "softens both predictions")
        alpha: float = number(0.5, 0.0, 1.0, "weight of the soft term, in all forms but sum")
        scale_squared: bool = flag(True, "multiply the soft term by temperature squared (form generalized)")
        soften_student: bool = flag(True, "divide the student's logits too (form generalized); its published code does not")

    def forward(self, student: ModelOutput, teacher: ModelOutput | None, target: Tensor, p: Params) -> dict[str, Tensor]:
        """Give the hard and the soft term."""
        hard = label_loss(student.logits, target)
        free = p.form == "generalized"
        soft = soft_target(
            student.logits,
            teacher.logits,
            p.temperature,
            form="kl" if p.form == "repdistiller" else "cross_entropy",
            scale="squared" if p.scale_squared or not free else "one",
            student_temperature=p.soften_student or not free,
            there=teacher.there,
        )
        if p.form == "sum":
            return {"hard": hard, "soft": soft}
        return {"hard": (1 - p.alpha) * hard, "soft": (2 if p.form == "slide" else 1) * p.alpha * soft}
