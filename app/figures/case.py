"""One window: the signals, and beneath them on the same time axis where each arm looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures.attention import STRIP_PIXELS, add_attention
from app.figures.canvas import Canvas, Parts
from app.figures.signals import LABEL, add_signals
from app.figures.text import in_plotly
from rdpd_core.experiments.cases import Case

TOP, GAP, BOTTOM = 30, 30, 46
HANGING = {"yanchor": "top", "pad": {"t": 8}}


def case_figure(case: Case, shown: Sequence[str]) -> go.Figure:
    """Draw signals and attention.

    Args:
        case: The window.
        shown: Names of the channels to draw, from top to bottom; of one unit.

    Returns:
        A figure of fixed height in which both time axes have one range and are zoomed together.
    """
    names = [c.name for c in case.channels]
    rows = [names.index(name) for name in shown]
    channels = [case.channels[row] for row in rows]
    parts = Parts([], [], [])
    upper, lower = (Canvas(parts, number, case.offset_s, case.duration_s) for number in ("", "2"))
    paper, places = add_signals(upper, case.signal[rows], channels, case.sampling_rate, case.poor)
    strips = add_attention(lower, case.arms)
    _segments(upper, case)
    layout = _frame(case, paper.pixels * (places.high - places.low) / paper.major_y, STRIP_PIXELS * strips)
    up = {"range": [places.low, places.high], "title": {"text": in_plotly(channels[0].unit), "standoff": 2}}
    layout["xaxis"] |= _lines(paper.major_s, paper.minor_s)
    layout["yaxis"] |= {**up, **_lines(paper.major_y, paper.minor_y)}
    if strips:
        layout["yaxis2"] |= {"range": [-strips, 0], "title": {"text": "attention (share)", "standoff": 2}}
    return parts.figure(**layout)


def case_title(case: Case) -> str:
    """Give one line that says which window this is."""
    kind = ", simulated" if case.simulated else ""
    end = case.offset_s + case.duration_s
    return f"{case.subject}, recording {case.recording}, {case.offset_s:g} to {end:g} s{kind}"


def _frame(case: Case, upper: float, lower: float) -> dict[str, Any]:
    """Give the size of the figure, the place of its parts of so many pixels, and one time axis for both."""
    inner = upper + lower + (GAP if lower else 0)
    end = case.offset_s + case.duration_s
    time = {"range": [case.offset_s - LABEL * case.duration_s, end], "zeroline": False, "ticks": ""}
    told = {"title": {"text": "time in the recording (s)", "standoff": 6}, "tickformat": "~g"}
    quiet = {"fixedrange": True, "showticklabels": False, "showgrid": False, "zeroline": False}
    layout: dict[str, Any] = {
        "height": round(TOP + inner + BOTTOM),
        "margin": {"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        "title": {"text": in_plotly(case_title(case)), "font": {"size": 13}, "x": 0, "y": 1, "xref": "paper", **HANGING},
        "dragmode": False,
        "barmode": "overlay",
        "hovermode": "closest",
        "yaxis": {**quiet, "domain": [1 - upper / inner, 1]},
    }
    if not lower:
        return layout | {"xaxis": {**time, **told, "anchor": "y"}}
    second = {**time, **told, "anchor": "y2", "showgrid": False, "dtick": 1 if case.duration_s <= 20 else None}
    below = {"xaxis2": second, "yaxis2": {**quiet, "domain": [0, lower / inner]}}
    return layout | below | {"xaxis": {**time, "anchor": "y", "matches": "x2", "showticklabels": False}}


def _lines(major: float, minor: float) -> dict[str, Any]:
    fine = {"dtick": minor, "tick0": 0, "showgrid": True, "gridcolor": theme.PAPER_MINOR, "gridwidth": 1}
    return {"showgrid": True, "dtick": major, "tick0": 0, "gridcolor": theme.PAPER_MAJOR, "gridwidth": 1, "minor": fine}


def _segments(canvas: Canvas, case: Case) -> None:
    """Mark in the signals where the segments that attention weighs begin and end."""
    found = [len(arm.attention) for arm in case.arms if arm.attention is not None]
    for edge in np.linspace(canvas.start_s, canvas.end_s, found[0] + 1) if found else []:
        canvas.line((edge, edge), (0, 1), whole_height=True)
