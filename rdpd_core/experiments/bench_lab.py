"""How much the channel lab saves: one of its cohorts against the same students one after another, as a ratio of one run.

Both ways use the trainer that every command uses, on the same windows of the simulated clinic's shape (limb leads, 10 s at
200 Hz, two convolutions) and with a teacher's answers that lie ready; only the company differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import ParameterError
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.bench import Shape, made, timed
from rdpd_core.experiments.lab.subsets import every
from rdpd_core.experiments.study import MOST_STUDENTS
from rdpd_core.methods import METHODS
from rdpd_core.models import MODELS
from rdpd_core.training import Cohort, Knowledge, Member, Resident, Trainer, TrainingParams

DATASET, LEADS, SEEDS, STUDENTS = "simulated_ecg", 6, 3, ("direct", "rdpd")


def bench(
    windows: int = 512,
    alone: int = 6,
    repeats: int = 3,
    device: torch.device | None = None,
    say: Callable[[str], None] = print,
    members: int = MOST_STUDENTS,
) -> dict[str, Any]:
    """Time an epoch of one cohort of the lab, and of some of its students each by itself, in turn.

    Args:
        windows: To train on.
        alone: How many students are trained one after another; they stand for all, spread over the sizes of the subsets.
        repeats: Runs of each; medians count.
        device: Where to train; None takes the CPU.
        say: Told what is being timed.
        members: Students of the cohort at most; subsets come whole, with both arms and all seeds.

    Returns:
        Students of the cohort, s per student and epoch either way, and the ratio.

    Raises:
        ParameterError: There is nothing to time.
    """
    if min(windows, alone, repeats) < 1 or members < SEEDS * len(STUDENTS):
        raise ParameterError(f"{windows} windows, {alone} students alone, {repeats} repeats, {members} members: give more")
    preparation = DATASETS.get(DATASET).preparation
    shape = Shape(windows, LEADS, preparation.window_samples, 6, preparation.segments, 32, 8)
    data, knowledge = made(shape, device or torch.device("cpu"))
    subsets = every(LEADS, LEADS)
    step = max(1, len(subsets) * SEEDS * len(STUDENTS) // members)
    group = [_member(subset, arm, seed) for subset in subsets[::step] for arm in STUDENTS for seed in range(SEEDS)][:members]
    chosen = [group[at] for at in np.linspace(0, len(group) - 1, alone).round().astype(int)]
    together, single = [], []
    cohort = _trainer(group, shape, data, knowledge)
    cohort._train_pass(1)  # neither pays for what happens only once
    for repeat in range(repeats):
        say(f"the lab, run {repeat + 1} of {repeats}: {len(group)} students together, then {alone} one after another")
        together.append(timed(lambda: cohort._train_pass(repeat + 2), data.device) / len(group))  # noqa: B023
        single.append(sum(_alone(one, shape, data, knowledge) for one in chosen) / alone)
    slow, fast = float(np.median(single)), float(np.median(together))
    return {
        "students": len(group), "subsets": len(subsets), "one by one (s)": slow, "together (s)": fast, "ratio": slow / fast,
        "windows": windows, "device": data.device.type, "threads": torch.get_num_threads(),
    }  # fmt: skip


def _alone(member: Member, shape: Shape, data: Resident, knowledge: Knowledge) -> float:
    trainer = _trainer([member], shape, data, knowledge)
    return timed(lambda: trainer._train_pass(1), data.device)


def _member(subset: Sequence[int], arm: str, seed: int) -> Member:
    return Member(f"{arm}, {subset}, seed {seed}", seed, tuple(subset), 0.0, dict(ARMS[arm].weights))


def _trainer(group: list[Member], shape: Shape, data: Resident, knowledge: Knowledge) -> Trainer:
    own = DATASETS.get(DATASET).architecture["student"]
    params, method = MODELS.get("rcnn").Params.from_dict(dict(own)), METHODS.get("rdpd")()
    cohort = Cohort("rcnn", params, method, group, shape.classes, shape.samples, data.device)
    return Trainer(cohort, data, data, TrainingParams(), knowledge)
