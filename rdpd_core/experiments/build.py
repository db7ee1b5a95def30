"""From an experiment to cohorts: which members, of which width, trained on what."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from rdpd_core.experiments.arms import Arm
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import MODEL, RECIPE_S, Experiment
from rdpd_core.experiments.recipes import Recipe, pick_recipe
from rdpd_core.methods import METHODS, Method
from rdpd_core.models import MODELS
from rdpd_core.params import Params
from rdpd_core.preprocessing import fraction, part_of, unlabeled, view_rows, wrong_labels
from rdpd_core.training import Cohort, Member, TrainingParams
from rdpd_core.types import Windows


def model_params(experiment: Experiment, loaded: Loaded, role: str) -> Params:
    """Give the settings of the network for a role: "teacher", "student" or "oracle" (the teacher's widths)."""
    like = "teacher" if role != "student" else "student"
    base: dict[str, Any] = {**loaded.dataset.architecture[like], **recipe_of(experiment).network_of(experiment.dataset, like)}
    if role == "student" and experiment.width == "channels":
        wide = {**loaded.dataset.architecture["teacher"], **recipe_of(experiment).network_of(experiment.dataset, "teacher")}
        ratio = len(loaded.dataset.channels) / len(poor_rows(experiment, loaded))
        base |= {name: max(1, round(wide[name] / ratio)) for name in ("filters", "hidden")}
    base |= {"dropout_place": experiment.dropout_place}
    base |= experiment.architecture.get(role, {})
    return MODELS.get(MODEL).Params.from_dict(base)


def poor_rows(experiment: Experiment, loaded: Loaded) -> tuple[int, ...]:
    """Give the positions of the view's channels."""
    return tuple(view_rows(loaded.prepared.windows.channels, loaded.dataset.view(experiment.view)))


def recipe_of(experiment: Experiment) -> Recipe:
    """Give the recipe, at the experiment's own temperature if it names one."""
    recipe = pick_recipe(experiment.recipe)
    return recipe.at(experiment.temperature) if experiment.temperature else recipe


def training_params(experiment: Experiment, recipe: Recipe) -> TrainingParams:
    """Give the settings of the training loop: the recipe's, and what the experiment says otherwise."""
    chosen = recipe.training_of(experiment.dataset)
    said = ("epochs", "patience", "augment_strength", "averaging", "learning_rate", "mixing")
    chosen |= {name: value for name in said if (value := getattr(experiment, name))}
    chosen |= {
        name: value for name in ("augment", "schedule", "teacher_sees") if (value := getattr(experiment, name)) != RECIPE_S
    }
    if experiment.offsets != RECIPE_S:
        chosen["offsets"] = experiment.offsets == "on"
    same = ("shuffle", "balance", "precision", "noise_kind", "imitation")
    return TrainingParams.from_dict({**chosen, **{name: getattr(experiment, name) for name in same}})


def asks_live(experiment: Experiment) -> bool:
    """Say whether teachers are asked anew about every batch, since windows change."""
    return training_params(experiment, recipe_of(experiment)).asks_live


def training_windows(experiment: Experiment, loaded: Loaded) -> tuple[Windows, torch.Tensor]:
    """Give the training windows, and the labels (N,) to train on: some wrong, some missing, if the experiment says so."""
    train = loaded.splits.train
    if experiment.share < 1:
        train = fraction(train, experiment.share, seed=0, by=experiment.share_by)
    target, _ = wrong_labels(np.asarray(train.target), experiment.wrong_labels, seed=0, classes=len(train.classes))
    subject = np.asarray(train.subject) if experiment.unlabeled_by == "subjects" else None
    target, _ = unlabeled(target, experiment.unlabeled, seed=0, subject=subject)
    return train, torch.from_numpy(target)


def rich_windows(experiment: Experiment, train: Windows) -> np.ndarray | None:
    """Say of which training windows (N,) the rich channels were recorded; None is all.

    Scaling is that of all training subjects all the same, so that students do not depend on who was recorded richly.
    """
    if experiment.rich_share == 1:
        return None
    return part_of(train, experiment.rich_share, seed=0, by=experiment.rich_by)


def teacher_cohort(experiment: Experiment, loaded: Loaded, device: torch.device, folds: int = 0) -> Cohort:
    """Give one teacher per seed, reading all channels; or `folds` that leave out some subjects each, side by side."""
    recipe = recipe_of(experiment)
    method = METHODS.get("direct")(METHODS.get("direct").Params(temperature=recipe.teacher_temperature_of(experiment.dataset)))
    rows = tuple(range(len(loaded.prepared.windows.channels)))
    which = [f", without fold {at + 1}" for at in range(folds)] or [""]
    members = [Member(teacher_name(seed) + fold, seed, rows) for seed in experiment.seed_list for fold in which]
    return _cohort(experiment, loaded, "teacher", method, members, device)


def label_cohort(experiment: Experiment, loaded: Loaded, arm: Arm, role: str, device: torch.device) -> Cohort:
    """Give one student per seed that is taught by labels only, of the width of `role`: "student" or "oracle"."""
    rows = poor_rows(experiment, loaded)
    members = [Member(member_name(arm, seed), seed, rows, experiment.poor_noise) for seed in experiment.seed_list]
    return _cohort(experiment, loaded, role, METHODS.get("direct")(), members, device)


def student_cohort(
    experiment: Experiment,
    loaded: Loaded,
    entries: list[tuple[str, int, dict[str, float]]],
    teacher_of_seed: dict[int, int],
    device: torch.device,
) -> Cohort:
    """Give students of the experiment's view.

    Args:
        experiment: What is asked.
        loaded: The data.
        entries: (name, seed, settings of the method) of each student.
        teacher_of_seed: Which teacher a seed listens to.
        device: Where to train.
    """
    rows = poor_rows(experiment, loaded)
    noise = experiment.poor_noise
    members = [Member(name, seed, rows, noise, settings, teacher_of_seed.get(seed, 0)) for name, seed, settings in entries]
    return cohort_of(experiment, loaded, members, device)


def cohort_of(experiment: Experiment, loaded: Loaded, members: list[Member], device: torch.device) -> Cohort:
    """Give students that may differ in their channels, all taught by RDPD's terms, some of which may be switched off."""
    return _cohort(experiment, loaded, "student", METHODS.get("rdpd")(rdpd_params(experiment)), members, device)


def rdpd_params(experiment: Experiment) -> Params:
    """Give the switches of RDPD that all students of an experiment share."""
    divisor = pick_batch(experiment) if experiment.last_batch == "configured" else 0
    return METHODS.get("rdpd").Params(
        attention_form=experiment.attention_form, combined_bias=experiment.combined_bias, batch_divisor=divisor
    )


def pick_batch(experiment: Experiment) -> int:
    """Give the configured batch size."""
    return training_params(experiment, recipe_of(experiment)).batch_size


def teacher_name(seed: int) -> str:
    """Give the name of a seed's teacher."""
    return f"teacher, seed {seed}"


def member_name(arm: Arm, seed: int) -> str:
    """Give the name of an arm's member."""
    return f"{arm.title}, seed {seed}"


def _cohort(
    experiment: Experiment, loaded: Loaded, role: str, method: Method, members: list[Member], device: torch.device
) -> Cohort:
    windows = loaded.prepared.windows
    params = model_params(experiment, loaded, role)
    return Cohort(MODEL, params, method, members, len(windows.classes), windows.samples, device)
