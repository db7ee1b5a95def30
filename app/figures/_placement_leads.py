"""ECG leads: directions of the limb leads, electrodes on the chest, and Frank's axes, seen from the front."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from app.figures._placement_marks import CLEAR, Point, Spot, Unit, add_line, add_path, add_spots, mirrored, moved, smooth, write
from app.figures.canvas import Parts

PIXELS = 17
ANGLES = {"I": 0, "II": 60, "III": 120, "AVR": -150, "AVL": -30, "AVF": 90}
"""Direction in the frontal plane in degrees: 0 to the person's left, 90 to the feet."""
# Fourth intercostal space beside the sternum; then down to the fifth at the midclavicular line, and level to the midaxillary.
CHEST: dict[str, tuple[Point, Point]] = {
    "V1": ((-5.2, 25.0), (0, 5.6)),
    "V2": ((5.2, 25.0), (0, 5.6)),
    "V3": ((11.6, 21.8), (0, 5.6)),
    "V4": ((18.0, 18.6), (0, 5.6)),
    "V5": ((25.2, 18.6), (0, 5.6)),
    "V6": ((31.6, 18.6), (0, 5.6)),
}
AXES: dict[str, tuple[Point, str]] = {
    "VX": ((15.0, 0.0), "to the left"),
    "VY": ((0.0, -15.0), "to the feet"),
    "VZ": ((9.0, 11.0), "to the back"),
}
LEADS = (*ANGLES, *CHEST, *AXES)

WHEEL, WHEEL_HEIGHT, CHEST_HEIGHT = 18.0, 61.0, 66.0
# Half of what is seen of the body: neck to arm, inside of the arm, side of the chest.
CONTOUR: tuple[tuple[Point, ...], ...] = (
    (
        (6.8, 59.0), (7.0, 55.6), (10.4, 52.2), (21.0, 49.0), (31.0, 46.8), (38.6, 43.2), (43.4, 36.4), (46.0, 25.0),
        (47.6, 11.0), (48.4, 1.0),
    ),
    ((38.6, 1.0), (38.2, 11.0), (36.8, 23.0), (34.6, 31.6)),
    ((34.6, 31.6), (34.9, 23.0), (33.8, 12.0), (32.2, 1.0)),
)  # fmt: skip
INSIDE: tuple[tuple[Point, ...], ...] = (
    ((3.0, 43.8), (10.0, 44.2), (20.0, 46.2), (30.0, 45.0)),
    ((0.9, 16.8), (5.6, 11.6), (11.6, 6.4), (18.6, 2.4)),
    ((2.9, 43.4), (2.2, 38.6), (1.8, 34.0), (2.2, 25.0), (1.3, 19.0), (0, 15.6)),
)
"""Collar bone, lower edge of the ribs, edge of the breastbone."""


def lead_of(name: str) -> str | None:
    """Give the lead that a name means, in capitals, or None."""
    plain = name.upper().removeprefix("ECG").strip(" _-").removeprefix("LEAD").strip(" _-")
    return plain if plain in LEADS else None


def add_leads(parts: Parts, units: Sequence[Unit], chosen: Collection[str], top: float) -> float:
    """Draw leads: directions of limb leads and Frank's axes above, the chest beneath; what has no lead is not drawn.

    Args:
        parts: Of the figure.
        units: Each is one lead.
        chosen: Names of the chosen channels.
        top: Upper end of the drawing.

    Returns:
        Its lower end.
    """
    by = {part: [u for u in units if lead_of(u.name) in leads] for part, leads in (("w", ANGLES), ("a", AXES), ("c", CHEST))}
    bottom, spots = top, []
    if by["w"] or by["a"]:
        middle = top - 9 - WHEEL
        if by["w"]:
            spots += _wheel(parts, by["w"], (-18.0 if by["a"] else 0.0, middle), top)
        if by["a"]:
            spots += _axes(parts, by["a"], (27.0 if by["w"] else 0.0, middle - 2), top)
        bottom = top - WHEEL_HEIGHT
    if by["c"]:
        spots += _chest(parts, by["c"], bottom)
        bottom -= CHEST_HEIGHT
    add_spots(parts, spots, chosen, PIXELS)
    return bottom


def _wheel(parts: Parts, units: Sequence[Unit], center: Point, top: float) -> list[Spot]:
    """Draw the six directions of the frontal plane; a lead's mark stands at its positive end."""
    write(parts, "Limb leads, frontal plane", (center[0], top - 2.5), "center")
    spots = []
    for angle in ANGLES.values():
        end, other = (_around(center, angle + turn, WHEEL) for turn in (0, 180))
        add_line(parts, center, end, (0, CLEAR - 0.5))
        add_line(parts, center, other, (0, 0), "dot")
    for unit in units:
        angle = ANGLES[lead_of(unit.name)]
        x, _ = _around((0, 0), angle, 1.0)
        anchor = "center" if abs(x) < 0.6 else "left" if x > 0 else "right"
        text = _around(center, angle, WHEEL + (8.0 if anchor == "center" else 4.0))
        told = f"{angle}°".replace("-", "−")
        spots.append(Spot(unit, _around(center, angle, WHEEL), text, anchor, told))
    return spots


def _axes(parts: Parts, units: Sequence[Unit], center: Point, top: float) -> list[Spot]:
    """Draw Frank's three axes; the one to the back is drawn aslant."""
    write(parts, "Frank axes", (center[0] + 5, top - 2.5), "center")
    spots = []
    for unit in units:
        (dx, dy), told = AXES[lead_of(unit.name)]
        end = (center[0] + dx, center[1] + dy)
        add_line(parts, center, end, (0, CLEAR - 0.5))
        below = dx == 0 or dy == 0
        text = (end[0], end[1] - 8.0) if below else (end[0], end[1] + 8.0)
        spots.append(Spot(unit, end, text, "center", told))
    return spots


def _chest(parts: Parts, units: Sequence[Unit], top: float) -> list[Spot]:
    """Draw a chest with its electrodes."""
    write(parts, "Chest leads, seen from the front", (0, top - 2.5), "center")
    base = top - CHEST_HEIGHT
    add_path(parts, smooth(*moved(mirrored(CONTOUR), base), closed=True), 0, filled=True)
    for width, lines in ((1.4, CONTOUR), (1.0, INSIDE)):
        for line in moved(mirrored(lines), base):
            add_path(parts, smooth(line), width)
    for text, x in (("right", -43.0), ("left", 43.0)):
        write(parts, text, (x, base + 52), "center")
    spots = []
    for unit in units:
        (x, y), (dx, dy) = CHEST[lead_of(unit.name)]
        spots.append(Spot(unit, (x, y + base), (x + dx, y + dy + base), "center"))
    return spots


def _around(center: Point, angle: float, radius: float) -> Point:
    turn = math.radians(angle)
    return center[0] + radius * math.cos(turn), center[1] - radius * math.sin(turn)
