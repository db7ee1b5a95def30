"""What every architecture must provide, so that any of them can be teacher, student, or member of a cohort."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from rdpd_core.errors import ShapeError
from rdpd_core.params import Params
from rdpd_core.registry import Registry
from rdpd_core.types import ModelOutput

DROPOUT_LEVELS = 256  # one random byte decides about one value, so a rate is rounded to 1/256; 0.5 is exact


class Site(NamedTuple):
    """A place where dropout acts.

    Attributes:
        shape: Of the kept-or-dropped pattern for one batch.
        rate: Share of values dropped, in [0, 1).
    """

    shape: tuple[int, ...]
    rate: float


def kept_scale(rate: float) -> float:
    """Give what kept values are multiplied by, so that dropout at `rate` changes no mean."""
    return DROPOUT_LEVELS / (DROPOUT_LEVELS - round(rate * DROPOUT_LEVELS))


class Model(nn.Module):
    """A network from windows to logits.

    Written with operations that `torch.func.vmap` can batch. Two rules make a member of a cohort equal to the same member
    trained alone: all random numbers come from outside (`initialize` draws weights from a generator, `forward` is handed its
    dropout patterns), and `reads_channels` names every parameter with an axis that runs over input channels, so that a
    student of few channels can be laid into the union of all channels that a cohort reads.

    Attributes:
        name: Identifier in the registry and in model cards.
        title: For people.
        reference: Authors, venue, year.
        attends: Whether `forward` gives attention over segments.
        reads_channels: Parameter name to the axis of its input channels.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    attends: ClassVar[bool] = False
    reads_channels: ClassVar[Mapping[str, int]]
    Params: ClassVar[type[Params]] = Params

    def __init__(self, channels: int, classes: int, samples: int, params: Params | None = None) -> None:
        """Build the layers.

        Args:
            channels: C, channels in a window.
            classes: K.
            samples: T, samples in a window.
            params: Settings; None takes the defaults.
        """
        super().__init__()
        self.channels, self.classes, self.samples = channels, classes, samples
        self.params = params if params is not None else self.Params()

    @abstractmethod
    def initialize(self, generator: torch.Generator) -> None:
        """Draw every parameter anew from `generator`, on the CPU, in a fixed order."""

    @abstractmethod
    def forward(self, x: Tensor, keep: Mapping[str, Tensor] | None = None) -> ModelOutput:
        """Run the network.

        Args:
            x: (B, C, T), normalized.
            keep: Dropout pattern per site, uint8, 1 where a value is kept; None drops nothing.
        """

    def enter(self, x: Tensor) -> Tensor:
        """Give what of the network lies before its first bend, affine in x: by default nothing, so the windows themselves.

        Args:
            x: (B, C, T), normalized.

        Returns:
            (B, ...), where `walk` begins.
        """
        return x

    def walk(self, start: Tensor, way: Tensor, share: Tensor) -> ModelOutput:
        """Run the network, without dropout, at points along straight ways.

        Since `enter` is affine, a straight way of windows is a straight way behind it, so it is run at the two ends alone.

        Args:
            start: (B, ...), `enter` of the windows in which the ways begin; gradients go to it alone.
            way: (B, ...), `enter` of the other ends less `start`.
            share: (n,), ascending, how much of the way each point has gone.

        Returns:
            Of B * n points, those of a window one after another.
        """
        # Points lie innermost in memory: networks that put windows last copy whole rows, not single values.
        first, step = (side.movedim(0, -1)[..., None] for side in (start, way))
        return self((first + share * step).flatten(-2).movedim(-1, 0))

    def walk_values(self, points: int) -> int:
        """Give about how many numbers `walk` holds at once for each window, for the memory."""
        return self.channels * self.samples * points

    def sites(self, batch: int) -> dict[str, Site]:
        """Give the places where dropout acts on a batch of `batch` windows; empty if nowhere."""
        return {}

    def check_input(self, x: Tensor) -> None:
        """Raise ShapeError unless `x` is (B, C, T) with this model's C and T."""
        if x.ndim != 3 or tuple(x.shape[1:]) != (self.channels, self.samples):
            raise ShapeError(
                f"{self.name} takes windows of shape (B, {self.channels}, {self.samples}), not {tuple(x.shape)}; "
                "choose the channels and window length it was made for"
            )


MODELS: Registry[Model] = Registry("model")
