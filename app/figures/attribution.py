"""Which channels and moments speak for a class: heat under the signal, sums by channel, curves of deletion and insertion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts, filling
from app.figures.reduce import reduce
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation.attributed import UNIT
from rdpd_core.evaluation.believed import Belief
from rdpd_core.types import Channel

ROW_PIXELS, TOP, BOTTOM = 34, 30, 44
FOR, AGAINST = "#C4451F", "#0A6FD0"
"""Evidence for a class is warm, evidence against it is cold; both are told apart by a sign as well."""
STRONG, FAINT, MARKED = 0.85, 0.02, 3
COLORS = [
    [0.0, faded(AGAINST, STRONG)],
    [0.5, faded(theme.MUTED, FAINT)],
    [1.0, faded(FOR, STRONG)],
]
SIGNAL_PIXELS = 600
BEFORE = 0.11
"""Room for names, as a share of the window."""


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


def heat_figure(picture: Picture) -> go.Figure:
    """Draw a row per channel: its signal over the evidence of every piece of time, the strongest marked with their sign."""
    rows, pieces = picture.heat.shape
    most = float(np.abs(picture.heat).max()) or 1.0
    step = picture.duration_s / pieces
    parts = Parts([_heat(picture, most)], [], [])
    for at, channel in enumerate(picture.channels):
        parts.traces.append(_trace(picture, at, channel))
        parts.texts.append(_name(channel, at))
    for row, piece in strongest(picture.heat):
        sign = ("+" if picture.heat[row, piece] > 0 else "−") if picture.signed else "•"
        place = {"x": picture.start_s + (piece + 0.5) * step, "y": row + 0.36, "xref": "x", "yref": "y"}
        parts.texts.append({"text": f"<b>{sign}</b>", "showarrow": False, "font": {"size": 13}, **place})
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    # Names stand before the window begins, where nothing is drawn.
    time = {"range": [picture.start_s - BEFORE * picture.duration_s, picture.start_s + picture.duration_s]}
    time |= {"tick0": picture.start_s, "tickformat": "~g", "minallowed": picture.start_s - BEFORE * picture.duration_s}
    return parts.figure(
        height=TOP + BOTTOM + ROW_PIXELS * rows,
        margin={"l": 4, "r": 4, "t": TOP, "b": BOTTOM},
        dragmode=False,
        xaxis={**still, **time, "title": {"text": "time in the recording (s)", "standoff": 4}},
        yaxis={**still, "range": [rows - 0.5, -0.5], "showticklabels": False},
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


def _name(channel: Channel, at: int) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": at, "yref": "y", "yanchor": "middle"}
    text = f"<b>{in_plotly(channel.name)}</b><br>{in_plotly(channel.unit)}"
    return {**place, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def sums_figure(pictures: Sequence[Picture]) -> go.Figure:
    """Draw the sum over time of every channel that any of the models reads, a bar per model, teacher first."""
    names = list(dict.fromkeys(c.name for p in pictures for c in p.channels))
    parts = Parts([], [], [])
    for picture in pictures:
        own = {c.name: float(v) for c, v in zip(picture.channels, picture.heat.sum(axis=1), strict=True)}
        parts.traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": [own.get(name) for name in names],  # None: a channel the model does not read has no bar
                "y": [in_plotly(name) for name in names],
                "name": in_plotly(picture.title),
                "marker": filling(picture.arm),
                "hovertemplate": f"{in_plotly(picture.title)}, %{{y}}: %{{x:.3g}} {UNIT}<extra></extra>",
            }
        )
    unit = f"evidence summed over time ({UNIT})" if all(p.signed for p in pictures) else "sum over time"
    return parts.figure(
        height=TOP + BOTTOM + 24 * len(names) * max(1, len(pictures)) + 16,
        margin={"l": 4, "r": 8, "t": TOP, "b": BOTTOM},
        dragmode=False,
        barmode="group",
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={"fixedrange": True, "zeroline": True, "zerolinecolor": theme.MUTED, "title": {"text": unit, "standoff": 4}},
        yaxis={"fixedrange": True, "autorange": "reversed", "automargin": True},
    )


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
            note = {"name": f"{name}, order at random", "hoverinfo": "skip"}
            parts.traces.append({"type": "scatter", **around, **look, **note})
        line = {"x": found.share, "y": own.mean(axis=0), "mode": "lines+markers", "name": f"{name}, strongest first"}
        look = {"line": {"color": mark.color, "dash": dash, "width": 2}, "marker": {"symbol": mark.symbol, "size": 7}}
        hover = f"{name}, %{{x:.0%}} of the cells: %{{y:.2f}} (n = {belief.n_windows} windows)<extra></extra>"
        parts.traces.append({"type": "scatter", **line, **look, "hovertemplate": hover})
    title = "share of cells taken away or put back"
    return parts.figure(
        height=320,
        margin={"l": 4, "r": 8, "t": TOP + 30, "b": BOTTOM},
        dragmode=False,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        xaxis={"fixedrange": True, "range": [0, 1], "tickformat": ".0%", "title": {"text": title, "standoff": 4}},
        yaxis={"fixedrange": True, "rangemode": "tozero", "title": {"text": "probability of the class"}, "automargin": True},
    )


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


def sums_table(pictures: Sequence[Picture]) -> pd.DataFrame:
    """Give a row per model and channel it reads: the sum over time."""
    value = f"sum over time ({UNIT})" if all(p.signed for p in pictures) else "sum over time"
    rows = [
        {"model": p.title, "channel": c.name, "group": c.group, value: float(own)}
        for p in pictures
        for c, own in zip(p.channels, p.heat.sum(axis=1), strict=True)
    ]
    return pd.DataFrame(rows)


def curves_table(belief: Belief) -> pd.DataFrame:
    """Give a row per share of cells: mean probability, and the band of orders drawn at random."""
    found = belief.curves
    columns: dict[str, Any] = {"share of cells": found.share}
    ways = (("taken away", found.deletion, found.random_deletion), ("put back", found.insertion, found.random_insertion))
    for name, own, drawn in ways:
        columns[name] = own.mean(axis=0)
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


def describe_sums(pictures: Sequence[Picture]) -> str:
    """Give the text alternative of the sums: the strongest channel of each model."""
    told = []
    for picture in pictures:
        sums = picture.heat.sum(axis=1)
        top = int(np.abs(sums).argmax())
        told.append(f"{picture.title}: most from {picture.channels[top].name} ({sums[top]:+.2g})")
    unit = f" in {UNIT}" if all(p.signed for p in pictures) else ""
    return f"Sums over time by channel{unit}. {'; '.join(told)}."


def describe_curves(belief: Belief) -> str:
    """Give the text alternative of the curves: the verdict and the two areas."""
    gap, band = float(belief.curves.gap.mean()), belief.curves.band
    null = "" if band is None else f"; orders drawn at random: {band[0]:.2f} to {band[1]:.2f}"
    return (
        f"Deletion and insertion over {belief.n_windows} windows of {belief.n_subjects} subjects. The area under insertion "
        f"less that under deletion is {gap:.2f}{null}. {belief.verdict}: {belief.reason}"
    )
