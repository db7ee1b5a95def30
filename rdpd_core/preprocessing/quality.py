"""What recordings were like as they came, channel by channel: counted while they are stored, before anything is filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from rdpd_core.types import Channel, Recording


@dataclass(frozen=True)
class ChannelQuality:
    """One channel over all recordings.

    Attributes:
        name: Of the channel.
        unit: Of `low` and `high`.
        samples: At the rate of the source.
        missing: Samples without a finite value.
        low: Least value; None if there is none.
        high: Greatest value; None if there is none.
        silent: Recordings in which it has no value at all.
        flat: Recordings in which it has one value throughout.
        recordings: How many there are.
    """

    name: str
    unit: str
    samples: int
    missing: int
    low: float | None
    high: float | None
    silent: int
    flat: int
    recordings: int

    def to_row(self) -> dict[str, Any]:
        """Give one line of a table for people."""
        return {
            "channel": self.name,
            "unit": self.unit,
            "samples": self.samples,
            "missing": f"{self.missing / max(1, self.samples):.2%}",
            "least": "" if self.low is None else f"{self.low:.4g}",
            "greatest": "" if self.high is None else f"{self.high:.4g}",
            "without a value": f"{self.silent} of {self.recordings}",
            "flat": f"{self.flat} of {self.recordings}",
        }


class Tally:
    """Counts recordings one by one."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        """Begin with nothing counted."""
        self.channels, many = tuple(channels), len(channels)
        self.samples = self.recordings = 0
        self.missing, self.silent, self.flat = (np.zeros(many, dtype=np.int64) for _ in range(3))
        self.low, self.high = np.full(many, np.inf), np.full(many, -np.inf)

    def add(self, recording: Recording) -> None:
        """Count one recording that has the declared channels."""
        signal = recording.signal
        there = np.isfinite(signal)
        some = there.any(axis=1)
        low = np.where(there, signal, np.inf).min(axis=1)
        high = np.where(there, signal, -np.inf).max(axis=1)
        self.samples += signal.shape[1]
        self.recordings += 1
        self.missing += signal.shape[1] - there.sum(axis=1)
        self.silent += ~some
        self.flat += some & (low == high)
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)

    def state(self) -> dict[str, Any]:
        """Give plain values from which `of_state` goes on counting."""
        arrays = {name: getattr(self, name).tolist() for name in ("missing", "silent", "flat")}
        return {
            "samples": self.samples,
            "recordings": self.recordings,
            **arrays,
            "low": _texts(self.low),
            "high": _texts(self.high),
        }

    @classmethod
    def of_state(cls, channels: Sequence[Channel], state: Mapping[str, Any]) -> Self:
        """Go on counting from what `state` gave."""
        tally = cls(channels)
        tally.samples, tally.recordings = int(state["samples"]), int(state["recordings"])
        tally.missing, tally.silent, tally.flat = (np.array(state[n], dtype=np.int64) for n in ("missing", "silent", "flat"))
        tally.low, tally.high = (np.array([float(v) for v in state[n]]) for n in ("low", "high"))
        return tally

    def rows(self) -> list[dict[str, Any]]:
        """Give plain values, one for each channel."""
        return [asdict(self._of(at, channel)) for at, channel in enumerate(self.channels)]

    def _of(self, at: int, channel: Channel) -> ChannelQuality:
        measured = self.low[at] <= self.high[at]
        return ChannelQuality(
            name=channel.name,
            unit=channel.unit,
            samples=self.samples,
            missing=int(self.missing[at]),
            low=float(self.low[at]) if measured else None,
            high=float(self.high[at]) if measured else None,
            silent=int(self.silent[at]),
            flat=int(self.flat[at]),
            recordings=self.recordings,
        )


def _texts(values: np.ndarray) -> list[str]:
    """Give numbers as text, which can also say that there is none yet: JSON has no infinity."""
    return [repr(v) for v in values.tolist()]
