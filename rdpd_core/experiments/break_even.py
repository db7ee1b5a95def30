"""From which share of rich recordings on imitation pays, with an interval over people and seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rdpd_core.evaluation.intervals import LEVEL, MINIMUM_UNITS
from rdpd_core.experiments.evidence.cell import Cell
from rdpd_core.experiments.statements import seeds_are

AXIS = "rich_share"


class BreakEven(NamedTuple):
    """Where the difference of two arms turns positive for good.

    Attributes:
        share: Where it does; infinite if it is not above 0 at the largest share.
        low: Lower end of the 95% interval; None if there are too few people for one.
        high: Upper end; infinite if in more than 2.5% of the resamples imitation never pays.
        least: The smallest share that was tried: a break-even there means "there or before".
        most: The largest.
        unit: Of what the shares are: "training subjects" or "training windows".
        seeds: The fewest behind a share.
        enough: Whether these are enough to say anything; see `evaluation.paired`.
    """

    share: float
    low: float | None
    high: float | None
    least: float
    most: float
    unit: str = "training subjects"
    seeds: int = 5
    enough: bool = True


def break_even(cells: Sequence[Cell], arm: str, other: str, metric: str) -> BreakEven | None:
    """Give where an arm begins to be above another one; None with fewer than two shares that have both.

    The shares are those that were taken, which is more than was asked for where people are few.

    Args:
        cells: Experiments of one view and the same people, which differ in the share that is recorded richly.
        arm: Whose score.
        other: Over whose.
        metric: Name of the score.
    """
    apart = {taken(c): c for c in sorted((c for c in cells if c.has(arm, other)), key=lambda c: -c.at[AXIS])}
    shares, own = np.array(sorted(apart)), [apart[share] for share in sorted(apart)]
    if len(own) < 2:
        return None
    gaps = [c.difference(arm, other, metric) for c in own]
    point = crossing(shares, np.array([gap.value for gap in gaps])[:, None])[0]
    low, high = _ends(shares, own, arm, other, metric)
    unit = "training windows" if own[0].experiment.get("rich_by") == "windows" else "training subjects"
    seeds, enough = min(gap.n_seeds for gap in gaps), all(gap.enough for gap in gaps)
    return BreakEven(float(point), low, high, float(shares[0]), float(shares[-1]), unit, seeds, enough)


def taken(cell: Cell) -> float:
    """Give the share of training subjects, or windows, whose rich channels teachers learn from."""
    of = "windows" if cell.experiment.get("rich_by") == "windows" else "subjects"
    whole = cell.training[of]
    return float(cell.training.get(f"rich_{of}", whole) / whole)


def _ends(shares: np.ndarray, own: Sequence[Cell], arm: str, other: str, metric: str) -> tuple[float | None, float | None]:
    """Give the central 95% of where it lies under every resample; none if people differ, are few, or most lack a score."""
    both = [(c.values(arm, metric), c.values(other, metric)) for c in own]
    units = {c.comparison.n_units for c in own}
    alike = len(units) == 1 and min(units) >= MINIMUM_UNITS and all(c.windows == own[0].windows for c in own)
    if not alike or any(a is None or b is None for a, b in both):
        return None, None
    drawn = np.array([a - b for a, b in both])
    sound = np.isfinite(drawn).all(axis=0)
    if sound.sum() < len(sound) / 2:
        return None, None
    ends = [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
    low, high = np.percentile(crossing(shares, drawn[:, sound]), ends, method="inverted_cdf")  # infinities have no mean
    return float(low), float(high)


def crossing(shares: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Give from where on differences are above 0, by straight lines between the shares.

    Args:
        shares: (V,), ascending.
        gaps: (V, R), differences at each share under each resample, all finite.

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
    """Say from where on imitation pays, or why that is not decided.

    Args:
        found: Of one view.
        title: Of the arm that imitates.
    """
    asked = f"from which share of {found.unit} on {title} pays"
    if not found.enough:
        return f"{asked} is not told: {seeds_are(found.seeds)} too few."
    mean = _word(found.share, found)
    if found.low is None:
        return f"{asked} has no interval, as there are too few people; the mean lies at {mean}."
    if math.isinf(found.low):
        return f"{title} does not pay with up to {_percent(found.most)} of the {found.unit} recorded richly."
    ends = f"[{_word(found.low, found)}, {_word(found.high, found)}]"
    if math.isinf(found.high):
        return f"{asked} is not decided: {mean} {ends}."
    return f"{title} pays once {mean} {ends} of the {found.unit} are recorded richly, beside everybody in validation."


def _word(share: float, found: BreakEven) -> str:
    if math.isinf(share):
        return f"not with {_percent(found.most)}"
    return f"at most {_percent(share)}" if share <= found.least else _percent(share)


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
