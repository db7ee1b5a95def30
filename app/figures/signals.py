"""Signals one below the other on one scale, on the paper of an ECG where they are in mV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from app import theme
from app.figures.canvas import Canvas
from app.figures.reduce import reduce
from app.figures.text import in_plotly
from rdpd_core.errors import ParameterError
from rdpd_core.types import Channel

LABEL = 0.08
"""Room for names left of the signals, as a share of the window."""


class Paper(NamedTuple):
    """The grid signals are drawn on.

    Attributes:
        minor_s: Distance of the fine vertical lines, in s.
        major_s: Of the strong ones.
        minor_y: Distance of the fine horizontal lines, in the unit of the signals.
        major_y: Of the strong ones.
        pixels: Height of one `major_y`.
        words: What a reader has to know of the scale.
    """

    minor_s: float
    major_s: float
    minor_y: float
    major_y: float
    pixels: float
    words: str


ECG_PAPER = Paper(0.04, 0.2, 0.1, 0.5, 17.0, "ECG paper: a small square is 0.04 s by 0.1 mV (25 mm/s, 10 mm/mV)")


class Stack(NamedTuple):
    """Where signals stand above each other.

    Attributes:
        center: (c,), what is subtracted from each signal: its median.
        baseline: (c,), where its median is drawn.
        low: Lower end of the drawing.
        high: Upper end.
    """

    center: np.ndarray
    baseline: np.ndarray
    low: float
    high: float


def paper_for(channels: Sequence[Channel], signal: np.ndarray) -> Paper:
    """Give the paper for signals: that of an ECG for mV, else one with round steps.

    Raises:
        ParameterError: There is no channel, or they have several units.
    """
    units = sorted({c.unit for c in channels})
    if len(units) != 1:
        raise ParameterError(f"channels with {len(units)} units ({', '.join(units) or 'none'}): choose channels of one unit")
    if units[0] == "mV":
        return ECG_PAPER
    spread = float(np.nanmedian(np.nanmax(signal, axis=1) - np.nanmin(signal, axis=1))) or 1.0
    step = 10 ** np.floor(np.log10(spread / 2)) * (5 if spread / 10 ** np.floor(np.log10(spread / 2)) >= 10 else 2)
    return Paper(0.5, 1.0, step / 2, step, 26.0, f"a line every {step:g} {in_plotly(units[0])}")


def stack(signal: np.ndarray, paper: Paper) -> Stack:
    """Give room to each signal, so that no two touch and every baseline lies on a strong line.

    Args:
        signal: (c, T); NaN where a sensor was silent.
        paper: Its strong lines are used.
    """
    silent = np.isnan(signal).all(axis=1)
    whole = np.where(silent[:, None], 0.0, signal)
    center = np.nanmedian(whole, axis=1)
    up, down = np.nanmax(whole, axis=1) - center, center - np.nanmin(whole, axis=1)
    step, baseline = paper.major_y, [0.0]
    for above, below in zip(down[:-1], up[1:], strict=True):
        need = max(above + below + 0.4 * step, 2 * step)
        baseline.append(baseline[-1] - step * np.ceil(need / step))
    low = step * np.floor((baseline[-1] - max(down[-1], 0.5 * step) - 0.2 * step) / step)
    high = step * np.ceil((max(up[0], 2 * step) + 0.2 * step) / step)  # the calibration mark is two steps high
    return Stack(center, np.array(baseline), float(low), float(high))


def add_signals(
    canvas: Canvas, signal: np.ndarray, channels: Sequence[Channel], rate: float, poor: Sequence[str] = ()
) -> tuple[Paper, Stack]:
    """Draw signals.

    Args:
        canvas: Where to draw.
        signal: (c, T), in the units of the channels.
        channels: One per row.
        rate: Hz.
        poor: Names of the channels that students read; these are drawn strongly, the others stand back.

    Returns:
        The paper and the places of the signals.
    """
    paper = paper_for(channels, signal)
    places = stack(signal, paper)
    for row, channel, center, baseline in zip(signal, channels, places.center, places.baseline, strict=True):
        strong, name = channel.name in poor, in_plotly(channel.name)
        tip = f"{name}: %{{customdata:.2f}} {in_plotly(channel.unit)} at %{{x:.2f}} s<extra></extra>"
        line = {"color": theme.INK, "width": 1.5 if strong else 1.1}
        look = {"name": name, "mode": "lines", "line": line, "opacity": 1.0 if strong else 0.6, "hovertemplate": tip}
        canvas.add("scatter", **_points(row, baseline - center, canvas.start_s, rate), **look)
        left = canvas.start_s - 0.96 * LABEL * canvas.duration_s
        canvas.write(f"<b>▸{name}</b>" if strong else name, left, baseline, opacity=1.0 if strong else 0.75)
    if paper is ECG_PAPER:
        _pulse(canvas, float(places.baseline[0]))
    return paper, places


def _points(row: np.ndarray, shift: float, start_s: float, rate: float) -> dict[str, Any]:
    """Give a signal's points; where none was left out, their times follow from the rate and are not sent."""
    kept = reduce(row)
    every = len(kept.index) == len(row)
    time = {"x0": start_s, "dx": 1 / rate} if every else {"x": (start_s + kept.index / rate).astype(np.float32)}
    return {**time, "y": (kept.value + shift).astype(np.float32), "customdata": kept.value.astype(np.float32)}


def _pulse(canvas: Canvas, baseline: float) -> None:
    """Draw the mark of 1 mV and 0.2 s that stands before the first signal, as on paper."""
    at = canvas.start_s - 0.28
    x = [at - 0.04, at, at, at + 0.2, at + 0.2, at + 0.24]
    y = [baseline + v for v in (0, 0, 1, 1, 0, 0)]
    tip = "calibration mark: 1 mV high, 0.2 s long<extra></extra>"
    canvas.add("scatter", x=x, y=y, mode="lines", line={"color": theme.INK, "width": 1.2}, hovertemplate=tip)
