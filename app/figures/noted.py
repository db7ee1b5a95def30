"""A few lines above a picture that leave with it: n, interval and null, broken so that a narrow window shows them whole."""

from __future__ import annotations

import textwrap
from typing import Any

import plotly.graph_objects as go

from app.figures.drawing import Drawing
from app.figures.text import in_plotly

WIDTH, LINE_PX, FONT_PX, PAD_PX = 66, 14, 11, 8
"""Signs in a line that 420 pixels can hold."""
HEIGHT_PX, BOTTOM_PX = 450, 80
"""Of a figure that gives none."""


def noted(texts: list[str], above_px: int = 0) -> tuple[dict[str, Any], int]:
    """Give an annotation that stands above the axes, and the pixels it needs.

    Args:
        texts: Each begins a line.
        above_px: What else stands between the axes and the lines.
    """
    lines = [line for text in texts for line in textwrap.wrap(text, WIDTH)]
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom"}
    look = {"showarrow": False, "align": "left", "borderpad": 0, "font": {"size": FONT_PX}}
    text = "<br>".join(in_plotly(line) for line in lines)
    return {**place, **look, "text": text, "yshift": above_px + PAD_PX // 2}, LINE_PX * len(lines) + PAD_PX + above_px


def noted_below(fig: go.Figure, texts: list[str]) -> go.Figure:
    """Give the figure with lines below its axes, each text on a line of its own; the figure itself stays as it is."""
    raw = fig.to_plotly_json()
    layout, margin = dict(raw["layout"]), dict(raw["layout"].get("margin", {}))
    lines = [line for text in texts for line in textwrap.wrap(text, WIDTH)]
    more = LINE_PX * len(lines) + PAD_PX
    margin["b"] = margin.get("b", BOTTOM_PX) + more
    place = {
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 0,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 4 - margin["b"],
    }
    look = {"showarrow": False, "align": "left", "borderpad": 0, "font": {"size": FONT_PX}}
    note = {**place, **look, "text": "<br>".join(in_plotly(line) for line in lines)}
    layout |= {"margin": margin, "height": layout.get("height", HEIGHT_PX) + more}
    layout["annotations"] = [*layout.get("annotations", ()), note]
    return Drawing({"data": raw["data"], "layout": layout})
