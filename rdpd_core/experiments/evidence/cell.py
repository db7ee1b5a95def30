"""What one experiment found, small enough to be kept beside the program, and enough for honest intervals afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.evaluation import Comparison
from rdpd_core.evaluation.arms import Row
from rdpd_core.evaluation.intervals import LEVEL, MINIMUM_UNITS
from rdpd_core.evaluation.judging import stored
from rdpd_core.evaluation.paired import FOLDS, is_enough, kind_of_pairs, wilcoxon_p
from rdpd_core.evaluation.scores import COMPARED, Interval
from rdpd_core.experiments.evidence.packing import unpacked

FORMAT = 1
OVERLAP, BEYOND_CHANCE = "overlap", "overlap_beyond_chance"
"""Attention in common with the teacher of the same seed, and how much of it is more than windows paired at random give."""


@dataclass(frozen=True)
class Gap:
    """A difference that is paired over people and seeds.

    Attributes:
        value: The mean difference.
        interval: 95%, resampling people and seeds; None if there are too few people.
        n_seeds: Seeds behind it.
        n_units: People (or recordings) behind it.
        p: Of the signed-rank test over folds, or over seeds where there are fewer than 6 folds; None if nothing is paired.
        pairs: What was paired in the test, and how many: "8 folds".
        n_folds: Divisions of the people behind it; every one was trained anew.
    """

    value: float
    interval: Interval | None
    n_seeds: int
    n_units: int
    p: float | None = None
    pairs: str = ""
    n_folds: int = 1

    @property
    def enough(self) -> bool:
        """Whether there are trainings enough to say anything: 5 seeds, or 6 folds of which each was trained anew, twice."""
        return is_enough(self.n_seeds, self.n_folds)

    @property
    def sign(self) -> int:
        """1 or -1 if the interval lies above or below 0 and there are trainings enough; else 0."""
        if self.interval is None or not self.enough or not self.interval.excludes(0):
            return 0
        return 1 if self.interval.low > 0 else -1

    def negated(self) -> Gap:
        """Give the same difference the other way round."""
        own = self.interval
        return replace(self, value=-self.value, interval=own and replace(own, low=-own.high, high=-own.low))


@dataclass(frozen=True)
class Cell:
    """One experiment of a study.

    Attributes:
        key: What it was trained with, recipe included; see `shelf.key_of`.
        experiment: Record of `Experiment`.
        command: The command line that repeats it.
        windows: Digest of the recordings' windows, by split.
        training: Mean over splits of training windows, of those with a label, of their subjects, and of windows and subjects
            that teachers learn from ("rich_windows", "rich_subjects"; older records lack these: it is all of them).
        comparison: Every arm against Direct.
        runs: (arm, seed, split, scores in the order of `COMPARED`).
        draws: By arm and score, the mean over its runs under every resample of people and seeds, packed.
        looks: By arm, the mean of `OVERLAP` and `BEYOND_CHANCE`, for students with attention beside a teacher.
        parameters: By arm, numbers that are learned: those used, and as Table 5 of the paper counts.
        classes: By per-class score and arm, by class: mean, low, high, and what is lost to the teacher with its ends.
        said: By test subject, the share of its windows of each class, and by arm the mean class distribution.
        chosen: Settings chosen on the validation subjects, by split and arm.
        notices: Sentences that belong beside any number.
        versions: Of the packages it depends on.
        created: UTC, ISO 8601.
        at: Where it stands in its study: values by name of an axis.
        format: Of this record.
    """

    key: str
    experiment: Mapping[str, Any]
    command: str
    windows: Mapping[str, str]
    training: Mapping[str, float]
    comparison: Comparison
    runs: tuple[tuple[Any, ...], ...]
    draws: Mapping[str, Mapping[str, str]]
    looks: Mapping[str, Mapping[str, float]]
    parameters: Mapping[str, Mapping[str, int]]
    classes: Mapping[str, Mapping[str, Mapping[str, Sequence[float | None]]]]
    said: Mapping[str, Mapping[str, Sequence[float]]]
    chosen: Mapping[str, Any]
    notices: tuple[str, ...]
    versions: Mapping[str, str]
    created: str
    at: Mapping[str, Any]
    format: int = FORMAT

    @property
    def arms(self) -> list[str]:
        """Give the arms, in the order of the comparison."""
        return [row.arm for row in next(iter(self.comparison.rows.values()))]

    @property
    def class_names(self) -> list[str]:
        """Give the classes, in the order of every list by class."""
        return list(self.classes["names"]["names"])

    def row(self, arm: str, metric: str = "pr_auc") -> Row | None:
        """Give an arm's row; None if the arm took no part."""
        return next((row for row in self.comparison.rows[metric] if row.arm == arm), None)

    def has(self, *arms: str) -> bool:
        """Say whether all of these arms took part."""
        return set(arms) <= set(self.arms)

    def values(self, arm: str, metric: str) -> np.ndarray | None:
        """Give an arm's score under every resample, (R,); None if there are too few people, or it has no such score."""
        text = self.draws.get(arm, {}).get(metric)
        return None if text is None else unpacked(text)

    def mean(self, arm: str, metric: str) -> float | None:
        """Give an arm's mean over its runs, of a score or of what is told in `looks`; None if there is none."""
        if metric not in COMPARED:
            return self.looks.get(arm, {}).get(metric)
        row = self.row(arm, metric)
        return None if row is None else row.mean

    def seeds(self, arm: str) -> set[int]:
        """Give the seeds of an arm."""
        return {seed for name, seed, *_ in self.runs if name == arm}

    def difference(self, arm: str, other: str, metric: str = "pr_auc") -> Gap:
        """Give how much higher an arm scores than another one.

        Raises:
            UnknownNameError: An arm took no part.
        """
        for name in (arm, other):
            if name not in self.arms:
                raise UnknownNameError("arm of this experiment", name, self.arms)
        one, two = self.values(arm, metric), self.values(other, metric)
        drawn = None if one is None or two is None else one - two
        value = self.mean(arm, metric) - self.mean(other, metric)
        seeds = len(self.seeds(arm) & self.seeds(other))
        p, pairs = self._tested(arm, other, metric) if metric in COMPARED else (None, "")
        return Gap(value, self.interval(drawn), seeds, self.comparison.n_units, p, pairs, len(self.windows))

    def interval(self, drawn: np.ndarray | None) -> Interval | None:
        """Give the central 95% of resampled values; None if there are too few people, or most could not be scored."""
        if drawn is None or self.comparison.n_units < MINIMUM_UNITS or np.isfinite(drawn).sum() < len(drawn) / 2:
            return None
        low, high = np.percentile(drawn[np.isfinite(drawn)], [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
        c = self.comparison
        return Interval(float(low), float(high), c.unit, c.n_units, len(drawn))

    def _tested(self, arm: str, other: str, metric: str) -> tuple[float | None, str]:
        place = COMPARED.index(metric)
        found: dict[tuple, dict[str, float]] = {}
        for name, seed, split, scores in self.runs:
            found.setdefault((seed, split), {})[name] = scores[place]
        gaps = {key: own[arm] - own[other] for key, own in found.items() if arm in own and other in own}
        folds = {split for _, split in gaps}
        by_fold = kind_of_pairs(len(folds)) == FOLDS
        groups: dict[Any, list[float]] = {}
        for (seed, split), gap in gaps.items():
            groups.setdefault(split if by_fold else seed, []).append(gap)
        if not groups:
            return None, ""
        means = [float(np.mean(own)) for own in groups.values()]
        return wilcoxon_p(means), f"{len(groups)} {'folds' if by_fold else 'seeds'}"

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        runs = [[arm, seed, split, list(scores)] for arm, seed, split, scores in self.runs]
        return {**plain, "comparison": asdict(self.comparison), "runs": runs, "notices": list(self.notices)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave, also after JSON.

        Raises:
            DataError: A part is missing or unknown, or it is from a newer version.
        """
        try:
            if values["format"] > FORMAT:
                raise DataError(
                    f"this result has format {values['format']}, this version reads up to {FORMAT}; get a newer one"
                )
            runs = tuple((arm, int(seed), split, tuple(scores)) for arm, seed, split, scores in values["runs"])
            comparison = _ordered(stored(values["comparison"]))
            return cls(**{**values, "comparison": comparison, "runs": runs, "notices": tuple(values["notices"])})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"this is not the result of an experiment: {error}; make it again") from error


def _ordered(comparison: Comparison) -> Comparison:
    """Give the scores in their usual order; JSON of ours is sorted by name."""
    return replace(comparison, rows={name: comparison.rows[name] for name in COMPARED if name in comparison.rows})
