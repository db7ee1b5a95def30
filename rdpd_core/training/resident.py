"""Windows on the device that trains: each sample stored once, gathered by index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from rdpd_core.files import digest_bytes, digest_json
from rdpd_core.preprocessing import Statistics, noise
from rdpd_core.types import Windows


class Resident:
    """Normalized windows in the memory of one device.

    Overlapping windows share their samples, so a stride of a fifth of the window costs a fifth of the memory.
    """

    def __init__(
        self,
        windows: Windows,
        statistics: Statistics,
        device: torch.device,
        disturbed: tuple[float, str, int] | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        """Copy the needed stretches, normalize them, and move them to `device`.

        Args:
            windows: Of one split.
            statistics: Of the training windows; every channel is scaled by them.
            device: Where to keep them.
            disturbed: (amplitude, kind, seed) of noise that every window carries in all channels; None leaves them clean.
            between: Called before every stretch; may raise to end the work.
        """
        self.samples, self.device, self.disturbed = windows.samples, device, disturbed
        self._origin, self._source, self._statistics = np.asarray(windows.start), windows.digest, statistics
        pieces, start = _compact(windows)
        signal = np.empty((len(windows.channels), sum(b - a for a, b in pieces)), dtype=np.float32)
        at = 0
        for a, b in pieces:
            if between is not None:
                between()
            signal[:, at : at + b - a] = statistics.apply(np.asarray(windows.signal[:, a:b]))
            at += b - a
        self.signal = torch.from_numpy(signal).to(device)
        self.start = torch.from_numpy(start).to(device)
        self.target = torch.from_numpy(np.asarray(windows.target, dtype=np.int64)).to(device)
        self._kept: dict[tuple, Tensor] = {}

    def __len__(self) -> int:
        return len(self.start)

    def digest(self) -> str:
        """Give what identifies the windows: the recordings, which parts of them, and how they were scaled and disturbed."""
        places = digest_bytes(self._origin.tobytes())
        return digest_json([self._source, places, self._statistics.to_dict(), self.disturbed])

    def rich(self, index: Tensor) -> Tensor:
        """Give windows (B, C, T) of all channels."""
        return self._windows(tuple(range(len(self.signal))), index)

    def poor(self, index: Tensor, rows: Sequence[int], noise: tuple[str, int] | None = None) -> Tensor:
        """Give windows of some channels, (B, c, T), or with their unit noise behind them, (B, 2c, T).

        Args:
            index: (B,).
            rows: Channels to take.
            noise: (kind, seed) of the draw to append; None appends nothing.
        """
        x = self._windows(tuple(rows), index)
        return x if noise is None else torch.cat([x, self.noise(rows, *noise)[index]], 1)

    def noise(self, rows: Sequence[int], kind: str, seed: int) -> Tensor:
        """Give the noise of amplitude 1 that belongs to every window, (N, c, T)."""
        key = (kind, seed, *rows)
        if key not in self._kept:
            drawn = noise(seed, self._origin, list(rows), self.samples, kind)
            self._kept[key] = torch.from_numpy(drawn).to(self.device)
        return self._kept[key]

    def _windows(self, rows: tuple[int, ...], index: Tensor) -> Tensor:
        x = self._gather(self._some(rows), index)
        if self.disturbed is None:
            return x
        amplitude, kind, seed = self.disturbed
        return x + amplitude * self.noise(rows, kind, seed)[index]

    def _some(self, rows: tuple[int, ...]) -> Tensor:
        if rows == tuple(range(len(self.signal))):
            return self.signal
        if rows not in self._kept:
            self._kept[rows] = self.signal[list(rows)].contiguous()
        return self._kept[rows]

    def _gather(self, signal: Tensor, index: Tensor) -> Tensor:
        return signal.unfold(1, self.samples, 1)[:, self.start[index]].transpose(0, 1)


def _compact(windows: Windows) -> tuple[list[tuple[int, int]], np.ndarray]:
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
