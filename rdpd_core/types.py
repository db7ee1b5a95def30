"""The records that pass between the rooms.

Axis letters: B windows in a batch, N windows in a set, C channels, T samples in a window, S segments in a window,
L samples in a segment, D features, K classes, M members of a cohort.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

from rdpd_core.errors import ShapeError, UnknownNameError

GATHER_BLOCK = 32


@dataclass(frozen=True)
class Channel:
    """One sensor trace, for example ECG lead I in mV.

    Attributes:
        name: Unique within its data set.
        unit: Physical unit as shown to a person: "mV", "m/s^2", "degC", "1/min".
        group: The sensor or body place it belongs to (the paper's modality).
    """

    name: str
    unit: str
    group: str


@dataclass(frozen=True)
class Recording:
    """One continuous measurement of one subject under one label.

    Attributes:
        name: Identifier, unique within its data set.
        signal: (C, time), float32, in the units of `channels`; NaN where a sensor was silent.
        sampling_rate: Hz.
        channels: One per row of `signal`, in order.
        subject: The person; always text ("007" stays "007").
        label: Class name, or None if unknown.
        facts: Fields that may be shown beside the recording; only what the data set declares safe.
        normalized: True if the files hold band-passed values scaled per channel and recording; never filtered again.
    """

    name: str
    signal: np.ndarray
    sampling_rate: float
    channels: tuple[Channel, ...]
    subject: str
    label: str | None
    facts: Mapping[str, str] = field(default_factory=dict)
    normalized: bool = False


@dataclass(frozen=True)
class Preparation:
    """How recordings become windows; declared by a data set, carried out by the preprocessing room.

    Attributes:
        rate_hz: Sampling rate after resampling, in Hz.
        window_s: Length of a window, in s.
        stride_s: Step between windows of one recording, in s.
        segment_s: Length of a segment that attention weighs, in s; divides `window_s`.
        band_hz: Pass band (low, high) in Hz; None filters nothing.
        missing: "ffill" holds the last value and then the recording's mean; "zero" writes 0, as RDPD's published code; "hold"
            holds the last value and leaves what was not yet measured to the mean of the training subjects.
        standardize: "train" scales each channel by statistics of the training subjects; "recording" scales each channel of
            each recording by its own mean and standard deviation.
    """

    rate_hz: float
    window_s: float
    stride_s: float
    segment_s: float
    band_hz: tuple[float, float] | None = None
    missing: str = "ffill"
    standardize: str = "train"

    @property
    def window_samples(self) -> int:
        """T, samples in a window."""
        return round(self.window_s * self.rate_hz)

    @property
    def segments(self) -> int:
        """S, segments in a window."""
        return round(self.window_s / self.segment_s)


@dataclass(frozen=True)
class Windows:
    """Equal-length windows: an index over contiguous signals, so that overlap is never copied.

    Attributes:
        signal: (C, total), float32, recordings one after another along time; usually a memory map.
        start: (N,), int64, first sample of each window in `signal`.
        samples: T, the length of a window.
        target: (N,), int64, position in `classes`; -1 where unknown.
        subject: (N,), text.
        recording: (N,), text, name of the recording.
        offset_s: (N,), float64, time of the first sample since the start of its recording, in s.
        channels: One per row of `signal`, in order.
        classes: Class names, in the order of the targets.
        sampling_rate: Hz.
        digest: Identifies the content of `signal` and how it was made.
    """

    signal: np.ndarray
    start: np.ndarray
    samples: int
    target: np.ndarray
    subject: np.ndarray
    recording: np.ndarray
    offset_s: np.ndarray
    channels: tuple[Channel, ...]
    classes: tuple[str, ...]
    sampling_rate: float
    digest: str

    def __post_init__(self) -> None:
        if self.signal.ndim != 2 or len(self.channels) != len(self.signal):
            raise ShapeError(f"signal of shape {self.signal.shape}, but {len(self.channels)} channels named; give (C, total)")
        lengths = {len(a) for a in (self.start, self.target, self.subject, self.recording, self.offset_s)}
        if len(lengths) != 1:
            raise ShapeError(f"start, target, subject, recording and offset_s must have one length, not {sorted(lengths)}")
        if len(self.start) and (self.start.min() < 0 or self.start.max() + self.samples > self.signal.shape[1]):
            raise ShapeError(f"a window of {self.samples} samples reaches outside the {self.signal.shape[1]} samples stored")

    def __len__(self) -> int:
        return len(self.start)

    def gather(self, index: np.ndarray | Sequence[int] | slice, channels: Sequence[int] | None = None) -> np.ndarray:
        """Copy some windows out, as they are stored.

        Args:
            index: Which windows.
            channels: Rows of `signal` to take; None takes all.

        Returns:
            (B, C, T), float32, in the units of the channels.
        """
        start = np.asarray(self.start[index], dtype=np.int64)
        rows = None if channels is None else np.asarray(channels, dtype=np.int64)[None, :]
        out = np.empty((len(start), len(self.channels) if rows is None else rows.size, self.samples), dtype=np.float32)
        if not len(start):
            return out
        # A strided view of every possible window; blocks that fit the processor's cache are turned there to (C, T).
        every = sliding_window_view(np.asarray(self.signal), self.samples, axis=1).transpose(1, 0, 2)  # (total - T + 1, C, T)
        for at in range(0, len(start), GATHER_BLOCK):
            chosen = start[at : at + GATHER_BLOCK]
            out[at : at + GATHER_BLOCK] = every[chosen] if rows is None else every[chosen[:, None], rows]
        return out

    def select(self, index: np.ndarray) -> Self:
        """Give the chosen windows (positions or a mask over N) as an index over the same signal."""
        names = ("start", "target", "subject", "recording", "offset_s")
        return replace(self, **{name: getattr(self, name)[index] for name in names})

    def rows(self, names: Sequence[str]) -> list[int]:
        """Give the positions of channels by name, in the order asked for.

        Raises:
            UnknownNameError: No channel of that name.
        """
        at = {c.name: i for i, c in enumerate(self.channels)}
        for name in names:
            if name not in at:
                raise UnknownNameError("channel", name, at)
        return [at[name] for name in names]


class Batch(NamedTuple):
    """The same windows twice: all channels for the teacher, the few that students may see.

    Attributes:
        rich: (B, C, T), normalized.
        poor: (B, c, T) with c <= C, normalized.
        target: (B,), int64; -1 where there is no label.
        index: (B,), int64, position in the training set.
    """

    rich: Tensor
    poor: Tensor
    target: Tensor
    index: Tensor


class ModelOutput(NamedTuple):
    """What a forward pass tells.

    Attributes:
        logits: (B, K).
        attention: (B, S), rows sum to 1; None for a model without attention over time.
        features: Named inner representations, each (B, ...).
        there: (B,), of a teacher: which windows it could be asked about, as their rich channels were recorded; None is all.
    """

    logits: Tensor
    attention: Tensor | None = None
    features: Mapping[str, Tensor] = {}
    there: Tensor | None = None

    def gives(self) -> frozenset[str]:
        """Give the kinds of knowledge that are present: logits, attention, features."""
        present = {"logits"}
        if self.attention is not None:
            present.add("attention")
        if self.features:
            present.add("features")
        return frozenset(present)
