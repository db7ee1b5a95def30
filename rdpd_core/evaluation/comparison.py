"""Arms side by side: mean, spread and interval of each, and its paired difference to the reference arm.

What is resampled: people (with all their windows), and seeds, jointly and alike in both arms of a pair. With several folds a
fold weighs as much as its people were drawn, so that leave-one-subject-out becomes a resample of subjects.

What is a pair of the signed-rank test: pairs must be independent, and runs that share test subjects or training data are not.
So with 6 or more folds a pair is a fold, its seeds averaged first; with fewer it is a seed, its folds averaged first. Pairs of
seeds speak of training's luck only; whether a difference holds for new people is what the interval says. A claim needs both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rdpd_core.errors import DataError, IncompatibleError, UnknownNameError
from rdpd_core.evaluation.arms import REFERENCE, TITLES, Comparison, Difference, Row, Run
from rdpd_core.evaluation.intervals import DRAWS, check_draws, chunks, draw_weights, percentile_interval, resampling_units
from rdpd_core.evaluation.judging import judged
from rdpd_core.evaluation.paired import FOLDS, kind_of_pairs, wilcoxon_p
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import COMPARED, Interval, metric
from rdpd_core.evaluation.weighted import WeightedScores, quick_scores
from rdpd_core.runtime import numpy_generator


def compare(
    runs: Sequence[Run],
    reference: str = REFERENCE,
    metrics: Sequence[str] = COMPARED,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    titles: Mapping[str, str] = TITLES,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare arms over seeds and folds.

    Args:
        runs: Every arm, seed and fold once; arms may have different seeds.
        reference: The arm the others are compared with.
        metrics: The scores to compare.
        draws: Resamples of people and seeds.
        seed: Keys the resamples.
        titles: Titles of arms, for people; an arm without one is called by its name.
        on_progress: Told how much of the work is done, of how much; may raise to end it.

    Raises:
        UnknownNameError: No run of the reference arm, or no such metric.
        DataError: No runs, a run given twice, or a fold that cannot be scored.
        IncompatibleError: Runs of one fold answer different windows.
        ParameterError: Too few draws.
    """
    return compared(runs, reference, metrics, draws=draws, seed=seed, titles=titles, on_progress=on_progress)[0]


def compared(
    runs: Sequence[Run],
    reference: str = REFERENCE,
    metrics: Sequence[str] = COMPARED,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    titles: Mapping[str, str] = TITLES,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Comparison, Resampled]:
    """Compare arms, and give the resampled scores behind it as well; as `compare`."""
    check_draws(draws)
    metrics = [metric(name).name for name in metrics]
    folds = _check(runs, reference)
    arms = list(dict.fromkeys(run.arm for run in runs))
    steps = _Steps(2 * len(runs) + len(metrics) * len(arms), on_progress)
    work = Resampled(runs, folds, metrics, draws, seed, steps)
    rows = {name: _rows(work, name, arms, reference, titles) for name in metrics}
    support = {name: np.bincount(f.target, minlength=len(f.classes)) for name, f in folds.items()}
    classes = next(iter(folds.values())).classes
    lacking = {name: _without(classes, own) for name, own in support.items()}
    found = Comparison(
        reference=reference,
        rows=rows,
        n_windows=sum(len(f) for f in folds.values()),
        n_subjects=len(set().union(*(f.subject.tolist() for f in folds.values()))),
        unit=work.units.kind,
        n_units=work.units.n,
        draws=draws,
        absent=_without(classes, sum(support.values())),
        lacking={name: names for name, names in lacking.items() if names},
    )
    return found, work


def _without(classes: Sequence[str], support: np.ndarray) -> tuple[str, ...]:
    """Give the classes that have no window."""
    return tuple(c for c, n in zip(classes, support, strict=True) if n == 0)


def resampled(
    runs: Sequence[Run],
    metrics: Sequence[str],
    draws: int = DRAWS,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Resampled:
    """Give the scores of runs as observed and under every resample of people, for other questions than `compare` answers.

    Args:
        runs: Every arm, seed and fold once.
        metrics: Names of the scores.
        draws: Resamples of people and seeds.
        seed: Keys the resamples.
        on_progress: As in `compare`.

    Raises:
        DataError: No runs, a run given twice, or a fold that cannot be scored.
        IncompatibleError: Runs of one fold answer different windows.
        ParameterError: Too few draws.
        UnknownNameError: No such metric.
    """
    check_draws(draws)
    names = [metric(name).name for name in metrics]
    folds = _check(runs, runs[0].arm if runs else "")
    return Resampled(runs, folds, names, draws, seed, _Steps(2 * len(runs), on_progress))


def _check(runs: Sequence[Run], reference: str) -> dict[str, Predictions]:
    """Give the labeled windows of each fold, after checking that all its runs answer the same."""
    if not runs:
        raise DataError("there are no runs to compare; train at least two arms")
    if reference not in {run.arm for run in runs}:
        raise UnknownNameError("reference arm", reference, dict.fromkeys(run.arm for run in runs))
    seen: set[tuple[str, int, str]] = set()
    first: dict[str, Run] = {}
    for run in runs:
        key = (run.arm, run.seed, run.fold)
        if key in seen:
            raise DataError(f"the run of arm {run.arm!r}, seed {run.seed}, fold {run.fold!r} was given twice; give it once")
        seen.add(key)
        other = first.setdefault(run.fold, run)
        mine, theirs = run.predictions, other.predictions
        same = all(np.array_equal(getattr(mine, n), getattr(theirs, n)) for n in ("target", "subject", "recording"))
        if not same or mine.classes != next(iter(first.values())).predictions.classes:
            raise IncompatibleError(
                f"arms {run.arm!r} and {other.arm!r} of fold {run.fold!r} answer different windows or classes "
                f"({len(mine)} windows of {len(mine.classes)} classes, {len(theirs)} of {len(theirs.classes)}); "
                "compare runs on the same test set"
            )
    return {fold: run.predictions.labeled() for fold, run in first.items()}


class _Steps:
    """Counts what is done, and tells."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self.done, self.total, self.on_progress = 0, total, on_progress

    def __call__(self, result: Any) -> Any:
        """Count one more; give `result` back."""
        self.done += 1
        if self.on_progress is not None:
            self.on_progress(self.done, self.total)
        return result


class Resampled:
    """Scores of every run as observed, and under every resample of people; made by `resampled`.

    Attributes:
        runs: As given.
        observed: Score by metric, for every run.
        resampled: Scores (R,) by metric, for every run; empty if there are too few people for intervals.
        units: What was resampled.
        index: (N,), the unit of each window, by fold.
        people: Weights (U, R) of the units, in pieces of R.
        draws: R.
        partial: Draws in which a class was missing.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        folds: Mapping[str, Predictions],
        metrics: Sequence[str],
        draws: int,
        seed: int,
        steps: _Steps,
    ) -> None:
        self.runs, self.draws, self.seed, self.steps = runs, draws, seed, steps
        self.units = resampling_units(
            *(np.concatenate([getattr(f, n) for f in folds.values()]) for n in ("subject", "recording"))
        )
        generator = numpy_generator("compare", seed, self.units.kind, self.units.n)
        self.people = list(chunks(self.units.n, draws, generator))
        cuts = np.cumsum([len(f) for f in folds.values()])[:-1]
        self.index = index = dict(zip(folds, np.split(self.units.index, cuts), strict=True))
        self.observed = [steps(quick_scores(run.predictions).values) for run in runs]
        self.fold_weight, self.partial = self._folds(folds, index)
        some = runs if self.units.enough else ()
        steps.done += len(runs) - len(some)
        self.resampled = [steps(self._scores(run, index[run.fold], metrics)) for run in some]

    def _folds(self, folds: Mapping[str, Predictions], index: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], int]:
        """Give how much each fold weighs in each draw, and in how many draws a fold lacked one of its classes."""
        weight, lacking = {}, np.zeros(self.draws, dtype=bool)
        for fold, given in folds.items():
            kernel, own = WeightedScores(given, index[fold], self.units.n, ()), np.unique(index[fold])
            weight[fold] = np.concatenate([w[own].mean(axis=0) for w in self.people])
            lacking |= np.concatenate([kernel.missing(w) for w in self.people]) & (weight[fold] > 0)
        return weight, int(lacking.sum())

    def _scores(self, run: Run, index: np.ndarray, metrics: Sequence[str]) -> dict[str, np.ndarray]:
        kernel = WeightedScores(run.predictions.labeled(), index, self.units.n, metrics)
        parts = [kernel(weights) for weights in self.people]
        return {name: np.concatenate([part[name] for part in parts]) for name in metrics}

    def means(self, runs: Sequence[int], value: Callable[[int], np.ndarray]) -> np.ndarray:
        """Give the mean over runs under every resample of people and of the seeds of these runs, (R,).

        The same seeds are drawn for any runs that have the same ones, so differences of two means are paired.

        Args:
            runs: Positions in `self.runs`.
            value: Gives what is averaged, (R,), for a position.
        """
        seeds = sorted({self.runs[i].seed for i in runs})
        drawn = draw_weights(len(seeds), self.draws, numpy_generator("seeds", self.seed, *seeds))
        total, weight = np.zeros(self.draws), np.zeros(self.draws)
        for i in runs:
            values = value(i)
            share = np.where(
                np.isfinite(values), drawn[seeds.index(self.runs[i].seed)] * self.fold_weight[self.runs[i].fold], 0
            )
            total += share * np.nan_to_num(values)
            weight += share
        with np.errstate(invalid="ignore"):
            return total / weight

    def interval(self, runs: Sequence[int], value: Callable[[int], np.ndarray]) -> Interval | None:
        """Give the interval of `means`; None if there are too few people."""
        return percentile_interval(self.means(runs, value), self.units, self.partial) if self.resampled else None


def _rows(work: Resampled, name: str, arms: Sequence[str], reference: str, titles: Mapping[str, str]) -> tuple[Row, ...]:
    """Give the rows of one metric."""
    rows = []
    for arm in arms:
        difference = None if arm == reference else _difference(work, name, arm, reference)
        rows.append(work.steps(_arm(work, name, arm, titles.get(arm, arm), difference)))
    return judged(rows, name, titles.get(reference, reference))


def _arm(work: Resampled, name: str, arm: str, title: str, difference: Difference | None) -> Row:
    own = [i for i, run in enumerate(work.runs) if run.arm == arm]
    values = {i: work.observed[i][name] for i in own}
    seeds = _grouped(values, lambda i: work.runs[i].seed)
    return Row(
        arm=arm,
        title=title,
        mean=float(np.mean(list(values.values()))),
        spread=float(np.std(list(seeds.values()), ddof=1)) if len(seeds) > 1 else None,
        interval=work.interval(own, lambda i: work.resampled[i][name]),
        n_seeds=len(seeds),
        n_folds=len({work.runs[i].fold for i in own}),
        seeds=tuple(sorted(seeds.items())),
        difference=difference,
    )


def _difference(work: Resampled, name: str, arm: str, reference: str) -> Difference:
    """Give what is known of an arm's difference before it is judged together with those of other arms."""
    at = {(run.seed, run.fold): i for i, run in enumerate(work.runs) if run.arm == reference}
    both = {i: at[run.seed, run.fold] for i, run in enumerate(work.runs) if run.arm == arm and (run.seed, run.fold) in at}
    gaps = {i: work.observed[i][name] - work.observed[j][name] for i, j in both.items()}
    folds = {work.runs[i].fold for i in both}
    pairs = kind_of_pairs(len(folds))
    paired = _grouped(gaps, lambda i: work.runs[i].fold if pairs == FOLDS else work.runs[i].seed)
    interval = work.interval(list(both), lambda i: work.resampled[i][name] - work.resampled[both[i]][name]) if gaps else None
    return Difference(
        mean=float(np.mean(list(gaps.values()))) if gaps else None,
        interval=interval,
        p=wilcoxon_p(list(paired.values())) if gaps else None,
        p_holm=None,
        n_pairs=len(paired),
        pairs=pairs,
        n_seeds=_seeds([work.runs[i] for i in both], pairs),
        claim="none",
        verdict="",
    )


def _seeds(runs: Sequence[Run], pairs: str) -> int:
    """Give how many seeds there are, where folds are paired: in the fold that has fewest."""
    if pairs != FOLDS:
        return len({run.seed for run in runs})
    return min(Counter(fold for _, fold in {(run.seed, run.fold) for run in runs}).values())


def _grouped(values: Mapping[int, float], key: Callable[[int], Any]) -> dict[Any, float]:
    """Give the mean of values by group."""
    groups: dict[Any, list[float]] = {}
    for i, value in values.items():
        groups.setdefault(key(i), []).append(value)
    return {name: float(np.mean(many)) for name, many in groups.items()}
