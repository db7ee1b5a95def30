"""Strips, each with a scale in its unit: the three axes of a motion sensor together, any other channel alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app import theme
from app.figures._viewer_panel import Anchor, Panel, Row, Span
from app.figures.text import in_plotly
from rdpd_core.types import Channel

AXES = "xyz"
LOOKS = (("solid", theme.INK, "━"), ("dash", theme.OTHER.color, "╍"), ("dot", theme.MUTED, "┅"))
"""Dash and color of the axes x, y and z, and a sign for them in text."""
HEADING_PX = 20
TALL_PX, LOW_PX, MANY = 84, 56, 8
"""Height of a strip where there are few, and where there are many."""
KINDS = {"acc": "acceleration", "gyro": "rotation", "mag": "magnetic field"}
SLOW_HZ = 1 / 30
"""Below this rate values are single measurements, drawn as points."""
TIMES = {"s": ".2f", "min": ".3f", "h": ".2~f"}
"""How a time is written, by unit."""


class Strip(NamedTuple):
    """Channels that share a scale.

    Attributes:
        title: For people.
        unit: Of the scale.
        members: Rows of the signal; three where they are the axes of one sensor.
    """

    title: str
    unit: str
    members: tuple[int, ...]


def strips_of(channels: Sequence[Channel]) -> list[Strip]:
    """Give the strips of channels, in the order of the channels.

    Channels belong together if their names differ in one letter, x, y and z, and their group and unit are the same.
    """
    at = {(channel.name, channel.group, channel.unit): row for row, channel in enumerate(channels)}
    strips, taken = [], set()
    for row, channel in enumerate(channels):
        if row in taken:
            continue
        members = _triple(channel, at)
        taken |= set(members)
        strips.append(Strip(_title(channel, len(members) > 1), channel.unit, members or (row,)))
    return strips


def _triple(channel: Channel, at: dict[tuple[str, str, str], int]) -> tuple[int, ...]:
    """Give the rows of the three axes of a sensor of which this channel is one, or nothing."""
    if channel.unit == "mV":  # leads of an ECG are each looked at alone, also where they are called x, y and z
        return ()
    for place, letter in enumerate(channel.name):
        if letter.lower() not in AXES:
            continue
        axes = AXES if letter.islower() else AXES.upper()
        names = [channel.name[:place] + axis + channel.name[place + 1 :] for axis in axes]
        keys = [(name, channel.group, channel.unit) for name in names]
        if all(key in at for key in keys):
            return tuple(at[key] for key in keys)
    return ()


def _title(channel: Channel, several: bool) -> str:
    group = channel.group.replace("_", " ")
    if not several:
        return f"{channel.name} · {group}" if group not in ("", channel.name) else channel.name
    last = channel.name.split("_")[-1].lower()
    return f"{group} · {next((word for short, word in KINDS.items() if short in last), channel.name)}"


def add_strip(
    panel: Panel,
    strip: Strip,
    signal: np.ndarray,
    channels: Sequence[Channel],
    span: Span,
    poor: Sequence[str],
    size: tuple[int, int],
) -> tuple[Row, dict[str, Anchor]]:
    """Draw a strip.

    Args:
        panel: Where to draw.
        strip: Its channels.
        signal: (C, T) of all channels.
        channels: All.
        span: The time that is shown.
        poor: Names of the channels that students read; marked in the heading and drawn more strongly.
        size: Width and height, in pixels.

    Returns:
        The room it needs, and where each channel is.
    """
    several, marks = len(strip.members) > 1, []
    for place, row in enumerate(strip.members):
        channel, look = channels[row], LOOKS[place]
        strong, name = channel.name in poor, in_plotly(channel.name)
        line = {"color": look[1], "dash": look[0], "width": 1.6 if strong else 1.1}
        tip = f"{name}: %{{y:.3~g}} {unit_words(strip.unit)} at %{{x:{TIMES[span.unit[0]]}}} {span.unit[0]}<extra></extra>"
        dots = {"mode": "lines+markers", "marker": {"size": 5, "color": look[1]}, "connectgaps": False}
        mode = dots if span.rate <= SLOW_HZ else {"mode": "lines"}
        points = span.points(signal[row], size[0])
        panel.add(
            "scatter", **points, name=name, line=line, opacity=1.0 if strong or several else 0.75, hovertemplate=tip, **mode
        )
        marks.append(f'<span style="color:{look[1]}">{look[2]}</span> {_bold("▸", strong)}{AXES[place] if several else ""}')
    _head(
        panel,
        strip,
        marks if several else [],
        any(channels[row].name in poor for row in strip.members),
        _missing(strip, signal),
    )
    quiet = {"zeroline": False, "ticks": "", "nticks": 4, "tickfont": {"size": 10}, "fixedrange": True, "showgrid": True}
    axis = {**quiet, "range": _range(signal[list(strip.members)])}
    return Row(size[1], axis, HEADING_PX), {channels[row].name: Anchor(panel.number, 0.0) for row in strip.members}


def unit_words(unit: str) -> str:
    """Give a unit as it is printed."""
    return in_plotly(unit.replace("^2", "²"))


def _bold(sign: str, given: bool) -> str:
    return f"<b>{sign}</b>" if given else ""


def _head(panel: Panel, strip: Strip, marks: Sequence[str], strong: bool, missing: str) -> None:
    """Write above the strip what it shows, its unit, and which line is which axis."""
    lead = "▸" if strong and not marks else ""
    words = [f"<b>{lead}{in_plotly(strip.title)}</b> ({unit_words(strip.unit)})", *marks, *([missing] if missing else [])]
    place = {"x": 0, "xref": "paper", "y": 1, "yref": f"y{panel.number} domain", "xanchor": "left", "yanchor": "bottom"}
    panel.parts.texts.append({"text": "  ".join(words), "showarrow": False, "borderpad": 0, "font": {"size": 12}, **place})


def _missing(strip: Strip, signal: np.ndarray) -> str:
    """Say how many values there are, where some are missing."""
    there = int(np.isfinite(signal[list(strip.members)]).all(axis=0).sum())
    return "" if there == signal.shape[1] else f"· n = {there} of {signal.shape[1]}"


def _range(rows: np.ndarray) -> list[float]:
    """Give the ends of a scale that holds all values with a little room."""
    low, high = (float(end) for end in (np.fmin.reduce(rows, axis=None), np.fmax.reduce(rows, axis=None)))
    if not np.isfinite([low, high]).all():
        low, high = 0.0, 1.0
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return [low - room, high + room]
