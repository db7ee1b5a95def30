"""From a finished experiment to its record: scores of every run, and of every arm under each resample of people and seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation import Comparison, Run
from rdpd_core.evaluation.comparison import Resampled, compared
from rdpd_core.evaluation.intervals import DRAWS, LEVEL
from rdpd_core.evaluation.overlap import overlaps
from rdpd_core.evaluation.scores import COMPARED
from rdpd_core.evaluation.weighted import WeightedScores
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.build import rich_windows, training_windows
from rdpd_core.experiments.compare import command_of
from rdpd_core.experiments.evidence.cell import BEYOND_CHANCE, OVERLAP, Cell
from rdpd_core.experiments.evidence.packing import packed
from rdpd_core.experiments.evidence.shelf import key_of
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.forest import FOREST
from rdpd_core.experiments.outcome import Outcome
from rdpd_core.experiments.run import Result
from rdpd_core.models import MODELS
from rdpd_core.runtime import numpy_generator, versions

SHUFFLES = 20
MOST_SUBJECTS = 8
BY_CLASS = ("pr_auc", "f1")


def cell_of(result: Result, on_progress: Callable[[int, int], None] | None = None, draws: int = DRAWS) -> Cell:
    """Give the record of an experiment that has run to its end.

    Args:
        result: Of the experiment.
        on_progress: Told how much of the work is done, of how much; may raise to end it.
        draws: Resamples of people and seeds.

    Raises:
        DataError: A fold cannot be scored.
    """
    outcomes = result.outcomes
    runs = [Run(o.arm, o.seed, o.split, o.predictions["test"]) for o in outcomes]
    reference = "direct" if any(o.arm == "direct" for o in outcomes) else outcomes[0].arm
    titles = {name: arm.title for name, arm in ARMS.items()}
    comparison, work = compared(runs, reference, titles=titles, on_progress=on_progress, draws=draws)
    of = {arm: [i for i, o in enumerate(outcomes) if o.arm == arm] for arm in dict.fromkeys(o.arm for o in outcomes)}
    looks, looked = _looks(result, work, of)
    chosen = {split: {arm: dataclasses.asdict(c) for arm, c in found.items()} for split, found in result.choices.items()}
    return Cell(
        key=key_of(result.experiment),
        experiment=result.experiment.to_dict(),
        command=_command(result.experiment),
        windows={split: loaded.prepared.windows.digest for split, loaded in result.loaded.items()},
        training=_training(result),
        comparison=comparison,
        runs=_runs(work, outcomes),
        draws={arm: {**_draws(work, own), **looked.get(arm, {})} for arm, own in of.items()} if work.resampled else {},
        looks=looks,
        parameters={arm: _parameters(result, outcomes[own[0]]) for arm, own in of.items()},
        classes=_classes(result, work, of, comparison),
        said=_said(outcomes),
        chosen=chosen,
        notices=(*result.notices, *_absent(outcomes)),
        versions=versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        at={},
    )


def _command(experiment: Experiment) -> str:
    try:
        return command_of(experiment)
    except ParameterError as error:  # networks of its own, for which there is no option
        return str(error)


def _absent(outcomes: tuple[Outcome, ...]) -> list[str]:
    """Say how many folds lack a class, and which; nothing if none does."""
    folds = {o.split: o.predictions["test"].labeled() for o in outcomes}
    lacking = {}
    for split, test in folds.items():
        support = np.bincount(test.target, minlength=len(test.classes))
        if missing := [name for name, n in zip(test.classes, support, strict=True) if not n]:
            lacking[split] = missing
    if not lacking:
        return []
    split, missing = next(iter(lacking.items()))
    return [
        f"{len(lacking)} of {len(folds)} folds lack a class: the first is {split}, which has no test window of "
        f"{', '.join(missing)}. The averages of a fold run over the classes it has."
    ]


def _training(result: Result) -> dict[str, float]:
    rows = []
    for loaded in result.loaded.values():
        train, target = training_windows(result.experiment, loaded)
        rich = rich_windows(result.experiment, train)
        taught = np.arange(len(train)) if rich is None else np.flatnonzero(rich)
        people = [len(np.unique(train.subject[at])) for at in (slice(None), taught)]
        rows.append((len(train), int((target >= 0).sum()), people[0], len(taught), people[1]))
    names = ("windows", "labeled", "subjects", "rich_windows", "rich_subjects")
    return dict(zip(names, np.mean(rows, axis=0).round(1).tolist(), strict=True))


def _runs(work: Resampled, outcomes: tuple[Outcome, ...]) -> tuple[tuple[Any, ...], ...]:
    return tuple(
        (o.arm, o.seed, o.split, tuple(round(work.observed[i][name], 6) for name in COMPARED)) for i, o in enumerate(outcomes)
    )


def _draws(work: Resampled, own: list[int]) -> dict[str, str]:
    return {name: packed(work.means(own, lambda i, name=name: work.resampled[i][name])) for name in COMPARED}


def _parameters(result: Result, outcome: Outcome) -> dict[str, int]:
    """Give how many numbers are learned; a forest has none of that kind."""
    if outcome.model == FOREST:
        return {}
    windows = result.loaded[outcome.split].prepared.windows
    model = MODELS.get(outcome.model)(len(outcome.rows), len(windows.classes), windows.samples, outcome.model_params)
    return {"used": model.count_parameters(), "with_dormant": model.count_parameters(dormant=True)}


def _looks(result: Result, work: Resampled, of: dict[str, list[int]]) -> tuple[dict, dict]:
    """Give by arm how much attention it has in common with its teacher: means, and packed resamples."""
    teachers = {(o.seed, o.split): o for o in result.outcomes if o.arm == "teacher"}
    lone = {o.split: o for o in result.outcomes if o.arm == "teacher"} if result.experiment.teacher else {}
    found: dict[int, dict[str, np.ndarray]] = {}
    for arm, own in of.items():
        for i in own if ARMS[arm].role == "student" else []:
            outcome = result.outcomes[i]
            teacher = teachers.get((outcome.seed, outcome.split)) or lone.get(outcome.split)
            if teacher is not None and (told := _looked(outcome, teacher)) is not None:
                found[i] = told
    means, drawn = {}, {}
    for arm, own in of.items():
        there = [i for i in own if i in found]
        if not there:
            continue
        means[arm] = {name: float(np.mean([found[i][name].mean() for i in there])) for name in (OVERLAP, BEYOND_CHANCE)}
        if work.resampled:
            ratios = {i: {n: _resample(work, result.outcomes[i].split, v) for n, v in found[i].items()} for i in there}
            drawn[arm] = {n: packed(work.means(there, lambda i, n=n, own=ratios: own[i][n])) for n in means[arm]}
    return means, drawn


def _looked(student: Outcome, teacher: Outcome) -> dict[str, np.ndarray] | None:
    """Give for every labeled test window the attention in common, and how much of it windows paired at random do not have."""
    one, two = student.predictions["test"].labeled().attention, teacher.predictions["test"].labeled().attention
    if one is None or two is None or one.shape != two.shape:
        return None
    own = overlaps(one, two)[OVERLAP]
    generator = numpy_generator("evidence", len(one))
    chance = np.mean([np.minimum(one, two[generator.permutation(len(two))]).sum(axis=1) for _ in range(SHUFFLES)], axis=0)
    return {OVERLAP: own, BEYOND_CHANCE: own - chance}


def _resample(work: Resampled, fold: str, values: np.ndarray) -> np.ndarray:
    """Give the mean over the windows of a fold under every resample of people, (R,); NaN where it has nobody."""
    index = work.index[fold]
    top = np.bincount(index, weights=values, minlength=work.units.n)
    size = np.bincount(index, minlength=work.units.n).astype(np.float64)
    parts = [np.divide(top @ w, size @ w, out=np.full(w.shape[1], np.nan), where=size @ w > 0) for w in work.people]
    return np.concatenate(parts)


def _classes(result: Result, work: Resampled, of: dict[str, list[int]], comparison: Comparison) -> dict[str, Any]:
    """Give every class's score by arm, and what it loses to the teacher, with intervals over people and seeds."""
    names = next(iter(result.loaded.values())).prepared.windows.classes
    told: dict[str, Any] = {"names": {"names": list(names)}}
    if not work.resampled:
        return told
    by_run = [_by_class(work, run) for run in work.runs]
    for metric in BY_CLASS:
        drawn = {
            arm: [work.means(own, lambda i, k=k, metric=metric: by_run[i][metric][k]) for k in range(len(names))]
            for arm, own in of.items()
        }
        told[metric] = {arm: _ends(own, drawn.get("teacher") if arm != "teacher" else None) for arm, own in drawn.items()}
    return told


def _by_class(work: Resampled, run: Run) -> dict[str, np.ndarray]:
    kernel = WeightedScores(run.predictions.labeled(), work.index[run.fold], work.units.n, ("pr_auc",))
    parts = [kernel.with_classes(weights)[1] for weights in work.people]
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in BY_CLASS}


def _ends(drawn: list[np.ndarray], teacher: list[np.ndarray] | None) -> dict[str, list[float | None]]:
    columns = {"mean": [_middle(v) for v in drawn], **_outer(drawn)}
    if teacher is not None:
        lost = [theirs - mine for theirs, mine in zip(teacher, drawn, strict=True)]
        columns |= {"lost": [_middle(v) for v in lost], **{f"lost_{n}": v for n, v in _outer(lost).items()}}
    return columns


def _middle(values: np.ndarray) -> float | None:
    there = values[np.isfinite(values)]
    return round(float(there.mean()), 4) if len(there) else None


def _outer(drawn: list[np.ndarray]) -> dict[str, list[float | None]]:
    ends: dict[str, list[float | None]] = {"low": [], "high": []}
    for values in drawn:
        there = values[np.isfinite(values)]
        enough = len(there) >= len(values) / 2
        for name, share in (("low", (1 - LEVEL) / 2), ("high", (1 + LEVEL) / 2)):
            ends[name].append(round(float(np.quantile(there, share)), 4) if enough else None)
    return ends


def _said(outcomes: tuple[Outcome, ...]) -> dict[str, dict[str, list[float]]]:
    """Give for the first test subjects the share of windows of each class, and what every arm says on average."""
    found: dict[str, dict[str, list[np.ndarray]]] = {}
    for outcome in outcomes:
        test = outcome.predictions["test"].labeled()
        for subject in np.unique(test.subject):
            if subject not in found and len(found) >= MOST_SUBJECTS:
                continue
            own = test.select(test.subject == subject)
            rows = found.setdefault(str(subject), {"truth": [np.bincount(own.target, minlength=len(own.classes)) / len(own)]})
            rows.setdefault(outcome.arm, []).append(own.probability.mean(axis=0))
    return {
        subject: {arm: np.mean(rows, axis=0).round(4).tolist() for arm, rows in by_arm.items()}
        for subject, by_arm in found.items()
    }
