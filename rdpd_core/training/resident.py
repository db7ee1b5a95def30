"""Windows for training: each sample stored once, gathered by index, on the device or, where they do not fit, from the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from rdpd_core.files import digest_bytes, digest_json
from rdpd_core.preprocessing import Statistics, noise
from rdpd_core.training.augment import Frame, frame_of
from rdpd_core.training.stretches import OnDisk, stretches_of
from rdpd_core.types import Windows


class Resident:
    """Normalized windows of one part, given on one device.

    Overlapping windows share their samples, so a stride of a fifth of the window costs a fifth of the memory.
    """

    def __init__(
        self,
        windows: Windows,
        statistics: Statistics,
        device: torch.device,
        disturbed: tuple[float, str, int] | None = None,
        between: Callable[[], None] | None = None,
        free: float | None = None,
    ) -> None:
        """Copy the needed stretches, normalize them, and move them to `device`.

        Args:
            windows: Of one split.
            statistics: Of the training windows; every channel is scaled by them.
            device: Where to keep them.
            disturbed: (amplitude, kind, seed) of noise that every window carries in all channels; None leaves them clean.
            between: Called before every stretch; may raise to end the work.
            free: Bytes of free memory; None asks the system.
        """
        self.samples, self.device, self.disturbed = windows.samples, device, disturbed
        self._origin, self._source, self._statistics = np.asarray(windows.start), windows.digest, statistics
        self._stretches = stretches_of(windows, statistics, device, between, free)
        self.target = torch.from_numpy(np.asarray(windows.target, dtype=np.int64)).to(device)
        self._subject, self._channels, self._frames = windows.subject, windows.channels, {}
        self._room = torch.from_numpy(_room(windows)).to(device)
        self._kept: dict[tuple, Tensor] = {}

    def __len__(self) -> int:
        return len(self._origin)

    @property
    def channels(self) -> int:
        """Give C, how many channels there are."""
        return len(self._channels)

    @cached_property
    def owner(self) -> Tensor:
        """Give the subject of every window, (N,), counted from 0, on the CPU."""
        return torch.from_numpy(np.unique(np.asarray(self._subject), return_inverse=True)[1])

    @property
    def on_disk(self) -> bool:
        """Say whether the samples are read from the disk batch by batch, as they would take too much memory."""
        return isinstance(self._stretches, OnDisk)

    def finite(self) -> np.ndarray:
        """Say of every channel, (C,), whether it holds nothing but numbers."""
        return self._stretches.finite()

    def digest(self) -> str:
        """Give what identifies the windows: the recordings, which parts of them, and how they were scaled and disturbed."""
        places = digest_bytes(self._origin.tobytes())
        return digest_json([self._source, places, self._statistics.to_dict(), self.disturbed])

    def rich(self, index: Tensor, by: Tensor | None = None) -> Tensor:
        """Give windows (B, C, T) of all channels, each `by` (B,) samples later; `offsets` draws them."""
        return self.some(index, range(self.channels), by)

    def some(self, index: Tensor, rows: Sequence[int], by: Tensor | None = None) -> Tensor:
        """Give windows (B, c, T) of some channels, as `rich` gives those of all."""
        return self._windows(tuple(rows), index, by)

    def frame(self, rows: Sequence[int]) -> Frame | None:
        """Give which of some channels are the axes of one sensor; None if none are."""
        key = tuple(rows)
        if key not in self._frames:
            self._frames[key] = frame_of(self._channels, self._statistics.mean, self._statistics.std, self.device, key)
        return self._frames[key]

    def offsets(self, index: Tensor, generator: torch.Generator) -> Tensor:
        """Draw for windows (B,) by how many samples to move each, evenly within the room that its recording leaves."""
        early, late = self._room[:, index]
        drawn = torch.rand(len(index), generator=generator).to(self.device)
        return (-early + (drawn * (early + late + 1)).floor()).long()

    def poor(self, index: Tensor, rows: Sequence[int], noise: tuple[str, int] | None = None) -> Tensor:
        """Give windows of some channels, (B, c, T), or with their unit noise behind them, (B, 2c, T).

        Args:
            index: (B,).
            rows: Channels to take.
            noise: (kind, seed) of the draw to append; None appends nothing.
        """
        x = self._windows(tuple(rows), index)
        return x if noise is None else torch.cat([x, self.noise_at(rows, *noise, index)], 1)

    def noise(self, rows: Sequence[int], kind: str, seed: int) -> Tensor:
        """Give the noise of amplitude 1 that belongs to every window, (N, c, T)."""
        key = (kind, seed, *rows)
        if key not in self._kept:
            drawn = noise(seed, self._origin, list(rows), self.samples, kind)
            self._kept[key] = torch.from_numpy(drawn).to(self.device)
        return self._kept[key]

    def _windows(self, rows: tuple[int, ...], index: Tensor, by: Tensor | None = None) -> Tensor:
        x = self._stretches.gather(rows, index, by)
        if self.disturbed is None:
            return x
        amplitude, kind, seed = self.disturbed
        return x + amplitude * self.noise_at(rows, kind, seed, index)

    def noise_at(self, rows: Sequence[int], kind: str, seed: int, index: Tensor) -> Tensor:
        """Give the noise of some windows, (B, c, T): of all that is kept, or drawn anew where there is no room to keep it."""
        if not self.on_disk:
            return self.noise(rows, kind, seed)[index]
        drawn = noise(seed, self._origin[index.cpu().numpy()], list(rows), self.samples, kind)
        return torch.from_numpy(drawn).to(self.device)


def _room(windows: Windows) -> np.ndarray:
    """Give by how many samples each window may begin earlier and later, (2, N).

    Half of the way to the neighboring window, where that touches it, is of the same recording and has the same label: so
    all offsets of a recording are drawn about evenly, and no window shows what another label covers.
    """
    room = np.zeros((2, len(windows)), dtype=np.int64)
    order = np.argsort(windows.start, kind="stable")
    start = np.asarray(windows.start)[order]
    step = np.diff(start)
    same = (np.asarray(windows.recording)[order][1:] == np.asarray(windows.recording)[order][:-1]) & (
        np.asarray(windows.target)[order][1:] == np.asarray(windows.target)[order][:-1]
    )
    half = np.where(same & (step <= windows.samples), step // 2, 0)
    room[0, order[1:]] = half
    room[1, order[:-1]] = half
    return room
