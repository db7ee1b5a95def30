"""Small cohorts on small data, made by hand, for the tests of training."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from rdpd_core.files import to_json
from rdpd_core.methods import METHODS
from rdpd_core.models import MODELS, Model
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import numpy_generator, torch_generator
from rdpd_core.training import Cohort, Knowledge, Member, Resident, State, Trained, Trainer, TrainingParams
from rdpd_core.types import Channel, Windows

CPU = torch.device("cpu")
CHANNELS, SAMPLES, CLASSES, SEGMENTS = 4, 16, ("low", "middle", "high"), 4
BRIEF = {"epochs": 3, "patience": 50, "batch_size": 16, "learning_rate": 0.01}
NETWORK = {"filters": 3, "kernel": 2, "stride": 1, "hidden": 2, "segments": SEGMENTS}


def windows(count: int = 40, seed: int = 0, stride: int = SAMPLES, shift: float = 0.6) -> Windows:
    """Give windows whose class shows in the mean of every channel, under noise; neighbors overlap if `stride` is small."""
    draw = numpy_generator("training windows", seed)
    target = np.arange(count) % len(CLASSES)
    total = (count - 1) * stride + SAMPLES
    signal = draw.normal(size=(CHANNELS, total)).astype(np.float32)
    start = np.arange(count, dtype=np.int64) * stride
    for at, label in zip(start, target, strict=True):
        signal[:, at : at + stride] += np.float32(shift * (label - 1))
    names = np.array([f"s{i // 10}" for i in range(count)])
    channels = tuple(Channel(f"c{i}", "mV", "heart") for i in range(CHANNELS))
    return Windows(signal, start, SAMPLES, target, names, names, start / 10.0, channels, CLASSES, 10.0, "made")


def unscaled(channels: int = CHANNELS) -> Statistics:
    """Give statistics that change nothing."""
    return Statistics(np.zeros(channels), np.ones(channels), "made")


def resident(of: Windows | None = None) -> Resident:
    """Give windows on the CPU, unscaled."""
    return Resident(windows() if of is None else of, unscaled(), CPU)


def valid() -> Resident:
    """Give other windows to validate on."""
    return resident(windows(24, seed=1))


def knowledge(count: int = 40, teachers: int = 1) -> Knowledge:
    """Give what some teachers might say about `count` windows."""
    draw = torch_generator("made teachers")
    logits = 2 * torch.randn(teachers, count, len(CLASSES), generator=draw)
    return Knowledge(logits, torch.randn(teachers, count, SEGMENTS, generator=draw).softmax(-1))


def member(name: str = "one", seed: int = 3, channels: Sequence[int] = (0, 2), **changes: Any) -> Member:
    """Give a member of two channels."""
    return Member(name, seed, tuple(channels), **changes)


def cohort(
    members: Sequence[Member], method: str = "rdpd", settings: Mapping[str, Any] | None = None, network: Mapping | None = None
) -> Cohort:
    """Give an untrained cohort of small networks."""
    kind, taught = MODELS.get("rcnn"), METHODS.get(method)
    params = kind.Params(**{**NETWORK, **(network or {})})
    return Cohort("rcnn", params, taught(taught.Params(**(settings or {}))), members, len(CLASSES), SAMPLES, CPU)


def trainer(
    group: Cohort, train: Resident | None = None, said: Any = None, target: Tensor | None = None, **changes: Any
) -> Trainer:
    """Give a trainer for few epochs; keywords of the trainer itself are told apart from settings of training."""
    own = {n: changes.pop(n) for n in ("on_event", "should_stop", "keeper", "stage", "watch") if n in changes}
    checked = changes.pop("valid", None) or valid()
    train = train or resident()
    if said is None and group.method.uses_teacher:
        said = knowledge(len(train))
    return Trainer(group, train, checked, TrainingParams(**{**BRIEF, **changes}), said, target, **own)


def trained(
    members: Sequence[Member], method: str = "rdpd", settings: Mapping | None = None, **changes: Any
) -> dict[str, Trained]:
    """Train a cohort; give its members by name."""
    network = changes.pop("network", None)
    return {t.member.name: t for t in trainer(cohort(members, method, settings, network), **changes).run()}


def distance(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """Give the largest difference between two sets of weights; infinite if they are not of one kind."""
    if set(a) != set(b) or any(a[n].shape != b[n].shape for n in a):
        return float("inf")
    return max((float((a[n] - b[n]).abs().max()) for n in a), default=0.0)


def teacher(seed: int = 0) -> Model:
    """Give an untrained network that reads all channels."""
    kind = MODELS.get("rcnn")
    model = kind(CHANNELS, len(CLASSES), SAMPLES, kind.Params(**NETWORK))
    model.initialize(torch_generator("teacher", seed))
    with torch.no_grad():
        model.dense_weight.mul_(5)
    return model


def scripted(monkeypatch: Any, scores: Mapping[str, Sequence[float]]) -> None:
    """Let members score what is written: a list of scores per name, an entry per epoch."""
    epoch = {"at": 0}

    def score(self):
        epoch["at"] += 1
        return torch.tensor([scores[m.name][epoch["at"] - 1] for m in self.cohort.members], dtype=torch.float64)

    monkeypatch.setattr(Trainer, "_score", score)


class Drawer:
    """Keeps states in memory, due whenever its rule says so."""

    def __init__(self, rule: Callable[[str, bool], bool] = lambda stage, epoch_ended: False) -> None:
        """Take the rule."""
        self.kept: dict[str, tuple[State, bool]] = {}
        self.rule, self.asked, self.saves = rule, [], []

    def load(self, stage: str) -> State | None:
        """Give what was saved last."""
        return self.kept[stage][0] if stage in self.kept else None

    def due(self, stage: str, epoch_ended: bool) -> bool:
        """Note the question; answer by the rule."""
        self.asked.append((stage, epoch_ended))
        return self.rule(stage, epoch_ended)

    def save(self, stage: str, state: State, done: bool) -> None:
        """Keep a state as files would."""
        tensors = safetensors.torch.load(safetensors.torch.save(state.tensors))
        self.kept[stage] = (State(tensors, json.loads(to_json(state.facts))), done)
        self.saves.append((state.facts.get("epoch"), (state.facts.get("running") or {}).get("step"), done))
