"""One number that makes probabilities mean what they say: logits are divided by a temperature fitted on validation windows.

Reference: Guo, Pleiss, Sun and Weinberger, ICML 2017.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.intervals import DRAWS, Units, chunks, percentile_interval
from rdpd_core.evaluation.predictions import softmax
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator

LOW, HIGH = 0.05, 20.0
LEAST_WINDOWS = 20
_STEPS = 241
_SMALLEST = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Temperature:
    """A fitted temperature.

    Attributes:
        value: Above 1 makes a model less sure, below 1 surer.
        interval: 95%, resampling the people it was fitted on; None if there are too few.
        at_limit: Whether it went as far as it may, so that no finite temperature is best.
        n: Windows it was fitted on.
    """

    value: float
    interval: Interval | None
    at_limit: bool
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def fit_temperature(probability: np.ndarray, target: np.ndarray, units: Units, draws: int = DRAWS) -> Temperature:
    """Give the temperature with the lowest log loss on these windows, to about 1%.

    Args:
        probability: (N, K), of validation windows.
        target: (N,), all known.
        units: Whom each window belongs to.
        draws: Resamples of people.

    Raises:
        DataError: There are too few windows, or they are all of one class.
    """
    if len(target) < LEAST_WINDOWS or len(np.unique(target)) < 2:
        raise DataError(
            f"a temperature was to be fitted on {len(target)} labeled validation windows of {len(np.unique(target))} classes; "
            f"{LEAST_WINDOWS} windows of 2 classes are the least: choose data with more validation subjects"
        )
    tries = np.geomspace(LOW, HIGH, _STEPS)
    logits = _logits(probability)
    losses = np.stack([_loss(logits, target, tau) for tau in tries], axis=1)  # (N, tries)
    sums = np.stack([np.bincount(units.index, weights=own, minlength=units.n) for own in losses.T])  # (tries, U)
    best = int(sums.sum(axis=1).argmin())
    drawn = chunks(units.n, draws, numpy_generator("temperature", units.kind, units.n))
    resampled = np.concatenate([tries[(sums @ w).argmin(axis=0)] for w in drawn])
    return Temperature(float(tries[best]), percentile_interval(resampled, units), best in (0, _STEPS - 1), len(target))


def tempered(probability: np.ndarray, temperature: float) -> np.ndarray:
    """Give class distributions (N, K) at another temperature; which class is the most probable does not change."""
    return softmax(_logits(probability) / temperature)


def _logits(probability: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probability, _SMALLEST))


def _loss(logits: np.ndarray, target: np.ndarray, tau: float) -> np.ndarray:
    scaled = logits / tau
    scaled -= scaled.max(axis=1, keepdims=True)
    return np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(target)), target]
