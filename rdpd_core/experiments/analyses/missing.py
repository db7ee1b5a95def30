"""What each arm loses when channels it was trained on are missing at test time: from none to all of them, and one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation import METRICS, Predictions
from rdpd_core.evaluation.intervals import Units, draw_weights, percentile_interval, resampling_units
from rdpd_core.evaluation.scores import HEADLINE, Interval, people
from rdpd_core.evaluation.weighted import WeightedScores
from rdpd_core.experiments.analyses.base import ANALYSES, NOT_SHOWN, SHOWN, UNKNOWN, Analysis, OnProgress, Result, Sentence
from rdpd_core.experiments.cases import ArmBook, CaseBook
from rdpd_core.experiments.source import Source
from rdpd_core.experiments.subjects import title_of
from rdpd_core.experiments.whatif import AT_ONCE, Asker, Reader
from rdpd_core.params import Params, choice, number
from rdpd_core.runtime import numpy_generator

STEPS = 8
"""So many numbers of missing channels are tried, spread over none to all, where there are more."""
Subset = tuple[int, ...]


@dataclass(frozen=True)
class _Ground:
    """What all scores are taken from.

    Attributes:
        book: Windows and models.
        source: The models themselves.
        metric: Name of the score.
        known: (N,), which windows have a label.
        units: People of those windows.
        weights: (U, 1 + R), everybody once, then resamples; one column where there are too few people.
    """

    book: CaseBook
    source: Source
    metric: str
    known: np.ndarray
    units: Units
    weights: np.ndarray


@ANALYSES.register
class Missing(Analysis):
    """Scores with channels missing."""

    name = "missing"
    title = "Channels missing at test time"
    help = "What each arm loses when channels that it reads are missing at test time, replaced by their training mean."

    @dataclass(frozen=True)
    class Params(Params):
        """Settings."""

        score: str = choice("macro_f1", HEADLINE, "which score")
        subsets: int = number(6, 1, 200, "most sets of missing channels tried for each number of them; single channels all are")
        draws: int = number(200, 100, 5000, "resamples of people")

    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Take channels away, and score every arm.

        Raises:
            DataError: No window has a label.
        """
        ground = _ground(source, self.params.score, self.params.draws)
        groups = _groups(ground.book)
        plans = {reads: plan(len(reads), self.params.subsets) for reads in groups}
        total, done = sum(len(sets) for sets in plans.values()), 0
        arms: list[dict[str, Any]] = []
        for reads, books in groups.items():
            asker, scores = _asker(ground, books, reads), {book.arm: {} for book in books}
            for subset in plans[reads]:
                on_progress("taking channels away", done, total)
                done += 1
                for book, values in zip(books, _scored(ground, asker, books, subset, reads), strict=True):
                    scores[book.arm][subset] = values
            arms += [_arm(ground, book, reads, scores[book.arm]) for book in books]
        order = [book.arm for book in ground.book.arms]
        arms.sort(key=lambda arm: order.index(arm["arm"]))
        n = people(int(ground.known.sum()), len(np.unique(ground.book.windows.subject[ground.known])))
        values = {"metric": self.params.score, "n": n, "unit": ground.units.kind, "arms": arms}
        return Result(values, _tables(arms), tuple(_sentences(arms, n, ground)), tuple(_notices(ground)))


def _ground(source: Source, metric: str, draws: int) -> _Ground:
    book = source.book()
    known = book.windows.target >= 0
    if not known.any():
        raise DataError("none of the windows has a label, so nothing can be scored; choose subjects that have some")
    units = resampling_units(book.windows.subject[known], book.windows.recording[known])
    weights = np.ones((units.n, 1))
    if units.enough:
        drawn = draw_weights(units.n, draws, numpy_generator("missing", units.kind, units.n))
        weights = np.concatenate([weights, drawn], axis=1)
    return _Ground(book, source, metric, known, units, weights)


def _groups(book: CaseBook) -> dict[Subset, list[ArmBook]]:
    """Give the arms by the positions of the channels they read."""
    found: dict[Subset, list[ArmBook]] = {}
    for arm in book.arms:
        found.setdefault(tuple(int(row) for row in book.windows.rows(list(arm.channels))), []).append(arm)
    return found


def plan(channels: int, most: int) -> list[Subset]:
    """Give the sets of missing channels that are tried, as positions among those read, smaller ones first.

    Args:
        channels: How many are read.
        most: Sets for each number of them; of single channels all are tried.
    """
    sizes = sorted({round(k) for k in np.linspace(0, channels, min(channels + 1, STEPS))} | {1})
    found: list[Subset] = []
    for k in sizes:
        if k <= 1 or math.comb(channels, k) <= most:
            found += combinations(range(channels), k)
            continue
        generator, drawn = numpy_generator("missing channels", channels, k), set()
        while len(drawn) < most:
            drawn.add(tuple(sorted(generator.choice(channels, k, replace=False).tolist())))
        found += sorted(drawn)
    return found


def _asker(ground: _Ground, books: Sequence[ArmBook], reads: Subset) -> Asker:
    return Asker([Reader(card, ground.source.model(card), reads) for book in books for card in book.cards])


def _scored(ground: _Ground, asker: Asker, books: Sequence[ArmBook], subset: Subset, reads: Subset) -> list[np.ndarray]:
    """Give scores (1 + R,) of each arm, mean over its models, with some of its channels at their training mean."""
    windows, gone = ground.book.windows, [reads[at] for at in subset]
    mean = ground.book.loaded.statistics.mean[gone].astype(np.float32)[None, :, None]
    parts: list[list[np.ndarray]] = []
    places = np.flatnonzero(ground.known)
    for part in np.array_split(places, max(1, -(-len(places) // AT_ONCE))):
        x = windows.gather(part)
        x[:, gone] = mean
        parts.append([answer.probability for answer in asker.ask(x)])
    facts = {name: getattr(windows, name)[ground.known] for name in ("target", "subject", "recording")}
    said = iter([np.concatenate(own) for own in zip(*parts, strict=True)])

    def one(probability: np.ndarray) -> np.ndarray:
        predictions = Predictions(probability, classes=windows.classes, **facts)
        return WeightedScores(predictions, ground.units.index, ground.units.n, [ground.metric])(ground.weights)[ground.metric]

    return [np.mean([one(next(said)) for _ in book.cards], axis=0) for book in books]


def _arm(ground: _Ground, book: ArmBook, reads: Subset, scores: dict[Subset, np.ndarray]) -> dict[str, Any]:
    """Give the course of an arm over the number of missing channels, and what each single channel costs."""
    whole = scores[()]
    course = []
    for k in sorted({len(subset) for subset in scores}):
        own = [values for subset, values in scores.items() if len(subset) == k]
        mean = np.mean(own, axis=0)
        course.append({"missing": k, "sets": len(own), **_told(ground, mean, "score"), **_told(ground, whole - mean, "loss")})
    single = [
        {"channel": book.channels[subset[0]], **_told(ground, whole - values, "loss")}
        for subset, values in scores.items()
        if len(subset) == 1
    ]
    return {"arm": book.arm, "models": len(book.cards), "channels": len(reads), "course": course, "single": single}


def _told(ground: _Ground, values: np.ndarray, name: str) -> dict[str, Any]:
    """Give a value and its interval under plain names."""
    found = percentile_interval(values[1:], ground.units) if ground.weights.shape[1] > 1 else None
    return {name: float(values[0]), f"{name} low": found and found.low, f"{name} high": found and found.high}


def _tables(arms: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    course = [
        {"arm": arm["arm"], "channels": arm["channels"], "models": arm["models"], **row}
        for arm in arms
        for row in arm["course"]
    ]
    single = [{"arm": arm["arm"], "models": arm["models"], **row} for arm in arms for row in arm["single"]]
    return {"Channels missing": course, "Single channels": single}


def _sentences(arms: Sequence[dict[str, Any]], n: str, ground: _Ground) -> list[Sentence]:
    title, told = METRICS[ground.metric].title, []
    for arm in arms:
        name, one = title_of(arm["arm"]), next(row for row in arm["course"] if row["missing"] == 1)
        interval = _interval(one, ground)
        if arm["channels"] == 1:
            text = f"{name} reads one channel; without it {title} falls by"
        else:
            worst = max(arm["single"], key=lambda row: row["loss"])
            most = f"loses most without {worst['channel']} ({worst['loss']:.3f} in {title})"
            text = f"{name} {most}; one of its {arm['channels']} costs"
        claim = UNKNOWN if interval is None else SHOWN if interval.low > 0 else NOT_SHOWN
        if claim == NOT_SHOWN:
            text = f"That a missing channel costs {name} anything in {title} is not shown: the mean loss is"
        text = f"{text} {one['loss']:.3f} on average."
        null = "0: nothing is lost"
        told.append(Sentence(text, claim, n, null, one["loss"], interval, {"arm": arm["arm"]}))
    return told


def _interval(row: dict[str, Any], ground: _Ground) -> Interval | None:
    if row["loss low"] is None:
        return None
    return Interval(row["loss low"], row["loss high"], ground.units.kind, ground.units.n, ground.weights.shape[1] - 1)


def _notices(ground: _Ground) -> list[str]:
    told = ["A missing channel is replaced by its mean over the training subjects; the models were not trained for that."]
    if ground.units.enough:
        told.append(f"Intervals resample {ground.units.n} {ground.units.kind} {ground.weights.shape[1] - 1} times.")
    else:
        told.append(f"No intervals: {ground.units.n} {ground.units.kind} are too few to resample.")
    told.append("Scores are means over models and over the sets of missing channels that were tried.")
    return told
