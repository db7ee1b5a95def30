"""Two selections beside each other: an arm of some experiments against an arm of others, paired wherever that can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError, ParameterError, UnknownNameError
from rdpd_core.evaluation import METRICS, Run
from rdpd_core.evaluation.comparison import resampled
from rdpd_core.evaluation.intervals import DRAWS
from rdpd_core.evaluation.paired import FOLDS, kind_of_pairs, smallest_p, verdict, wilcoxon_p
from rdpd_core.evaluation.scores import Interval, cell
from rdpd_core.experiments.compared.entry import Entry, differing, title_of
from rdpd_core.experiments.compared.table import unpaired
from rdpd_core.experiments.run import Result

FIRST, SECOND = "first", "second"
MOST_LISTED = 3


@dataclass(frozen=True)
class Side:
    """One selection.

    Attributes:
        label: For people.
        arm: Name of the arm.
        entries: Experiments.
    """

    label: str
    arm: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Beside:
    """Two selections under one score.

    Attributes:
        score: Name of the metric.
        means: Mean of each side over its runs.
        spreads: Standard deviation over seeds, experiments and folds averaged; None for one seed.
        intervals: 95%, people and seeds resampled; None for too few people.
        runs: Number of runs of each side.
        difference: Second minus first, over pairs if there are any.
        interval: Of the paired difference; None where nothing is paired, or for too few people.
        p: Of the paired test; None where nothing is paired.
        n_pairs: Independent pairs.
        pairs: What a pair is: "seeds" or "folds"; empty where nothing is paired.
        apart: Why nothing is paired; empty where something is.
        claim: "better", "worse" or "none", of the second side.
        verdict: The same as a sentence.
        n: What stands behind it.
    """

    score: str
    means: tuple[float, float]
    spreads: tuple[float | None, float | None]
    intervals: tuple[Interval | None, Interval | None]
    runs: tuple[int, int]
    difference: float
    interval: Interval | None
    p: float | None
    n_pairs: int
    pairs: str
    apart: str
    claim: str
    verdict: str
    n: str

    def sentence(self, first: str, second: str) -> str:
        """Say what may be concluded.

        Args:
            first: What the first side is called.
            second: What the second side is called.
        """
        title = METRICS[self.score].title
        sides = f"{first} {cell(self.means[0], self.intervals[0])}, {second} {cell(self.means[1], self.intervals[1])}"
        if self.apart:
            return f"{title}: {sides}. {self.apart} Shown unpaired, without a test."
        gap = cell(self.difference, self.interval, sign=True)
        return f"{title}: {sides}; paired difference {gap}. {second}: {self.verdict}."


def side_of(text: str, entries: Sequence[Entry], names: Mapping[str, str]) -> Side:
    """Read one side.

    Args:
        text: "ARM@KEY,KEY", or "ARM" for all experiments.
        entries: Experiments it may hold.
        names: What they are called, by key.

    Raises:
        UnknownNameError: No such experiment, or none of them has the arm.
    """
    arm, _, keys = text.partition("@")
    known = {entry.key: entry for entry in entries}
    asked = [key for key in keys.split(",") if key] or list(known)
    for key in asked:
        if key not in known:
            raise UnknownNameError("experiment", key, known)
        if arm not in known[key].arms:
            raise UnknownNameError(f"arm of {key}", arm, known[key].arms)
    listed = ", ".join(names[key] for key in asked) if len(asked) <= MOST_LISTED else f"{len(asked)} experiments"
    return Side(f"{title_of(arm)} ({listed})", arm, tuple(known[key] for key in asked))


def key_of(entry: Entry, sides: Sequence[Side]) -> tuple[Any, ...]:
    """Give what an experiment of one side has in common with its partner on the other: the settings that vary within a side."""
    within = {name for side in sides for name in differing(side.entries)}
    return tuple(repr(entry.value(name)) for name in sorted(within))


def unlike(first: Side, second: Side) -> str:
    """Say why two sides cannot be paired; empty if they can, as far as their records tell."""
    if not first.entries or not second.entries:
        raise ParameterError("choose at least one experiment for each side")
    if apart := unpaired([*first.entries, *second.entries]):
        return apart
    keys = [[key_of(entry, (first, second)) for entry in side.entries] for side in (first, second)]
    if any(len(set(own)) < len(own) for own in keys):
        return "A side holds the same experiment twice, so it is not clear which belong together."
    if set(keys[0]) != set(keys[1]):
        return "The experiments of the two sides do not belong together one by one."
    return ""


def beside(first: Side, second: Side, score: str, result_of: Callable[[Entry], Result], draws: int = DRAWS) -> Beside:
    """Compare two sides.

    Args:
        first: What the other is held against.
        second: The other.
        score: Name of a metric.
        result_of: Gives an experiment with all it predicts.
        draws: Resamples of people and seeds.

    Raises:
        ParameterError: A side is empty.
        DataError: A side has no run of its arm.
    """
    apart, runs = unlike(first, second), []
    for name, side in ((FIRST, first), (SECOND, second)):
        for at, entry in enumerate(side.entries):
            group = str(at) if apart else "/".join(key_of(entry, (first, second)))
            own = [
                Run(name, o.seed, f"{name}/{group}/{o.split}" if apart else f"{group}/{o.split}", o.predictions["test"])
                for o in result_of(entry).outcomes
                if o.arm == side.arm
            ]
            if not own:
                raise DataError(f"{entry.key} has no model of arm {title_of(side.arm)}; choose another arm or experiment")
            runs += own
    return _unpaired(runs, score, apart, draws) if apart else _paired(runs, score, draws)


def _unpaired(runs: Sequence[Run], score: str, apart: str, draws: int) -> Beside:
    """Give the two sides by themselves: they may answer different windows, even different classes."""
    found = [_alone([run for run in runs if run.arm == name], score, draws) for name in (FIRST, SECOND)]
    means, spreads, intervals, counts, n = zip(*found, strict=True)
    gap = means[1] - means[0]
    words = f"not tested: {apart}"
    return Beside(score, means, spreads, intervals, counts, gap, None, None, 0, "", apart, "none", words, " and ".join(n))


def _alone(runs: Sequence[Run], score: str, draws: int) -> tuple[float, float | None, Interval | None, int, str]:
    alike: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        alike.setdefault(run.predictions.classes, []).append(run)
    if len(alike) > 1:
        raise DataError("a side holds experiments with different classes, whose scores have no mean; choose one data set")
    work = resampled(runs, [score], draws)
    own = range(len(runs))
    values = [work.observed[i][score] for i in own]
    interval = work.interval(list(own), lambda i: work.resampled[i][score])
    return float(np.mean(values)), _spread(runs, values), interval, len(runs), f"{work.units.n} {work.units.kind}"


def _paired(runs: Sequence[Run], score: str, draws: int) -> Beside:
    work = resampled(runs, [score], draws)
    own = {name: [i for i, run in enumerate(runs) if run.arm == name] for name in (FIRST, SECOND)}
    value = {i: work.observed[i][score] for i in range(len(runs))}

    def drawn(i: int) -> np.ndarray:
        return work.resampled[i][score]

    at = {(runs[i].seed, runs[i].fold): i for i in own[FIRST]}
    both = {i: at[runs[i].seed, runs[i].fold] for i in own[SECOND] if (runs[i].seed, runs[i].fold) in at}
    means = tuple(float(np.mean([value[i] for i in own[name]])) for name in own)
    gaps = {i: value[i] - value[j] for i, j in both.items()}
    pairs, grouped = _independent(runs, gaps)
    mean = float(np.mean(list(gaps.values()))) if gaps else means[1] - means[0]
    interval = work.interval(list(both), lambda i: drawn(i) - drawn(both[i])) if gaps else None
    p = wilcoxon_p(grouped) if gaps else None
    claim, words = verdict(
        reference="the first side", n_seeds=len({runs[i].seed for i in both}), n_pairs=len(grouped), pairs=pairs, mean=mean,
        interval=interval, p_holm=p, reachable=smallest_p(len(grouped)) if grouped else 1.0,
        higher_is_better=METRICS[score].higher_is_better,
    )  # fmt: skip
    spreads = tuple(_spread([runs[i] for i in own[name]], [value[i] for i in own[name]]) for name in own)
    intervals = tuple(work.interval(own[name], drawn) for name in own)
    counts = tuple(len(own[name]) for name in own)
    n = f"{len(gaps)} pairs of models, {work.units.n} {work.units.kind}"
    return Beside(score, means, spreads, intervals, counts, mean, interval, p, len(grouped), pairs, "", claim, words, n)


def _independent(runs: Sequence[Run], gaps: Mapping[int, float]) -> tuple[str, list[float]]:
    """Give what an independent pair is, and its differences: of folds if there are enough, else of seeds, all else averaged."""
    folds = {runs[i].fold.rpartition("/")[2] for i in gaps}
    pairs = kind_of_pairs(len(folds))
    groups: dict[Any, list[float]] = {}
    for i, gap in gaps.items():
        key = runs[i].fold.rpartition("/")[2] if pairs == FOLDS else runs[i].seed
        groups.setdefault(key, []).append(gap)
    return pairs, [float(np.mean(own)) for own in groups.values()]


def _spread(runs: Sequence[Run], values: Sequence[float]) -> float | None:
    seeds: dict[int, list[float]] = {}
    for run, value in zip(runs, values, strict=True):
        seeds.setdefault(run.seed, []).append(value)
    return float(np.std([np.mean(own) for own in seeds.values()], ddof=1)) if len(seeds) > 1 else None
