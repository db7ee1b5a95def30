"""What a model costs to run: multiply-adds of one window, counted from its layers, and how long one window takes."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from rdpd_core.errors import ParameterError
from rdpd_core.models import Model
from rdpd_core.runtime import threads, torch_generator
from rdpd_core.store.cards import ModelCard
from rdpd_core.store.store import construct

WARM_UP = 20


@dataclass(frozen=True)
class MultiplyAdds:
    """Multiplications that are followed by an addition, for one window; biases and squashing functions are not counted.

    Attributes:
        parts: By kind of layer.
        how: Where the number comes from.
    """

    parts: dict[str, int]
    how: str

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class Latency:
    """How long a model takes for one window that lies ready on the device.

    Attributes:
        device: "cpu" (one thread) or the name of the GPU.
        median_ms: Half of the runs took at most so long.
        low_ms: 5% of the runs were at least as fast.
        high_ms: 95% of the runs took at most so long.
        runs: n.
    """

    device: str
    median_ms: float
    low_ms: float
    high_ms: float
    runs: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self)


def multiply_adds(model: Model) -> MultiplyAdds:
    """Count the multiply-adds of one window: from the layers of an RCNN, from the operations of any other model."""
    if model.name == "rcnn":
        return MultiplyAdds(_of_rcnn(model), "counted from its layers")
    window = torch.zeros(1, model.channels, model.samples, device=next(model.parameters()).device)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(window)
    return MultiplyAdds({"matrix products": counter.get_total_flops() // 2}, "counted by PyTorch from matrix products alone")


def multiply_adds_of(card: ModelCard) -> MultiplyAdds:
    """Count the multiply-adds of one window for the model of a card, without its weights.

    Raises:
        ModelFileError: The model cannot be built as the card says.
    """
    with torch.device("meta"):
        return multiply_adds(construct(card))


def _of_rcnn(model: Model) -> dict[str, int]:
    p = model.params
    wide = p.filters * (2 if p.second_conv else 1)
    convolution = p.segments * model.positions[0] * p.filters * model.channels * p.kernel
    if p.second_conv:
        convolution += p.segments * model.positions[1] * wide * p.filters * p.kernel
    return {
        "convolution": convolution,
        "LSTM": 2 * p.segments * 4 * p.hidden * (model.summed + p.hidden),  # two directions, four gates
        "attention": 2 * p.segments * 2 * p.hidden,  # a score for every segment, then the weighted sum over segments
        "dense": 2 * p.hidden * model.classes,
    }


def latency(model: Model, device: torch.device, runs: int = 200) -> Latency:
    """Time one window at a time, on one thread if the device is the CPU.

    Args:
        model: In evaluation mode; it is moved to the device.
        device: Where to run.
        runs: How many runs count, after some that do not.

    Raises:
        ParameterError: No run.
    """
    if runs < 1:
        raise ParameterError(f"{runs} runs: time at least 1")
    window = torch.randn(1, model.channels, model.samples, generator=torch_generator("latency")).to(device)
    model = model.to(device)
    taken = []
    with threads(1), torch.inference_mode():
        for _ in range(WARM_UP + runs):
            start = time.perf_counter()
            model(window)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            taken.append(time.perf_counter() - start)
    low, median, high = (round(float(v) * 1e3, 4) for v in np.percentile(taken[WARM_UP:], (5, 50, 95)))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return Latency(name, median, low, high, runs)
