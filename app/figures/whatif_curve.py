"""Robustness: the score of every arm against the size of an edit, and below it what each says about the window shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.text import in_plotly, listed
from rdpd_core.experiments.whatif_curve import ArmCurve, Robustness

SCORE_PIXELS, ROW_PIXELS, TOP, GAP, BOTTOM = 250, 26, 36, 58, 52


def curve_figure(found: Robustness, classes: tuple[str, ...], at: int, axis: str, truth: str | None) -> go.Figure:
    """Draw scores with their intervals above, and the decision of each arm about one window below.

    Args:
        found: Scores and answers.
        classes: Their names.
        at: Which of the test windows is looked at.
        axis: What the size is, with its unit.
        truth: Of that window.
    """
    parts, steps = Parts([], [], []), np.arange(len(found.sizes))
    for place, arm in enumerate(found.arms):
        parts.traces.append(_line(arm, found, steps + 0.05 * (place - (len(found.arms) - 1) / 2)))
        parts.traces.append(_decisions(arm, place, classes, at, truth))
        parts.texts.append(_name(arm, place))
    lower = ROW_PIXELS * len(found.arms)
    inner = SCORE_PIXELS + GAP + lower
    still = {"fixedrange": True, "zeroline": False, "ticks": ""}
    sizes = {"tickvals": steps, "ticktext": [f"{size:g}" for size in found.sizes], "tickangle": 0}
    across = {**still, **sizes, "range": [-0.5, len(steps) - 0.5]}
    label = {"title": {"text": in_plotly(axis), "standoff": 4, "font": {"size": 12}}}
    score = {"title": {"text": "macro-F1", "standoff": 4}, "range": [0, 1], "gridcolor": theme.BAND, **still}
    rows = {**still, "range": [len(found.arms) - 0.5, -0.5], "showticklabels": False, "showgrid": False}
    return parts.figure(
        height=TOP + inner + BOTTOM,
        margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 11}},
        xaxis={**across, "anchor": "y", "showgrid": False},
        yaxis={**score, "domain": [1 - SCORE_PIXELS / inner, 1]},
        xaxis2={**across, **label, "anchor": "y2", "showgrid": False},
        yaxis2={**rows, "domain": [0, lower / inner]},
    )


def _line(arm: ArmCurve, found: Robustness, x: np.ndarray) -> dict[str, Any]:
    mark = theme.mark_of(arm.arm)
    ends = None
    if np.isfinite(arm.low).all():
        above, below = np.maximum(arm.high - arm.score, 0), np.maximum(arm.score - arm.low, 0)
        ends = {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1, "width": 3}
    asked = [arm.ask_from is not None and size >= arm.ask_from for size in found.sizes]
    told = [[size, *_interval(arm, at), " ask the teacher" if asked[at] else ""] for at, size in enumerate(found.sizes)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": arm.score,
        "error_y": ends,
        "name": in_plotly(arm.title),
        "line": {"color": mark.color, "dash": mark.dash, "width": 2},
        "marker": {"symbol": mark.symbol, "size": [12 if size == arm.ask_from else 8 for size in found.sizes]},
        "customdata": told,
        "hovertemplate": f"{in_plotly(arm.title)} at %{{customdata[0]:g}}: %{{y:.3f}} [%{{customdata[1]}}, %{{customdata[2]}}]"
        "%{customdata[3]}<extra></extra>",
    }


def _interval(arm: ArmCurve, at: int) -> tuple[str, str]:
    return tuple("none" if np.isnan(end[at]) else f"{end[at]:.3f}" for end in (arm.low, arm.high))


def _decisions(arm: ArmCurve, place: int, classes: tuple[str, ...], at: int, truth: str | None) -> dict[str, Any]:
    said = arm.probability[:, at]
    top = said.argmax(axis=1)
    right = [classes[k] == truth for k in top]
    marks = ["" if truth is None else "✓ " if ok else "✗ " for ok in right]
    text = [f"{mark}{share:.2f}" for mark, share in zip(marks, said.max(axis=1), strict=True)]
    return {
        "type": "scatter",
        "mode": "text",
        "xaxis": "x2",
        "yaxis": "y2",
        "x": np.arange(len(said)),
        "y": np.full(len(said), place),
        "text": text,
        "textfont": {"size": 11},
        "customdata": [[in_plotly(classes[k])] for k in top],
        "hovertemplate": f"{in_plotly(arm.title)}: %{{customdata[0]}} %{{text}}<extra></extra>",
        "showlegend": False,
    }


def _name(arm: ArmCurve, place: int) -> dict[str, Any]:
    square = f'<span style="color:{theme.mark_of(arm.arm).color}">■</span>'
    at = {"x": 0, "y": place, "xref": "paper", "yref": "y2", "xanchor": "left", "yanchor": "middle"}
    return {**at, "text": f"{square}{in_plotly(arm.title)}", "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def curve_words(found: Robustness, unit: str) -> str:
    """Say from which size on the teacher should be asked, arm by arm."""
    students = [arm for arm in found.arms if arm.arm != "teacher"]
    if not any(arm.arm == "teacher" for arm in found.arms):
        return "No teacher is here that could be asked instead."
    asked = [f"{arm.title} from {arm.ask_from:g}{unit}" for arm in students if arm.ask_from is not None]
    never = [arm.title for arm in students if arm.ask_from is None]
    said = [f"Ask the teacher instead of {listed(asked)}."] if asked else []
    if never:
        said.append(f"For {listed(never)} no size tried calls for it.")
    return " ".join(said)


def describe_curve(found: Robustness, axis: str, unit: str) -> str:
    """Give the text alternative of the curve."""
    rows = [f"{a.title} (n = {a.models}): {', '.join(f'{s:.2f}' for s in a.score)}" for a in found.arms]
    sizes = ", ".join(f"{size:g}" for size in found.sizes)
    told = f"macro-F1 of all {found.n_windows} test windows against {axis} ({sizes}): {'; '.join(rows)}"
    return f"{told}. {curve_words(found, unit)} {found.rule}"
