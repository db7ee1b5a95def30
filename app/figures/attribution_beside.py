"""How alike other methods, baselines and models find one window, before how alike they find other windows, which is chance."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.noted import noted
from app.figures.text import in_plotly, listed
from rdpd_core.experiments.beside import Beside

ROW, BOTTOM, HALF = 34, 44, 0.28
SYMBOLS = {"method": "circle", "baseline": "square", "model": "diamond"}


def beside_figure(found: Sequence[Beside], notes: Sequence[str] = ()) -> go.Figure:
    """Draw a row per method or baseline: its rank correlation, filled if it is more than in every other window."""
    parts = Parts([], [], [])
    for at, one in enumerate(found):
        if one.low is not None:
            place = {
                "xref": "x",
                "yref": "y",
                "x0": one.low,
                "x1": one.high,
                "y0": at - HALF,
                "y1": at + HALF,
                "layer": "below",
            }
            parts.shapes.append({"type": "rect", "fillcolor": theme.MUTED, "opacity": 0.4, "line": {"width": 0}, **place})
    kinds = [SYMBOLS[one.kind] + ("" if one.more else "-open") for one in found]
    mark = {"color": theme.mark_of("teacher").color, "size": 10, "symbol": kinds, "line": {"width": 2}}
    hover = "%{customdata}: rank correlation %{x:.2f}<extra></extra>"
    points = {
        "x": [one.value for one in found],
        "y": list(range(len(found))),
        "customdata": [in_plotly(o.title) for o in found],
    }
    parts.traces.append(
        {"type": "scatter", "mode": "markers", **points, "marker": mark, "hovertemplate": hover, "showlegend": False}
    )
    note, above = noted(list(notes))
    parts.texts.append(note)
    return parts.figure(
        height=above + BOTTOM + ROW * len(found),
        margin={"l": 4, "r": 12, "t": above, "b": BOTTOM},
        dragmode=False,
        xaxis={"fixedrange": True, "range": [-1.05, 1.05], "title": {"text": "rank correlation over cells", "standoff": 4}},
        yaxis={"fixedrange": True, "range": [len(found) - 0.5, -0.5], "tickvals": list(range(len(found))), "showgrid": False,
               "ticktext": [in_plotly(one.title) for one in found], "automargin": True, "zeroline": False},
    )  # fmt: skip


def beside_table(found: Sequence[Beside]) -> pd.DataFrame:
    """Give a row per method or baseline: its rank correlation, and those of other windows."""
    rows = [
        {"other": o.title, "is a": o.kind, "rank correlation": o.value, "other windows, least": o.low,
         "other windows, most": o.high, "n (other windows)": o.n}
        for o in found
    ]  # fmt: skip
    return pd.DataFrame(rows)


def describe_beside(found: Sequence[Beside]) -> str:
    """Say which find the window more alike than chance, and which do not."""
    more, less = ([o.title for o in found if o.more is way] for way in (True, False))
    parts = [f"more alike than in every other window: {listed(more)}" if more else "", _less(found, less)]
    return f"Rank correlation of the evidence in one window: {'; '.join(p for p in parts if p)}."


def _less(found: Sequence[Beside], titles: list[str]) -> str:
    if not titles:
        return ""
    if not any(o.n for o in found):
        return "there is no other window, so chance is not known"
    return f"no more alike than chance: {listed(titles)}"
