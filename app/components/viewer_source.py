"""What the signal viewer looks at: a window of a case, or the recording it is from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.figures import viewer
from app.figures.text import in_filename
from rdpd_core.experiments.cases import Case, CaseBook
from rdpd_core.types import Channel

SHEET_S, LONG_S = 10.0, 25.0
"""Time on a standard sheet, and the time from which on an ECG starts with one sheet of it; in s."""
HOURS_FROM = 6 * 3600.0


class Clock(NamedTuple):
    """How numbers of a kind are asked for.

    Attributes:
        unit: As shown.
        size: Of the unit in what is kept.
        form: How a number is written.
    """

    unit: str
    size: float
    form: str


class Source(NamedTuple):
    """What is looked at.

    Attributes:
        channels: One per row of `signal`.
        signal: (C, T), in the units of the channels; NaN where a sensor was silent.
        rate: Hz.
        start_s: Time of the first sample in the recording, in s.
        title: Says which recording it is.
        filename: The same for downloads, without ending.
        poor: Names of the channels that students read.
        segment_s: Length of the segments that attention weighs, in s; None if there are none.
        window: Start and end of the window within it, in s, where it is more than the window.
    """

    channels: Sequence[Channel]
    signal: np.ndarray
    rate: float
    start_s: float
    title: str
    filename: str
    poor: Sequence[str] = ()
    segment_s: float | None = None
    window: tuple[float, float] | None = None

    @property
    def duration_s(self) -> float:
        """Length, in s."""
        return self.signal.shape[1] / self.rate

    @property
    def end_s(self) -> float:
        """End, in s."""
        return self.start_s + self.duration_s

    @property
    def has_leads(self) -> bool:
        """Whether any of it is drawn on ECG paper."""
        return any(viewer.is_lead(channel, self.rate) for channel in self.channels)

    @property
    def first_s(self) -> float:
        """Length that is shown as long as no other is asked for, in s."""
        long = self.has_leads and self.duration_s > LONG_S and self.window is None
        return SHEET_S if long else self.duration_s

    @property
    def clock(self) -> Clock:
        """How times are asked for: in hours where there are many."""
        return Clock("h", 3600.0, "%.2f") if self.duration_s >= HOURS_FROM else Clock("s", 1.0, "%.2f")

    def times(self, start: float, end: float) -> str:
        """Give two times in words."""
        return f"{start / self.clock.size:.6g} to {end / self.clock.size:.6g} {self.clock.unit}"

    def edges(self) -> np.ndarray:
        """Give the times at which segments begin and end, in s; none where there are no segments."""
        if self.segment_s is None:
            return np.empty(0)
        return self.start_s + np.arange(round(self.duration_s / self.segment_s) + 1) * self.segment_s


class Stretch(NamedTuple):
    """What is chosen of a source.

    Attributes:
        from_s: Start, in s.
        length_s: Length, in s.
    """

    from_s: float
    length_s: float


def source_of(case: Case) -> Source:
    """Give a window to look at, with the segments that attention weighs."""
    found = [len(arm.attention) for arm in case.arms if arm.attention is not None]
    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}")
    segment = case.duration_s / found[0] if found else None
    return Source(case.channels, case.signal, case.sampling_rate, case.offset_s, _title(case), name, case.poor, segment)


def recording_of(book: CaseBook, case: Case) -> Source | None:
    """Give the recording of a window up to the end of its last window; None where that is no more than the window."""
    windows = book.windows
    mine = np.flatnonzero(windows.recording == case.recording)
    first = windows.start[mine] - np.round(windows.offset_s[mine] * windows.sampling_rate).astype(np.int64)
    start, end = int(first.min()), int(windows.start[mine].max()) + windows.samples
    if first.max() != start or end - start <= windows.samples:  # pieces that do not lie one after another are no recording
        return None
    signal = np.asarray(windows.signal[:, start:end])
    name = in_filename(case.dataset, case.view, case.subject, case.recording, "recording")
    window = (case.offset_s, case.offset_s + case.duration_s)
    return Source(case.channels, signal, case.sampling_rate, 0.0, _title(case), name, case.poor, None, window)


def _title(case: Case) -> str:
    return f"{case.subject}, recording {case.recording}{', simulated' if case.simulated else ''}"
