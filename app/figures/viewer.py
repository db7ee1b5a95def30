"""The signal viewer: channels of a window or of a whole recording in their units, on one time axis, to be measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures._viewer_beats import beats
from app.figures._viewer_calipers import (
    Calipers,
    Measurement,
    add_calipers,
    interval_words,
    levels_of,
    measure,
    size_words,
)
from app.figures._viewer_panel import Anchor, Panel, Row, Span
from app.figures._viewer_paper import (
    GAINS,
    LAYOUTS,
    SPEEDS,
    STACKED,
    STANDARD,
    STANDARD_LEADS,
    Sheet,
    add_paper,
    grid,
    has_standard_leads,
    is_lead,
    sheet_for,
)
from app.figures._viewer_strips import LOW_PX, MANY, TALL_PX, add_strip, strips_of
from app.figures._viewer_words import cut, describe_measurement, describe_viewer, viewer_table
from app.figures.attention import STRIP_PIXELS, add_attention
from app.figures.canvas import Canvas, Parts
from app.figures.reduce import WIDTH_PIXELS
from app.figures.text import in_plotly
from rdpd_core.errors import ParameterError, ShapeError, UnknownNameError
from rdpd_core.experiments.cases import ArmCase
from rdpd_core.types import Channel

__all__ = [
    "GAINS", "LAYOUTS", "SPEEDS", "STACKED", "STANDARD", "STANDARD_LEADS", "Below", "Calipers", "Measurement", "Settings",
    "attention_below", "beats", "cut", "describe_measurement", "describe_viewer", "has_standard_leads", "interval_words",
    "is_lead", "levels_of", "measure", "sheet_of", "size_words", "usual_speed", "viewer_figure", "viewer_table",
]  # fmt: skip
TOP, GAP, BOTTOM, SIDE, SCALE, LINE = 40, 26, 46, 8, 56, 20
"""Pixels above, between rows, below, right, left for the numbers of a scale, and of a line of text."""


class Settings(NamedTuple):
    """How signals are shown.

    Attributes:
        speed: Of ECG paper, in mm/s; one of SPEEDS.
        gain: Of ECG paper, in mm/mV; one of GAINS.
        layout: Of an ECG; one of LAYOUTS. The standard arrangement needs the twelve standard leads.
        groups: Names of the groups that are shown; none shows all.
        poor: Names of the channels that students read; these are marked.
        width_px: Width of the figure, in pixels; it is narrower where the paper ends before.
        calipers: What is measured, or None.
        title: Says which recording it is.
        window: Start and end of what is shaded, in s, such as a window in its recording; None shades nothing.
        edges: Times at which a dotted line stands, in s, such as where the segments begin that attention weighs.
    """

    speed: float = 25.0
    gain: float = 10.0
    layout: str = STACKED
    groups: tuple[str, ...] = ()
    poor: tuple[str, ...] = ()
    width_px: int = WIDTH_PIXELS
    calipers: Calipers | None = None
    title: str = ""
    window: tuple[float, float] | None = None
    edges: tuple[float, ...] = ()


class Below(NamedTuple):
    """A further row under the signals, on their time axis.

    Attributes:
        draw: Draws on a canvas whose start and duration are those of the time given here.
        pixels: Height.
        range: Of the value axis.
        title: Of the value axis.
        start_s: Start of what is drawn, which may be more than what is shown, in s.
        duration_s: Its length, in s.
    """

    draw: Callable[[Canvas], object]
    pixels: int
    range: tuple[float, float]
    title: str
    start_s: float
    duration_s: float


def attention_below(arms: Sequence[ArmCase], start_s: float, duration_s: float) -> Below | None:
    """Give the row of the attention of arms to a window; None if none of them has any."""
    count = sum(arm.attention is not None for arm in arms)
    if not count:
        return None
    pixels, title = STRIP_PIXELS * count, "attention (share)"
    return Below(lambda canvas: add_attention(canvas, arms), pixels, (-count, 0.0), title, start_s, duration_s)


def viewer_figure(
    channels: Sequence[Channel],
    signal: np.ndarray,
    rate: float,
    settings: Settings = Settings(),  # noqa: B008
    start_s: float = 0.0,
    below: Sequence[Below] = (),
) -> go.Figure:
    """Draw signals: leads of an ECG on its paper where the time fits on it, every other channel in strips.

    Args:
        channels: One per row of `signal`.
        signal: (C, T), in the units of the channels; NaN where a sensor was silent.
        rate: Hz.
        settings: How.
        start_s: Time of the first sample in its recording, in s.
        below: Further rows under the signals.

    Returns:
        A figure of fixed size. All rows share one time axis; a vertical line under the cursor crosses them all.

    Raises:
        ShapeError: Channels and signal do not fit, or there is no sample.
        ParameterError: A setting that is not offered, or a time outside the signal.
        UnknownNameError: A group or a channel that is not there.
    """
    channels, signal = _checked(tuple(channels), np.asarray(signal), rate, settings)
    span, parts = Span(start_s, signal.shape[1], rate), Parts([], [], [])
    sheet = sheet_of(channels, span.duration_s, rate, settings)
    rows, anchors = _draw(parts, channels, signal, span, sheet, settings)
    rows += [_below(parts, one, _number(len(rows) + place), span) for place, one in enumerate(below)]
    _mark(parts, span, settings, len(rows) - len(below))
    if settings.calipers is not None:
        _measure(parts, channels, signal, span, settings.calipers, anchors)
    return parts.figure(**_frame(span, sheet, rows, settings))


def _mark(parts: Parts, span: Span, settings: Settings, rows: int) -> None:
    """Shade the window, and draw the edges of segments, over the rows of signals."""
    per, dots = span.unit[1], {"color": theme.MUTED, "width": 1, "dash": "dot"}
    times = [time / per for time in settings.edges if span.start <= time / per <= span.end]
    for place in range(rows):
        look = {"xref": "x", "yref": f"y{_number(place)} domain", "y0": 0, "y1": 1, "layer": "below"}
        if settings.window is not None:
            x0, x1 = (min(max(time / per, span.start), span.end) for time in settings.window)
            parts.shapes.append({**look, "type": "rect", "x0": x0, "x1": x1, "fillcolor": theme.BAND, "line": {"width": 0}})
        parts.shapes.extend({**look, "type": "line", "x0": x, "x1": x, "line": dots} for x in times)


def _below(parts: Parts, row: Below, number: str, span: Span) -> Row:
    """Draw a further row; what is written before the time that is shown, such as a heading, moves to its start."""
    per, before = span.unit[1], len(parts.texts)
    row.draw(Panel(parts, number, row.start_s / per, row.duration_s / per))
    for text in parts.texts[before:]:
        text["x"] = max(text["x"], span.start)
    quiet = {"fixedrange": True, "showticklabels": False, "showgrid": False, "zeroline": False}
    return Row(row.pixels, {**quiet, "range": list(row.range), "title": {"text": row.title, "standoff": 2}}, GAP)


def usual_speed(duration_s: float, width_px: int) -> float:
    """Give the paper speed to start with, in mm/s: the usual one, or the slowest where only that has room for the time."""
    usual = Settings()
    fits = sheet_for(duration_s, usual.speed, usual.gain, width_px - SCALE - SIDE) is not None
    return usual.speed if fits else min(SPEEDS)


def sheet_of(channels: Sequence[Channel], duration_s: float, rate: float, settings: Settings) -> Sheet | None:
    """Give the ECG paper that a figure has, and how many pixels a millimeter is; None if it has none."""
    if not any(is_lead(channel, rate) for channel in channels):
        return None
    return sheet_for(duration_s, settings.speed, settings.gain, settings.width_px - SCALE - SIDE)


def _checked(
    channels: tuple[Channel, ...], signal: np.ndarray, rate: float, settings: Settings
) -> tuple[tuple[Channel, ...], np.ndarray]:
    """Give the channels of the groups that are shown."""
    if signal.ndim != 2 or len(signal) != len(channels) or not signal.size:
        raise ShapeError(f"signal of shape {signal.shape} with {len(channels)} channels: give (C, T) with a row per channel")
    if not rate > 0:
        raise ParameterError(f"rate {rate:g} Hz: give a rate above 0 Hz")
    for name, value, known in (
        ("speed", settings.speed, SPEEDS),
        ("gain", settings.gain, GAINS),
        ("layout", settings.layout, LAYOUTS),
    ):
        if value not in known:
            raise ParameterError(f"{name} {value!r}: choose one of {', '.join(map(str, known))}")
    groups = list(dict.fromkeys(channel.group for channel in channels))
    for group in settings.groups:
        if group not in groups:
            raise UnknownNameError("group of channels", group, groups)
    kept = [row for row, channel in enumerate(channels) if not settings.groups or channel.group in settings.groups]
    if settings.layout == STANDARD and not has_standard_leads([channels[row] for row in kept]):
        raise ParameterError(f"layout {STANDARD!r} needs the twelve standard leads I to V6: show them, or choose {STACKED!r}")
    return tuple(channels[row] for row in kept), signal if len(kept) == len(channels) else signal[kept]


def _draw(
    parts: Parts, channels: tuple[Channel, ...], signal: np.ndarray, span: Span, sheet: Sheet | None, settings: Settings
) -> tuple[list[Row], dict[str, Anchor]]:
    rows: list[Row] = []
    anchors: dict[str, Anchor] = {}
    leads = [row for row, channel in enumerate(channels) if sheet is not None and is_lead(channel, span.rate)]
    if leads:
        panel, names = Panel(parts, "", span.start, span.end - span.start), [channels[row] for row in leads]
        row, found = add_paper(panel, signal[leads], names, span, sheet, settings.layout, settings.poor)
        rows.append(row)
        anchors |= found
    others = [row for row in range(len(channels)) if row not in leads]
    alone = [channels[row] for row in others]
    part, strips = signal if not leads else signal[others], strips_of(alone)
    size = (settings.width_px - SCALE - SIDE, LOW_PX if len(strips) > MANY else TALL_PX)
    for strip in strips:
        panel = Panel(parts, _number(len(rows)), span.start, span.end - span.start)
        row, found = add_strip(panel, strip, part, alone, span, settings.poor, size)
        rows.append(row)
        anchors |= found
    return rows, anchors


def _number(place: int) -> str:
    return str(place + 1) if place else ""


def _measure(
    parts: Parts, channels: Sequence[Channel], signal: np.ndarray, span: Span, calipers: Calipers, anchors: dict[str, Anchor]
) -> None:
    names = [channel.name for channel in channels]
    if calipers.channel not in names:
        raise UnknownNameError("channel", calipers.channel, names)
    row = names.index(calipers.channel)
    found = measure(signal, span.rate, calipers.t0, calipers.t1, row, span.start_s)
    add_calipers(parts, calipers, found, span, channels[row], anchors)


def _frame(span: Span, sheet: Sheet | None, rows: Sequence[Row], settings: Settings) -> dict[str, Any]:
    """Give the size of the figure, the place of its rows from top to bottom, and the time axis that all share."""
    inner = sum(row.pixels + row.above for row in rows)
    layout: dict[str, Any] = {}
    top = inner
    for place, row in enumerate(rows):
        top -= row.above
        axis = {"domain": [max(top - row.pixels, 0.0) / inner, top / inner], "anchor": "x"}
        if place == 0 and len(rows) > 1 and sheet is not None:
            axis["constraintoward"] = "bottom"  # in a narrow window, free room is above the paper, not between rows
        layout[f"yaxis{_number(place)}"] = {
            "fixedrange": True,
            "showticklabels": sheet is None or place > 0,
            **row.axis,
            **axis,
        }
        top -= row.pixels
    width, bottom = settings.width_px, BOTTOM
    time = {"range": [span.start, span.end], "title": {"text": f"time in the recording ({span.unit[0]})", "standoff": 6}}
    if sheet is not None:
        bottom += LINE
        width = round(SCALE + SIDE + sheet.room_px + span.duration_s * sheet.px_per_s)
        left = span.start - sheet.room_px / sheet.px_per_s
        time["range"] = [left, left + (width - SCALE - SIDE) / sheet.px_per_s]
        time["title"]["text"] += f"<br>{sheet.paper.words}"
        time |= {**grid(sheet.paper.major_s, sheet.paper.minor_s, sheet), "ticklabelstep": 5, "constrain": "domain"}
        time |= {"showgrid": False, "minor": {**time["minor"], "showgrid": False}}  # drawn by the paper, on its rows only
    spike = {"showspikes": True, "spikemode": "across", "spikesnap": "cursor", "spikethickness": 1, "spikedash": "solid"}
    last = f"y{_number(len(rows) - 1)}"
    quiet = {"zeroline": False, "ticks": "", "tickformat": "~g", "fixedrange": True, "anchor": last, "constraintoward": "left"}
    layout["xaxis"] = {**time, **quiet, **spike, "spikecolor": theme.MUTED}
    hang = {"x": 0, "y": 1, "xref": "paper", "yanchor": "top", "pad": {"t": 6}}
    return layout | {
        "width": width,
        "height": round(TOP + inner) + bottom,
        "margin": {"l": SCALE, "r": SIDE, "t": TOP, "b": bottom, "autoexpand": False},
        "title": {"text": in_plotly(settings.title), "font": {"size": 13}, **hang},
        "dragmode": False,
        "barmode": "overlay",
        "hovermode": "closest",
        "hoversubplots": "axis",
        "spikedistance": -1,
    }
