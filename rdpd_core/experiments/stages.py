"""The stages of an experiment: their keys, titles and sizes, as far as they are known before anything is trained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from rdpd_core.experiments.arms import ARMS, pick_arms
from rdpd_core.experiments.build import recipe_of, rich_windows, training_params
from rdpd_core.experiments.experiment import OUT_OF_FOLD, Experiment
from rdpd_core.preprocessing import Splits, fraction
from rdpd_core.training import TrainingParams
from rdpd_core.types import Windows

MOST_SEARCHED = 64
APART, FOLDS = "out_of_fold", 6
"""Teachers that leave out a part of the subjects each; parts that there are at most: six people are left out one by one."""
SHORTER = 2  # the search trains half as long as the comparison


def stage_key(split: str, stage: str) -> str:
    """Give the name of a stage, unique within its experiment."""
    return f"{split}/{stage}"


def stage_title(experiment: Experiment, split: str, stage: str) -> str:
    """Give a stage's title for people; it names the split where there are several."""
    where = f" ({split})" if len(experiment.splits) > 1 else ""
    students = sum(arm.role == "student" for arm in pick_arms(experiment.arms)) * experiment.seeds
    titles = {
        "teacher": "teacher",
        APART: "teachers that leave out subjects",
        "students": f"{students} students",
        "oracle": "oracle-size students",
    }
    titles |= {name: f"{arm.title}, {experiment.seeds} of them" for name, arm in ARMS.items() if arm.role == "forest"}
    return titles.get(stage, "choosing settings on validation subjects") + where


def search_params(experiment: Experiment) -> TrainingParams:
    """Give the settings of the training loop in a search."""
    full = training_params(experiment, recipe_of(experiment))
    brief = {"epochs": max(1, full.epochs // SHORTER), "patience": max(1, full.patience // SHORTER)}
    return type(full).from_dict({**full.to_dict(), **brief})


def asks_apart(experiment: Experiment) -> bool:
    """Say whether an experiment needs teachers that answer only for subjects they did not learn from."""
    return experiment.teacher_targets == OUT_OF_FOLD and any(arm.imitates for arm in pick_arms(experiment.arms))


def folds_of(subjects: int) -> int:
    """Give into how many parts so many training subjects are divided."""
    return min(FOLDS, subjects)


def plan_of(
    experiment: Experiment,
    parts: Mapping[str, Splits],
    taught: Collection[str],
    rich: Mapping[str, tuple[int, int]] | None = None,
) -> list[dict[str, Any]]:
    """Give the trainings to come, in order: key, title, members, most epochs, steps in an epoch, and whether it may fall away.

    A search falls away where it was made before.

    Args:
        experiment: What is asked.
        parts: The windows of every split.
        taught: Splits whose teachers are there already.
        rich: Windows that teachers learn from, and their subjects, by split; None counts them.
    """
    full, found = training_params(experiment, recipe_of(experiment)), []
    for split in experiment.splits:
        train = parts[split].train
        train = train if experiment.share == 1 else fraction(train, experiment.share, seed=0, by=experiment.share_by)
        of_teacher, subjects = _rich_count(experiment, train) if rich is None else rich[split]
        for stage, members, epochs, optional in _stages(experiment, full.epochs, split in taught, folds_of(subjects)):
            found.append(
                {
                    "key": stage_key(split, stage),
                    "title": stage_title(experiment, split, stage),
                    "members": members,
                    "epochs": epochs,
                    "steps_per_epoch": -(-(of_teacher if stage in ("teacher", APART) else len(train)) // full.batch_size),
                    "optional": optional,
                }
            )
    return found


def _rich_count(experiment: Experiment, train: Windows) -> tuple[int, int]:
    rich, subject = rich_windows(experiment, train), np.asarray(train.subject)
    subject = subject if rich is None else subject[rich]
    return len(subject), len(np.unique(subject))


def _stages(experiment: Experiment, epochs: int, taught: bool, folds: int) -> list[tuple[str, int, int, bool]]:
    """Give name, members, epochs and whether it may fall away, of every stage of one split."""
    arms, found = pick_arms(experiment.arms), []
    students = [arm for arm in arms if arm.role == "student"]
    imitates = any(arm.imitates or arm.role == "teacher" for arm in arms)
    if imitates and not experiment.teacher and not taught:
        found.append(("teacher", experiment.seeds, epochs, False))
    if asks_apart(experiment) and not taught:
        found.append((APART, folds * experiment.seeds, epochs, False))
    if imitates and students:
        options = [len(recipe_of(experiment).candidates(arm, experiment.dataset)) for arm in students]
        entries, most = sum(n for n in options if n > 1), MOST_SEARCHED
        sizes = [min(most, entries - at) for at in range(0, entries, most)]
        found += [(f"search-{at}", size, search_params(experiment).epochs, True) for at, size in enumerate(sizes)]
    if students:
        found.append(("students", len(students) * experiment.seeds, epochs, False))
    if any(arm.role == "oracle" for arm in arms):
        found.append(("oracle", experiment.seeds, epochs, False))
    return found
