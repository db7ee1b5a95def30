"""What each arm says before and after edits: two bars for every class, arm beside arm, with the truth marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts, filling, whiskers
from app.figures.distributions import COLUMN, heading_of, numbers
from app.figures.text import in_plotly
from app.figures.whatif_record import WhatIf
from rdpd_core.experiments.cases import ArmCase

ROW_PIXELS, TOP, BOTTOM = 50, 44, 40
OLD, NEW, THICK = 0.06, 0.31, 0.23
"""Where the bars of a row lie below its middle, and how thick they are, as shares of a row."""
BAR = {"type": "bar", "orientation": "h", "width": THICK, "showlegend": False}


def classes_figure(shown: WhatIf) -> go.Figure:
    """Draw a row per class and a column per arm: the upper bar, gray, is before; the lower, in the arm's color, after."""
    before, after = shown.before, shown.after
    n, k = len(after.arms), len(after.classes)
    parts = Parts([], [], [])
    for at, (old, new) in enumerate(zip(before.arms, after.arms, strict=True)):
        parts.traces.append(_bars(old, at, before.classes, OLD, "before"))
        parts.traces.append(_bars(new, at, after.classes, NEW, "after"))
        parts.texts.append(heading_of(new, at))
    parts.traces.extend([numbers(before.arms, OLD, 10), numbers(after.arms, NEW, 10)])
    parts.texts.extend(_row(name, place, name == after.truth) for place, name in enumerate(after.classes))
    if after.truth is not None:
        parts.shapes.append(_band(after.classes.index(after.truth)))
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    ends = [at * COLUMN + end for at in range(n) for end in (0, 1)]
    scale = {"tickvals": ends, "ticktext": ["0", "1"] * n, "tickangle": 0, "tickfont": {"size": 11}}
    title = {"text": "probability, 0 to 1: gray before, colored after", "font": {"size": 12}}
    return parts.figure(
        height=TOP + BOTTOM + ROW_PIXELS * k,
        margin={"l": 4, "r": 4, "t": TOP, "b": BOTTOM},
        dragmode=False,
        barmode="overlay",
        xaxis={**still, **scale, "range": [0, n * COLUMN], "title": title},
        yaxis={**still, "range": [k - 0.46, -0.54], "showticklabels": False},
    )


def _bars(arm: ArmCase, at: int, classes: tuple[str, ...], below: float, when: str) -> dict[str, Any]:
    name = f"{in_plotly(arm.title)} {when}"
    return {
        **BAR,
        "x": arm.probability,
        "y": np.arange(len(classes)) + below,
        "base": np.full(len(classes), at * COLUMN),
        "name": name,
        "marker": {"color": theme.MUTED, "opacity": 0.6} if when == "before" else filling(arm.arm),
        "error_x": whiskers(arm.probability, arm.probability_spread),
        "customdata": [[in_plotly(c), float(p)] for c, p in zip(classes, arm.probability, strict=True)],
        "hovertemplate": f"{name}: %{{customdata[0]}} %{{customdata[1]:.2f}} (n = {arm.models})<extra></extra>",
    }


def _row(name: str, place: int, true: bool) -> dict[str, Any]:
    text = f"<b>◆ {in_plotly(name)}</b> (truth)" if true else in_plotly(name)
    at = {"x": 0, "y": place - 0.27, "xref": "paper", "yref": "y", "xanchor": "left", "yanchor": "middle"}
    return {**at, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def _band(place: int) -> dict[str, Any]:
    """Give the shade behind the row of the true class."""
    whole = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": place - 0.46, "y1": place + 0.48}
    return {**whole, "fillcolor": theme.BAND, "line": {"width": 0}, "layer": "below"}
