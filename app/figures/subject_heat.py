"""Where every arm looks in one window as strips of heat, and whether it shares more with the teacher than by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.experiments.cases import ArmCase, Case

ROW_PIXELS, TOP, BOTTOM = 50, 34, 42
SPLIT, GAP = 0.62, 0.05
"""Share of the width for the strips, and between them and the overlaps."""
FAINT, STRONG = 0.03, 0.62
FEW = 12
Bands = Mapping[str, tuple[float, float] | None]


def heat_figure(case: Case, bands: Bands) -> go.Figure:
    """Draw a strip of squares per arm, and beside it its overlap with the teacher above the band of chance.

    Args:
        case: The window.
        bands: By arm: the central 95% of the overlap if the arm looked as in other windows.
    """
    arms = [arm for arm in case.arms if arm.attention is not None]
    parts, most = Parts([], [], []), max((float(arm.attention.max()) for arm in arms), default=1.0)
    for at, arm in enumerate(arms):
        parts.traces.append(_strip(case, arm, at, most))
        parts.texts.append(_name(arm, at))
        if arm.overlap is not None:
            parts.shapes.extend(_band(bands.get(arm.arm), at))
            parts.traces.append(_point(arm, bands.get(arm.arm), at))
    parts.texts.append(_title(SPLIT + GAP, "overlap (gray: chance)"))
    parts.texts.append(_title(0, "attention (share)"))
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    time = {"domain": [0, SPLIT], "range": [case.offset_s, case.offset_s + case.duration_s], "tickformat": "~g"}
    down = {**still, "range": [len(arms) - 0.5, -0.5], "showticklabels": False}
    return parts.figure(
        height=TOP + BOTTOM + ROW_PIXELS * len(arms),
        margin={"l": 4, "r": 12, "t": TOP, "b": BOTTOM},
        dragmode=False,
        xaxis={**still, **time, "title": {"text": "time in the recording (s)", "standoff": 4}},
        yaxis=down,
        xaxis2={**still, "domain": [SPLIT + GAP, 1], "range": [0, 1], "anchor": "y2", "tickvals": [0, 0.5, 1]},
        yaxis2={**down, "anchor": "x2"},
    )


def _strip(case: Case, arm: ArmCase, at: int, most: float) -> dict[str, Any]:
    color, step = theme.mark_of(arm.arm).color, case.duration_s / len(arm.attention)
    few = len(arm.attention) <= FEW
    return {
        "type": "heatmap",
        "z": [arm.attention],
        "x": case.offset_s + step * np.arange(len(arm.attention) + 1),
        "y": [at - 0.12, at + 0.44],
        "xgap": 2,
        "zmin": 0,
        "zmax": most,
        "colorscale": [[0, faded(color, FAINT)], [1, faded(color, STRONG)]],
        "showscale": False,
        "text": [[f"{share:.2f}" if few else "" for share in arm.attention]],
        "texttemplate": "%{text}",
        "textfont": {"size": 11, "color": theme.INK},
        "hovertemplate": f"{in_plotly(arm.title)}: %{{z:.2f}} at %{{x:g}} s (n = {arm.models})<extra></extra>",
    }


def _name(arm: ArmCase, at: int) -> dict[str, Any]:
    square = f'<span style="color:{theme.mark_of(arm.arm).color}">■</span>'
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": at - 0.33, "yref": "y", "yanchor": "middle"}
    text = f"{square} <b>{in_plotly(arm.title)}</b> · n = {arm.models}"
    return {**place, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def _title(x: float, text: str) -> dict[str, Any]:
    place = {"x": x, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 10}
    return {**place, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def _band(band: tuple[float, float] | None, at: int) -> list[dict[str, Any]]:
    line = {"type": "line", "xref": "x2", "yref": "y2", "y0": at + 0.16, "y1": at + 0.16, "x0": 0, "x1": 1}
    track = {**line, "layer": "below", "line": {"color": theme.MUTED, "width": 0.6, "dash": "dot"}}
    if band is None:
        return [track]
    place = {"type": "rect", "xref": "x2", "yref": "y2", "x0": band[0], "x1": band[1], "y0": at - 0.06, "y1": at + 0.38}
    return [track, {**place, "fillcolor": "rgba(128, 140, 150, 0.4)", "line": {"width": 0}, "layer": "below"}]


def _point(arm: ArmCase, band: tuple[float, float] | None, at: int) -> dict[str, Any]:
    mark, spread = theme.mark_of(arm.arm), arm.overlap_spread
    bars = {"array": [min(spread, 1 - arm.overlap)], "arrayminus": [min(spread, arm.overlap)]} if spread is not None else {}
    told = "" if band is None else f", by chance {band[0]:.2f} to {band[1]:.2f}"
    left = arm.overlap > 0.5
    return {
        "type": "scatter",
        "xaxis": "x2",
        "yaxis": "y2",
        "x": [arm.overlap],
        "y": [at + 0.16],
        "mode": "markers+text",
        "text": [f"<b>{arm.overlap:.2f}</b>"],
        "textposition": "top left" if left else "top right",
        "textfont": {"size": 11},
        "marker": {"symbol": mark.symbol, "color": mark.color, "size": 10},
        "error_x": {"type": "data", "symmetric": False, "color": theme.INK, "thickness": 1, "width": 3, **bars}
        if bars
        else None,
        "hovertemplate": f"{in_plotly(arm.title)}: overlap {arm.overlap:.2f}{told}<extra></extra>",
        "cliponaxis": False,
        "showlegend": False,
    }


def heat_table(case: Case, bands: Bands) -> pd.DataFrame:
    """Give a row per arm: overlap with the teacher, its spread over seeds, and the band of chance."""
    rows = []
    for arm in case.arms:
        if arm.overlap is None:
            continue
        low, high = bands.get(arm.arm) or (np.nan, np.nan)
        spread = np.nan if arm.overlap_spread is None else arm.overlap_spread
        row = {"arm": arm.title, "n (seeds)": arm.models, "overlap with teacher": arm.overlap, "SD over seeds": spread}
        rows.append({**row, "chance, 2.5%": low, "chance, 97.5%": high})
    return pd.DataFrame(rows)
