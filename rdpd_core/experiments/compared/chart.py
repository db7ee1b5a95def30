"""A picture as plain values: what is drawn, its text alternative, and the table behind it; drawn by the app and in reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Ends = tuple[float, float] | None


@dataclass(frozen=True)
class Series:
    """Points of one arm.

    Attributes:
        name: For the legend; empty leaves it out.
        arm: Whose mark it has.
        x: (n,).
        y: (n,).
        ends: (n,), from and to of each value: of y, or in a picture of rows of x; None where there is no interval. Empty: none.
        hover: (n,), what is said of each point. Empty: nothing.
        kind: "line" (points joined, ends as a band), "points", "rows" (ends along x), "course" (a line without points),
            "leader" (a thin line that stands back), or "bar" (a thick one).
    """

    name: str
    arm: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    ends: tuple[Ends, ...] = ()
    hover: tuple[str, ...] = ()
    kind: str = "line"


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: With the unit.
        ticks: (place, text); empty lets whoever draws choose.
        span: From and to; None takes what the points need. From may lie above to.
        logarithmic: Whether equal distances are equal ratios; it needs a span.
    """

    title: str
    ticks: tuple[tuple[float, str], ...] = ()
    span: tuple[float, float] | None = None
    logarithmic: bool = False


@dataclass(frozen=True)
class Chart:
    """One picture.

    Attributes:
        name: For file names.
        title: One line.
        x: The axis from left to right.
        y: The axis from bottom to top.
        series: What is drawn.
        words: The text alternative.
        note: n, and what the intervals are.
        rows: The table behind it.
        height: Of the drawing, in pixels at a width of 760.
    """

    name: str
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    words: str
    note: str
    rows: tuple[dict[str, Any], ...]
    height: int = 360


def reach(series: Sequence[Series], across: bool) -> tuple[float, float]:
    """Give the smallest and the largest value that is drawn along an axis, with some room around.

    Args:
        series: At least one point.
        across: Whether along x.
    """
    values: list[float] = []
    for own in series:
        values += own.x if across else own.y
        if (own.kind == "rows") == across:
            values += [v for ends in own.ends if ends is not None for v in ends]
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 0.04 * abs(high) or 0.5
    return low - room, high + room
