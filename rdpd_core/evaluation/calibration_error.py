"""How far confidence is from accuracy, with an interval over people and with what a perfectly calibrated model would score.

A calibrated model has an error above 0 too, the more so the fewer windows there are. What it would score here is simulated by
drawing truths from the model's own probabilities (consistency resampling), once for every window alone and once alike for all
windows of a person: how much windows of one person depend on each other is unknown, and lies between these two.

References:
    Guo, Pleiss, Sun and Weinberger, ICML 2017 (top-label error); Kull et al., NeurIPS 2019 (class-wise error);
    Bröcker and Smith, Weather and Forecasting 22, 2007 (consistency resampling).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.evaluation.calibration import BINS, log_loss, mass_edges, squared_distance
from rdpd_core.evaluation.estimates import Estimate, mean_of
from rdpd_core.evaluation.intervals import DRAWS, Units, chunks, percentile_interval
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator

NULL_DRAWS = 200
TITLES = {
    "ece": "ECE, bins of equal width",
    "ece_mass": "ECE, bins of equal mass",
    "ece_class": "ECE, class by class",
    "nll": "NLL (nat)",
    "brier": "Brier score",
    "overconfidence": "confidence less accuracy",
}


@dataclass(frozen=True)
class Error:
    """A calibration error.

    Attributes:
        value: As observed.
        interval: 95%, resampling people, its ends moved by the bias of the resampled error; None if there are too few people.
        null: Mean error of a calibrated model, every window drawn alone.
        band: 95th percentile of this error, every window drawn alone, and all windows of a person drawn alike.
    """

    value: float
    interval: Interval | None
    null: float
    band: tuple[float, float]

    @property
    def claim(self) -> int:
        """1 if the error is above what calibration explains, -1 if within it, 0 if that depends on how alike windows are."""
        return 1 if self.value > max(self.band) else -1 if self.value <= min(self.band) else 0

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self) | {"claim": self.claim}


def calibration_errors(
    probability: np.ndarray,
    target: np.ndarray,
    units: Units,
    *,
    bins: int = BINS,
    draws: int = DRAWS,
    null_draws: int = NULL_DRAWS,
) -> dict[str, Error | Estimate]:
    """Give the three calibration errors, and NLL, Brier score and confidence less accuracy, by the names of `TITLES`.

    Args:
        probability: (N, K).
        target: (N,), all known.
        units: Whom each window belongs to.
        bins: For the errors.
        draws: Resamples of people.
        null_draws: Truths drawn from the model's own probabilities.
    """
    binned = {name: _binning(probability, name, bins) for name in ("ece", "ece_mass", "ece_class")}
    hits = _hits(probability, target[None])
    alone, alike = (_drawn(probability, index, null_draws, name) for name, index in _ways(units, len(target)))
    found: dict[str, Error | Estimate] = {}
    for name, own in binned.items():
        observed = own.errors(hits[name])[0]
        nulls = [own.errors(_hits(probability, truths)[name]) for truths in (alone, alike)]
        band = tuple(float(np.percentile(values, 95)) for values in nulls)
        interval = _interval(own, hits[name][0], units, draws, observed)
        found[name] = Error(float(observed), interval, float(nulls[0].mean()), band)
    confidence, right = probability.max(axis=1), hits["ece"][0][:, 0]
    values = {
        "nll": log_loss(probability, target),
        "brier": squared_distance(probability, target),
        "overconfidence": confidence - right,
    }
    return found | {name: mean_of(v, units, draws=draws, key="calibration") for name, v in values.items()}


@dataclass(frozen=True)
class _Binning:
    """Scores (N, J) of J yes-or-no statements, and the bin (N, J) each falls into, numbered across statements."""

    score: np.ndarray
    which: np.ndarray
    total: int

    def errors(self, hits: np.ndarray) -> np.ndarray:
        """Give the error, mean over statements, for several truths (R, N, J): (R,)."""
        n, j = self.score.shape
        gaps = [np.bincount(self.which.ravel(), weights=(self.score - own).ravel(), minlength=self.total) for own in hits]
        return np.abs(gaps).sum(axis=1) / n / j


def _binning(probability: np.ndarray, name: str, bins: int) -> _Binning:
    score = probability if name == "ece_class" else probability.max(axis=1)[:, None]
    if name == "ece_mass":
        which = np.searchsorted(mass_edges(score[:, 0], bins)[1:-1], score, side="left")
    else:
        which = np.clip(np.ceil(score * bins).astype(np.int64) - 1, 0, bins - 1)
    return _Binning(score, which + bins * np.arange(score.shape[1]), bins * score.shape[1])


def _hits(probability: np.ndarray, truths: np.ndarray) -> dict[str, np.ndarray]:
    """Give what is true of each statement, (R, N, J) by name, for truths (R, N)."""
    top = (truths == probability.argmax(axis=1)).astype(np.float64)[..., None]
    each = (truths[..., None] == np.arange(probability.shape[1])).astype(np.float64)
    return {"ece": top, "ece_mass": top, "ece_class": each}


def _ways(units: Units, n: int) -> tuple[tuple[str, np.ndarray], tuple[str, np.ndarray]]:
    return ("alone", np.arange(n)), ("alike", units.index)


def _drawn(probability: np.ndarray, index: np.ndarray, draws: int, name: str) -> np.ndarray:
    """Give truths (R, N) drawn from the probabilities; windows of equal `index` share their luck."""
    luck = numpy_generator("calibrated", name).random((draws, int(index.max()) + 1))[:, index]
    below = probability.cumsum(axis=1)[:, :-1]
    return np.stack([(own[:, None] > below).sum(axis=1) for own in luck])


def _interval(own: _Binning, hits: np.ndarray, units: Units, draws: int, observed: float) -> Interval | None:
    gap = (own.score - hits).ravel()
    place = own.which * units.n + units.index[:, None]
    sums = np.bincount(place.ravel(), weights=gap, minlength=own.total * units.n).reshape(own.total, units.n)
    sums = sums[np.abs(sums).sum(axis=1) > 0]
    sizes, statements = np.bincount(units.index, minlength=units.n), own.score.shape[1]
    drawn = chunks(units.n, draws, numpy_generator("calibration error", units.kind, units.n))
    values = np.concatenate([np.abs(sums @ w).sum(axis=0) / (sizes @ w) / statements for w in drawn])
    values = np.maximum(values - (values.mean() - observed), 0)
    return percentile_interval(values, units)
