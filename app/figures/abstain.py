"""The chosen point of deciding less: marked in the picture, and in words with how many windows are decided rightly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from app import theme
from app.figures.drawing import Drawing

Values = Mapping[str, Any]
"""`Result.values` of the analysis of calibration."""


def chosen_row(found: Values, arm: str, share: float) -> Values:
    """Give the point of an arm's curve whose share of windows is nearest to the one asked for."""
    return min(found["arms"][arm]["abstain"]["curve"], key=lambda row: abs(row["share"] - share))


def ringed(fig: go.Figure, row: Values) -> go.Figure:
    """Give the figure of accuracies with a ring around a point, and an upright line through it."""
    raw = fig.to_plotly_json()
    at = {"x": [row["share"]], "y": [row["accuracy"]["value"]], "mode": "markers", "hoverinfo": "skip", "showlegend": False}
    look = {"symbol": "circle-open", "size": 18, "color": theme.INK, "line": {"width": 2.5}}
    ring = {"type": "scatter", "name": "chosen", **at, "marker": look}
    layout, ends = dict(raw["layout"]), {"x0": row["share"], "x1": row["share"], "xref": "x", "y0": 0, "y1": 1, "yref": "paper"}
    line = {"type": "line", **ends, "line": {"color": theme.MUTED, "width": 1, "dash": "dot"}, "layer": "below"}
    layout["shapes"] = [*layout.get("shapes", ()), line]
    return Drawing({"data": [*raw["data"], ring], "layout": layout})


def kept_words(found: Values, arm: str, row: Values) -> str:
    """Say what the chosen point means, with n and interval."""
    title, cell, whole = found["titles"][arm], row["accuracy"], found["arms"][arm]["abstain"]["accuracy"]
    left = found["n_windows"] - cell["n"]
    decided = f"From a confidence of {row['threshold']:.2f} on, {title} decides {row['share']:.0%} of windows"
    right = f"is right in {_share(cell)} of them (n = {cell['n']} windows of {cell['units']} {found['unit']})"
    rest = "It abstains nowhere." if not left else f"It abstains in {left} windows."
    return f"{decided} and {right}, instead of {_share(whole)} if it decides all. {rest}"


def _share(cell: Values) -> str:
    ends = cell["interval"]
    return f"{cell['value']:.1%}" + (" (no interval)" if ends is None else f" [{ends['low']:.1%}, {ends['high']:.1%}]")
