"""What is gained by not deciding the windows a model is least sure of: accuracy against the share that is decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.evaluation.estimates import Estimate, mean_of
from rdpd_core.evaluation.intervals import DRAWS, Units

SHARES = tuple(np.round(np.arange(1.0, 0.04, -0.05), 2).tolist())


@dataclass(frozen=True)
class Kept:
    """The windows that are still decided at one threshold.

    Attributes:
        threshold: Least confidence that is decided.
        share: Of windows decided, in (0, 1]; a little more than asked for where confidences are equal.
        accuracy: Of those.
    """

    threshold: float
    share: float
    accuracy: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def abstain_curve(
    confidence: np.ndarray, right: np.ndarray, units: Units, shares: tuple[float, ...] = SHARES, draws: int = DRAWS
) -> tuple[Kept, ...]:
    """Give accuracy at falling shares of windows that are decided, each share once.

    Args:
        confidence: (N,), in the chosen class.
        right: (N,), whether the chosen class is the true one.
        units: Whom each window belongs to.
        shares: Asked for.
        draws: Resamples of people; thresholds stay as they are.
    """
    found: dict[int, Kept] = {}
    for share in shares:
        limit = threshold_of(confidence, share)
        kept = confidence >= limit
        n = int(kept.sum())
        if n not in found:
            found[n] = Kept(limit, n / len(kept), mean_of(right, units, kept, draws=draws, key="abstain"))
    return tuple(found.values())


def threshold_of(confidence: np.ndarray, share: float) -> float:
    """Give the confidence from which on about this share of windows is decided."""
    ordered = np.sort(confidence)[::-1]
    return float(ordered[max(1, round(share * len(ordered))) - 1])
