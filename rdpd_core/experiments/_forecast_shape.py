"""What the time of a training step depends on, and cohorts of that kind over windows without meaning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.experiments._forecast_facts import Facts
from rdpd_core.experiments.arms import ARMS, pick_arms
from rdpd_core.experiments.build import (
    MODEL,
    label_cohort,
    model_params,
    poor_rows,
    recipe_of,
    student_cohort,
    teacher_cohort,
    training_params,
)
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.files import digest_json
from rdpd_core.models import MODELS, Model
from rdpd_core.preprocessing import Prepared, Splits, Statistics
from rdpd_core.runtime import numpy_generator
from rdpd_core.training import Cohort
from rdpd_core.types import Channel, Windows

ROLES = ("teacher", "student", "oracle")
TIMED = ("batch_size", "selection", "precision", "augment", "offsets", "teacher_sees", "averaging")
"""Settings of the training loop that change how long a step takes."""
_OVERLAP = 4  # neighbors share three quarters of their samples, so that the trial data stay small


@dataclass(frozen=True)
class Shape:
    """One kind of step: two experiments with the same shape take the same time for it.

    Attributes:
        role: "teacher", "student" or "oracle".
        network: Its settings.
        reads: Channels that the members read.
        channels: Channels of the recordings.
        samples: T.
        classes: K.
        imitates: Whether students listen to a teacher.
        noise: "", "poor" or "all": which channels carry noise.
        training: Settings of the training loop that cost time.
        live: Settings of the teacher's network if it is asked about every batch; else empty.
    """

    role: str
    network: dict[str, Any]
    reads: int
    channels: int
    samples: int
    classes: int
    imitates: bool
    noise: str
    training: dict[str, Any]
    live: dict[str, Any]

    @property
    def digest(self) -> str:
        """Give what identifies it."""
        return digest_json(vars(self))


def listens(experiment: Experiment) -> bool:
    """Say whether an experiment has a teacher."""
    return any(arm.imitates or arm.role == "teacher" for arm in pick_arms(experiment.arms))


def shape_of(experiment: Experiment, facts: Facts, role: str) -> Shape:
    """Give the shape of a role of an experiment."""
    loaded = stand_in(experiment, facts, 0, 0)
    settings = training_params(experiment, recipe_of(experiment))
    teacher, imitates = role == "teacher", role == "student" and listens(experiment)
    live = imitates and settings.asks_live
    return Shape(
        role=role,
        network=model_params(experiment, loaded, role).to_dict(),
        reads=len(facts.offers.channels) if teacher else len(poor_rows(experiment, loaded)),
        channels=len(facts.offers.channels),
        samples=facts.offers.samples,
        classes=len(facts.offers.classes),
        imitates=imitates,
        noise=experiment.noise_on if experiment.noise > 0 and not (teacher and experiment.noise_on == "poor") else "",
        training={name: getattr(settings, name) for name in TIMED},
        live=model_params(experiment, loaded, "teacher").to_dict() if live else {},
    )


def stand_in(experiment: Experiment, facts: Facts, train: int, valid: int) -> Loaded:
    """Give windows of random values of the shape of a data set, as if they were its own."""
    parts = (_random(facts, train), _random(facts, valid), _random(facts, 0))
    channels = len(facts.offers.channels)
    nothing = Statistics(np.zeros(channels), np.ones(channels), "random values")
    prepared = Prepared(parts[0], (), {}, {}, "train", {})
    return Loaded(DATASETS.get(facts.dataset)(), prepared, Splits(*parts), nothing, facts.split)


def cohort_of(experiment: Experiment, loaded: Loaded, role: str, members: int, device: torch.device) -> Cohort:
    """Give a cohort of a role as the experiment would make it, with as many members as asked for."""
    asked = replace(experiment, seeds=members, first_seed=0)
    if role == "teacher":
        return teacher_cohort(asked, loaded, device)
    if role == "oracle" or not listens(experiment):
        return label_cohort(asked, loaded, ARMS["oracle" if role == "oracle" else "direct"], role, device)
    settings = recipe_of(asked).settings(ARMS["rdpd"], asked.dataset)
    return student_cohort(asked, loaded, [(str(seed), seed, settings) for seed in asked.seed_list], {}, device)


def teacher_of(experiment: Experiment, loaded: Loaded, device: torch.device) -> Model:
    """Give an untrained teacher."""
    windows = loaded.prepared.windows
    params = model_params(experiment, loaded, "teacher")
    return MODELS.get(MODEL)(len(windows.channels), len(windows.classes), windows.samples, params).to(device)


def _random(facts: Facts, count: int) -> Windows:
    offers = facts.offers
    step = max(1, offers.samples // _OVERLAP)
    total = (count - 1) * step + offers.samples if count else 0
    signal = numpy_generator("trial").standard_normal((total, len(offers.channels)), dtype=np.float32).T
    names, at = np.full(count, "trial"), np.arange(count)
    return Windows(
        signal, at * step, offers.samples, at % len(offers.classes), names, names, at * 1.0,
        tuple(Channel(n, u, "") for n, u in zip(offers.channels, offers.units, strict=True)), offers.classes,
        offers.sampling_rate, "trial",
    )  # fmt: skip
