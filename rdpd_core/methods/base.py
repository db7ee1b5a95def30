"""What every distillation method must provide."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from rdpd_core.errors import IncompatibleError
from rdpd_core.params import Params
from rdpd_core.registry import Registry
from rdpd_core.types import ModelOutput


class Method(nn.Module):
    """Turns the outputs of student and teacher into named loss terms.

    A method never runs a network and never sees data; it is written for one student, and the trainer maps it over a cohort.
    Real-valued settings may differ between the members of a cohort, so `forward` reads them from the record it is handed,
    where they may be tensors.

    Attributes:
        name: Identifier in the registry and in model cards.
        title: For people.
        reference: Authors, venue, year.
        family: What is imitated: "labels", "predictions", "attention", "features".
        needs: Kinds of knowledge read from both outputs: of "logits", "attention", "features".
        uses_teacher: Whether `forward` reads a teacher's outputs.
        imitates: Names of the terms that do nothing but imitate; their weight may change over the epochs.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    family: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset({"logits"})
    uses_teacher: ClassVar[bool] = True
    imitates: ClassVar[frozenset[str]] = frozenset()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, params: Params | None = None) -> None:
        super().__init__()
        self.params = params if params is not None else self.Params()

    def check(self, student: ModelOutput, teacher: ModelOutput | None = None) -> None:
        """Raise IncompatibleError if sample outputs lack what the method reads, or do not fit each other."""
        for who, output in (("student", student), ("teacher", teacher)):
            missing = frozenset() if output is None else self.needs - output.gives()
            if missing:
                raise IncompatibleError(
                    f"method {self.name!r} needs {', '.join(sorted(missing))} from the {who}, which gives only "
                    f"{', '.join(sorted(output.gives()))}; choose a model that gives it, or another method"
                )
        if teacher is None:
            return
        ours, theirs = student.logits.shape[-1], teacher.logits.shape[-1]
        if ours != theirs:
            raise IncompatibleError(f"the teacher tells {theirs} classes apart, the student {ours}; give both the same classes")
        if "attention" in self.needs and student.attention.shape[-1] != teacher.attention.shape[-1]:
            raise IncompatibleError(
                f"the teacher attends to {teacher.attention.shape[-1]} segments, the student to {student.attention.shape[-1]}; "
                "give both the same number"
            )

    def setup(self, student: ModelOutput, teacher: ModelOutput | None) -> None:
        """Build own trainable parts from the shapes of a sample output of each; most methods have none."""

    def initialize(self, generator: torch.Generator) -> None:
        """Draw own trainable parts anew from `generator`; nothing to do where they start at constants."""

    @abstractmethod
    def forward(self, student: ModelOutput, teacher: ModelOutput | None, target: Tensor, p: Params) -> dict[str, Tensor]:
        """Give the weighted loss terms by name; the trainer minimizes their sum.

        Args:
            student: Outputs for a batch of B windows.
            teacher: The teacher's outputs for the same windows; None where `uses_teacher` is False.
            target: (B,), -1 where there is no label; or shares of the classes (B, K) where windows are mixed.
            p: The settings, of this method's `Params`; real-valued ones may be scalar tensors.
        """


METHODS: Registry[Method] = Registry("method")
