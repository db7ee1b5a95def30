"""Robustness: scores against the size of an edit, and the size from which on the teacher should be asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rdpd_core.evaluation.intervals import draw_weights, resampling_units
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.weighted import WeightedScores
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.whatif import Course
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Windows

METRIC = "macro_f1"
DRAWS = 300
RULE = (
    "Ask the teacher from the smallest size tried from which on an arm scores surely less than without this edit (95% interval "
    "of the loss, resampling {units}, above 0) and less than the teacher under the same edit."
)


@dataclass(frozen=True)
class ArmCurve:
    """One arm along A sizes of an edit.

    Attributes:
        arm: Identifier.
        title: For people.
        models: How many, one per seed.
        score: (A,), macro-F1 on all test windows, mean over models.
        low: (A,), lower end of the 95% interval; NaN with fewer than 5 people.
        high: (A,), upper end.
        surely_less: (A,), whether the interval of the loss against the first size lies above 0.
        ask_from: Size from which on the teacher should be asked; None if there is none, and for the teacher.
        probability: (A, N, K), mean over models.
    """

    arm: str
    title: str
    models: int
    score: np.ndarray
    low: np.ndarray
    high: np.ndarray
    surely_less: np.ndarray
    ask_from: float | None
    probability: np.ndarray


@dataclass(frozen=True)
class Robustness:
    """All arms along A sizes of an edit.

    Attributes:
        sizes: (A,), the first is none.
        arms: In the order of the paper.
        n_windows: Test windows with a label.
        units: What was resampled, in words: "32 subjects".
    """

    sizes: tuple[float, ...]
    arms: tuple[ArmCurve, ...]
    n_windows: int
    units: str

    @property
    def rule(self) -> str:
        """What the point to ask the teacher means."""
        return RULE.format(units=self.units)


def robustness(course: Course, windows: Windows, draws: int = DRAWS) -> Robustness:
    """Score a course; every arm and size is resampled with the same people.

    Args:
        course: Answers about all these windows.
        windows: With their truth.
        draws: Resamples of people.

    Raises:
        DataError: No window has a label, or all are of one class.
    """
    known = windows.target >= 0
    units = resampling_units(windows.subject[known], windows.recording[known])
    weights = np.ones((units.n, 1))
    if units.enough:
        drawn = draw_weights(units.n, draws, numpy_generator("what-if", units.n))
        weights = np.concatenate([weights, drawn], axis=1)
    scores = [_scores(p, windows, known, units.index, units.n, weights) for p in course.probability]
    teacher = next((s[:, 0] for s, arm in zip(scores, course.arms, strict=True) if arm.arm == "teacher"), None)
    arms = []
    for arm, probability, values in zip(course.arms, course.probability, scores, strict=True):
        low, high, less = _intervals(values)
        asked = None if teacher is None or arm.arm == "teacher" else _from(course.sizes, less & (values[:, 0] < teacher))
        title = ARMS[arm.arm].title if arm.arm in ARMS else arm.arm
        mean = probability.mean(axis=1)
        arms.append(ArmCurve(arm.arm, title, len(arm.cards), values[:, 0], low, high, less, asked, mean))
    return Robustness(course.sizes, tuple(arms), int(known.sum()), f"{units.n} {units.kind}")


def _scores(
    probability: np.ndarray, windows: Windows, known: np.ndarray, unit: np.ndarray, n: int, weights: np.ndarray
) -> np.ndarray:
    """Give scores (A, R), mean over models; the first column counts everybody once."""
    facts = {"target": windows.target[known], "subject": windows.subject[known], "recording": windows.recording[known]}

    def one(said: np.ndarray) -> np.ndarray:
        predictions = Predictions(said[known], **facts, classes=windows.classes)
        return WeightedScores(predictions, unit, n, [METRIC])(weights)[METRIC]

    return np.array([np.mean([one(said) for said in models], axis=0) for models in probability])


def _intervals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give both ends of each interval and whether the loss against the first size is surely above 0, each (A,)."""
    if values.shape[1] == 1:
        nothing = np.full(len(values), np.nan)
        return nothing, nothing, np.zeros(len(values), dtype=bool)
    drawn = values[:, 1:]
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=1)
    return low, high, np.nanpercentile(drawn[0] - drawn, 2.5, axis=1) > 0


def _from(sizes: tuple[float, ...], holds: np.ndarray) -> float | None:
    """Give the first size from which on something holds at every larger one."""
    lasting = np.flatnonzero(~holds)
    first = 0 if not len(lasting) else int(lasting[-1]) + 1
    return sizes[first] if first < len(sizes) else None
