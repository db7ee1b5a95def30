"""The probability of the true class from the beginning of recordings to their end, a strip per arm, before turned time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.noted import noted
from app.figures.text import in_plotly

STRIP_PX, BOTTOM = 96, 46
ROOM = 0.74
"""Height of the axis of a strip, as a share of it; the rest is for its heading."""
GRAY = "rgba(128, 140, 150, 0.35)"
Values = Mapping[str, Any]


def course_figure(found: Values, notes: list[str]) -> go.Figure:
    """Draw the strips; whiskers are 95% intervals over people, gray is the central 95% of turned time.

    Args:
        found: Of the analysis of classes: its "courses" and "titles".
        notes: Lines above the picture: n, interval, null.
    """
    courses = found["courses"]["arms"]
    spans = spans_of(courses)
    parts = Parts([], [], [])
    for at, (arm, own) in enumerate(courses.items()):
        parts.shapes.extend(_bands(own, -at - 1.0, *spans[at]))
        parts.traces.append(_line(found["titles"][arm], arm, own, -at - 1.0, *spans[at]))
        parts.texts.append(_heading(found["titles"][arm], arm, own, -at))
    note, top = noted(notes)
    parts.texts.append(note)
    n, pieces = len(courses), found["courses"]["pieces"]
    still = {"fixedrange": True, "zeroline": False, "ticks": "", "showgrid": False}
    levels = [-at - 1 + end * ROOM for at in range(n) for end in (0, 1)]
    across = {"range": [-0.5, pieces - 0.5], "tickvals": list(range(pieces)), "ticktext": _shares(pieces), "tickangle": 0}
    return parts.figure(
        height=top + BOTTOM + STRIP_PX * n,
        margin={"l": 8, "r": 10, "t": top, "b": BOTTOM},
        dragmode=False,
        showlegend=False,
        xaxis={**still, **across, "title": {"text": "part of the recording", "standoff": 6}},
        yaxis={**still, "range": [-n - 0.06, 0], "tickvals": levels, "ticktext": [f"{v:.2f}" for ends in spans for v in ends]},
    )


def spans_of(courses: Mapping[str, Values]) -> list[tuple[float, float]]:
    """Give from and to of every strip: of one length, so that slopes can be compared, each where its arm lies."""
    lows, highs = [], []
    for own in courses.values():
        ends = [v for e in own["values"] for v in (e["value"], *_ends(e))] + [v for pair in own["null"] for v in pair]
        lows.append(np.floor(min(ends) * 20) / 20)
        highs.append(np.ceil(max(ends) * 20) / 20)
    length = max(0.05, *(high - low for low, high in zip(lows, highs, strict=True)))
    return [(float(low), float(low + length)) for low in lows]


def _ends(estimate: Values) -> tuple[float, float]:
    own = estimate["interval"]
    return (estimate["value"],) * 2 if own is None else (own["low"], own["high"])


def _shares(pieces: int) -> list[str]:
    edges = [round(100 * at / pieces) for at in range(pieces + 1)]
    return [f"{a}–{b}%" if b == 100 or pieces <= 5 else f"{a}–{b}" for a, b in pairwise(edges)]


def _bands(own: Values, floor: float, low: float, high: float) -> Iterator[dict[str, Any]]:
    for at, (a, b) in enumerate(own["null"]):
        y0, y1 = (floor + ROOM * (v - low) / (high - low) for v in (a, b))
        place = {"type": "rect", "xref": "x", "yref": "y", "x0": at - 0.46, "x1": at + 0.46, "y0": y0, "y1": y1}
        yield {**place, "fillcolor": GRAY, "line": {"width": 0}, "layer": "below"}
    for y in (floor, floor + ROOM):
        look = {"layer": "below", "line": {"color": theme.MUTED, "width": 0.6, "dash": "dot"}}
        yield {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": y, "y1": y, **look}


def _line(title: str, arm: str, own: Values, floor: float, low: float, high: float) -> dict[str, Any]:
    mark, scale = theme.mark_of(arm), ROOM / (high - low)
    value = np.array([e["value"] for e in own["values"]])
    ends = np.array([_ends(e) for e in own["values"]])
    told = [
        [f"{e['value']:.3f}", _said(e), f"{a:.3f} to {b:.3f}", e["n"], e["units"]]
        for e, (a, b) in zip(own["values"], own["null"], strict=True)
    ]
    bars = {"type": "data", "symmetric": False, "color": mark.color, "thickness": 1.5, "width": 4}
    return {
        "type": "scatter", "mode": "lines+markers", "x": np.arange(len(value)), "y": floor + (value - low) * scale,
        "error_y": {**bars, "array": (ends[:, 1] - value) * scale, "arrayminus": (value - ends[:, 0]) * scale},
        "line": {"color": mark.color, "width": 1.5}, "marker": {"symbol": mark.symbol, "color": mark.color, "size": 8},
        "customdata": told, "showlegend": False,
        "hovertemplate": f"{in_plotly(title)}: %{{customdata[0]}} %{{customdata[1]}}<br>turned time %{{customdata[2]}}"
        "<br>n = %{customdata[3]} windows of %{customdata[4]}<extra></extra>",
    }  # fmt: skip


def _said(estimate: Values) -> str:
    own = estimate["interval"]
    return "no interval" if own is None else f"[{own['low']:.3f}, {own['high']:.3f}]"


def _heading(title: str, arm: str, own: Values, top: float) -> dict[str, Any]:
    square = f'<span style="color:{theme.mark_of(arm).color}">■</span>'
    p = "" if own["p"] is None else f" · p = {own['p']:.2g}"
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top - 0.03, "yref": "y", "yanchor": "top"}
    text = f"{square} <b>{in_plotly(title)}</b>{p}"
    return {**place, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def describe_course(found: Values, notes: Sequence[str]) -> str:
    """Give the text alternative."""
    told = []
    for arm, own in found["courses"]["arms"].items():
        values = ", ".join(f"{one['value']:.2f} {_said(one)}" for one in own["values"])
        told.append(f"{found['titles'][arm]}: {values}; {own['outside']} of {len(own['values'])} outside of turned time.")
    return f"Probability of the true class from the beginning of recordings to their end. {' '.join(told)} {' '.join(notes)}"


def course_table(found: Values) -> pd.DataFrame:
    """Give a row per arm and part of the recording."""
    shares = _shares(found["courses"]["pieces"])
    return pd.DataFrame(
        [
            {
                "arm": found["titles"][arm], "part of the recording": share, "P(true class)": e["value"],
                "95% low": None if e["interval"] is None else e["interval"]["low"],
                "95% high": None if e["interval"] is None else e["interval"]["high"],
                "turned time, low": a, "turned time, high": b, "p (course)": own["p"],
                "n (windows)": e["n"], "n (people)": e["units"],
            }
            for arm, own in found["courses"]["arms"].items()
            for share, e, (a, b) in zip(shares, own["values"], own["null"], strict=True)
        ]
    )  # fmt: skip
