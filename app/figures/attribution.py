"""Which channels and moments speak for a class: heat under the signal of every channel that a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts
from app.figures.noted import noted
from app.figures.reduce import reduce
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation.attributed import UNIT
from rdpd_core.types import Channel

ROW_PIXELS, LEAST_PIXELS, BOTTOM = 34, 130, 44
FOR, AGAINST = "#C4451F", "#0A6FD0"
"""Evidence for a class is warm, evidence against it is cold; both are told apart by a sign as well."""
STRONG, FAINT, MARKED = 0.85, 0.02, 3
COLORS = [
    [0.0, faded(AGAINST, STRONG)],
    [0.5, faded(theme.MUTED, FAINT)],
    [1.0, faded(FOR, STRONG)],
]
SIGNAL_PIXELS = 600
RIGHT = 84
"""Room for the bar of colors, the same in all pictures, so that one above the other has the same axis of time."""
LETTER_PX, EDGE_PX, FONT_PX, MOST_LETTERS = 6.4, 10, 11, 16
"""Width of a letter of a channel's name, what is left free beside it, and letters that are shown of a long one."""


class Picture(NamedTuple):
    """One window as one model reads it.

    Attributes:
        title: Of the model, for people.
        arm: Its arm.
        explained: The class explained.
        method: Title of the attribution method.
        channels: (C,), those that the model reads; only these are drawn.
        signal: (C, T), in the units of the channels.
        heat: (C, P), sums of evidence in equal pieces of time, in nat if `signed`.
        start_s: Time of the first sample, in s.
        duration_s: Length of the window, in s.
        signed: Whether a value below 0 speaks against the class.
        drawn: (R, C, P), the same of copies with random weights, scaled to the same total; None if none were asked.
        notes: What leaves with the picture: n, null, baseline, verdict.
        left: Room for names, in pixels; 0 makes as much as these names need.
    """

    title: str
    arm: str
    explained: str
    method: str
    channels: tuple[Channel, ...]
    signal: np.ndarray
    heat: np.ndarray
    start_s: float
    duration_s: float
    signed: bool = True
    drawn: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    left: int = 0


def heat_figure(picture: Picture) -> go.Figure:
    """Draw a row per channel: its signal over the evidence of every piece of time, the strongest marked with their sign."""
    rows, pieces = picture.heat.shape
    most = float(np.abs(picture.heat).max()) or 1.0
    step = picture.duration_s / pieces
    parts = Parts([_heat(picture, most)], [], [])
    for at, channel in enumerate(picture.channels):
        parts.traces.append(_trace(picture, at, channel))
    for row, piece in strongest(picture.heat):
        sign = ("+" if picture.heat[row, piece] > 0 else "−") if picture.signed else "•"
        place = {"x": picture.start_s + (piece + 0.5) * step, "y": row + 0.36, "xref": "x", "yref": "y"}
        parts.texts.append({"text": f"<b>{sign}</b>", "showarrow": False, "font": {"size": 13}, **place})
    note, above = noted(list(picture.notes))
    left = picture.left or room_for(picture.channels)
    parts.texts.append(note | {"xshift": EDGE_PX // 2 - left})
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    time = {"range": [picture.start_s, picture.start_s + picture.duration_s], "tickformat": "~g"}
    names = [f"<b>{in_plotly(_short(c.name))}</b><br>{in_plotly(_short(c.unit))}" for c in picture.channels]
    rows_named = {"tickvals": list(range(rows)), "ticktext": names, "tickfont": {"size": FONT_PX, "color": theme.INK}}
    return parts.figure(
        height=above + BOTTOM + max(ROW_PIXELS * rows, LEAST_PIXELS),
        margin={"l": left, "r": RIGHT, "t": above, "b": BOTTOM},
        dragmode=False,
        xaxis={**still, **time, "title": {"text": "time in the recording (s)", "standoff": 4}},
        yaxis={**still, **rows_named, "range": [rows - 0.5, -0.5]},
    )


def strongest(heat: np.ndarray, count: int = MARKED) -> list[tuple[int, int]]:
    """Give row and piece of the strongest values, the strongest first; none where there is no evidence at all."""
    order = np.argsort(-np.abs(heat), axis=None, kind="stable")[:count]
    places = [np.unravel_index(int(at), heat.shape) for at in order]
    return [(int(row), int(piece)) for row, piece in places if heat[row, piece] != 0]


def _heat(picture: Picture, most: float) -> dict[str, Any]:
    pieces = picture.heat.shape[1]
    unit = f" ({UNIT})" if picture.signed else ""
    words = f"evidence{unit}" if picture.signed else "size"
    bar = {"title": {"text": words, "side": "right"}, "thickness": 10, "tickformat": "~g", "nticks": 5, "outlinewidth": 0}
    return {
        "type": "heatmap",
        "z": picture.heat,
        "x": picture.start_s + picture.duration_s / pieces * np.arange(pieces + 1),
        "y": np.arange(len(picture.heat) + 1) - 0.5,
        "ygap": 2,
        "zmin": -most if picture.signed else 0,
        "zmax": most,
        "colorscale": COLORS if picture.signed else [[0, COLORS[1][1]], [1, COLORS[2][1]]],
        "colorbar": bar,
        "customdata": [[in_plotly(c.name)] * pieces for c in picture.channels],
        "hovertemplate": f"%{{customdata}}, from %{{x:.3g}} s: {words} %{{z:.3g}}<extra></extra>",
    }


def _trace(picture: Picture, at: int, channel: Channel) -> dict[str, Any]:
    signal = np.asarray(picture.signal[at], dtype=np.float64)
    kept = reduce(signal, SIGNAL_PIXELS, 2)
    low, high = (float(signal.min()), float(signal.max())) if len(signal) else (0.0, 0.0)
    height = (kept.value - (low + high) / 2) / ((high - low) or 1.0)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": picture.start_s + kept.index * picture.duration_s / len(signal),
        "y": at - 0.8 * height,
        "line": {"color": theme.INK, "width": 1},
        "name": in_plotly(channel.name),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def room_for(channels: Sequence[Channel]) -> int:
    """Give the pixels that names and units of channels need."""
    longest = max((max(len(c.name), len(c.unit)) for c in channels), default=0)
    return round(LETTER_PX * min(longest, MOST_LETTERS)) + EDGE_PX


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def heat_table(picture: Picture) -> pd.DataFrame:
    """Give a row per channel and piece of time: from, to, and the evidence."""
    step = picture.duration_s / picture.heat.shape[1]
    value = f"evidence ({UNIT})" if picture.signed else "size"
    rows = [
        {"channel": c.name, "from (s)": picture.start_s + at * step, "to (s)": picture.start_s + (at + 1) * step, value: own}
        for c, row in zip(picture.channels, picture.heat.tolist(), strict=True)
        for at, own in enumerate(row)
    ]
    return pd.DataFrame(rows)


def describe_heat(picture: Picture) -> str:
    """Give the text alternative of the heat: where the strongest evidence lies."""
    step = picture.duration_s / picture.heat.shape[1]
    told = []
    for row, piece in strongest(picture.heat):
        value = float(picture.heat[row, piece])
        way = ("for" if value > 0 else "against") if picture.signed else "size"
        start = picture.start_s + piece * step
        told.append(f"{picture.channels[row].name} at {start:.3g} to {start + step:.3g} s ({way}, {abs(value):.2g})")
    what = f"{picture.method} of {picture.title} for {picture.explained}"
    if not told:
        return f"{what}: no value of this window changes the answer."
    unit = f", in {UNIT}" if picture.signed else ""
    return f"{what}, {len(picture.channels)} channels{unit}. Strongest: {listed(told)}."
