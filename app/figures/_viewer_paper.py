"""The sheet of an ECG: millimeters of paper, leads below each other or in the standard arrangement, the calibration pulse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from app import theme
from app.figures._viewer_panel import Anchor, Panel, Row, Span
from app.figures.signals import Paper, stack
from app.figures.text import in_plotly
from rdpd_core.types import Channel

STACKED, STANDARD = "stacked", "3x4 + rhythm"
LAYOUTS = (STACKED, STANDARD)
SPEEDS, GAINS = (12.5, 25.0, 50.0), (5.0, 10.0, 20.0)
"""Usual paper speeds in mm/s, and gains in mm/mV."""
COLUMNS = (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6"))
RHYTHM = "II"
STANDARD_LEADS = frozenset(name.casefold() for column in COLUMNS for name in column)
MOST_PX, LEAST_PX, FINE_PX = 4.0, 1.6, 2.4
"""Pixels of a millimeter: at most; at least, for there to be paper; at least, for its lines of 1 mm to be drawn."""
NAMES_PX, PULSE_S, PULSE_MV = 44, 0.2, 1.0
TALLEST_MM = 30.0
"""A signal gets no more room than this to either side of its baseline; beyond, it runs into others, as on real paper."""
SLOWEST_HZ = 50.0


class Sheet(NamedTuple):
    """How much paper a second and a millivolt are, and how many pixels a millimeter.

    Attributes:
        speed: mm/s.
        gain: mm/mV.
        px_per_mm: Of the figure as it was made; a browser that gives it less room shrinks both directions alike.
    """

    speed: float
    gain: float
    px_per_mm: float

    @property
    def px_per_s(self) -> float:
        """Pixels of a second."""
        return self.speed * self.px_per_mm

    @property
    def px_per_mv(self) -> float:
        """Pixels of a millivolt."""
        return self.gain * self.px_per_mm

    @property
    def room_px(self) -> float:
        """Pixels left of the signals, for names and the pulse."""
        return NAMES_PX + 1.6 * PULSE_S * self.px_per_s

    @property
    def paper(self) -> Paper:
        """Its lines, at 1 mm and at 5 mm."""
        words = f"{self.speed:g} mm/s, {self.gain:g} mm/mV: a small square is {1 / self.speed:g} s by {1 / self.gain:g} mV"
        return Paper(1 / self.speed, 5 / self.speed, 1 / self.gain, 5 / self.gain, 5 * self.px_per_mm, words)


class Placed(NamedTuple):
    """A stretch of a lead on the sheet.

    Attributes:
        lead: Row of the signal.
        line: On which line of the sheet, from the top.
        first: First sample.
        end: After the last sample.
    """

    lead: int
    line: int
    first: int
    end: int


def is_lead(channel: Channel, rate: float) -> bool:
    """Say whether a channel is drawn on ECG paper."""
    return channel.unit == "mV" and rate >= SLOWEST_HZ


def has_standard_leads(channels: Sequence[Channel]) -> bool:
    """Say whether all twelve leads of the standard arrangement are there."""
    names = {channel.name.casefold() for channel in channels}
    return names >= STANDARD_LEADS


def sheet_for(duration_s: float, speed: float, gain: float, inner_px: float) -> Sheet | None:
    """Give the sheet on which a time fits into so many pixels; None where it is too long to be read on paper."""
    largest = (inner_px - NAMES_PX) / (speed * (duration_s + 1.6 * PULSE_S))
    return Sheet(speed, gain, min(MOST_PX, largest)) if largest >= LEAST_PX else None


def places_of(channels: Sequence[Channel], samples: int, layout: str) -> list[Placed]:
    """Give where each lead stands; the standard arrangement shows a quarter of the time of each, and one lead throughout."""
    if layout == STACKED:
        return [Placed(lead, lead, 0, samples) for lead in range(len(channels))]
    at = {channel.name.casefold(): lead for lead, channel in enumerate(channels)}
    edges = np.linspace(0, samples, len(COLUMNS) + 1).round().astype(int)
    quarters = [
        Placed(at[name.casefold()], line, int(edges[column]), int(edges[column + 1]))
        for column, names in enumerate(COLUMNS)
        for line, name in enumerate(names)
    ]
    return [*quarters, Placed(at[RHYTHM.casefold()], len(COLUMNS[0]), 0, samples)]


def add_paper(
    panel: Panel, signal: np.ndarray, channels: Sequence[Channel], span: Span, sheet: Sheet, layout: str, poor: Sequence[str]
) -> tuple[Row, dict[str, Anchor]]:
    """Draw leads on paper.

    Args:
        panel: Where to draw.
        signal: (c, T), mV; NaN where an electrode was silent.
        channels: One per row, all leads.
        span: The time that is shown.
        sheet: The paper.
        layout: One of LAYOUTS.
        poor: Names of the leads that students read; drawn strongly, the others stand back.

    Returns:
        The room it needs, and where each lead is.
    """
    paper, placed = sheet.paper, places_of(channels, span.samples, layout)
    center = np.array([_center(row) for row in signal])
    lines = stack(_lines(signal - center[:, None], placed, TALLEST_MM / sheet.gain), paper)
    anchors = {}
    for one in placed:
        channel = channels[one.lead]
        anchor = Anchor(panel.number, float(lines.baseline[one.line] - lines.center[one.line] - center[one.lead]))
        anchors[channel.name] = anchor
        _draw(panel, signal[one.lead], one, channel, span, sheet, anchor, channel.name in poor)
        _name(panel, one, channel, float(lines.baseline[one.line]), span, sheet, channel.name in poor)
    step = paper.major_y
    high = max(lines.high, step * np.ceil((PULSE_MV + 0.2 * step) / step))
    _pulse(panel, span, float(lines.baseline[0]), sheet)
    _upright(panel, span, sheet, (lines.low, float(high)))
    axis = {"range": [lines.low, float(high)], **grid(paper.major_y, paper.minor_y, sheet), **_square(sheet)}
    return Row((high - lines.low) * sheet.px_per_mv, {**axis, "title": {"text": "mV", "standoff": 2}}, 0.0), anchors


def grid(major: float, minor: float, sheet: Sheet) -> dict[str, Any]:
    """Give the lines of the paper along one axis."""
    fine = {"dtick": minor, "tick0": 0, "showgrid": sheet.px_per_mm >= FINE_PX, "gridcolor": theme.PAPER_MINOR, "gridwidth": 1}
    return {"showgrid": True, "dtick": major, "tick0": 0, "gridcolor": theme.PAPER_MAJOR, "gridwidth": 1, "minor": fine}


def _upright(panel: Panel, span: Span, sheet: Sheet, ends: tuple[float, float]) -> None:
    """Draw the upright lines of the paper, each kind as one shape; those of an axis would run on through the rows below."""
    start, paper = span.start - sheet.room_px / sheet.px_per_s, sheet.paper
    fine = [(paper.minor_s, theme.PAPER_MINOR)] if sheet.px_per_mm >= FINE_PX else []
    for step, color in (*fine, (paper.major_s, theme.PAPER_MAJOR)):
        times = np.arange(np.ceil(start / step), np.floor(span.end / step + 1e-6) + 1) * step
        path = "".join(f"M{x:.4f},{ends[0]:.4f}V{ends[1]:.4f}" for x in times)
        look = {"line": {"color": color, "width": 1}, "layer": "below", "xref": "x", "yref": f"y{panel.number}"}
        panel.parts.shapes.append({"type": "path", "path": path, **look})


def _square(sheet: Sheet) -> dict[str, Any]:
    """Tie millivolts to seconds, so that a square stays a square in a narrow window."""
    ratio = sheet.gain / sheet.speed
    return {"scaleanchor": "x", "scaleratio": ratio, "constrain": "domain", "constraintoward": "top"}


def _center(row: np.ndarray) -> float:
    there = row[np.isfinite(row)]
    return float(np.median(there)) if len(there) else 0.0


def _lines(signal: np.ndarray, placed: Sequence[Placed], most: float) -> np.ndarray:
    """Give for each line of the sheet what has to find room there, cut at `most`."""
    count, samples = max(one.line for one in placed) + 1, signal.shape[1]
    lines = np.full((count, samples), np.nan)
    for one in placed:
        lines[one.line, one.first : one.end] = np.clip(signal[one.lead, one.first : one.end], -most, most)
    return lines


def _draw(
    panel: Panel, row: np.ndarray, one: Placed, channel: Channel, span: Span, sheet: Sheet, anchor: Anchor, strong: bool
) -> None:
    pixels = round((one.end - one.first) / span.rate * sheet.px_per_s)
    points = span.points(row[one.first : one.end], pixels, anchor.shift, one.first)
    name = in_plotly(channel.name)
    line = {"color": theme.INK, "width": 1.5 if strong else 1.1}
    tip = f"{name}: %{{customdata:.2f}} mV at %{{x:.2f}} s<extra></extra>"
    panel.add("scatter", **points, name=name, mode="lines", line=line, opacity=1.0 if strong else 0.7, hovertemplate=tip)


def _name(panel: Panel, one: Placed, channel: Channel, baseline: float, span: Span, sheet: Sheet, strong: bool) -> None:
    """Write a lead's name: before its line, or above it where several share a line; a short line parts these."""
    text = f"<b>▸{in_plotly(channel.name)}</b>" if strong else in_plotly(channel.name)
    opacity = 1.0 if strong else 0.8
    if one.first == 0 and one.end == span.samples:
        panel.write(text, span.start - sheet.room_px / sheet.px_per_s, baseline, opacity=opacity)
        return
    at = span.start + one.first / span.rate
    panel.write(text, at, baseline + 6 / sheet.gain, yanchor="bottom", xshift=3, opacity=opacity)
    if one.first:
        panel.line((at, at), (baseline - 4 / sheet.gain, baseline + 4 / sheet.gain))


def _pulse(panel: Panel, span: Span, baseline: float, sheet: Sheet) -> None:
    """Draw the pulse of 1 mV and 0.2 s that stands before the first line."""
    at = span.start - 1.3 * PULSE_S
    x = [at - 0.2 * PULSE_S, at, at, at + PULSE_S, at + PULSE_S, at + 1.2 * PULSE_S]
    y = [baseline + v * PULSE_MV for v in (0, 0, 1, 1, 0, 0)]
    size = f"{PULSE_MV * sheet.gain:g} mm high, {PULSE_S * sheet.speed:g} mm wide"
    tip = f"calibration pulse: 1 mV, 0.2 s ({size})<extra></extra>"
    panel.add("scatter", x=x, y=y, name="calibration", mode="lines", line={"color": theme.INK, "width": 1.2}, hovertemplate=tip)
