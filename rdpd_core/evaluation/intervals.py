"""How sure one may be of a score: percentile intervals from resampling people.

Windows of one person resemble each other, so people are resampled, with all their windows (cluster bootstrap: Field and Welsh,
Journal of the Royal Statistical Society B 69, 2007; percentile interval: Efron and Tibshirani, An Introduction to the
Bootstrap, 1993).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.metrics import check_classes, score
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import METRICS, Interval, Scores, metric
from rdpd_core.evaluation.weighted import WeightedScores
from rdpd_core.runtime import numpy_generator

DRAWS = 500
LEVEL = 0.95
MINIMUM_UNITS = 5
_CELLS = 4_000_000


@dataclass(frozen=True)
class Units:
    """What is resampled.

    Attributes:
        kind: "subjects" or "recordings".
        index: (N,), int64, the unit of each window.
        n: How many units.
    """

    kind: str
    index: np.ndarray
    n: int

    @property
    def enough(self) -> bool:
        """Whether there are enough units for an interval."""
        return self.n >= MINIMUM_UNITS


def resampling_units(subject: np.ndarray, recording: np.ndarray) -> Units:
    """Give the units to resample: subjects if there are at least 5, else the recordings of the few subjects.

    Args:
        subject: (N,), text.
        recording: (N,), text.
    """
    people, index = np.unique(subject, return_inverse=True)
    if len(people) >= MINIMUM_UNITS:
        return Units("subjects", index, len(people))
    _, of_recording = np.unique(recording, return_inverse=True)
    pairs, both = np.unique(index * len(recording) + of_recording, return_inverse=True)
    return Units("recordings", both, len(pairs))


def draw_weights(n: int, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Give how often each of `n` units falls when `n` are drawn with replacement, (n, draws), float64."""
    drawn = generator.integers(0, n, size=(draws, n)) + np.arange(draws)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=draws * n).reshape(draws, n).T.astype(np.float64)


def chunks(n: int, draws: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the weights of `draws` resamples of `n` units, (n, R) at a time, so that memory stays bounded."""
    step = max(1, _CELLS // n)
    for at in range(0, draws, step):
        yield draw_weights(n, min(step, draws - at), generator)


def check_draws(draws: int) -> None:
    """Raise ParameterError if there are too few draws for the ends of a 95% interval."""
    if draws < 100:
        raise ParameterError(f"draws={draws} is too few for a {LEVEL:.0%} interval; give 100 or more ({DRAWS} is usual)")


def percentile_interval(values: np.ndarray, units: Units, partial: int = 0) -> Interval | None:
    """Give the central 95% of resampled values, (R,); None if there are too few units, or most draws could not be scored."""
    there = values[np.isfinite(values)]
    if not units.enough or len(there) < len(values) / 2:
        return None
    low, high = np.percentile(there, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(float(low), float(high), units.kind, units.n, len(values), partial, LEVEL)


def evaluate(predictions: Predictions, metrics: Sequence[str] = tuple(METRICS), draws: int = DRAWS, seed: int = 0) -> Scores:
    """Give every score, overall and per class, with 95% intervals.

    Args:
        predictions: Windows without a label are left out.
        metrics: Scores that get an interval.
        draws: Resamples of people.
        seed: Keys the resamples.

    Raises:
        DataError: No window has a label, or all are of one class.
        ParameterError: Too few draws.
        UnknownNameError: No such metric.
    """
    check_draws(draws)
    metrics = [metric(name).name for name in metrics]
    scores, known = score(predictions), predictions.labeled()
    units = resampling_units(known.subject, known.recording)
    if not units.enough:
        return replace(scores, intervals=dict.fromkeys(metrics), per_class_intervals={})
    values, per_class, partial = _resampled(known, units, metrics, draws, seed)
    present = check_classes(np.array(list(scores.support.values())), known.classes)
    return replace(
        scores,
        intervals={m: percentile_interval(v, units, partial) for m, v in values.items()},
        per_class_intervals={
            m: {known.classes[k]: percentile_interval(by[k], units) for k in present} for m, by in per_class.items()
        },
    )


def _resampled(
    known: Predictions, units: Units, metrics: Sequence[str], draws: int, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], int]:
    """Give scores (R,), per-class scores (K, R), and the number of draws that lacked a class."""
    kernel = WeightedScores(known, units.index, units.n, metrics)
    parts, by_class, partial = [], [], 0
    for weights in chunks(units.n, draws, numpy_generator("bootstrap", seed, units.kind, units.n)):
        values, per_class = kernel.with_classes(weights)
        parts.append(values)
        by_class.append(per_class)
        partial += int(kernel.missing(weights).sum())
    joined = {m: np.concatenate([p[m] for p in parts]) for m in metrics}
    return joined, {m: np.concatenate([p[m] for p in by_class], axis=1) for m in by_class[0]}, partial
