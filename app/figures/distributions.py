"""What each arm says: the probability of every class, arm beside arm, with the truth marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts, filling, whiskers
from app.figures.text import in_plotly
from rdpd_core.experiments.cases import ArmCase, Case

ROW_PIXELS = 42
TOP, BOTTOM = 44, 40
COLUMN = 2.0
"""Distance of two columns: beyond probability 1 there is room for the number, also where six columns share 350 pixels."""
BELOW = 0.2
"""Bars lie below the name of their class by this share of a row."""
BAR = {"type": "bar", "orientation": "h", "width": 0.34, "showlegend": False}


def distribution_figure(case: Case) -> go.Figure:
    """Draw a row per class and a column per arm; bars are means over seeds, whiskers their standard deviation.

    All columns lie on one axis, each from 0 to 1: a pair of axes for every arm would take the browser several times as long.

    Args:
        case: The window.
    """
    n, k = len(case.arms), len(case.classes)
    parts = Parts([_tracks(n, k)], [], [])
    for at, arm in enumerate(case.arms):
        parts.traces.append(_bars(arm, at, case.classes))
        parts.texts.append(heading_of(arm, at))
    parts.traces.append(numbers(case.arms, BELOW, 10))
    parts.texts.extend(_row(name, place, name == case.truth) for place, name in enumerate(case.classes))
    if case.truth is not None:
        parts.shapes.append(_band(case.classes.index(case.truth)))
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    ends = [at * COLUMN + end for at in range(n) for end in (0, 1)]
    scale = {"tickvals": ends, "ticktext": ["0", "1"] * n, "tickangle": 0, "tickfont": {"size": 11}}
    return parts.figure(
        height=TOP + BOTTOM + ROW_PIXELS * k,
        margin={"l": 4, "r": 4, "t": TOP, "b": BOTTOM},
        dragmode=False,
        barmode="overlay",
        xaxis={**still, **scale, "range": [0, n * COLUMN], "title": {"text": "probability, 0 to 1", "font": {"size": 12}}},
        yaxis={**still, "range": [k - 0.5, -0.5], "showticklabels": False},
    )


def _tracks(n: int, k: int) -> dict[str, Any]:
    """Give the stretch from 0 to 1 behind every bar."""
    base, y = np.repeat(np.arange(n) * COLUMN, k), np.tile(np.arange(k) + BELOW, n)
    look = {"marker": {"color": theme.BAND, "line": {"width": 0}}, "hoverinfo": "skip"}
    return {**BAR, **look, "x": np.ones(n * k), "y": y, "base": base}


def _bars(arm: ArmCase, at: int, classes: tuple[str, ...]) -> dict[str, Any]:
    name = in_plotly(arm.title)
    return {
        **BAR,
        "x": arm.probability,
        "y": np.arange(len(classes)) + BELOW,
        "base": np.full(len(classes), at * COLUMN),
        "name": name,
        "marker": filling(arm.arm),
        "error_x": whiskers(arm.probability, arm.probability_spread),
        "customdata": [[in_plotly(c), float(p)] for c, p in zip(classes, arm.probability, strict=True)],
        "hovertemplate": f"{name}: %{{customdata[0]}} %{{customdata[1]:.2f}} (n = {arm.models})<extra></extra>",
    }


def numbers(arms: Sequence[ArmCase], below: float, size: int) -> dict[str, Any]:
    """Give the probabilities as text right of the bars, the highest of each arm in bold.

    Args:
        arms: A column each.
        below: How far below the middle of a row, as a share of it.
        size: Of the text, in pixels.
    """
    x, y, text = [], [], []
    for at, arm in enumerate(arms):
        spread = np.zeros(len(arm.probability)) if arm.probability_spread is None else arm.probability_spread
        top = int(np.argmax(arm.probability))
        for place, (share, deviation) in enumerate(zip(arm.probability, spread, strict=True)):
            x.append(at * COLUMN + min(share + deviation, 1.0) + 0.03)
            y.append(place + below)
            text.append(f"<b>{share:.2f}</b>" if place == top else f"{share:.2f}")
    look = {"mode": "text", "textposition": "middle right", "textfont": {"size": size}, "cliponaxis": False}
    return {"type": "scatter", "x": x, "y": y, "text": text, "showlegend": False, "hoverinfo": "skip", **look}


def heading_of(arm: ArmCase, at: int) -> dict[str, Any]:
    """Give the heading of an arm's column: its color, its title, and how many models it has."""
    square = f'<span style="color:{theme.mark_of(arm.arm).color}">■</span>'
    text = f'{square}<b>{in_plotly(arm.title)}</b><br><span style="font-size:10px">n = {arm.models}</span>'
    place = {"x": at * COLUMN, "y": 1, "xref": "x", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 2}
    return {**place, "text": text, "align": "left", "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def _row(name: str, place: int, true: bool) -> dict[str, Any]:
    text = f"<b>◆ {in_plotly(name)}</b> (truth)" if true else in_plotly(name)
    at = {"x": 0, "y": place - 0.24, "xref": "paper", "yref": "y", "xanchor": "left", "yanchor": "middle"}
    return {**at, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def _band(place: int) -> dict[str, Any]:
    """Give the shade behind the row of the true class."""
    whole = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": place - 0.48, "y1": place + 0.46}
    return {**whole, "fillcolor": theme.BAND, "line": {"width": 0}, "layer": "below"}
