"""Evidence added up: by channel or group of channels, and along time, each before what random weights would give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.attribution import Picture
from app.figures.canvas import Parts, filling
from app.figures.noted import noted
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation.attributed import UNIT
from rdpd_core.types import Channel

BOTTOM, LEGEND, ROW, FILLED = 44, 26, 24, 0.8
LEAST, MOST = 2.5, 97.5
WIDE = 0.32


def by_group(picture: Picture) -> Picture:
    """Give a picture whose rows are the groups of channels that a model reads."""
    names = list(dict.fromkeys(c.group for c in picture.channels))
    place = np.array([names.index(c.group) for c in picture.channels])
    rows = [place == at for at in range(len(names))]
    heat = np.stack([picture.heat[row].sum(axis=0) for row in rows])
    drawn = None if picture.drawn is None else np.stack([picture.drawn[:, row].sum(axis=1) for row in rows], axis=1)
    return picture._replace(channels=tuple(Channel(n, "", n) for n in names), heat=heat, drawn=drawn)


def band(picture: Picture, axis: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Give what the middle 95% of copies with random weights give, summed over time (1) or over channels (0); None without."""
    if picture.drawn is None:
        return None
    low, high = np.percentile(picture.drawn.sum(axis=axis + 1), [LEAST, MOST], axis=0)
    return low, high


def sums_figure(pictures: Sequence[Picture], notes: Sequence[str] = ()) -> go.Figure:
    """Draw the sum over time of every row that any of the models has, a bar per model, before the band of random weights."""
    names = list(dict.fromkeys(c.name for p in pictures for c in p.channels))
    parts = Parts([], [], [])
    for at, picture in enumerate(pictures):
        own = {c.name: float(v) for c, v in zip(picture.channels, picture.heat.sum(axis=1), strict=True)}
        parts.traces.append(_bars(picture, [own.get(name) for name in names], names))
        parts.shapes.extend(_bands(picture, names, at, len(pictures)))
    note, above = noted(list(notes), LEGEND if len(pictures) > 1 else 0)
    parts.texts.append(note)
    unit = f"evidence summed over time ({UNIT})" if all(p.signed for p in pictures) else "sum over time"
    return parts.figure(
        height=above + BOTTOM + ROW * len(names) * max(1, len(pictures)) + 16,
        margin={"l": 4, "r": 8, "t": above, "b": BOTTOM},
        dragmode=False,
        barmode="group",
        bargap=1 - FILLED,
        showlegend=len(pictures) > 1,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={"fixedrange": True, "zeroline": True, "zerolinecolor": theme.MUTED, "title": {"text": unit, "standoff": 4}},
        yaxis={"fixedrange": True, "autorange": "reversed", "automargin": True},
    )


def _bars(picture: Picture, values: list[float | None], names: Sequence[str]) -> dict[str, Any]:
    unit = f" {UNIT}" if picture.signed else ""
    return {
        "type": "bar",
        "orientation": "h",
        "x": values,  # None: a channel the model does not read has no bar
        "y": [in_plotly(name) for name in names],
        "name": in_plotly(picture.title),
        "marker": filling(picture.arm),
        "hovertemplate": f"{in_plotly(picture.title)}, %{{y}}: %{{x:.3g}}{unit}<extra></extra>",
    }


def _bands(picture: Picture, names: Sequence[str], at: int, models: int) -> list[dict[str, Any]]:
    ends, found = band(picture, 1), []
    if ends is None:
        return found
    look = {"type": "rect", "layer": "above", "fillcolor": theme.MUTED, "opacity": 0.45, "line": {"width": 0}}
    for own, low, high in zip(picture.channels, *ends, strict=True):
        middle = names.index(own.name) - FILLED / 2 + FILLED * (at + 0.5) / models
        half = WIDE / 2 * FILLED / models
        place = {"xref": "x", "yref": "y", "x0": float(low), "x1": float(high), "y0": middle - half, "y1": middle + half}
        found.append({**look, **place})
    return found


def time_figure(picture: Picture, notes: Sequence[str] = ()) -> go.Figure:
    """Draw the sum over channels of every piece of time, above the band of random weights."""
    parts, at = Parts([], [], []), _middles(picture)
    ends = band(picture, 0)
    if ends is not None:
        low, high = ends
        around = {"x": np.concatenate([at, at[::-1]]), "y": np.concatenate([high, low[::-1]])}
        look = {"fill": "toself", "fillcolor": faded(theme.MUTED, 0.35), "line": {"width": 0}, "mode": "lines"}
        parts.traces.append({"type": "scatter", **around, **look, "hoverinfo": "skip", "showlegend": False})
    unit = f" ({UNIT})" if picture.signed else ""
    parts.traces.append(
        {
            "type": "scatter", "mode": "lines", "x": at, "y": picture.heat.sum(axis=0), "showlegend": False,
            "line": {"color": theme.mark_of(picture.arm).color, "width": 1.5, "shape": "hvh"},
            "hovertemplate": f"%{{x:.3g}} s: %{{y:.3g}}{unit}<extra></extra>",
        }
    )  # fmt: skip
    note, above = noted(list(notes))
    parts.texts.append(note)
    what = f"evidence ({UNIT})" if picture.signed else "sum over channels"
    time = {"range": [picture.start_s, picture.start_s + picture.duration_s], "tickformat": "~g"}
    return parts.figure(
        height=above + BOTTOM + 150,
        margin={"l": 4, "r": 8, "t": above, "b": BOTTOM},
        dragmode=False,
        xaxis={"fixedrange": True, **time, "title": {"text": "time in the recording (s)", "standoff": 12}},
        yaxis={"fixedrange": True, "automargin": True, "title": {"text": what}, "zerolinecolor": theme.MUTED},
    )


def _middles(picture: Picture) -> np.ndarray:
    pieces = picture.heat.shape[1]
    return picture.start_s + picture.duration_s / pieces * (np.arange(pieces) + 0.5)


def outside(picture: Picture) -> list[str]:
    """Give the rows whose sum lies outside of what random weights give, the strongest first."""
    ends = band(picture, 1)
    if ends is None:
        return []
    sums = picture.heat.sum(axis=1)
    return [picture.channels[at].name for at in np.argsort(-np.abs(sums)) if not ends[0][at] <= sums[at] <= ends[1][at]]


def sums_table(pictures: Sequence[Picture]) -> pd.DataFrame:
    """Give a row per model and row of its picture: the sum over time, and what random weights give."""
    value = f"sum over time ({UNIT})" if all(p.signed for p in pictures) else "sum over time"
    rows = []
    for p in pictures:
        low, high = band(p, 1) or ([None] * len(p.channels), [None] * len(p.channels))
        for at, (c, own) in enumerate(zip(p.channels, p.heat.sum(axis=1), strict=True)):
            null = {"random weights, 2.5%": low[at], "random weights, 97.5%": high[at]}
            rows.append({"model": p.title, "channel": c.name, "group": c.group, value: float(own), **null})
    return pd.DataFrame(rows)


def time_table(picture: Picture) -> pd.DataFrame:
    """Give a row per piece of time: the sum over channels, and what random weights give."""
    step, value = picture.duration_s / picture.heat.shape[1], f"evidence ({UNIT})" if picture.signed else "size"
    start = picture.start_s + step * np.arange(picture.heat.shape[1])
    columns = {"from (s)": start, "to (s)": start + step, value: picture.heat.sum(axis=0)}
    if (ends := band(picture, 0)) is not None:
        columns |= {"random weights, 2.5%": ends[0], "random weights, 97.5%": ends[1]}
    return pd.DataFrame(columns)


def describe_sums(pictures: Sequence[Picture]) -> str:
    """Give the text alternative of the sums: the strongest row of each model, and which leave the band of random weights."""
    told = []
    for picture in pictures:
        sums = picture.heat.sum(axis=1)
        top, far = int(np.abs(sums).argmax()), outside(picture)
        null = "" if picture.drawn is None else f", outside of what random weights give: {listed(far)}"
        told.append(f"{picture.title}: most from {picture.channels[top].name} ({sums[top]:+.2g}){null}")
    unit = f" in {UNIT}" if all(p.signed for p in pictures) else ""
    return f"Sums over time{unit}. {'; '.join(told)}."


def describe_time(picture: Picture) -> str:
    """Give the text alternative of the course: where it is strongest, and how much of it leaves the band."""
    sums, at = picture.heat.sum(axis=0), _middles(picture)
    top, ends = int(np.abs(sums).argmax()), band(picture, 0)
    unit = f" {UNIT}" if picture.signed else ""
    null = ""
    if ends is not None:
        share = float(np.mean((sums < ends[0]) | (sums > ends[1])))
        null = f" {share:.0%} of the pieces of time lie outside of what random weights give (5% by chance)."
    return f"Sums over {len(picture.channels)} rows along time. Strongest at {at[top]:.3g} s ({sums[top]:+.2g}{unit}).{null}"
