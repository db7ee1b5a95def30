"""Tables drawn as shaded squares: how often arms decide alike, and what they decide against what is true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import quiet
from app.figures.subject_classes import class_title
from app.figures.text import in_plotly
from rdpd_core.experiments.subjects import Agreement, ArmSummary, Summary

FAINT, STRONG = 0.03, 0.62
CELL, TOP = 46, 30
MANY = 10


def agreement_figure(found: Agreement) -> go.Figure:
    """Draw the share of windows on which two arms decide alike, with Cohen's kappa beneath it.

    Args:
        found: Of some windows.
    """
    a = len(found.arms)
    text = [["" if i == j else _pair(found, i, j) for j in range(a)] for i in range(a)]
    shown = np.where(np.eye(a, dtype=bool), np.nan, found.share)
    names = [in_plotly(title) for title in found.titles]
    tip = "%{y} and %{x}: %{customdata[0]} of windows alike, kappa %{customdata[1]}<extra></extra>"
    behind = [[[f"{found.share[i, j]:.0%}", _kappa(found.kappa[i, j])] for j in range(a)] for i in range(a)]
    extra = {"customdata": behind, "hovertemplate": tip, "zmin": 0, "zmax": 1}
    return _squares(shown, text, names, names, theme.mark_of("teacher").color, CELL, **extra)


def _pair(found: Agreement, i: int, j: int) -> str:
    return f"{found.share[i, j]:.0%}<br>κ {_kappa(found.kappa[i, j])}"


def _kappa(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def confusion_figure(summary: Summary, arm: ArmSummary) -> go.Figure:
    """Draw how many windows of each true class an arm gives to each class; those on the diagonal are framed.

    Args:
        summary: Of the windows.
        arm: One of its arms.
    """
    rows, columns = confusion_classes(summary, arm)
    counts = arm.confusion[np.ix_(rows, columns)]
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.where(counts > 0, counts / np.maximum(totals, 1), np.nan)
    text = [[str(n) if n else "" for n in row] for row in counts]
    across = [str(k + 1) for k in columns]
    down = [class_title(k, summary.classes) for k in rows]
    behind = [
        [[class_title(c, summary.classes), int(n), int(t)] for c, n in zip(columns, row, strict=True)]
        for row, (t,) in zip(counts, totals, strict=True)
    ]
    tip = "truth %{y}, decided %{customdata[0]}: %{customdata[1]} of %{customdata[2]} windows<extra></extra>"
    extra = {"customdata": behind, "hovertemplate": tip, "zmin": 0, "zmax": 1}
    fig = _squares(shares, text, across, down, theme.mark_of(arm.arm).color, 26 if len(columns) > MANY else 34, **extra)
    shapes = [_frame(columns.index(k), at) for at, k in enumerate(rows)]
    return fig.update_layout(shapes=shapes)


def confusion_classes(summary: Summary, arm: ArmSummary) -> tuple[list[int], list[int]]:
    """Give the places of the classes that have windows, and of those and all that the arm decides for."""
    rows = np.flatnonzero(summary.truth).tolist()
    return rows, np.flatnonzero(summary.truth + arm.confusion.sum(axis=0)).tolist()


def _squares(
    values: np.ndarray, text: list[list[str]], across: Sequence[str], down: Sequence[str], color: str, cell: int, **extra: Any
) -> go.Figure:
    heat = {
        "type": "heatmap",
        "z": values,
        "text": text,
        "texttemplate": "%{text}",
        "textfont": {"size": 11, "color": theme.INK},
        "x": across,
        "y": down,
        "xgap": 2,
        "ygap": 2,
        "colorscale": [[0, faded(color, FAINT)], [1, faded(color, STRONG)]],
        "showscale": False,
        "hoverongaps": False,
        **extra,
    }
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "type": "category"}
    layout = {
        "font": {"color": theme.INK},
        "height": TOP + cell * len(down) + 40,
        "margin": {"l": 8, "r": 8, "t": TOP, "b": 36},
        "dragmode": False,
        "xaxis": quiet({**still, "side": "top", "automargin": True, "tickangle": 0, "tickfont": {"size": 11}}),
        "yaxis": quiet({**still, "autorange": "reversed", "automargin": True, "tickfont": {"size": 11}}),
    }
    return go.Figure({"data": [heat], "layout": layout})


def _frame(x: int, y: int) -> dict[str, Any]:
    place = {"type": "rect", "x0": x - 0.48, "x1": x + 0.48, "y0": y - 0.46, "y1": y + 0.46}
    return {**place, "line": {"color": theme.INK, "width": 1.5}}


def agreement_table(found: Agreement) -> pd.DataFrame:
    """Give a row per pair of arms: share of windows decided alike, Cohen's kappa, n."""
    a = len(found.arms)
    rows = [(i, j) for i in range(a) for j in range(i + 1, a)]
    return pd.DataFrame(
        {
            "arm": [found.titles[i] for i, _ in rows],
            "other arm": [found.titles[j] for _, j in rows],
            "decided alike (share)": [found.share[i, j] for i, j in rows],
            "Cohen's kappa": [found.kappa[i, j] for i, j in rows],
            "n (windows)": found.windows,
        }
    )


def confusion_table(summary: Summary, arm: ArmSummary) -> pd.DataFrame:
    """Give a row per true class and a column per decision, in windows."""
    rows, columns = confusion_classes(summary, arm)
    table = pd.DataFrame(arm.confusion[np.ix_(rows, columns)], columns=[summary.classes[k] for k in columns])
    table.insert(0, "truth", [summary.classes[k] for k in rows])
    table.insert(0, "arm", arm.title)
    return table
