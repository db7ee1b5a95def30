"""What each arm says: the probability of every class, arm beside arm, with the truth marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts, filling, whiskers
from app.figures.text import in_plotly
from rdpd_core.experiments.cases import ArmCase, Case

ROW_PIXELS = 42
TOP, BOTTOM = 44, 40
ROOM = 1.5
"""Right end of each axis: beyond probability 1 there is room for the number."""
BELOW = 0.2
"""Bars lie below the name of their class by this share of a row."""


def distribution_figure(case: Case) -> go.Figure:
    """Draw a row per class and a column per arm; bars are means over seeds, whiskers their standard deviation.

    Args:
        case: The window.
    """
    n, k = len(case.arms), len(case.classes)
    parts = Parts([], [], [])
    axes = {}
    for at, arm in enumerate(case.arms):
        number = f"{at + 1}" if at else ""
        parts.traces.extend(_column(arm, case.classes, number))
        parts.texts.append(_heading(arm, at / n))
        axes[f"xaxis{number}"] = _axis(at, n)
    parts.texts.extend(_row(name, place, name == case.truth) for place, name in enumerate(case.classes))
    if case.truth is not None:
        parts.shapes.append(_band(case.classes.index(case.truth)))
    return parts.figure(
        height=TOP + BOTTOM + ROW_PIXELS * k,
        margin={"l": 4, "r": 4, "t": TOP, "b": BOTTOM},
        dragmode=False,
        barmode="overlay",
        yaxis={"range": [k - 0.5, -0.5], "fixedrange": True, "showticklabels": False, "showgrid": False, "zeroline": False},
        **axes,
    )


def _column(arm: ArmCase, classes: tuple[str, ...], number: str) -> list[dict[str, Any]]:
    place = {"y": np.arange(len(classes)) + BELOW, "xaxis": f"x{number}", "yaxis": "y", "showlegend": False}
    bar = {"type": "bar", "orientation": "h", "width": 0.34, **place}
    track = {**bar, "x": np.ones(len(classes)), "marker": {"color": theme.BAND, "line": {"width": 0}}, "hoverinfo": "skip"}
    values = {
        **bar,
        "x": arm.probability,
        "name": in_plotly(arm.title),
        "marker": filling(arm.arm),
        "error_x": whiskers(arm.probability, arm.probability_spread),
        "customdata": np.array([in_plotly(name) for name in classes], dtype=object),
        "hovertemplate": f"{in_plotly(arm.title)}: %{{customdata}} %{{x:.2f}} (n = {arm.models})<extra></extra>",
    }
    return [track, values, {"type": "scatter", **place, **_numbers(arm)}]


def _numbers(arm: ArmCase) -> dict[str, Any]:
    spread = 0 if arm.probability_spread is None else arm.probability_spread
    top = int(np.argmax(arm.probability))
    text = [f"<b>{p:.2f}</b>" if at == top else f"{p:.2f}" for at, p in enumerate(arm.probability)]
    look = {"mode": "text", "textposition": "middle right", "textfont": {"size": 11}, "hoverinfo": "skip", "cliponaxis": False}
    return {"x": np.minimum(arm.probability + spread, 1.0) + 0.06, "text": text, **look}


def _axis(at: int, n: int) -> dict[str, Any]:
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "tickfont": {"size": 11}}
    place = {"domain": [at / n, (at + 1) / n - 0.012], "anchor": "y", "range": [0, ROOM], "tickvals": [0, 1]}
    title = {"text": "probability", "standoff": 2, "font": {"size": 11}} if at == 0 else None
    return {**place, **still, "title": title}


def _heading(arm: ArmCase, left: float) -> dict[str, Any]:
    square = f'<span style="color:{theme.mark_of(arm.arm).color}">■</span>'
    text = f'{square}<b>{in_plotly(arm.title)}</b><br><span style="font-size:10px">n = {arm.models}</span>'
    place = {"x": left, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 2}
    return {**place, "text": text, "align": "left", "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def _row(name: str, place: int, true: bool) -> dict[str, Any]:
    text = f"<b>◆ {in_plotly(name)}</b> (truth)" if true else in_plotly(name)
    at = {"x": 0, "y": place - 0.24, "xref": "paper", "yref": "y", "xanchor": "left", "yanchor": "middle"}
    return {**at, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def _band(place: int) -> dict[str, Any]:
    """Give the shade behind the row of the true class."""
    whole = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": place - 0.48, "y1": place + 0.46}
    return {**whole, "fillcolor": theme.BAND, "line": {"width": 0}, "layer": "below"}
