"""Marks of a picture of channels: what can be chosen, where it stands, and whether it is chosen.

A picture is 100 units wide. Filled is chosen, hollow is not, and what is chosen in part is filled like a clock up to its share;
names of what is chosen are bold, so that color carries nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from app import theme
from app.figures.canvas import Parts
from app.figures.text import in_plotly

HALF = 50.0
LABEL_PIXELS, SMALL_PIXELS = 12, 11
HOLLOW = "rgba(128, 140, 150, 0.01)"
"""Nearly nothing; what has no color at all could not be pointed at."""
LINE_UNITS = 4.2
"""Height of a line of text, at the smallest width a picture is made for."""
FAR = 10.0
"""A name further from its mark than this is tied to it by a line."""
CLEAR = 3.0
"""Lines end so far from the middle of a mark."""

Point = tuple[float, float]


class Unit(NamedTuple):
    """What one mark stands for.

    Attributes:
        kind: "group" or "channel".
        name: Of the group or the channel.
        channels: Names of its channels.
    """

    kind: str
    name: str
    channels: tuple[str, ...]

    def count(self, chosen: Collection[str]) -> int:
        """Give how many of its channels are chosen."""
        return sum(name in chosen for name in self.channels)

    def title(self) -> str:
        """Give its name as people read it."""
        return self.name.replace("_", " ").strip() if self.kind == "group" else self.name

    def state(self, chosen: Collection[str]) -> str:
        """Say whether it is chosen; for several channels, how many of them are."""
        count = self.count(chosen)
        if len(self.channels) > 1:
            return f"{count} of {len(self.channels)} channels"
        return "chosen" if count else "not chosen"


class Spot(NamedTuple):
    """Where a unit stands.

    Attributes:
        unit: What stands there.
        at: Its place.
        text_at: Place of its name.
        anchor: Side of the name that is at `text_at`: "left", "center" or "right".
        below: What is written under the name in small letters, if not how many channels are chosen.
    """

    unit: Unit
    at: Point
    text_at: Point
    anchor: str
    below: str = ""


def add_spots(parts: Parts, spots: Sequence[Spot], chosen: Collection[str], pixels: float) -> None:
    """Draw marks and names.

    Args:
        parts: Of the figure.
        spots: What to draw; a click on a mark tells kind and name of its unit.
        chosen: Names of the chosen channels.
        pixels: Diameter of a mark.
    """
    if not spots:
        return
    shares = [spot.unit.count(chosen) / len(spot.unit.channels) for spot in spots]
    still = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
    marker = {
        "symbol": "circle",
        "size": pixels,
        "color": [theme.INK if share == 1 else HOLLOW for share in shares],
        "line": {"color": [theme.INK if share else theme.MUTED for share in shares], "width": 2},
        "opacity": 1,
    }
    told = {
        "customdata": [[spot.unit.kind, spot.unit.name] for spot in spots],
        "text": [_tip(spot.unit, chosen) for spot in spots],
        "hovertemplate": "%{text}<extra></extra>",
    }
    places = {"x": [spot.at[0] for spot in spots], "y": [spot.at[1] for spot in spots]}
    parts.traces.append(
        {"type": "scatter", "mode": "markers", "showlegend": False, "marker": marker, **places, **told, **still}
    )
    for spot, share in zip(spots, shares, strict=True):
        if 0 < share < 1:
            parts.shapes.append(_wedge(spot.at, share, pixels / 2))
        _write_name(parts, spot, share, chosen)


def write(parts: Parts, text: str, at: Point, anchor: str, size: int = SMALL_PIXELS, opacity: float = 0.75) -> None:
    """Write text beside a place."""
    place = {"x": at[0], "y": at[1], "xref": "x", "yref": "y", "xanchor": anchor, "yanchor": "middle"}
    look = {"showarrow": False, "borderpad": 0, "font": {"size": size}, "opacity": opacity, "align": anchor}
    parts.texts.append({"text": text, **place, **look})


def _wedge(at: Point, share: float, radius: float) -> dict[str, Any]:
    """Give the filled part of a mark, clockwise from the top; its radius is in pixels, whatever the size of the picture."""
    turns = [2 * math.pi * share * step / 24 for step in range(25)]
    rim = " ".join(f"L {radius * math.sin(turn):.2f},{radius * math.cos(turn):.2f}" for turn in turns)
    place = {"xref": "x", "yref": "y", "xsizemode": "pixel", "ysizemode": "pixel", "xanchor": at[0], "yanchor": at[1]}
    return {"type": "path", "path": f"M 0,0 {rim} Z", **place, "fillcolor": theme.INK, "line": {"width": 0}}


def _write_name(parts: Parts, spot: Spot, share: float, chosen: Collection[str]) -> None:
    name = in_plotly(shortened(spot.unit.title(), 18))
    strong = f"<b>{name}</b>" if share else name
    below = spot.below or (spot.unit.state(chosen) if len(spot.unit.channels) > 1 else "")
    text = f'{strong}<br><span style="font-size:{SMALL_PIXELS - 1}px">{in_plotly(below)}</span>' if below else strong
    write(parts, text, spot.text_at, spot.anchor, LABEL_PIXELS, 1.0 if share else 0.8)
    if math.dist(spot.at, spot.text_at) > FAR and spot.anchor != "center":
        gap = 1.0 if spot.anchor == "right" else -1.0
        add_line(parts, spot.at, (spot.text_at[0] + gap, spot.text_at[1]), (CLEAR, 0))


def _tip(unit: Unit, chosen: Collection[str]) -> str:
    """Give what is told when the pointer is over a mark; long lists of channels are broken into lines."""
    head = f"<b>{in_plotly(unit.title())}</b>: {unit.state(chosen)}"
    if len(unit.channels) == 1:
        return head
    named = [f"<b>{in_plotly(name)}</b>" if name in chosen else in_plotly(name) for name in unit.channels]
    return "<br>".join([head, *(", ".join(named[i : i + 3]) for i in range(0, len(named), 3))])


def shortened(name: str, longest: int) -> str:
    """Give a name of at most so many signs."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def smooth(*pieces: Sequence[Point], closed: bool = False) -> str:
    """Give a path through points, each piece a smooth line (a Catmull-Rom spline), with a corner from piece to piece."""
    steps = []
    for piece in pieces:
        steps.append(f"{'L' if steps else 'M'} {piece[0][0]:.2f},{piece[0][1]:.2f}")
        ends = [piece[0], *piece, piece[-1]]
        for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
            first = [start[i] + (end[i] - before[i]) / 6 for i in (0, 1)]
            second = [end[i] - (after[i] - start[i]) / 6 for i in (0, 1)]
            steps.append(f"C {first[0]:.2f},{first[1]:.2f} {second[0]:.2f},{second[1]:.2f} {end[0]:.2f},{end[1]:.2f}")
    return " ".join([*steps, "Z"] if closed else steps)


def add_path(parts: Parts, path: str, width: float = 1.4, filled: bool = False, dash: str = "solid") -> None:
    """Draw a path beneath the marks, as something that stands back; a width of 0 draws no line."""
    line = {"color": theme.MUTED, "width": width, "dash": dash}
    fill: dict[str, Any] = {"fillcolor": theme.BAND} if filled else {}
    parts.shapes.append({"type": "path", "path": path, "xref": "x", "yref": "y", "layer": "below", "line": line, **fill})


def add_line(parts: Parts, start: Point, end: Point, clear: tuple[float, float], dash: str = "solid") -> None:
    """Draw a straight thin line that stays clear of its ends by so much."""
    long = math.dist(start, end)
    ends = [[start[i] + (end[i] - start[i]) * share for i in (0, 1)] for share in (clear[0] / long, 1 - clear[1] / long)]
    add_path(parts, " L ".join(f"{x:.2f},{y:.2f}" for x, y in ends).join(("M ", "")), 1.1, dash=dash)


def moved(pieces: Sequence[Sequence[Point]], up: float) -> list[list[Point]]:
    """Give pieces of a line, moved upward."""
    return [[(x, y + up) for x, y in piece] for piece in pieces]


def mirrored(pieces: Sequence[Sequence[Point]]) -> list[Sequence[Point]]:
    """Give an outline from its half on the right: down there, and up again on the left."""
    return [*pieces, *([(-x, y) for x, y in reversed(piece)] for piece in reversed(pieces))]
