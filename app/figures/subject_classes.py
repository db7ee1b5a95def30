"""How classes look, wherever several stand in one bar: a color, a pattern where colors run out, and always a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import theme
from app.figures._courses import faded
from app.figures.text import in_plotly

COLORS = [theme.mark_of(arm).color for arm in ("teacher", "rdpd_r2", "oracle", "distill", "rdpd_r1", "", "rdpd", "direct")]
PATTERNS = ["", "/", ".", "x"]
OPACITY = 0.5
"""Ink is readable on it in both themes."""
KEY_PX, MOST_KEYS = 20, 8
"""More classes than this are explained by a line of text beneath the figure, which a narrow screen can break."""


def class_fill(place: int) -> dict[str, Any]:
    """Give the marker of a bar for the class at a place in the list of classes."""
    color = COLORS[place % len(COLORS)]
    shape = PATTERNS[place // len(COLORS) % len(PATTERNS)]
    pattern = {"shape": shape, "fgcolor": color, "size": 6, "solidity": 0.25, "fillmode": "overlay"}
    return {"color": faded(color, OPACITY), "line": {"color": color, "width": 1}, "pattern": pattern}


def class_title(place: int, classes: Sequence[str]) -> str:
    """Give the number and the name of a class."""
    return f"{place + 1} {in_plotly(classes[place])}"


def class_keys(places: Sequence[int], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Give the entries of a legend for some classes; none where they are too many."""
    return [_key(place, classes) for place in places] if len(places) <= MOST_KEYS else []


def keys_height(places: Sequence[int]) -> int:
    """Give the room that the legend of some classes takes in a narrow window, two beside each other, in pixels.

    It belongs into the margin: room that the picture does not keep, plotly takes from what the legend explains.
    """
    return KEY_PX * (1 + (len(places) + 1) // 2) if len(places) <= MOST_KEYS else 0


def class_line(places: Sequence[int], classes: Sequence[str]) -> str:
    """Give the numbers and names of some classes in one line."""
    return "Classes: " + ", ".join(f"{place + 1} {classes[place]}" for place in places) + "."


def _key(place: int, classes: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": [None],
        "y": [None],
        "name": class_title(place, classes),
        "marker": class_fill(place),
        "showlegend": True,
        "hoverinfo": "skip",
    }


def legend(height: int) -> dict[str, Any]:
    """Give a legend that stands below a figure and cannot hide what it explains.

    Args:
        height: Of the drawing, in pixels; the legend stands as far below it as its axis needs.
    """
    place = {"orientation": "h", "x": 0, "xanchor": "left", "y": -44 / height, "yanchor": "top", "font": {"size": 12}}
    return {**place, "itemclick": False, "itemdoubleclick": False, "title": {"text": ""}}


def class_look(place: int) -> dict[str, Any]:
    """Give what bars of a class have in common: their fill, and text that stands upright inside them or not at all."""
    text = {"textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "constraintext": "none"}
    return {**text, "insidetextfont": {"color": theme.INK, "size": 11}, "marker": class_fill(place)}
