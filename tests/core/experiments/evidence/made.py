"""Results made by hand: what arms say is invented, so that tests know what must come out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rdpd_core.evaluation import Predictions
from rdpd_core.experiments import Experiment, Result, load
from rdpd_core.experiments.evidence import Cell, cell_of
from rdpd_core.experiments.forest import FOREST, ForestParams
from rdpd_core.experiments.outcome import Outcome
from rdpd_core.models import MODELS
from rdpd_core.runtime import numpy_generator
from tests.toys import CLASSES

SKILL = {"teacher": 3.0, "direct": 1.0, "distill": 1.3, "rdpd": 2.0, "forest": 0.6}
WINDOWS, DRAWS = 6, 100
_MADE: dict[str, Cell] = {}


def result(skill: dict[str, float] | None = None, seeds: int = 5, folds: int = 6, subjects: int = 1, **asked) -> Result:
    """Give a result on the toy data set whose arms are as good as `skill` says.

    Args:
        skill: By arm, how strongly it leans to the true class; above 0 is better than chance.
        seeds: How many.
        folds: How many, each with test subjects of its own.
        subjects: Test subjects in each fold.
        asked: Settings of the experiment.
    """
    skill = SKILL if skill is None else skill
    loaded = load("toy")
    experiment = Experiment(**{"dataset": "toy", "arms": tuple(skill), "seeds": seeds, "recipe": "paper", **asked})
    outcomes = [
        outcome(arm, seed, f"f{fold}", strength, subjects) for fold in range(folds) for arm, strength in skill.items()
        for seed in range(seeds)
    ]  # fmt: skip
    return Result(experiment, tuple(outcomes), {}, {f"f{fold}": loaded for fold in range(folds)}, ("a notice",), {})


def outcome(arm: str, seed: int, fold: str, strength: float, subjects: int) -> Outcome:
    """Give what an arm says of a fold; luck is shared by the arms of a seed, so that differences are paired."""
    target = np.tile(np.arange(len(CLASSES)), WINDOWS * subjects)
    subject = np.repeat([f"{fold}-{at}" for at in range(subjects)], WINDOWS * len(CLASSES))
    luck = numpy_generator("made", seed, fold).normal(size=(len(target), len(CLASSES)))
    logits = luck + strength * np.eye(len(CLASSES))[target] + 0.05 * numpy_generator(arm, seed, fold).normal(size=luck.shape)
    attention = None
    if arm != FOREST:
        gaze = numpy_generator("gaze", fold).normal(size=(len(target), 4))
        own = numpy_generator("own gaze", arm, seed, fold).normal(size=gaze.shape) * (
            0.1 if arm in ("teacher", "rdpd") else 2.0
        )
        attention = np.exp(gaze + own) / np.exp(gaze + own).sum(axis=1, keepdims=True)
    said = Predictions.from_logits(logits, target=target, subject=subject, recording=subject, classes=CLASSES)
    said = replace(said, attention=attention)
    model, params = (FOREST, ForestParams()) if arm == FOREST else ("rcnn", _params(arm))
    rows = (0, 1, 2) if arm == "teacher" else (0,)
    return Outcome(arm, seed, fold, rows, model, params, "rdpd", {}, {}, {"valid": said, "test": said}, {}, None)


def _params(arm: str):
    from tests.toys import ToyDataset

    return MODELS.get("rcnn").Params.from_dict(ToyDataset.architecture["teacher" if arm == "teacher" else "student"])


def cell(at: dict | None = None, **how) -> Cell:
    """Give the record of such a result, made once; it stands where `at` says."""
    key = repr(sorted(how.items()))
    if key not in _MADE:
        _MADE[key] = cell_of(result(**how), draws=DRAWS)
    return replace(_MADE[key], at={"view": "wrist"} if at is None else at)
