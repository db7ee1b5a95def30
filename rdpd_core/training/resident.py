"""Windows on the device that trains: each sample stored once, gathered by index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rdpd_core.runtime import torch_generator
from rdpd_core.types import Windows


class Resident:
    """Normalized windows in the memory of one device.

    Overlapping windows share their samples, so a stride of a fifth of the window costs a fifth of the memory.
    """

    def __init__(self, windows: Windows, mean: np.ndarray, std: np.ndarray, device: torch.device) -> None:
        """Copy the needed stretches, normalize them, and move them to `device`.

        Args:
            windows: Of one split.
            mean: (C,), subtracted from each channel.
            std: (C,), each channel is divided by it.
            device: Where to keep them.
        """
        self.samples, self.device, self.channels = windows.samples, device, windows.channels
        pieces, start = _compact(windows)
        signal = np.empty((len(windows.channels), sum(b - a for a, b in pieces)), dtype=np.float32)
        at = 0
        for a, b in pieces:
            signal[:, at : at + b - a] = (windows.signal[:, a:b] - mean[:, None]) / std[:, None]
            at += b - a
        self.signal = torch.from_numpy(signal).to(device)
        self.start = torch.from_numpy(start).to(device)
        self.target = torch.from_numpy(np.asarray(windows.target, dtype=np.int64)).to(device)
        self._noise: dict[tuple, Tensor] = {}

    def __len__(self) -> int:
        return len(self.start)

    def rich(self, index: Tensor) -> Tensor:
        """Give windows (B, C, T) of all channels."""
        return self._gather(self.signal, index)

    def poor(self, index: Tensor, rows: Sequence[int], noise: tuple[str, str, int] | None = None) -> Tensor:
        """Give windows of some channels, (B, c, T), or with their unit noise behind them, (B, 2c, T).

        Args:
            index: (B,).
            rows: Channels to take.
            noise: (part, kind, seed) of the draw to append; None appends nothing.
        """
        rows = list(rows)
        x = self._gather(self._rows(rows), index)
        if noise is None:
            return x
        return torch.cat([x, self._gather(self.noise(rows, *noise), index)], 1)

    def noise(self, rows: Sequence[int], part: str, kind: str, seed: int) -> Tensor:
        """Give one draw of noise per sample and channel, (c, total): the unit noise of Equation 16.

        Keyed by channel name, part and seed, so a channel meets the same noise in every view and amplitude.
        """
        key = (tuple(rows), part, kind, seed)
        if key not in self._noise:
            drawn = []
            for row in rows:
                generator = torch_generator("noise", kind, seed, part, self.channels[row].name)
                size = self.signal.shape[1]
                drawn.append(
                    torch.rand(size, generator=generator) * 2 - 1 if kind == "uniform" else torch.randn(size, generator=generator)
                )
            self._noise[key] = torch.stack(drawn).to(self.device)
        return self._noise[key]

    def _rows(self, rows: list[int]) -> Tensor:
        if rows == list(range(len(self.signal))):
            return self.signal
        key = ("rows", *rows)
        if key not in self._noise:
            self._noise[key] = self.signal[rows].contiguous()
        return self._noise[key]

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
            length += max(0, last - pieces[-1][1])
            pieces[-1][1] = max(last, pieces[-1][1])
        else:
            pieces.append([first, last])
            length += last - first
        start[at] = length - (pieces[-1][1] - first)
    return [(a, b) for a, b in pieces], start
