"""Something of windows along recordings, piece by piece, with intervals over people and what turned time would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.evaluation.estimates import Estimate, mean_of
from rdpd_core.evaluation.intervals import DRAWS, resampling_units
from rdpd_core.runtime import numpy_generator

FEWEST, MOST = 3, 8
"""Pieces that a recording is cut into."""
TURNS = 500


@dataclass(frozen=True)
class Course:
    """A mean along recordings.

    Attributes:
        values: Of each piece, from the beginning to the end of recordings.
        null: Of each piece, the central 95% of means when time is turned in every recording: its end joined to its beginning.
        outside: Pieces outside of that.
        p: Share of turns, counting none, whose pieces differ as much among each other; None where all are alike.
        subjects: How many people are behind it.
        recordings: How many have a window in every piece.
        left_out: Recordings too short for that.
    """

    values: tuple[Estimate, ...]
    null: tuple[tuple[float, float], ...]
    outside: int
    p: float | None
    subjects: int
    recordings: int
    left_out: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def pieces_for(recordings: Sequence[np.ndarray]) -> int:
    """Give into how many pieces recordings are cut: as many as the middle one has windows, at least 3 and at most 8."""
    lengths = [len(own) for own in recordings]
    return int(np.clip(np.median(lengths), FEWEST, MOST)) if lengths else FEWEST


def course(
    values: np.ndarray,
    recordings: Sequence[np.ndarray],
    subject: np.ndarray,
    recording: np.ndarray,
    pieces: int,
    *,
    draws: int = DRAWS,
    turns: int = TURNS,
) -> Course | None:
    """Give the course of a value along recordings; None if no recording has a window in every piece.

    Neighboring windows resemble each other, so time is turned, never shuffled.

    Args:
        values: (N,), of each window.
        recordings: Where the windows of each recording are among the N, in the order of time; windows that are in none are
            left out.
        subject: (N,), text.
        recording: (N,), text.
        pieces: Into how many a recording is cut.
        draws: Resamples of people.
        turns: How often time is turned.
    """
    long = [own for own in recordings if len(own) >= pieces]
    if not long:
        return None
    place = np.concatenate([np.arange(len(own)) * pieces // len(own) for own in long])
    there = np.concatenate(long)
    size = np.bincount(place, minlength=pieces)
    units = resampling_units(subject[there], recording[there])
    found = tuple(mean_of(values[there], units, place == at, draws=draws, key="course") for at in range(pieces))
    generator = numpy_generator("course", len(there), pieces)
    turned = np.empty((turns, pieces))
    for row in turned:
        mixed = np.concatenate([np.roll(values[own], int(generator.integers(len(own)))) for own in long])
        row[:] = np.bincount(place, weights=mixed, minlength=pieces) / size
    low, high = np.percentile(turned, [2.5, 97.5], axis=0)
    own = np.array([one.value for one in found])
    spread, drawn = own.std(), turned.std(axis=1)
    p = float((1 + (drawn >= spread - 1e-12).sum()) / (1 + turns)) if drawn.max() > 1e-12 else None
    outside = int(((own < low - 1e-12) | (own > high + 1e-12)).sum())
    ends = tuple(zip(low.tolist(), high.tolist(), strict=True))
    people = len(np.unique(subject[there]))
    return Course(found, ends, outside, p, people, len(long), len(recordings) - len(long))
