"""Places on the body, and a person seen from the front: the person's left is on the right of the picture."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence

from app.figures._placement_marks import LINE_UNITS, Point, Spot, Unit, add_path, add_spots, mirrored, moved, smooth, write
from app.figures.canvas import Parts

PIXELS = 20
HEIGHT = 104.0
APART = 5.5
LETTER = 2.1

# Half of the outline, 100 units tall: head to fingertips, back to the armpit, outside of the leg, sole, inside of the leg.
OUTLINE: tuple[tuple[Point, ...], ...] = (
    (
        (0, 99.8), (3.0, 98.9), (4.8, 96.0), (5.0, 92.6), (4.4, 89.4), (3.5, 87.2), (3.4, 84.8), (5.2, 82.8),
        (9.4, 81.2), (12.8, 79.2), (14.7, 75.6), (17.2, 69.2), (20.4, 63.0), (23.8, 57.4), (26.9, 51.8), (29.6, 48.0),
        (31.5, 44.0), (32.0, 41.0), (31.0, 39.4), (29.4, 40.8), (28.2, 42.8), (26.7, 42.6), (25.6, 44.6), (25.0, 47.2),
        (24.2, 50.2), (20.9, 55.4), (17.4, 61.0), (14.2, 66.4), (11.4, 71.6),
    ),
    (
        (11.4, 71.6), (10.8, 67.2), (9.6, 60.8), (10.5, 53.6), (11.4, 47.4), (11.3, 40.0), (10.2, 33.0), (9.3, 27.6),
        (9.6, 21.0), (8.6, 13.0), (7.4, 6.4), (8.2, 3.6), (9.8, 1.6), (9.6, 0.3),
    ),
    (
        (9.6, 0.3), (5.4, 0.3),
    ),
    (
        (5.4, 0.3), (4.7, 3.6), (4.7, 8.0), (4.3, 15.0), (4.8, 21.0), (4.5, 27.0), (3.4, 35.0), (1.3, 43.6), (0, 46.0),
    ),
)  # fmt: skip

# Place, and from there to the name, for the left side of the body; the right side is its mirror.
PLACES: dict[str, tuple[Point, Point]] = {
    "head": ((0, 94.0), (7, 0)),
    "ear": ((5.0, 92.6), (4, 0)),
    "neck": ((0, 84.0), (7, 2.5)),
    "shoulder": ((12.4, 78.0), (5, 1.5)),
    "chest": ((0, 73.0), (19, 15)),
    "heart": ((5.4, 69.6), (16, 7)),
    "back": ((0, 62.0), (-26, 6)),
    "waist": ((0, 54.0), (27, 9)),
    "upper arm": ((15.2, 69.4), (5, 0)),
    "elbow": ((18.4, 63.4), (5, 0)),
    "forearm": ((21.6, 57.6), (5, 0)),
    "wrist": ((25.4, 51.2), (5.6, -16.0)),
    "hand": ((28.6, 45.2), (2.4, -10.0)),
    "finger": ((30.4, 41.0), (0.6, -5.8)),
    "thigh": ((7.4, 38.0), (7, 0)),
    "knee": ((7.0, 27.4), (6.5, -3.4)),
    "shin": ((7.0, 17.0), (6.5, 0)),
    "ankle": ((6.1, 6.0), (8, 1.5)),
    "foot": ((7.2, 1.8), (7, 1.5)),
}
MIDDLE = frozenset(name for name, (at, _) in PLACES.items() if at[0] == 0) | {"heart"}
_SAME = {
    "chest": ("torso", "trunk", "thorax", "sternum", "breast"),
    "heart": ("heart rate", "heartrate", "pulse"),
    "waist": ("hip", "pelvis", "belt", "belly", "abdomen", "stomach", "lumbar"),
    "head": ("forehead", "helmet", "scalp"),
    "wrist": ("arm", "lower arm", "watch", "bracelet"),
    "knee": ("leg",),
    "shin": ("calf", "shank", "lower leg"),
    "thigh": ("upper leg", "pocket"),
    "foot": ("shoe", "toe", "heel"),
    "finger": ("thumb", "fingertip"),
    "ear": ("earlobe",),
    "upper arm": ("upperarm", "biceps"),
    "forearm": ("lowerarm",),
    "back": ("spine",),
    "hand": ("palm",),
}
WORDS = {**{name: name for name in PLACES}, **{word: name for name, words in _SAME.items() for word in words}}
LEFT, RIGHT = {"left", "l"}, {"right", "r"}


def place_of(name: str) -> tuple[str, str] | None:
    """Give the place on the body that a name tells, and its side: "left", "right" or "" if that is not said.

    Returns:
        None if the name tells no place.
    """
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    parts = [part for part in re.split(r"[^a-z]+", words.lower()) if part]
    side = "left" if LEFT & set(parts) else "right" if RIGHT & set(parts) else ""
    plain = [part for part in parts if part not in LEFT | RIGHT]
    pairs = [" ".join(pair) for pair in itertools.pairwise(plain)]
    found = next((WORDS[word] for word in [*pairs, *plain] if word in WORDS), None)
    return None if found is None else (found, "" if found in MIDDLE else side)


def add_body(parts: Parts, units: Sequence[Unit], chosen: Collection[str], top: float) -> float:
    """Draw a person with units in their places.

    Args:
        parts: Of the figure.
        units: Each has a place.
        chosen: Names of the chosen channels.
        top: Upper end of the drawing.

    Returns:
        Its lower end.
    """
    ground = top - HEIGHT + 3
    add_path(parts, smooth(*moved(mirrored(OUTLINE), ground), closed=True), filled=True)
    for text, x in (("right", -46.0), ("left", 46.0)):
        write(parts, text, (x, top - 4), "left" if x < 0 else "right")
    add_spots(parts, spots_on(units, ground), chosen, PIXELS)
    return top - HEIGHT


def spots_on(units: Sequence[Unit], ground: float) -> list[Spot]:
    """Give the places of units: without a side on the person's right, no mark and no name on top of another."""
    spots: list[Spot] = []
    for unit in units:
        name, side = place_of(unit.name) or ("chest", "")
        (x, y), (dx, dy) = PLACES[name]
        sign = 1 if side == "left" or name in MIDDLE else -1
        while any(abs(spot.at[0] - sign * x) < APART and abs(spot.at[1] - ground - y) < APART for spot in spots):
            y -= APART
        anchor = "center" if dy < -5 else "left" if sign * dx > 0 else "right"
        spot = Spot(unit, (sign * x, y + ground), (sign * (x + dx), y + dy + ground), anchor)
        while any(_touch(spot, other) for other in spots):
            spot = spot._replace(text_at=(spot.text_at[0], spot.text_at[1] - 1.0))
        spots.append(spot)
    return spots


def _touch(one: Spot, other: Spot) -> bool:
    """Say whether two names overlap."""
    (left, low, right, high), (from_x, from_y, to_x, to_y) = _box(one), _box(other)
    return left < to_x and from_x < right and low < to_y and from_y < high


def _box(spot: Spot) -> tuple[float, float, float, float]:
    """Give left, lower, right and upper end of a name as it is about to be written."""
    lines = 2 if len(spot.unit.channels) > 1 else 1
    width = max(LETTER * len(spot.unit.title()), 24.0 if lines == 2 else 0.0)
    left = spot.text_at[0] - {"left": 0.0, "center": 0.5, "right": 1.0}[spot.anchor] * width
    return left, spot.text_at[1] - lines * LINE_UNITS / 2, left + width, spot.text_at[1] + lines * LINE_UNITS / 2
