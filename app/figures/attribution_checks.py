"""Pictures behind "Believe it?": deletion and insertion against chance, and weights drawn anew layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts
from app.figures.noted import noted
from app.figures.text import in_plotly
from rdpd_core.evaluation.believed import KEPT, Belief
from rdpd_core.evaluation.scores import people

BOTTOM, LEGEND = 44, 26


def curves_figure(belief: Belief) -> go.Figure:
    """Draw the mean probability of the explained class while cells are taken away or put back, above orders drawn at random."""
    found, parts = belief.curves, Parts([], [], [])
    ways = (
        ("taken away", found.deletion, found.random_deletion, theme.mark_of("teacher"), "solid"),
        ("put back", found.insertion, found.random_insertion, theme.mark_of("rdpd"), "dash"),
    )
    for name, own, drawn, mark, dash in ways:
        if len(drawn):
            low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
            around = {"x": np.concatenate([found.share, found.share[::-1]]), "y": np.concatenate([high, low[::-1]])}
            look = {"fill": "toself", "fillcolor": faded(mark.color, 0.18), "line": {"width": 0}, "mode": "lines"}
            note = {"name": f"{name}, order at random", "hoverinfo": "skip", "showlegend": False}
            parts.traces.append({"type": "scatter", **around, **look, **note})
        ends = _ends(belief, own)
        mean = own.mean(axis=0)
        reach = {"type": "data", "symmetric": False, "array": ends[1] - mean, "arrayminus": mean - ends[0], "width": 3}
        line = {"x": found.share, "y": mean, "mode": "lines+markers", "name": name}
        line |= {"error_y": reach | {"color": mark.color, "thickness": 1}}
        look = {"line": {"color": mark.color, "dash": dash, "width": 2}, "marker": {"symbol": mark.symbol, "size": 7}}
        hover = f"{name}, %{{x:.0%}} of the cells: %{{y:.2f}} (n = {belief.n_windows} windows)<extra></extra>"
        parts.traces.append({"type": "scatter", **line, **look, "hovertemplate": hover})
    title = "share of cells taken away or put back"
    said = [people(belief.n_windows, belief.n_subjects), f"means, strongest cells first; {interval(belief)}", _null(belief)]
    note, above = noted(said, LEGEND)
    parts.texts.append(note)
    return parts.figure(
        height=above + BOTTOM + 210,
        margin={"l": 4, "r": 8, "t": above, "b": BOTTOM},
        dragmode=False,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        xaxis={"fixedrange": True, "range": [0, 1], "tickformat": ".0%", "title": {"text": title, "standoff": 4}},
        yaxis={"fixedrange": True, "rangemode": "tozero", "title": {"text": "probability of the class"}, "automargin": True},
    )


def _ends(belief: Belief, values: np.ndarray) -> np.ndarray:
    """Give the intervals of the means of the columns of values (B, J), (2, J); the means where there is none."""
    found = [belief.mean(column) for column in values.T]
    ends = [(e.value, e.value) if e.interval is None else (e.interval.low, e.interval.high) for e in found]
    return np.array(ends).T


def interval(belief: Belief) -> str:
    """Say what the whiskers of the curves are."""
    known = belief.mean(belief.curves.gap).interval
    return "no interval: too few people" if known is None else f"95% intervals, {known.n} subjects resampled"


def _null(belief: Belief) -> str:
    drawn = len(belief.curves.random_deletion)
    return f"null (bands): 95% of {drawn} orders drawn at random" if drawn else "null: none was drawn"


def curves_table(belief: Belief) -> pd.DataFrame:
    """Give a row per share of cells: mean probability, and the band of orders drawn at random."""
    found = belief.curves
    columns: dict[str, Any] = {"share of cells": found.share}
    ways = (("taken away", found.deletion, found.random_deletion), ("put back", found.insertion, found.random_insertion))
    for name, own, drawn in ways:
        low, high = _ends(belief, own)
        columns |= {name: own.mean(axis=0), f"{name}, 95% low": low, f"{name}, 95% high": high}
        if len(drawn):
            low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
            columns |= {f"{name}, at random, 2.5%": low, f"{name}, at random, 97.5%": high}
    return pd.DataFrame(columns)


def checks_table(belief: Belief) -> pd.DataFrame:
    """Give a row per check: its state, its number, its null, and the answer in words."""
    rows = [
        {"check": c.title, "state": c.state, "value": c.value, "null, low": c.low, "null, high": c.high, "answer": c.sentence}
        for c in belief.checks
    ]
    return pd.DataFrame(rows)


def describe_curves(belief: Belief) -> str:
    """Give the text alternative of the curves: the verdict and the two areas."""
    gap, band = belief.mean(belief.curves.gap), belief.curves.band
    ends = "" if gap.interval is None else f" [{gap.interval.low:.2f}, {gap.interval.high:.2f}]"
    null = "" if band is None else f"; orders drawn at random: {band[0]:.2f} to {band[1]:.2f}"
    return (
        f"Deletion and insertion over {belief.n_windows} windows of {belief.n_subjects} subjects. The area under insertion "
        f"less that under deletion is {gap.value:.2f}{ends}{null}. {belief.verdict}: {belief.reason}"
    )


def cascade_figure(belief: Belief) -> go.Figure:
    """Draw how alike pictures stay while layer after layer forgets what it learned, from the output down."""
    found, parts = belief.cascade, Parts([], [], [])
    mean, low, high = found.kept.mean(axis=1), found.kept.min(axis=1), found.kept.max(axis=1)
    draws = found.kept.shape[1]
    reach = {"type": "data", "symmetric": False, "array": high - mean, "arrayminus": mean - low, "color": theme.INK, "width": 4}
    mark = theme.mark_of("teacher")
    parts.traces.append(
        {
            "type": "scatter", "mode": "lines+markers", "x": [1.0, *mean], "y": _stages(belief), "showlegend": False,
            "error_x": reach | {"array": [0, *reach["array"]], "arrayminus": [0, *reach["arrayminus"]], "thickness": 1},
            "line": {"color": mark.color, "width": 2}, "marker": {"symbol": mark.symbol, "size": 7},
            "hovertemplate": "%{y}: rank correlation %{x:.2f}<extra></extra>",
        }
    )  # fmt: skip
    line = {"color": theme.MUTED, "width": 1, "dash": "dot"}
    parts.shapes.append({"type": "line", "x0": KEPT, "x1": KEPT, "y0": 0, "y1": 1, "yref": "y domain", "line": line})
    drawn = f"mean, least and most of {draws} draws of weights"
    note, above = noted([people(belief.n_windows, belief.n_subjects), drawn, f"null: below {KEPT:g} (dotted) in the end"])
    parts.texts.append(note)
    return parts.figure(
        height=above + BOTTOM + 28 * (len(found.stages) + 1),
        margin={"l": 4, "r": 8, "t": above, "b": BOTTOM},
        dragmode=False,
        xaxis={"fixedrange": True, "range": [min(-0.1, float(low.min()) - 0.05), 1.05],
               "title": {"text": "rank correlation with the picture", "standoff": 4}},
        yaxis={"fixedrange": True, "autorange": "reversed", "automargin": True},
    )  # fmt: skip


def _stages(belief: Belief) -> list[str]:
    return ["as trained", *(f"{'' if at == 0 else '… and '}{in_plotly(s)}" for at, s in enumerate(belief.cascade.stages))]


def cascade_table(belief: Belief) -> pd.DataFrame:
    """Give a row per layer: how alike pictures stay once it and all above it were drawn anew."""
    kept = belief.cascade.kept
    columns = {"drawn anew down to": belief.cascade.stages, "rank correlation, mean": kept.mean(axis=1)}
    return pd.DataFrame({**columns, "least": kept.min(axis=1), "most": kept.max(axis=1), "draws": kept.shape[1]})


def describe_cascade(belief: Belief) -> str:
    """Give the text alternative of the cascade: what is left at its end."""
    left = float(belief.cascade.kept[-1].mean())
    return (
        f"Rank correlation with the picture while layers are drawn anew from the output down: {left:.2f} is left once all "
        f"{len(belief.cascade.stages)} have forgotten, {people(belief.n_windows, belief.n_subjects)}; below {KEPT:g} is asked "
        f"for."
    )
