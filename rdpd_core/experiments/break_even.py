"""From which share of rich recordings on imitation pays, with an interval over people and seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rdpd_core.evaluation.intervals import LEVEL
from rdpd_core.experiments.evidence.cell import Cell

AXIS = "rich_share"


class BreakEven(NamedTuple):
    """Where the difference of two arms turns positive for good.

    Attributes:
        share: Where it does; infinite if it is not above 0 at the largest share.
        low: Lower end of the 95% interval; None if there are too few people for one.
        high: Upper end; infinite if in more than 2.5% of the resamples imitation never pays.
        least: The smallest share that was tried: a break-even there means "there or before".
        most: The largest.
    """

    share: float
    low: float | None
    high: float | None
    least: float
    most: float


def break_even(cells: Sequence[Cell], arm: str, other: str, metric: str) -> BreakEven | None:
    """Give where an arm begins to be above another one; None with fewer than two shares that have both.

    Args:
        cells: Experiments of one view and the same people, which differ in the share that is recorded richly.
        arm: Whose score.
        other: Over whose.
        metric: Name of the score.
    """
    own = sorted((c for c in cells if c.has(arm, other)), key=lambda c: c.at[AXIS])
    if len(own) < 2:
        return None
    shares = np.array([float(c.at[AXIS]) for c in own])
    point = crossing(shares, np.array([c.difference(arm, other, metric).value for c in own])[:, None])[0]
    both = [(c.values(arm, metric), c.values(other, metric)) for c in own]
    alike = all(c.windows == own[0].windows for c in own)
    low, high = None, None
    if alike and all(a is not None and b is not None for a, b in both):
        gaps = np.array([a - b for a, b in both])
        drawn = crossing(shares, gaps[:, np.isfinite(gaps).all(axis=0)])
        if len(drawn):
            ends = [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
            low, high = map(float, np.percentile(drawn, ends, method="inverted_cdf"))  # between infinities there is no mean
    return BreakEven(float(point), low, high, float(shares[0]), float(shares[-1]))


def crossing(shares: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Give from where on differences are above 0, by straight lines between the shares.

    Args:
        shares: (V,), ascending.
        gaps: (V, R), differences at each share under each resample.

    Returns:
        (R,), the first share if all are above 0, infinite if the last one is not.
    """
    off = gaps <= 0
    last = np.where(off.any(axis=0), len(shares) - 1 - off[::-1].argmax(axis=0), -1)  # the last one that is not above 0
    column = np.arange(gaps.shape[1])
    at, after = np.clip(last, 0, len(shares) - 2), np.clip(last + 1, 1, len(shares) - 1)
    below, above = gaps[at, column], gaps[after, column]
    with np.errstate(divide="ignore", invalid="ignore"):
        within = shares[at] - below / (above - below) * (shares[after] - shares[at])
    return np.where(last < 0, shares[0], np.where(last == len(shares) - 1, math.inf, within))


def sentence(found: BreakEven, title: str) -> str:
    """Say from where on imitation pays.

    Args:
        found: Of one view.
        title: Of the arm that imitates.
    """
    ends = "" if found.low is None else f" [{_word(found.low, found)}, {_word(found.high, found)}]"
    if math.isinf(found.share):
        return f"even with {found.most:.0%} of the training data recorded richly {title} does not pay{ends}."
    return f"{title} pays from {_word(found.share, found)} of the training data recorded richly on{ends}."


def _word(share: float, found: BreakEven) -> str:
    if math.isinf(share):
        return f"more than {found.most:.0%}"
    return f"at most {share:.0%}" if share <= found.least else f"{share:.0%}"
