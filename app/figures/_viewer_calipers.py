"""Two times and two amplitudes on a signal, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from app import theme
from app.figures._viewer_panel import Anchor, Span
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.errors import ParameterError
from rdpd_core.types import Channel

EDGE = 0.07
"""So near to an end of the time that is shown, as a share of it, text would be cut off."""


class Calipers(NamedTuple):
    """What is to be measured.

    Attributes:
        t0: First time since the start of the recording, in s.
        t1: Second time, in s.
        channel: Name of the channel whose amplitudes are measured.
        levels: Two amplitudes in its unit; None takes the lowest and the highest value between the times.
    """

    t0: float
    t1: float
    channel: str
    levels: tuple[float, float] | None = None


class Measurement(NamedTuple):
    """What lies between two times on one channel.

    Attributes:
        interval_ms: From the first to the second time; negative if the second is earlier.
        bpm: Events per minute if one such interval lies between two of them; None for no interval.
        low: Lowest value from one time to the other, in the channel's unit; NaN where the sensor was silent.
        high: Highest value.
        first: Value at the first time.
        second: Value at the second time.
    """

    interval_ms: float
    bpm: float | None
    low: float
    high: float
    first: float
    second: float

    @property
    def span(self) -> float:
        """From the lowest to the highest value."""
        return self.high - self.low

    @property
    def change(self) -> float:
        """From the value at the first time to that at the second."""
        return self.second - self.first


def measure(signal: np.ndarray, rate: float, t0: float, t1: float, channel: int, start_s: float = 0.0) -> Measurement:
    """Give what lies between two times; values are those of the nearest samples.

    Args:
        signal: (C, T), in the units of the channels.
        rate: Hz.
        t0: First time, in s.
        t1: Second time, in s.
        channel: Row of `signal`.
        start_s: Time of the first sample, in s.

    Raises:
        ParameterError: A time lies outside the signal, or there is no such row.
    """
    if not 0 <= channel < len(signal):
        raise ParameterError(f"channel {channel}: give a row from 0 to {len(signal) - 1}")
    last, places = signal.shape[1] - 1, []
    for time in (t0, t1):
        place = round((time - start_s) * rate) if np.isfinite(time) else -1
        if not 0 <= place <= last + 1:
            end = start_s + signal.shape[1] / rate
            raise ParameterError(f"time {time:g} s lies outside the signal: give one from {start_s:g} to {end:g} s")
        places.append(min(place, last))
    between = signal[channel, min(places) : max(places) + 1].astype(float)
    there = between[np.isfinite(between)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (np.nan, np.nan)
    first, second = (float(signal[channel, place]) for place in places)
    apart = t1 - t0
    return Measurement(1000 * apart, 60 / abs(apart) if apart else None, low, high, first, second)


def interval_words(found: Measurement) -> str:
    """Give the interval in ms, or in s or h where it is long, and the rate that belongs to it."""
    size = abs(found.interval_ms)
    text = f"{size:.0f} ms" if size < 1e4 else f"{size / 1000:.1f} s" if size < 36e5 else f"{size / 36e5:.2f} h"
    return text if found.bpm is None or not 5 <= found.bpm <= 1000 else f"{text} · {found.bpm:.0f} bpm"


def size_words(difference: float, unit: str) -> str:
    """Give the size of a difference with its unit."""
    return f"{abs(difference):.2f} mV" if unit == "mV" else f"{abs(difference):.3g} {unit}"


def levels_of(calipers: Calipers, found: Measurement) -> tuple[float, float]:
    """Give the two amplitudes that are measured."""
    return calipers.levels if calipers.levels is not None else (found.low, found.high)


def add_calipers(
    parts: Parts, calipers: Calipers, found: Measurement, span: Span, channel: Channel, anchors: Mapping[str, Anchor]
) -> None:
    """Draw the two times over all rows, and the two amplitudes on their channel, with the differences in words.

    Args:
        parts: Of the figure.
        calipers: Where.
        found: What lies between.
        span: The time that is shown.
        channel: On which amplitudes are measured.
        anchors: Where channels are drawn, by name; a channel that is not drawn has no lines.
    """
    per, color = span.unit[1], theme.OTHER.color
    left, right = sorted((calipers.t0 / per, calipers.t1 / per))
    look = {"type": "line", "xref": "x", "line": {"color": color, "width": 1.5, "dash": "dash"}}
    parts.shapes.extend({**look, "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"} for x in (left, right))
    bold = {"showarrow": False, "font": {"size": 12}, "xref": "x", "bordercolor": color, "borderpad": 2}
    text, edge = f"<b>↔ {interval_words(found)}</b>", EDGE * (span.end - span.start)
    middle = min(max((left + right) / 2, span.start + edge), span.end - edge)
    parts.texts.append({**bold, "text": text, "x": middle, "y": 1, "yref": "paper", "yanchor": "bottom"})
    levels = levels_of(calipers, found)
    if channel.name not in anchors or not np.isfinite(levels).all():
        return
    anchor = anchors[channel.name]
    low, high = sorted(level + anchor.shift for level in levels)
    reach = max(right - left, 0.02 * (span.end - span.start))
    row = {**look, "x0": left, "x1": left + reach, "yref": f"y{anchor.number}"}
    parts.shapes.extend({**row, "y0": y, "y1": y} for y in (low, high))
    text = f"<b>↕ {in_plotly(size_words(levels[1] - levels[0], channel.unit))}</b>"
    beside = {"xanchor": "left", "xshift": 4} if left + reach < span.end - 1.5 * edge else {"xanchor": "right", "xshift": -4}
    place = {"x": left + reach, "y": (low + high) / 2, "yref": f"y{anchor.number}", **beside}
    parts.texts.append({**bold, "text": text, **place})
