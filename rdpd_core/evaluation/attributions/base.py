"""What every attribution method must provide, and what it is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from rdpd_core.evaluation.cells import Cells
from rdpd_core.models import Model
from rdpd_core.params import Params
from rdpd_core.registry import Registry
from rdpd_core.types import ModelOutput


@dataclass(frozen=True)
class Question:
    """Which values of some windows speak for their classes.

    Attributes:
        model: In evaluation mode; shared, so it is never changed.
        x: (B, C, T), normalized.
        target: (B,), int64.
        base: (B, C, T), one baseline of each window.
        cells: What is taken away together by methods that take away.
        generator: Of all that is random, on the CPU.
    """

    model: Model
    x: Tensor
    target: Tensor
    base: Tensor
    cells: Cells
    generator: torch.Generator

    def ask(self, x: Tensor) -> ModelOutput:
        """Run the model with its weights held fast, so that gradients are those of the input alone."""
        fixed = {name: weight.detach() for name, weight in self.model.named_parameters()}
        return functional_call(self.model, fixed, (x,))

    def along(self, start: Tensor, way: Tensor, share: Tensor) -> Tensor:
        """Give the evidence (B, n) for the class of each window along its way; see `Model.walk`."""
        fixed = {f"model.{name}": weight.detach() for name, weight in self.model.named_parameters()}
        logits = functional_call(_Walk(self.model), fixed, (start, way, share)).logits
        return centered(logits, self.target.repeat_interleave(len(share))).unflatten(0, (-1, len(share)))

    def evidence(self, x: Tensor, target: Tensor) -> Tensor:
        """Give the evidence of windows x (N, C, T) for classes (N,): the logit minus the mean of all logits, (N,), in nat."""
        return centered(self.ask(x).logits, target)


class _Walk(nn.Module):
    """A model that is asked along ways."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, start: Tensor, way: Tensor, share: Tensor) -> ModelOutput:
        return self.model.walk(start, way, share)


def centered(logits: Tensor, target: Tensor) -> Tensor:
    """Give the logits of the chosen classes minus the mean of all, (N,)."""
    return logits.gather(1, target[:, None])[:, 0] - logits.mean(1)


class Attributor(ABC):
    """One way to spread the evidence for a class over channels and samples.

    Attributes:
        name: Identifier in the registry.
        title: For people.
        help: One sentence: what a value means.
        reference: Authors, venue, year.
        additive: Whether the values are meant to add up to the difference between window and baseline.
        signed: Whether a value below 0 speaks against the class.
        compares: Whether it compares with a baseline at all.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    reference: ClassVar[str]
    additive: ClassVar[bool] = False
    signed: ClassVar[bool] = True
    compares: ClassVar[bool] = True
    Params: ClassVar[type[Params]] = Params

    def __init__(self, params: Params | None = None) -> None:
        self.params = params if params is not None else self.Params()

    @classmethod
    def fits(cls, model: Model) -> str:
        """Give why this method cannot explain a model; empty if it can."""
        return ""

    def copies(self, question: Question) -> int:
        """Give how many copies of a window are run at once."""
        return 1

    def held(self, question: Question) -> int:
        """Give about how many numbers are held at once for each window, for the memory."""
        return question.model.channels * question.model.samples * self.copies(question)

    @abstractmethod
    def values(self, question: Question) -> Tensor:
        """Give the attribution, (B, C, T)."""


ATTRIBUTORS: Registry[Attributor] = Registry("attribution method")
