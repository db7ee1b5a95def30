"""Where samples lie while a model is trained: in the memory of the device, or on the disk where they came from."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from rdpd_core.errors import ParameterError
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import free_memory_mb
from rdpd_core.types import Windows

SHARE = 0.5
"""Of the memory that is free, how much the samples of one part may take."""
LIMIT = "RDPD_MEMORY_GB"
PIECE = 1 << 16
"""Samples looked at together where all are."""
Places = tuple[list[tuple[int, int]], np.ndarray]


class Stretches(ABC):
    """Scaled samples of one part; N windows of T samples and C channels.

    Attributes:
        channels: C.
        device: Where windows are given.
    """

    channels: int
    device: torch.device

    @abstractmethod
    def gather(self, rows: tuple[int, ...], index: Tensor, by: Tensor | None = None) -> Tensor:
        """Give windows (B, c, T) of some channels, each `by` (B,) samples later."""

    @abstractmethod
    def finite(self) -> np.ndarray:
        """Say of every channel, (C,), whether it holds nothing but numbers."""


class InMemory(Stretches):
    """Every needed sample once, in the memory of one device; overlapping windows share theirs."""

    def __init__(
        self, windows: Windows, statistics: Statistics, device: torch.device, places: Places, between: Callable[[], None]
    ) -> None:
        """Copy the needed stretches, scale them and move them to the device.

        Args:
            windows: Of one part.
            statistics: Of the training windows.
            device: Where to keep them.
            places: Where they lie, as `compact` gives it.
            between: Called before every stretch; may raise to end the work.
        """
        self.channels, self.device, self._samples = len(windows.channels), device, windows.samples
        pieces, start = places
        signal = np.empty((self.channels, sum(b - a for a, b in pieces)), dtype=np.float32)
        at = 0
        for a, b in pieces:
            between()
            signal[:, at : at + b - a] = statistics.apply(np.asarray(windows.signal[:, a:b]))
            at += b - a
        self.signal = torch.from_numpy(signal).to(device)
        self._start = torch.from_numpy(start).to(device)
        self._chosen: dict[tuple[int, ...], Tensor] = {}

    def gather(self, rows: tuple[int, ...], index: Tensor, by: Tensor | None = None) -> Tensor:
        """See `Stretches.gather`."""
        start = self._start[index] if by is None else self._start[index] + by
        return self._some(rows).unfold(1, self._samples, 1)[:, start].transpose(0, 1)

    def finite(self) -> np.ndarray:
        """See `Stretches.finite`."""
        return torch.isfinite(self.signal).all(1).cpu().numpy()

    def _some(self, rows: tuple[int, ...]) -> Tensor:
        if rows == tuple(range(self.channels)):
            return self.signal
        if rows not in self._chosen:
            self._chosen[rows] = self.signal[list(rows)].contiguous()
        return self._chosen[rows]


class OnDisk(Stretches):
    """The stored recordings themselves, read and scaled window by window; the system keeps what it has room for."""

    def __init__(self, windows: Windows, statistics: Statistics, device: torch.device, places: Places) -> None:
        """Remember where the windows lie; nothing is read.

        Args:
            windows: Of one part, over a memory-mapped signal with time first on the disk.
            statistics: Of the training windows.
            device: Where windows are given.
            places: Where they lie, as `compact` gives it.
        """
        self.channels, self.device, self._samples = len(windows.channels), device, windows.samples
        self._source, self._statistics = windows.signal, statistics
        self._start, self._pieces = np.asarray(windows.start), places[0]

    def gather(self, rows: tuple[int, ...], index: Tensor, by: Tensor | None = None) -> Tensor:
        """See `Stretches.gather`."""
        start = self._start[index.cpu().numpy()]
        if by is not None:
            start = start + by.cpu().numpy()
        out = np.empty((len(start), len(rows), self._samples), dtype=np.float32)
        chosen = None if rows == tuple(range(self.channels)) else list(rows)
        for at, first in enumerate(start.tolist()):
            window = self._source[:, first : first + self._samples]
            out[at] = window if chosen is None else window[chosen]
        scaled = (self._statistics if chosen is None else self._statistics.select(chosen)).apply(out)
        return torch.from_numpy(scaled).to(self.device)

    def finite(self) -> np.ndarray:
        """See `Stretches.finite`."""
        found = np.ones(self.channels, dtype=bool)
        for first, last in self._pieces:
            for a in range(first, last, PIECE):
                found &= np.isfinite(self._statistics.apply(np.asarray(self._source[:, a : min(a + PIECE, last)]))).all(1)
        return found


def stretches_of(
    windows: Windows,
    statistics: Statistics,
    device: torch.device,
    between: Callable[[], None] | None = None,
    free: float | None = None,
) -> Stretches:
    """Keep the samples of some windows in memory if they take at most half of what is free, else leave them on the disk.

    Args:
        windows: Of one part.
        statistics: Of the training windows.
        device: Where windows are given.
        between: Called before every stretch that is copied; may raise to end the work.
        free: Bytes of free memory; None asks the system.
    """
    places = compact(windows)
    need = 4 * len(windows.channels) * sum(b - a for a, b in places[0])
    if isinstance(windows.signal, np.memmap) and need > SHARE * (free_bytes(device) if free is None else free):
        return OnDisk(windows, statistics, device, places)
    return InMemory(windows, statistics, device, places, between or _go_on)


def free_bytes(device: torch.device) -> float:
    """Give how much memory is free where windows would be kept; without end where the system does not say.

    A setting RDPD_MEMORY_GB takes the place of what the system says.

    Raises:
        ParameterError: The setting is no number.
    """
    if told := os.environ.get(LIMIT, ""):
        try:
            return float(told) * 1e9
        except ValueError as error:
            raise ParameterError(f"{LIMIT} is {told!r}; give a number of gigabytes, such as 8, or leave it out") from error
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    free = free_memory_mb()
    return float("inf") if free is None else free * 1e6


def compact(windows: Windows) -> Places:
    """Give the merged stretches [first, last) that hold all windows, and each window's start among them."""
    order = np.argsort(windows.start, kind="stable")
    pieces: list[list[int]] = []
    start, length = np.empty(len(windows), dtype=np.int64), 0
    for at in order:
        first = int(windows.start[at])
        last = first + windows.samples
        if pieces and first <= pieces[-1][1]:
            length += last - pieces[-1][1]
            pieces[-1][1] = last
        else:
            pieces.append([first, last])
            length += last - first
        start[at] = length - (pieces[-1][1] - first)
    return [(a, b) for a, b in pieces], start


def _go_on() -> None:
    """Let the copying go on."""
