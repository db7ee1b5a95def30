"""Whether a probability means what it says: calibration error, log loss, Brier score, and the reliability table.

References:
    Guo, Pleiss, Sun and Weinberger, ICML 2017 (top-label calibration error in equal-width bins);
    Brier, Monthly Weather Review 78, 1950.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rdpd_core.errors import ParameterError

BINS = 15
_SMALLEST = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy in bins of the confidence, of equal width or of equal mass.

    Attributes:
        edges: (bins + 1,), rising, a bin holds its upper edge; from 0 to 1 where bins are of equal width.
        confidence: (bins,), mean probability of the chosen class; NaN in an empty bin.
        accuracy: (bins,), share of right choices; NaN in an empty bin.
        count: (bins,), windows.
        ece: Expected calibration error.
    """

    edges: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    ece: float


def reliability(probability: np.ndarray, target: np.ndarray, bins: int = BINS) -> Reliability:
    """Give the reliability table of the chosen class.

    Args:
        probability: (N, K).
        target: (N,), all known.
        bins: Equal-width bins on (0, 1].

    Raises:
        ParameterError: Fewer than one bin.
    """
    confidence, right, which = top_label(probability, target, bins)
    count = np.bincount(which, minlength=bins)
    sums = [np.bincount(which, weights=values, minlength=bins) for values in (confidence, right)]
    with np.errstate(invalid="ignore"):
        mean_confidence, accuracy = (total / count for total in sums)
    ece = float(np.abs(sums[0] - sums[1]).sum() / len(target))
    return Reliability(np.linspace(0, 1, bins + 1), mean_confidence, accuracy, count, ece)


def mass_edges(confidence: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Give the edges, (bins + 1,), of bins that hold as many windows each; ties stay together, so that some may be empty."""
    if bins < 1:
        raise ParameterError(f"bins={bins} is not allowed; give 1 or more")
    ordered, n = np.sort(confidence), len(confidence)
    return ordered[np.maximum(-(-n * np.arange(bins + 1) // bins) - 1, 0)]


def reliability_by_mass(probability: np.ndarray, target: np.ndarray, bins: int = BINS) -> Reliability:
    """Give the reliability table of the chosen class in bins of equal mass; see `reliability`.

    Reference: Nguyen and O'Connor, EMNLP 2015 (bins of equal mass).
    """
    confidence, right, _ = top_label(probability, target, bins)
    edges = mass_edges(confidence, bins)
    which = np.searchsorted(edges[1:-1], confidence, side="left")
    count = np.bincount(which, minlength=bins)
    sums = [np.bincount(which, weights=values, minlength=bins) for values in (confidence, right)]
    with np.errstate(invalid="ignore"):
        mean_confidence, accuracy = (total / count for total in sums)
    return Reliability(edges, mean_confidence, accuracy, count, float(np.abs(sums[0] - sums[1]).sum() / len(target)))


def top_label(probability: np.ndarray, target: np.ndarray, bins: int = BINS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give, per window, the confidence in the chosen class, 1.0 if it is right, and the bin of the confidence; each (N,)."""
    if bins < 1:
        raise ParameterError(f"bins={bins} is not allowed; give 1 or more")
    confidence = probability.max(axis=1)
    right = (probability.argmax(axis=1) == target).astype(np.float64)
    which = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    return confidence, right, which


def log_loss(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Give the negative log-probability of the true class, (N,), in nats; a probability of 0 counts as the smallest number."""
    return -np.log(np.maximum(probability[np.arange(len(target)), target], _SMALLEST))


def squared_distance(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Give the squared distance to the true class's corner, (N,), from 0 to 2."""
    away = probability.copy()
    away[np.arange(len(target)), target] -= 1
    return np.square(away).sum(axis=1)


def calibration(probability: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Give ece, nll and brier of class distributions (N, K) against known targets (N,)."""
    return {
        "ece": reliability(probability, target).ece,
        "nll": float(log_loss(probability, target).mean()),
        "brier": float(squared_distance(probability, target).mean()),
    }
