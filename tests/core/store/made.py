"""A tiny model and its card, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from rdpd_core.evaluation.intervals import evaluate
from rdpd_core.models import MODELS, Model
from rdpd_core.params import Params, number
from rdpd_core.runtime import torch_generator
from rdpd_core.store import ModelCard
from rdpd_core.types import Channel, ModelOutput
from tests.core.evaluation.made import predictions


class Tiny(Model):
    """Mean over time, a linear layer, and a counter."""

    name = "tiny"
    title = "Tiny"
    reference = "made for tests"
    reads_channels = {"first.weight": 1}

    @dataclass(frozen=True)
    class Params(Params):
        """Width."""

        width: int = number(3, 1, 10**9, "hidden values")

    def __init__(self, channels: int, classes: int, samples: int, params: Params | None = None) -> None:
        super().__init__(channels, classes, samples, params)
        self.first, self.last = nn.Linear(channels, self.params.width), nn.Linear(self.params.width, classes)
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.drop = nn.Dropout(0.5)

    def initialize(self, generator: torch.Generator) -> None:
        with torch.no_grad():
            for weight in self.parameters():
                weight.copy_(torch.randn(weight.shape, generator=generator))

    def forward(self, x: Tensor, keep: Any = None) -> ModelOutput:
        return ModelOutput(self.last(self.drop(self.first(x.mean(dim=2)))))


@contextmanager
def registered() -> Iterator[None]:
    """Hold `Tiny` in the registry while inside."""
    MODELS.register(Tiny)
    try:
        yield
    finally:
        MODELS._entries.pop("tiny")


_CARD = ModelCard(
    name="direct-lead_i-0",
    dataset="made_ecg",
    simulated=True,
    role="student",
    arm="direct",
    title="Direct, lead I, seed 0",
    model="tiny",
    model_params={"width": 3},
    method="direct",
    method_params={"weight": 0.1},
    recipe="paper",
    view="lead_i",
    channels=(Channel("i", "mV", "limb"), Channel("ii", "µV", "limb")),
    classes=("healthy", "infarction", "other", "rest"),
    sampling_rate=100.0,
    window_samples=20,
    segments=4,
    normalization={"mean": [0.1, -0.2], "std": [0.30000000000000004, 1.5], "standardize": "train"},
    split="by subject",
    seed=0,
    data_digest="d" * 64,
    scores={"test": evaluate(predictions(n=60), ("roc_auc",), draws=100).to_dict()},
    parameters={"used": 25, "with_dormant": 30},
    teacher=None,
    training={"epochs": 12, "best_epoch": 7, "stopped": "patience"},
    versions={"torch": "2.13.0"},
    licence="CC BY 4.0",
    created="2025-01-31T12:00:00Z",
)


def card(**changes: Any) -> ModelCard:
    """Give a valid card of a `Tiny`, with some fields changed."""
    return replace(_CARD, **changes)


def state(seed: int = 0, width: int = 3) -> dict[str, Tensor]:
    """Give weights that fit the card."""
    model = Tiny(2, 4, 20, Tiny.Params(width=width))
    model.initialize(torch_generator("weights", seed))
    return model.state_dict()
