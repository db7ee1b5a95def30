"""Channels that have no place on the body: rows of marks with names, group by group."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.figures._placement_marks import HALF, Spot, Unit, add_spots, write
from app.figures.canvas import Parts

PIXELS = 15
ROW, HEAD = 7.6, 7.0
EDGE = 4.0


def add_chips(parts: Parts, groups: dict[str, Sequence[Unit]], chosen: Collection[str], top: float) -> float:
    """Draw channels as marks with names.

    Args:
        parts: Of the figure.
        groups: Heading to channels; an empty heading is left out.
        chosen: Names of the chosen channels.
        top: Upper end of the drawing.

    Returns:
        Its lower end.
    """
    units = [unit for members in groups.values() for unit in members]
    columns = columns_for([unit.name for unit in units])
    width = (2 * HALF - 2 * EDGE) / columns
    spots, y = [], top
    for heading, members in groups.items():
        if heading:
            write(parts, heading, (-HALF + EDGE - 2, y - HEAD / 2), "left")
            y -= HEAD
        for at, unit in enumerate(members):
            x, row = -HALF + EDGE + width * (at % columns), y - ROW * (at // columns + 0.5)
            spots.append(Spot(unit, (x, row), (x + 4.2, row), "left"))
        y -= ROW * -(-len(members) // columns) + 2.0
    add_spots(parts, spots, chosen, PIXELS)
    return y


def columns_for(names: Sequence[str]) -> int:
    """Give how many columns the names leave room for."""
    longest = max(map(len, names), default=0)
    return 5 if longest <= 4 else 4 if longest <= 6 else 3 if longest <= 10 else 2
