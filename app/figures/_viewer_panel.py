"""Rows of one figure that share one time axis, so that one vertical line under the cursor crosses all of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from app.figures.canvas import Canvas
from app.figures.reduce import reduce_evenly

MINUTES_FROM, HOURS_FROM = 300.0, 6 * 3600.0
"""Durations in s from which on the time axis counts minutes, and hours."""


class Span(NamedTuple):
    """The time that is shown.

    Attributes:
        start_s: Of the first sample, since the start of the recording.
        samples: How many.
        rate: Hz.
    """

    start_s: float
    samples: int
    rate: float

    @property
    def duration_s(self) -> float:
        """Length, in s."""
        return self.samples / self.rate

    @property
    def unit(self) -> tuple[str, float]:
        """Unit of the time axis, and how many seconds it has."""
        if self.duration_s >= HOURS_FROM:
            return "h", 3600.0
        return ("min", 60.0) if self.duration_s >= MINUTES_FROM else ("s", 1.0)

    @property
    def start(self) -> float:
        """Start, on the time axis."""
        return self.start_s / self.unit[1]

    @property
    def end(self) -> float:
        """End, on the time axis."""
        return (self.start_s + self.duration_s) / self.unit[1]

    def points(self, row: np.ndarray, pixels: int, shift: float | None = None, first: int = 0) -> dict[str, Any]:
        """Give the points of a trace, reduced; their times follow from the rate and are not sent.

        Args:
            row: (T,).
            pixels: Width of the drawing.
            shift: Added to the values; the true ones then travel along. None adds nothing.
            first: Position of the first sample in the time that is shown.
        """
        kept, per = reduce_evenly(row, max(pixels, 1)), self.unit[1] * self.rate
        value = kept.value.astype(np.float32)
        time = {"x0": self.start + (first + kept.first) / per, "dx": kept.step / per}
        return {**time, "y": value} if shift is None else {**time, "y": (value + shift).astype(np.float32), "customdata": value}


class Panel(Canvas):
    """One row: it has the common time axis, and a value axis of its own."""

    __slots__ = ()

    def add(self, kind: str, **fields: Any) -> None:
        """Draw a trace of a kind, such as "bar", without entry in a legend."""
        axes = {"xaxis": "x", "yaxis": f"y{self.number}"}
        self.parts.traces.append({"type": kind, "showlegend": False, **axes, **fields})

    def write(self, text: str, x: float, y: float, **fields: Any) -> None:
        """Write text, starting at x."""
        place = {"x": x, "y": y, "xref": "x", "yref": f"y{self.number}", "xanchor": "left"}
        self.parts.texts.append({"text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}, **place, **fields})

    def line(self, x: tuple[float, float], y: tuple[float, float], whole_height: bool = False) -> None:
        """Draw a dotted line below the traces; with `whole_height`, y counts from 0 (bottom) to 1 (top)."""
        before = len(self.parts.shapes)
        super().line(x, y, whole_height)
        self.parts.shapes[before]["xref"] = "x"


class Row(NamedTuple):
    """The room of a panel.

    Attributes:
        pixels: Its height.
        axis: Settings of its value axis.
        above: Free pixels above it, for a heading.
    """

    pixels: float
    axis: dict[str, Any]
    above: float


class Anchor(NamedTuple):
    """Where a channel is drawn, for what is to be drawn upon it.

    Attributes:
        number: Of its value axis.
        shift: From a value to its place there.
    """

    number: str
    shift: float
