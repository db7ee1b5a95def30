"""What teachers say about training windows: computed once and kept, or live where windows change each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from rdpd_core.files import write_atomic
from rdpd_core.models import Model
from rdpd_core.training.resident import Resident
from rdpd_core.types import ModelOutput

CHUNK = 512


class Knowledge:
    """Stored outputs of G teachers for N windows."""

    def __init__(self, logits: Tensor, attention: Tensor | None, together: bool = False, there: Tensor | None = None) -> None:
        """Keep the outputs.

        Args:
            logits: (G, N, K).
            attention: (G, N, S), or None.
            together: Let every teacher give the mean answer of all.
            there: (N,), windows whose rich channels were recorded: of others the answers are not heard; None is all.
        """
        self.logits, self.attention = mean_answer(logits, attention) if together else (logits, attention)
        self.there = there

    def __len__(self) -> int:
        return len(self.logits)

    def at(self, index: Tensor, x: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Give logits (G, B, K) and attention (G, B, S) for windows by position; `x` is not looked at."""
        return self.logits[:, index], None if self.attention is None else self.attention[:, index]

    def to(self, device: torch.device) -> Knowledge:
        """Give the same on another device."""
        attention = None if self.attention is None else self.attention.to(device)
        return Knowledge(self.logits.to(device), attention, there=None if self.there is None else self.there.to(device))


class LiveTeacher:
    """G teachers that are asked about every batch, in evaluation mode and without gradient."""

    def __init__(self, teachers: Sequence[Model], together: bool = False, there: Tensor | None = None) -> None:
        """Take the teachers, already on the training device; `together` and `there` are as in `Knowledge`."""
        self.teachers, self.together, self.there = [t.eval() for t in teachers], together, there

    def __len__(self) -> int:
        return len(self.teachers)

    @torch.no_grad()
    def at(self, index: Tensor, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Give logits (G, B, K) and attention (G, B, S) for the rich windows x (B, C, T)."""
        said = self._asked(index, x)
        return mean_answer(*said) if self.together else said

    def _asked(self, index: Tensor, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Give what each teacher, or group of them, says by itself."""
        return answers(self.teachers, x)

    def to(self, device: torch.device) -> LiveTeacher:
        """Move the teachers."""
        there = None if self.there is None else self.there.to(device)
        return LiveTeacher([t.to(device) for t in self.teachers], self.together, there)


class ApartTeacher(LiveTeacher):
    """G groups of F teachers; of each group, for every window the one answers that did not learn from its subject."""

    def __init__(
        self, teachers: Sequence[Model], fold: Tensor, folds: int, together: bool = False, there: Tensor | None = None
    ) -> None:
        """Take the teachers, already on the training device.

        Args:
            teachers: G * F, those of one group side by side.
            fold: (N,), which of F answers for a window, from 0.
            folds: F.
            together: As in `Knowledge`.
            there: As in `Knowledge`.
        """
        super().__init__(teachers, together, there)
        self.fold, self.folds = fold, folds

    def __len__(self) -> int:
        return len(self.teachers) // self.folds

    def _asked(self, index: Tensor, x: Tensor) -> tuple[Tensor, Tensor | None]:
        fold, order, said = self.fold[index], [], []
        for at in range(self.folds):
            where = (fold == at).nonzero()[:, 0]
            if len(where):
                order.append(where)
                said.append(answers(self.teachers[at :: self.folds], x[where]))
        back = torch.cat(order).argsort()
        logits = torch.cat([part[0] for part in said], 1)[:, back]
        return logits, None if said[0][1] is None else torch.cat([part[1] for part in said], 1)[:, back]

    def to(self, device: torch.device) -> ApartTeacher:
        """Move the teachers."""
        there = None if self.there is None else self.there.to(device)
        return ApartTeacher([t.to(device) for t in self.teachers], self.fold.to(device), self.folds, self.together, there)


def answers(teachers: Sequence[Model], x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Give what teachers say about windows x (B, C, T): logits (G, B, K) and attention (G, B, S)."""
    outs = [t(x) for t in teachers]
    attention = None if outs[0].attention is None else torch.stack([o.attention for o in outs])
    return torch.stack([o.logits for o in outs]), attention


def mean_answer(logits: Tensor, attention: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Give each of G teachers the mean of all: of probabilities, as logits (G, ..., K), and of attention (G, ..., S)."""
    mean = (logits.log_softmax(-1).logsumexp(0) - math.log(len(logits))).expand_as(logits)
    return mean, None if attention is None else attention.mean(0).expand_as(attention)


def kept_answers(teacher: LiveTeacher, data: Resident, between: Callable[[], None] | None = None) -> Knowledge:
    """Ask teachers about all their windows once, and keep what they say; `between` is as in `outputs`."""
    parts = [teacher.at(index, data.rich(index)) for index in _batches(data, between)]
    attention = None if parts[0][1] is None else torch.cat([part[1] for part in parts], 1)
    return Knowledge(torch.cat([part[0] for part in parts], 1), attention, there=teacher.there)


@torch.no_grad()
def outputs(model: Model, data: Resident, between: Callable[[], None] | None = None) -> ModelOutput:
    """Run a model over all its windows in evaluation mode.

    Args:
        model: Reads all channels of `data`, on the same device.
        data: N windows.
        between: Called before every batch; may raise to end the work.

    Returns:
        logits (N, K) and attention (N, S), without features.
    """
    model.eval()
    parts = [model(data.rich(index)) for index in _batches(data, between)]
    attention = None if parts[0].attention is None else torch.cat([p.attention for p in parts])
    return ModelOutput(torch.cat([p.logits for p in parts]), attention)


def _batches(data: Resident, between: Callable[[], None] | None) -> Iterator[Tensor]:
    """Yield the positions of all windows, batch by batch."""
    for index in torch.arange(len(data), device=data.device).split(CHUNK):
        if between is not None:
            between()
        yield index


def stored_knowledge(
    model: Model, data: Resident, folder: Path, digest: str, between: Callable[[], None] | None = None
) -> ModelOutput:
    """Give a teacher's outputs for `data`, from `folder` if they were computed before.

    Args:
        model: The teacher.
        data: N windows.
        folder: Where outputs are kept.
        digest: Identifies the teacher's weights and the windows.
        between: As in `outputs`.
    """
    path = folder / f"{digest}.safetensors"
    if path.is_file():
        found = safetensors.torch.load(path.read_bytes())
        if len(found["logits"]) == len(data):
            attention = found.get("attention")
            return ModelOutput(found["logits"].to(data.device), None if attention is None else attention.to(data.device))
    result = outputs(model, data, between)
    kept = {"logits": result.logits.cpu().contiguous()}
    if result.attention is not None:
        kept["attention"] = result.attention.cpu().contiguous()
    write_atomic(path, safetensors.torch.save(kept))
    return result
