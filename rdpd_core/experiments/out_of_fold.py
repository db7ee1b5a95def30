"""Teachers that answer only for subjects they did not learn from: what they say then is as unsure as on anybody new."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from rdpd_core.errors import IncompatibleError
from rdpd_core.experiments.build import recipe_of, teacher_cohort, training_params
from rdpd_core.experiments.stages import APART, folds_of
from rdpd_core.experiments.taught import teacher_models, train_once
from rdpd_core.experiments.work import Work
from rdpd_core.models import Model
from rdpd_core.runtime import numpy_generator


@dataclass(frozen=True)
class Apart:
    """Teachers of some groups, one group for each seed.

    Attributes:
        models: G * F networks that read all channels, those of one group side by side.
        fold: (N,), which of a group answers for a training window.
        folds: F.
    """

    models: tuple[Model, ...]
    fold: torch.Tensor
    folds: int


def divided(subject: np.ndarray) -> np.ndarray:
    """Give the part (N,) of every window, from 0: subjects in drawn order, dealt out evenly.

    Args:
        subject: (N,), whose window it is.

    Raises:
        IncompatibleError: There is only one.
    """
    names, owner = np.unique(subject, return_inverse=True)
    if len(names) < 2:
        raise IncompatibleError(
            f"only {names[0]} is there to train teachers with, so nobody can be left out; take more subjects, or outputs in "
            "evaluation"
        )
    part = np.empty(len(names), dtype=np.int64)
    part[numpy_generator("out of fold").permutation(len(names))] = np.arange(len(names)) % folds_of(len(names))
    return part[owner]


def teachers_apart(work: Work) -> Apart:
    """Train teachers without each part of the subjects, all as one cohort.

    Raises:
        IncompatibleError: There is only one subject, or a teacher would have no label left.
        StoppedError: It was stopped before their first epoch was scored.
    """
    experiment, whole, device = work.experiment, work.loaded.splits.train, work.device
    rich = work.of_rich()
    learned = divided(np.asarray(rich.loaded.splits.train.subject))
    folds = int(learned.max()) + 1
    labels = rich.residents["train"].target.cpu()
    left = torch.from_numpy(learned) == torch.arange(folds).unsqueeze(1)
    target = torch.where(left, -1, labels)
    if (target.amax(1) < 0).any():
        raise IncompatibleError(
            "all labels are of subjects that are left out together, so the teacher that answers for them would have none; "
            "label more subjects, or take outputs in evaluation"
        )
    cohort = teacher_cohort(experiment, work.loaded, device, folds)
    work.begin(APART)
    settings = replace(training_params(experiment, recipe_of(experiment)), imitation="constant")
    made = train_once(rich, APART, cohort, settings, target.repeat(experiment.seeds, 1))
    fold = np.zeros(len(whole), dtype=np.int64)  # nobody hears what is said of windows that were not recorded richly
    fold[slice(None) if work.rich is None else work.rich] = learned
    return Apart(teacher_models(work, made), torch.from_numpy(fold).to(device), folds)
