"""Scoring what the lab trained: every subset under the same resamples of people and seeds, so that differences are paired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation import Predictions, Run
from rdpd_core.evaluation.comparison import Resampled, resampled
from rdpd_core.evaluation.intervals import percentile_interval
from rdpd_core.evaluation.weighted import quick_scores
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.lab.answers import Answers, Estimate, Point
from rdpd_core.experiments.lab.request import Lab
from rdpd_core.experiments.lab.subsets import Subset
from rdpd_core.experiments.lab.training import STUDENTS, subset_of, view_of
from rdpd_core.experiments.lab.worth import interaction, marginal
from rdpd_core.experiments.run import Result

DRAWS = 300
METRIC = "pr_auc"
NOTHING: Subset = ()


def answer(
    lab: Lab, result: Result, metric: str = METRIC, draws: int = DRAWS, on_progress: Callable[[int, int], None] | None = None
) -> Answers:
    """Score what the lab trained.

    Args:
        lab: What was asked.
        result: What `run_lab` gave; after a stop, what there is.
        metric: Name of the score.
        draws: Resamples of people and seeds.
        on_progress: Told how much of the scoring is done, of how much; may raise to end it.

    Raises:
        DataError: Not one subset was finished.
    """
    tests = _Scored(lab, result, metric, draws, on_progress)
    if not tests.groups:
        raise DataError("no subset was finished yet, so there is nothing to score; resume the lab")
    teacher = tests.estimate(tests.key_of_teacher)
    points = [tests.point(subset, arm.name, teacher) for arm in STUDENTS for subset in tests.subsets]
    trained = {
        arm.name: {s: tests.both(tests.key_of_nothing if s == NOTHING else (arm.name, s)) for s in (NOTHING, *tests.subsets)}
        for arm in STUDENTS
    }
    n = len(lab.units)
    worth = {arm: tuple(map(tests.told, marginal(values, n))) for arm, values in trained.items()}
    pairs = {arm: interaction(values, n) for arm, values in trained.items()}
    together = {
        arm: tuple((i, j, tests.told(found[i, j])) for i in range(n) for j in range(i + 1, n) if np.isfinite(found[i, j, 0]))
        for arm, found in pairs.items()
    }
    folds = [next(iter(tests.parts(split))) for split in result.loaded]
    return Answers(
        lab.base.dataset, metric, tuple(unit.name for unit in lab.units), teacher, tests.valid(tests.key_of_teacher),
        float(tests.observed((*tests.key_of_nothing,))), tuple(points), worth, together,
        len(tests.subsets) == 2**n - 1, sum(map(len, folds)), len({s for f in folds for s in f.subject.tolist()}), draws,
    )  # fmt: skip


class _Scored:
    """Scores of every arm and subset, as observed and under every resample; each group of runs is one arm on one subset."""

    key_of_teacher, key_of_nothing = ("teacher", None), ("nothing", NOTHING)

    def __init__(self, lab: Lab, result: Result, metric: str, draws: int, on_progress: Callable | None) -> None:
        self.lab, self.metric = lab, metric
        channels = next(iter(result.loaded.values())).prepared.windows.channels
        self.names = [c.name for c in channels]
        self._parts: dict[str, list[Predictions]] = {}
        runs: list[Run] = []
        self.groups: dict[tuple[str, Subset], list[int]] = {}
        self._all: dict[tuple, list[int]] = {}
        self._valid: dict[tuple, list[float]] = {}
        self._rows: dict[Subset, Any] = {}
        for outcome in result.outcomes:
            subset = subset_of(lab, outcome)
            key = ("teacher", None) if subset is None else (outcome.arm, subset)
            self._add(runs, key, Run(f"{key}", outcome.seed, outcome.split, outcome.predictions["test"].labeled()))
            self._valid.setdefault(key, []).append(_quick(outcome.predictions["valid"], metric))
            if subset is not None:
                self._rows[subset] = outcome
                self.groups.setdefault(key, []).append(len(runs) - 1)
        for split, loaded in result.loaded.items():
            shares = np.bincount(
                loaded.splits.train.target[loaded.splits.train.target >= 0], minlength=len(loaded.prepared.windows.classes)
            )
            self._add(
                runs, self.key_of_nothing, Run("nothing", 0, split, _always(self._parts[split][0], shares / shares.sum()))
            )
        both = set.intersection(*({s for arm, s in self.groups if arm == a.name} for a in STUDENTS)) if self.groups else set()
        self.subsets = sorted(both, key=lambda s: (len(s), s))
        self.work: Resampled = resampled(runs, [metric], draws, 0, on_progress)

    def _add(self, runs: list[Run], key: tuple, run: Run) -> None:
        self._all.setdefault(key, []).append(len(runs))
        self._parts.setdefault(run.fold, []).append(run.predictions)
        runs.append(run)

    def parts(self, split: str) -> list[Predictions]:
        """Give the predictions on the test of a split."""
        return self._parts[split]

    def observed(self, key: tuple) -> float:
        """Give the mean score of a group on the test."""
        return float(np.mean([self.work.observed[at][self.metric] for at in self._all[key]]))

    def valid(self, key: tuple) -> float:
        """Give the mean score of a group on the validation subjects."""
        return float(np.mean(self._valid[key]))

    def draws(self, key: tuple) -> np.ndarray:
        """Give the mean score of a group under every resample, (R,); empty if there are too few people."""
        if not self.work.resampled:
            return np.empty(0)
        return self.work.means(self._all[key], lambda at: self.work.resampled[at][self.metric])

    def both(self, key: tuple) -> np.ndarray:
        """Give both in one array, (1 + R,), so that what is linear in scores is computed once for all."""
        return np.concatenate([[self.observed(key)], self.draws(key)])

    def told(self, both: np.ndarray) -> Estimate:
        """Give an estimate from what `both` led to."""
        interval = percentile_interval(both[1:], self.work.units, self.work.partial) if len(both) > 1 else None
        return Estimate(float(both[0]) if np.isfinite(both[0]) else None, interval)

    def estimate(self, key: tuple) -> Estimate:
        """Give the score of a group with its interval."""
        return self.told(self.both(key))

    def point(self, subset: Subset, arm: str, teacher: Estimate) -> Point:
        """Give one arm on one subset."""
        runs = [self.work.runs[at] for at in self.groups[arm, subset]]
        by_seed: dict[int, list[float]] = {}
        for at, run in zip(self.groups[arm, subset], runs, strict=True):
            by_seed.setdefault(run.seed, []).append(self.work.observed[at][self.metric])
        seeds = [float(np.mean(own)) for own in by_seed.values()]
        own, direct = self.both((arm, subset)), self.both(("direct", subset))
        gain = closed = None
        if ARMS[arm].imitates:
            above = self.both(self.key_of_teacher) - direct
            gain = self.told(own - direct)
            apart = self.told(above).interval
            with np.errstate(invalid="ignore", divide="ignore"):
                closed = self.told((own - direct) / above) if apart is not None and apart.low > 0 else None
        view = view_of(self.lab, self._rows[subset], self.names)
        spread = float(np.std(seeds, ddof=1)) if len(seeds) > 1 else None
        return Point(subset, arm, view, self.told(own), spread, self.valid((arm, subset)), len(seeds), gain, closed)


def _quick(predictions: Predictions, metric: str) -> float:
    return quick_scores(predictions).values[metric]


def _always(like: Predictions, shares: np.ndarray) -> Predictions:
    """Give the predictions of one who always says how common the classes are."""
    n = len(like)
    return Predictions(np.tile(shares, (n, 1)), like.target, like.subject, like.recording, like.classes)
