"""A part of a figure with its own pair of axes, in which time runs from left to right."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures.drawing import Drawing


class Parts(NamedTuple):
    """What a figure is made of, gathered first and checked only when it is looked into.

    Attributes:
        traces: Each with its "type".
        texts: Annotations.
        shapes: Lines and areas.
    """

    traces: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    shapes: list[dict[str, Any]]

    def figure(self, **layout: Any) -> go.Figure:
        """Give the figure, its texts in ink, and those of its axes quiet."""
        axes = {name: quiet(axis) for name, axis in layout.items() if name.startswith(("xaxis", "yaxis"))}
        whole = {"font": {"color": theme.INK}, **layout, **axes, "annotations": self.texts, "shapes": self.shapes}
        return Drawing({"data": self.traces, "layout": whole})


def quiet(axis: dict[str, Any]) -> dict[str, Any]:
    """Give an axis with words that can be read in both themes: Streamlit's own gray is too faint on white."""
    color = {"color": theme.QUIET}
    titled = {"title": {**axis["title"], "font": color | axis["title"].get("font", {})}} if "title" in axis else {}
    return {**axis, **titled, "tickfont": color | axis.get("tickfont", {})}


class Canvas(NamedTuple):
    """Where one draws.

    Attributes:
        parts: Of the figure.
        number: Of the pair of axes: "" for the first, "2" for the second.
        start_s: Time of the first sample of the window.
        duration_s: Length of the window.
    """

    parts: Parts
    number: str
    start_s: float
    duration_s: float

    @property
    def end_s(self) -> float:
        """Time at which the window ends."""
        return self.start_s + self.duration_s

    def add(self, kind: str, **fields: Any) -> None:
        """Draw a trace of a kind, such as "bar", without entry in a legend."""
        axes = {"xaxis": f"x{self.number}", "yaxis": f"y{self.number}"}
        self.parts.traces.append({"type": kind, "showlegend": False, **axes, **fields})

    def write(self, text: str, x: float, y: float, **fields: Any) -> None:
        """Write text, starting at x."""
        place = {"x": x, "y": y, "xref": f"x{self.number}", "yref": f"y{self.number}", "xanchor": "left"}
        self.parts.texts.append({"text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}, **place, **fields})

    def line(self, x: tuple[float, float], y: tuple[float, float], whole_height: bool = False) -> None:
        """Draw a dotted line below the traces; with `whole_height`, y counts from 0 (bottom) to 1 (top)."""
        domain = " domain" if whole_height else ""
        place = {"x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "xref": f"x{self.number}", "yref": f"y{self.number}{domain}"}
        look = {"layer": "below", "line": {"color": theme.MUTED, "width": 1, "dash": "dot"}}
        self.parts.shapes.append({"type": "line", **place, **look})


def whiskers(mean: np.ndarray, spread: np.ndarray | None, scale: float = 1.0) -> dict[str, Any] | None:
    """Give error bars of one standard deviation to each side, cut where a share cannot go; None for a single model.

    Args:
        mean: Shares between 0 and 1.
        spread: Their standard deviations.
        scale: Height of a share of 1 in the drawing.
    """
    if spread is None:
        return None
    ends = {"array": np.minimum(spread, 1 - mean) * scale, "arrayminus": np.minimum(spread, mean) * scale}
    return {"type": "data", "symmetric": False, **ends, "color": theme.INK, "thickness": 1, "width": 3}


def filling(arm: str) -> dict[str, Any]:
    """Give the color and the pattern of an arm's bars; the pattern tells it apart without its color."""
    mark = theme.mark_of(arm)
    pattern = {"shape": mark.pattern, "fgcolor": "rgba(255, 255, 255, 0.55)", "size": 6, "solidity": 0.22}
    return {"color": mark.color, "line": {"width": 0}, "pattern": {**pattern, "fillmode": "overlay"}}
