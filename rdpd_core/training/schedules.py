"""Step size over the course of a training; a function of the place, so that going on needs no state."""

from __future__ import annotations

import math
from collections.abc import Callable


def _constant(progress: float) -> float:
    return 1.0


def _cosine(progress: float) -> float:
    """Fall from 1 to 0 along half a cosine wave (Loshchilov, Hutter. SGDR. ICLR 2017, without restarts)."""
    return (1 + math.cos(math.pi * min(1.0, progress))) / 2


def _rising(progress: float) -> float:
    """Rise from 0 to 1 along a straight line."""
    return min(1.0, progress)


def _falling(progress: float) -> float:
    """Fall from 1 to 0 along a straight line (Clark et al. BAM! ACL 2019, where labels take over from the teacher)."""
    return 1 - _rising(progress)


SCHEDULES: dict[str, Callable[[float], float]] = {"constant": _constant, "cosine": _cosine}
"""Share of the learning rate by name, at a progress from 0 (the first step) to 1 (the last epoch's end)."""


def _opening(progress: float) -> float:
    """Rise from a quarter to 1 along a straight line, and stay there from the middle on."""
    return min(1.0, 0.25 + 1.5 * progress)


IMITATION: dict[str, Callable[[float], float]] = {
    "constant": _constant,
    "falling": _falling,
    "rising": _rising,
    "hard_first": _constant,
}
"""Share of the weight of imitating terms by name, as above."""

HEARD: dict[str, Callable[[float], float]] = {"hard_first": _opening}
"""Share of each subject's windows that is imitated, those first of which the teacher is least sure; all where not named.

Hacohen, Weinshall. On the Power of Curriculum Learning in Training Deep Networks. ICML 2019, which calls it anti-curriculum.
"""
