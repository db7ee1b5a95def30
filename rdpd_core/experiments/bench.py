"""How fast a cohort trains, against a plain PyTorch loop in the paper's manner, as ratios of one run.

The loop trains one student after another, built from `nn.Conv1d` and `nn.LSTM` as RDPD's published code builds it; the cohort
is the trainer that every command uses. Both see the same windows, already in memory, with the same batch size and dropout.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.losses import attention_divergence, combined_label, label_loss, soft_target
from rdpd_core.methods import METHODS
from rdpd_core.models import MODELS
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import numpy_generator, peak_memory_mb, torch_generator
from rdpd_core.training import Cohort, Knowledge, Member, Resident, Trainer, TrainingParams
from rdpd_core.types import Channel, Windows

TEMPERATURE = 5.0
BATCH = 128


@dataclass(frozen=True)
class Shape:
    """The shape of one of the paper's student trainings: N windows (C, T), K classes, and the student's convolution."""

    windows: int
    channels: int
    samples: int
    classes: int
    segments: int
    kernel: int
    stride: int
    filters: int = 16
    hidden: int = 8

    @property
    def positions(self) -> int:
        """Positions of the convolution within a segment."""
        return (self.samples // self.segments - self.kernel) // self.stride + 1


SHAPES = {
    "pamap2": Shape(6000, 17, 256, 12, 4, 8, 4),
    "mimic3": Shape(7600, 1, 48, 8, 4, 4, 2),
}


@dataclass(frozen=True)
class Timing:
    """One line of the benchmark; times are medians, in s per student and epoch, and mean nothing beyond their ratio.

    Attributes:
        shape: Name of the shape.
        members: M.
        dropout_place: Where the cohort drops; the loop always drops before pooling.
        loop_s: The plain loop.
        cohort_s: The cohort.
        ratio: How many times faster a student is trained in the cohort.
        matrix_share: Share of the machine's matrix-product rate that the cohort's convolutions alone account for.
        peak_mb: Peak memory so far, of the process or the CUDA device; None where the system does not tell.
    """

    shape: str
    members: int
    dropout_place: str
    loop_s: float
    cohort_s: float
    ratio: float
    matrix_share: float
    peak_mb: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self)


class PlainStudent(nn.Module):
    """One RDPD student from PyTorch's own layers."""

    def __init__(self, shape: Shape) -> None:
        """Build the layers for a shape."""
        super().__init__()
        self.shape = shape
        self.conv = nn.Conv1d(shape.channels, shape.filters, shape.kernel, shape.stride)
        self.rnn = nn.LSTM(shape.filters, shape.hidden, batch_first=True, bidirectional=True)
        self.attend = nn.Linear(2 * shape.hidden, 1, bias=False)
        self.dense = nn.Linear(2 * shape.hidden, shape.classes)
        self.w1, self.w2, self.b = (nn.Parameter(torch.tensor(v)) for v in (0.5, 0.5, 0.0))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits (B, K) and attention (B, S) for windows (B, C, T)."""
        size, s = len(x), self.shape
        pieces = x.view(size, s.channels, s.segments, -1).transpose(1, 2).reshape(size * s.segments, s.channels, -1)
        h = F.dropout(F.relu(self.conv(pieces)), 0.5, self.training).mean(-1).view(size, s.segments, -1)
        q, _ = self.rnn(h)
        attention = self.attend(q).squeeze(-1).softmax(-1)
        return self.dense((attention.unsqueeze(-1) * q).sum(1)), attention


def bench(
    names: list[str], sizes: list[int], device: torch.device, repeats: int = 3, say: Callable[[str], None] = print
) -> list[Timing]:
    """Time every shape with every cohort size, the loop and the cohort in turn.

    Args:
        names: Of `SHAPES`.
        sizes: Values of M.
        device: Where to train.
        repeats: Runs of each; medians count.
        say: Told what is being timed.

    Raises:
        UnknownNameError: No such shape.
        ParameterError: A cohort of nobody, or no run.
    """
    for name in names:
        if name not in SHAPES:
            raise UnknownNameError("benchmark shape", name, SHAPES)
    if repeats < 1 or min(sizes, default=0) < 1:
        raise ParameterError(f"cohort sizes {sizes} and {repeats} repeats: give whole numbers of at least 1")
    found = []
    for name in names:
        shape = SHAPES[name]
        data, knowledge = made(shape, device)
        for members in sizes:
            for place in ("before_pooling", "after_pooling"):
                say(f"{name}, {members} students, dropout {place.replace('_', ' ')}")
                found.append(_one(name, shape, members, place, data, knowledge, repeats))
    return found


def _one(name: str, shape: Shape, members: int, place: str, data: Resident, knowledge: Knowledge, repeats: int) -> Timing:
    trainer = trainer_of(shape, members, place, data, knowledge)
    everything = data.rich(torch.arange(len(data), device=data.device)).contiguous()
    loop, cohort, rates = [], [], []
    trainer._train_pass(1)  # neither pays for what happens only once
    _loop_epoch(shape, everything, data.target, knowledge)
    for repeat in range(repeats):
        rates.append(matrix_rate(shape, members, data.device))
        loop.append(timed(lambda: _loop_epoch(shape, everything, data.target, knowledge), data.device))
        cohort.append(timed(lambda: trainer._train_pass(repeat + 2), data.device))  # noqa: B023
    slow, fast = float(np.median(loop)), float(np.median(cohort)) / members
    work = 2 * 2 * shape.windows * shape.segments * shape.positions * shape.channels * shape.kernel * shape.filters
    share = work / fast / float(np.median(rates))
    return Timing(name, members, place, slow, fast, slow / fast, share, peak_memory_mb(data.device))


def trainer_of(shape: Shape, members: int, place: str, data: Resident, knowledge: Knowledge) -> Trainer:
    """Give a trainer of some students of a shape."""
    params = MODELS.get("rcnn").Params(
        filters=shape.filters,
        kernel=shape.kernel,
        stride=shape.stride,
        hidden=shape.hidden,
        segments=shape.segments,
        dropout_place=place,
    )
    rows = tuple(range(shape.channels))
    group = [Member(f"student {i}", i, rows) for i in range(members)]
    method = METHODS.get("rdpd")(METHODS.get("rdpd").Params(temperature=TEMPERATURE))
    cohort = Cohort("rcnn", params, method, group, shape.classes, shape.samples, data.device)
    return Trainer(cohort, data, data, TrainingParams(batch_size=BATCH), knowledge)


def _loop_epoch(shape: Shape, everything: Tensor, labels: Tensor, knowledge: Knowledge) -> None:
    """Train one plain student for one epoch on windows (N, C, T) that lie ready in memory."""
    net = PlainStudent(shape).to(everything.device)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    order = torch.randperm(len(everything), generator=torch_generator("order")).to(everything.device)
    for index in order.split(BATCH):
        logits, attention = net(everything[index])
        target = labels[index]
        loss = label_loss(logits, target) + soft_target(logits, knowledge.logits[0, index], TEMPERATURE)
        loss = loss + attention_divergence(attention, knowledge.attention[0, index])
        loss = loss + combined_label(logits, target, TEMPERATURE, net.w1, net.w2, net.b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def matrix_rate(shape: Shape, members: int, device: torch.device) -> float:
    """Give the rate of one matrix product of the cohort's shape, in floating-point operations per second."""
    rows, inner, columns = BATCH * shape.segments * shape.positions, shape.channels * shape.kernel, shape.filters * members
    a, b = torch.randn(rows, inner, device=device), torch.randn(inner, columns, device=device)
    return 2 * rows * inner * columns / min(timed(lambda: a @ b, device) for _ in range(10))


def timed(call: Callable[[], Any], device: torch.device) -> float:
    """Give the seconds that a call takes, with what it leaves to a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def made(shape: Shape, device: torch.device) -> tuple[Resident, Knowledge]:
    """Give random windows of a shape, and what a teacher might say about them."""
    windows = random_windows(shape)
    data = Resident(windows, Statistics(np.zeros(shape.channels), np.ones(shape.channels), "bench"), device)
    return data, said(shape, device)


def random_windows(shape: Shape) -> Windows:
    """Give random windows of a shape, one after another."""
    generator = numpy_generator("bench")
    count, total = shape.windows, shape.windows * shape.samples
    names = np.full(count, "bench")
    return Windows(
        generator.standard_normal((shape.channels, total), dtype=np.float32), np.arange(count) * shape.samples, shape.samples,
        generator.integers(0, shape.classes, count), names, names, np.zeros(count),
        tuple(Channel(f"channel {c}", "", "bench") for c in range(shape.channels)),
        tuple(f"class {k}" for k in range(shape.classes)), 1.0, "bench",
    )  # fmt: skip


def said(shape: Shape, device: torch.device) -> Knowledge:
    """Give what a teacher might say about the windows of a shape."""
    draw, count = torch_generator("bench"), shape.windows
    logits = torch.randn(1, count, shape.classes, generator=draw).to(device)
    attention = torch.randn(1, count, shape.segments, generator=draw).softmax(-1).to(device)
    return Knowledge(logits, attention)
