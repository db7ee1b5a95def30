"""Scores in the words of a guided case: how many windows are right, with n and an interval, and differences of two arms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rdpd_core.evaluation.intervals import DRAWS, chunks, percentile_interval, resampling_units
from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.guided._spot import percent, right_by
from rdpd_core.experiments.guided.base import Claim, claim, one_of
from rdpd_core.experiments.subjects import summarize, title_of
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Windows


class Difference(NamedTuple):
    """What one arm gets right more often than another, on the same n windows.

    Attributes:
        share: Of the windows, -1 to 1.
        interval: 95%, resampling people (or recordings); None where there are too few.
        windows: n.
    """

    share: float
    interval: Interval | None
    windows: int

    @property
    def words(self) -> str:
        """The difference with n and interval."""
        points = f"{100 * self.share:+.1f} percentage points"
        if self.interval is None:
            return f"{points}; n = {self.windows} windows, too few people for an interval"
        low, high = 100 * self.interval.low, 100 * self.interval.high
        return f"{points}, 95% interval {low:+.1f} to {high:+.1f}; n = {self.windows} windows of {people(self.interval)}"


def people(interval: Interval) -> str:
    """Give what was resampled."""
    return f"{interval.n} {interval.unit}"


def labeled(book: CaseBook) -> np.ndarray:
    """Give the positions of windows whose class is known."""
    return np.flatnonzero(book.windows.target >= 0)


def share_words(book: CaseBook, arm: str, places: np.ndarray) -> str:
    """Give how many of some windows an arm gets right, with n and an interval."""
    summary = summarize(book, places)
    own = next(one for one in summary.arms if one.arm == arm)
    words = f"{own.right} of {summary.labeled} windows right ({percent(own.right / summary.labeled)}"
    if own.interval is None:
        return f"{words}; n = {summary.subjects} subjects, too few or too alike for an interval)"
    return f"{words}, 95% interval {percent(own.interval.low)} to {percent(own.interval.high)}; n = {people(own.interval)})"


def difference(windows: Windows, places: np.ndarray, first: np.ndarray, second: np.ndarray) -> Difference:
    """Give how much more often the first is right, on the same windows, with an interval over people.

    Args:
        windows: All windows.
        places: Which of them count.
        first: (N,), whether the one is right.
        second: (N,), whether the other is.
    """
    units = resampling_units(windows.subject[places], windows.recording[places])
    gain = first[places].astype(float) - second[places].astype(float)
    gains, sizes = np.bincount(units.index, weights=gain, minlength=units.n), np.bincount(units.index, minlength=units.n)
    interval = None
    if units.enough:
        drawn = chunks(units.n, DRAWS, numpy_generator("guided", units.kind, units.n))
        interval = percentile_interval(np.concatenate([(gains @ w) / (sizes @ w) for w in drawn]), units)
    return Difference(float(gain.mean()), interval, len(places))


def compared(book: CaseBook, first: str, second: str) -> Claim:
    """Give the claim whether one arm is surely right more often than another, surely less often, or neither."""
    found = difference(book.windows, labeled(book), right_by(book, first), right_by(book, second))
    return judged(found, title_of(first), title_of(second))


def judged(found: Difference, first: str, second: str) -> Claim:
    """Give the claim that a difference allows.

    Args:
        found: The difference.
        first: Name of the one.
        second: Name of the other.
    """
    sure, told = found.interval, {"first": first, "second": second, "words": found.words}
    text = "{first} is right {more} often than {second} ({words})."
    neither = "The interval holds 0, so these windows do not tell {first} and {second} apart ({words})."
    few = "There are too few people to tell {first} and {second} apart ({words})."
    return one_of(
        claim("surely better", text, sure is not None and sure.low > 0, more="surely more", **told),
        claim("surely worse", text, sure is not None and sure.high < 0, more="surely less", **told),
        claim("not told apart", neither, sure is not None and sure.low <= 0 <= sure.high, **told),
        claim("too few people", few, sure is None, **told),
    )
