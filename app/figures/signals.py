"""Signals one below the other on one scale, on the paper of an ECG where they are in mV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

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
