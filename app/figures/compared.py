"""Charts of compared experiments, drawn for the page: rows with intervals, curves with bands, points, and ranks."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.experiments.compared.chart import Axis, Chart, Series, reach

TOP, BOTTOM, MORE = 60, 52, 40
LONGEST = 30
"""Signs of a name beside a row; the whole name is in the table."""


def chart_figure(chart: Chart) -> go.Figure:
    """Draw a chart."""
    parts = Parts([], [], [])
    for series in sorted(chart.series, key=lambda s: s.kind not in ("leader", "bar")):
        parts.traces.extend(_traces(series))
    layout = {
        "height": chart.height + MORE,
        "margin": {"l": 8, "r": 12, "t": TOP, "b": BOTTOM},
        "dragmode": False,
        "title": {"text": in_plotly(chart.title), "font": {"size": 14}, "x": 0, "xanchor": "left", "y": 0.99, "yanchor": "top"},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 12}},
        "xaxis": {**_axis(chart.x, reach(chart.series, True)), "gridcolor": theme.BAND},
        "yaxis": {**_axis(chart.y, reach(chart.series, False)), "gridcolor": theme.BAND, "automargin": True},
    }
    return parts.figure(**layout)


def _axis(axis: Axis, found: tuple[float, float]) -> dict[str, Any]:
    low, high = axis.span or found
    made: dict[str, Any] = {"fixedrange": True, "zeroline": False, "ticks": "", "range": [low, high]}
    if axis.title:
        made["title"] = {"text": in_plotly(axis.title), "standoff": 6}
    if axis.ticks:
        names = [text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…" for _, text in axis.ticks]
        made |= {
            "tickvals": [value for value, _ in axis.ticks],
            "ticktext": [in_plotly(name) for name in names],
            "tickangle": 0,
        }
    if axis.logarithmic:
        import math

        made |= {"type": "log", "range": [math.log10(low), math.log10(high)], "dtick": "D2"}
    return made


def _traces(s: Series) -> list[dict[str, Any]]:
    mark = theme.mark_of(s.arm)
    base: dict[str, Any] = {"type": "scatter", "x": list(s.x), "y": list(s.y)}
    if s.kind in ("leader", "bar"):
        line = {"color": theme.MUTED, "width": 1} if s.kind == "leader" else {"color": theme.INK, "width": 5}
        return [{**base, "mode": "lines", "line": line, "hoverinfo": "skip", "showlegend": False}]
    line = {"color": mark.color, "dash": mark.dash, "width": 2}
    marker = {"symbol": mark.symbol, "color": mark.color, "size": 9}
    told = (
        {"customdata": [in_plotly(text) for text in s.hover], "hovertemplate": "%{customdata}<extra></extra>"}
        if s.hover
        else {}
    )
    named = {"name": in_plotly(s.name), "legendgroup": s.arm, "showlegend": bool(s.name)}
    if s.kind in ("line", "course"):
        mode = "lines+markers" if s.kind == "line" else "lines"
        return [*_band(s, mark.color), {**base, **named, **told, "mode": mode, "line": line, "marker": marker}]
    whiskers = {"error_x" if s.kind == "rows" else "error_y": _ends(s, mark.color)} if s.ends else {}
    return [{**base, **named, **told, **whiskers, "mode": "markers", "marker": marker, "cliponaxis": False}]


def _ends(s: Series, color: str) -> dict[str, Any]:
    values = s.x if s.kind == "rows" else s.y
    more = [0.0 if e is None else max(e[1] - v, 0.0) for v, e in zip(values, s.ends, strict=True)]
    less = [0.0 if e is None else max(v - e[0], 0.0) for v, e in zip(values, s.ends, strict=True)]
    return {"type": "data", "symmetric": False, "array": more, "arrayminus": less, "color": color, "thickness": 1.5, "width": 4}


def _band(s: Series, color: str) -> list[dict[str, Any]]:
    known = [(x, ends) for x, ends in zip(s.x, s.ends, strict=True) if ends is not None] if s.ends else []
    if len(known) < 2:
        return []
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    edge = {
        "x": [x for x, _ in known] + [x for x, _ in reversed(known)],
        "y": [high for _, (_, high) in known] + [low for _, (low, _) in reversed(known)],
    }
    look = {"fill": "toself", "fillcolor": f"rgba({red}, {green}, {blue}, 0.13)", "line": {"width": 0}, "mode": "lines"}
    return [{"type": "scatter", **edge, **look, "hoverinfo": "skip", "showlegend": False, "legendgroup": s.arm}]


def chart_table(chart: Chart) -> pd.DataFrame:
    """Give the table behind a chart."""
    return pd.DataFrame(list(chart.rows))
