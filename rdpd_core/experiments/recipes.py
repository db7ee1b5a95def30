"""Named ways to train teacher and students: as published, and as chosen on the validation subjects."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rdpd_core.errors import UnknownNameError
from rdpd_core.experiments.arms import Arm

TERMS = ("soft_weight", "attention_weight", "combined_weight")
LABEL_TERMS = ("hard_weight", "combined_weight")
"""Terms that read labels; a share of 0 of them leaves only the teacher's word."""


@dataclass(frozen=True)
class Recipe:
    """How teacher and students are trained.

    Attributes:
        name: Identifier.
        title: For people.
        teacher_temperature: Of the teacher's own loss; None takes the students' temperature.
        temperature: Of the students' terms; by data set where it differs, under its name.
        training: Settings of the training loop.
        grid: Temperatures, term weights and shares of the terms that read labels to choose from on the validation subjects;
            empty chooses nothing.
        architecture: Settings of the network by data set and role ("teacher", "student") that depart from the data set's own;
            "any" holds for those that are not named.
        own_training: Settings of the training loop by data set that depart from `training`.
    """

    name: str
    title: str
    teacher_temperature: float | None
    temperature: Mapping[str, float]
    training: Mapping[str, Any]
    grid: Mapping[str, Sequence[float]] = field(default_factory=dict)
    architecture: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    own_training: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def at(self, temperature: float) -> Recipe:
        """Give the same recipe with every temperature replaced; a teacher that has its own keeps it."""
        grid = {**self.grid, "temperature": (temperature,)} if self.grid else self.grid
        return replace(self, temperature={"any": temperature}, grid=grid)

    def network_of(self, dataset: str, role: str) -> Mapping[str, Any]:
        """Give the settings in which the networks of a role ("teacher", "student") depart from the data set's own."""
        return self.architecture.get(dataset, self.architecture.get("any", {})).get(role, {})

    def about(self, dataset: str) -> dict[str, Any]:
        """Give all that the recipe says about training on a data set, as plain values; what it says of others is left out."""
        return {
            "temperature": [self.teacher_temperature_of(dataset), self.temperature_of(dataset)],
            "training": self.training_of(dataset),
            "grid": {name: list(values) for name, values in self.grid.items()},
            "networks": {role: dict(self.network_of(dataset, role)) for role in ("teacher", "student")},
        }

    def training_of(self, dataset: str) -> dict[str, Any]:
        """Give the settings of the training loop for a data set."""
        return {**self.training, **self.own_training.get(dataset, {})}

    def temperature_of(self, dataset: str) -> float:
        """Give the students' temperature for a data set."""
        return self.temperature.get(dataset, self.temperature["any"])

    def teacher_temperature_of(self, dataset: str) -> float:
        """Give the temperature of the teacher's loss for a data set."""
        return self.temperature_of(dataset) if self.teacher_temperature is None else self.teacher_temperature

    def settings(self, arm: Arm, dataset: str) -> dict[str, float]:
        """Give an arm's settings of the method, before anything is chosen."""
        return {**arm.weights, "temperature": self.temperature_of(dataset)}

    def candidates(self, arm: Arm, dataset: str) -> list[dict[str, float]]:
        """Give the settings to choose from for an arm; terms that the arm lacks stay at 0."""
        if not self.grid or not arm.imitates:
            return [self.settings(arm, dataset)]
        free = {name: [w * arm.weights[name] for w in self.grid[name]] if arm.weights[name] else [0.0] for name in TERMS}
        found = []
        for temperature, labels in itertools.product(self.grid["temperature"], self.grid.get("label_share", (1.0,))):
            for weights in itertools.product(*(free[name] for name in TERMS)):
                chosen = {**arm.weights, **dict(zip(TERMS, weights, strict=True)), "temperature": temperature}
                chosen |= {name: labels * chosen[name] for name in LABEL_TERMS}
                if chosen not in found:  # without labels, a weight of the combined label makes no difference
                    found.append(chosen)
        return found


LABELS_OR_NONE: dict[str, Sequence[float]] = {
    "temperature": (1.0,),
    "soft_weight": (1.0,),
    "attention_weight": (0.3,),
    "combined_weight": (0.3,),
    "label_share": (0.0, 1.0),
}
"""Settled terms; chosen is only whether labels are believed at all."""
CALMED = {"selection": "pr_auc", "schedule": "cosine", "averaging": 0.98, "teacher_sees": "clean"}
"""A training that comes to rest: step size falling to 0, averaged weights."""
BIG_BATCHES = {**CALMED, "epochs": 20, "patience": 20, "learning_rate": 4e-3, "batch_size": 256}
MOVED_OR_FEW: dict[str, Mapping[str, Any]] = {
    "dsads": {"augment": "motion", "augment_strength": 0.6},
    # Few records: more steps; Direct on lead I, PR-AUC of two seeds on the validation fold, 0.91 instead of 0.89.
    "ptbxl": {"epochs": 60, "patience": 60, "batch_size": 64},
    "ptbxl_normal": {"epochs": 60, "patience": 60, "batch_size": 64},
}
"""What single data sets need: sensors turned at random, as people wear them; more steps where records are few."""

RECIPES: dict[str, Recipe] = {
    "paper": Recipe(
        "paper",
        "as published: temperature 5 (2.5 for MIMIC-III) for teacher and students, all weights 1",
        None,
        {"any": 5.0, "mimic3": 2.5},
        {"epochs": 200, "patience": 20, "selection": "roc_auc"},
    ),
    "tuned": Recipe(
        "tuned",
        "temperature and term weights chosen on the validation subjects, learning rate 0.003; teacher trained at temperature 1",
        1.0,
        {"any": 1.0},
        {"epochs": 60, "patience": 10, "selection": "pr_auc", "learning_rate": 3e-3},
        {"temperature": (1.0, 2.5), "soft_weight": (0.3, 1.0), "attention_weight": (0.3, 3.0), "combined_weight": (0.3, 1.0)},
    ),
    "strong": Recipe(
        "strong",
        "a better learner for teacher and students alike, so that imitation has to beat more: step size falling to 0, averaged "
        "weights, less dropout, wider students, sensors turned at random; the share of labels chosen on validation subjects",
        1.0,
        {"any": 1.0},
        BIG_BATCHES,
        LABELS_OR_NONE,
        {
            "any": {"teacher": {"dropout": 0.3}, "student": {"dropout": 0.2, "filters": 32, "hidden": 16}},
            "dsads": {
                "teacher": {"dropout": 0.3, "filters": 48, "hidden": 24, "stride": 3},
                "student": {"dropout": 0.1, "filters": 24, "hidden": 12, "kernel": 5, "stride": 3, "second_conv": True},
            },
        },
        MOVED_OR_FEW,
    ),
    # Direct, PR-AUC on the validation people of three folds, two seeds. Right arm: 0.81 with the networks of `strong`, 0.84
    # with this shape and a mean, 0.90 with statistics. Right arm and leg: 0.93 with a dropout of 0.3, 0.92 with 0.5. More
    # filters, a second convolution, mixed windows and softened labels were no better.
    "statistics": Recipe(
        "statistics",
        "as strong, and segments are summed up by mean, log variance and peak of linear filters, as statistics of windows are: "
        "what a mean alone hides",
        1.0,
        {"any": 1.0},
        BIG_BATCHES,
        LABELS_OR_NONE,
        {
            "any": {
                "teacher": {"dropout": 0.3, "pooling": "statistics"},
                "student": {"dropout": 0.3, "filters": 32, "hidden": 16, "pooling": "statistics"},
            },
            "dsads": {
                "teacher": {"dropout": 0.3, "filters": 48, "hidden": 24, "kernel": 9, "pooling": "statistics"},
                "student": {"dropout": 0.3, "filters": 32, "hidden": 24, "kernel": 9, "pooling": "statistics"},
            },
        },
        MOVED_OR_FEW,
    ),
    # Chosen on the simulated clinic, PR-AUC on the validation subjects: in 10 epochs three teachers come to 0.85 to 0.89, with
    # steps of 0.003 to 0.73 to 0.84; students of I, II, I+II to 0.54, 0.65, 0.85, in batches of 128 and steps of 0.01 to 0.34,
    # 0.43, 0.50. With 9, all sets of six leads take less than a quarter of an hour.
    "quick": Recipe(
        "quick",
        "for looking at many sets of channels: few epochs in small batches, step size falling to 0, averaged weights; "
        "students end below those of longer recipes",
        1.0,
        {"any": 1.0},
        {**CALMED, "epochs": 9, "patience": 9, "learning_rate": 2e-3, "batch_size": 16},
        LABELS_OR_NONE,
        {"any": {"teacher": {"dropout": 0.3}, "student": {"dropout": 0.2}}},
    ),
}


def pick_recipe(name: str) -> Recipe:
    """Give a recipe by name.

    Raises:
        UnknownNameError: No such recipe.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]
