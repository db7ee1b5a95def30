"""How many windows of a subject, or of several, each arm gives to each class, beside the truth: one stacked bar per arm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures.canvas import Parts
from app.figures.subject_classes import class_keys, class_look, class_title, keys_height, legend
from app.figures.text import in_plotly
from rdpd_core.experiments.subjects import ArmSummary, Summary

ROW_PIXELS, TOP, BOTTOM = 44, 8, 44
NUMBERED, NAMED = 0.025, 0.22
"""From this share of a bar on a stretch carries its number, and its name."""
TRUTH = "◆ Truth"


def shares_figure(summary: Summary) -> go.Figure:
    """Draw a bar per arm from 0 to all windows, cut into classes; the first bar is the truth.

    Args:
        summary: Of the windows.
    """
    rows = rows_of(summary)
    used = used_classes(summary)
    parts = Parts([], [], [])
    for place in used:
        parts.traces.append(_stretch(summary, rows, place))
    parts.traces.extend(class_keys(used, summary.classes))
    for at, (title, _, models) in enumerate(rows):
        parts.texts.append(_name(title, models, at))
    height = ROW_PIXELS * len(rows)
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    return parts.figure(
        height=TOP + BOTTOM + height + keys_height(used),
        margin={"l": 12, "r": 22, "t": TOP, "b": BOTTOM + keys_height(used)},
        barmode="stack",
        dragmode=False,
        legend=legend(height),
        xaxis={
            **still,
            "range": [0, 1],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "tickformat": ".0%",
            "title": {"text": f"share of windows (n = {summary.windows})"},
        },
        yaxis={**still, "range": [len(rows) - 0.5, -0.62], "showticklabels": False},
    )


def rows_of(summary: Summary) -> list[tuple[str, np.ndarray, int]]:
    """Give the bars: title, windows of each class (K,), and how many models stand behind it; 0 for the truth."""
    truth = [(TRUTH, summary.truth, 0)] if summary.labeled else []
    return [*truth, *((arm.title, arm.decided, arm.models) for arm in summary.arms)]


def used_classes(summary: Summary) -> list[int]:
    """Give the places of the classes that are true of a window or that an arm decides for."""
    total = summary.truth + sum(arm.decided for arm in summary.arms)
    return np.flatnonzero(total).tolist()


def _stretch(summary: Summary, rows: list[tuple[str, np.ndarray, int]], place: int) -> dict[str, Any]:
    counts = np.array([row[1][place] for row in rows])
    shares = counts / summary.windows
    title = class_title(place, summary.classes)
    text = [title if share >= NAMED else str(place + 1) if share >= NUMBERED else "" for share in shares]
    named = [[in_plotly(row[0]), int(count)] for row, count in zip(rows, counts, strict=True)]
    return {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": np.arange(len(rows)) + 0.14,
        "width": 0.46,
        "text": text,
        **class_look(place),
        "customdata": named,
        "hovertemplate": f"%{{customdata[0]}}: {title}, %{{customdata[1]}} of {summary.windows} windows<extra></extra>",
        "name": title,
        "showlegend": False,
    }


def _name(title: str, models: int, at: int) -> dict[str, Any]:
    told = f"<b>{in_plotly(title)}</b>" + (f" · {models} seeds" if models > 1 else "")
    place = {"x": 0, "y": at - 0.26, "xref": "paper", "yref": "y", "xanchor": "left", "yanchor": "middle"}
    return {**place, "text": told, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def shares_table(summary: Summary) -> pd.DataFrame:
    """Give a row per arm and class: windows, their share, their spread over seeds, mean probability, and the truth."""
    return pd.DataFrame([row for arm in summary.arms for row in _table_rows(summary, arm)])


def _table_rows(summary: Summary, arm: ArmSummary) -> list[dict[str, object]]:
    spread = np.full(len(summary.classes), np.nan) if arm.decided_spread is None else arm.decided_spread
    return [
        {
            "arm": arm.title,
            "n (seeds)": arm.models,
            "class": name,
            "windows": int(arm.decided[k]),
            "windows, SD over seeds": float(spread[k]),
            "share": arm.decided[k] / summary.windows,
            "mean probability": float(arm.probability[k]),
            "truth, windows": int(summary.truth[k]),
            "n (windows)": summary.windows,
        }
        for k, name in enumerate(summary.classes)
    ]
