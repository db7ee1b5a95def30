"""Scaling by what the training subjects showed, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
import torch

from rdpd_core.errors import DataError, ShapeError
from rdpd_core.types import Windows

Array = TypeVar("Array", np.ndarray, torch.Tensor)
BLOCK = 1 << 16


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of each channel, in the channel's unit.

    Attributes:
        mean: (C,), float64.
        std: (C,), float64, above 0.
        source: Whose values these are, for people.
        gaps: Whether NaN says that nothing was measured, as a preparation with missing="hold" leaves it; else NaN stays NaN,
            so that whoever reads it is refused.
    """

    mean: np.ndarray
    std: np.ndarray
    source: str
    gaps: bool = False

    def select(self, rows: Sequence[int]) -> Self:
        """Give the statistics of some channels, by position, in the order asked for."""
        return type(self)(self.mean[list(rows)], self.std[list(rows)], self.source, self.gaps)

    def apply(self, x: Array) -> Array:
        """Scale windows, leaving type and device as they are.

        Args:
            x: (B, C, T), an array or a tensor, in the units of the channels.

        Returns:
            (B, C, T), each channel minus its mean, divided by its standard deviation; with `gaps` 0, the mean, for NaN.

        Raises:
            ShapeError: The axis before the last has another number of channels.
        """
        if x.ndim < 2 or x.shape[-2] != len(self.mean):
            raise ShapeError(f"statistics of {len(self.mean)} channels cannot scale an array of shape {tuple(x.shape)}")
        mean, std = self._like(x)
        scaled = (x - mean) / std
        if not self.gaps:
            return scaled
        if isinstance(scaled, torch.Tensor):
            return torch.where(torch.isnan(scaled), torch.zeros_like(scaled), scaled)
        return np.where(np.isnan(scaled), scaled.dtype.type(0), scaled)

    def undo(self, x: Array) -> Array:
        """Give scaled windows back in the units of the channels.

        Args:
            x: (B, C, T), as `apply` returns them.
        """
        mean, std = self._like(x)
        return x * std + mean

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for a model card."""
        plain = {"mean": self.mean.tolist(), "std": self.std.tolist(), "source": self.source}
        return plain | ({"gaps": True} if self.gaps else {})

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave.

        Raises:
            DataError: A mean or standard deviation is not a number, or not above 0 where it must be.
        """
        try:
            mean, std = (np.array(value[k], dtype=np.float64) for k in ("mean", "std"))
            source = str(value["source"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"normalization must hold mean, std and source: {error}") from error
        sound = mean.ndim == 1 and mean.shape == std.shape and np.isfinite(mean).all() and np.isfinite(std).all()
        if not sound or (std <= 0).any():
            raise DataError("normalization must hold one finite mean and one standard deviation above 0 for each channel")
        if not isinstance(value.get("gaps", False), bool):
            raise DataError("gaps of a normalization are true or false")
        return cls(mean, std, source, value.get("gaps", False))

    def _like(self, x: Array) -> tuple[Array, Array]:
        mean, std = self.mean[:, None], self.std[:, None]
        if isinstance(x, torch.Tensor):
            return torch.as_tensor(mean, dtype=x.dtype, device=x.device), torch.as_tensor(std, dtype=x.dtype, device=x.device)
        return mean.astype(x.dtype), std.astype(x.dtype)


def fit_statistics(train: Windows, standardize: str = "train", gaps: bool = False) -> Statistics:
    """Give the statistics to scale by; every sample that training windows cover counts once, however many windows share it.

    Args:
        train: The training windows, and only these.
        standardize: As in `Preparation`: with "recording" each recording was scaled by itself, and nothing remains to be done.
        gaps: As in `Statistics`.

    Raises:
        DataError: A channel is constant or holds no value in the training windows; the message names it.
    """
    channels = len(train.channels)
    if standardize == "recording":
        return Statistics(np.zeros(channels), np.ones(channels), "each recording scaled by itself")
    if not len(train):
        raise DataError("there are no training windows to take statistics from")
    count, mean, spread = np.zeros(channels), np.zeros(channels), np.zeros(channels)
    for block in _blocks(train):
        there = np.isfinite(block)
        n = there.sum(axis=0)
        some = np.maximum(n, 1)
        block_mean = np.where(there, block, 0).sum(axis=0) / some
        block_spread = (np.where(there, block - block_mean, 0) ** 2).sum(axis=0)
        # Chan, Golub, LeVeque: Updating formulae for computing sample variances, 1979.
        both = np.maximum(count + n, 1)
        step = block_mean - mean
        mean = mean + step * n / both
        spread = spread + block_spread + step**2 * count * n / both
        count = count + n
    std = np.sqrt(spread / np.maximum(count, 1))
    _check(train, count, mean, std)
    return Statistics(mean, std, f"{len(np.unique(train.subject))} training subjects", gaps)


def covered(train: Windows) -> list[tuple[int, int]]:
    """Give the stretches (first, end) of the signal that windows cover, merged, in order."""
    start = np.unique(train.start)
    breaks = np.flatnonzero(np.diff(start) > train.samples)
    firsts = start[np.concatenate([[0], breaks + 1])]
    ends = start[np.concatenate([breaks, [len(start) - 1]])] + train.samples
    return list(zip(firsts.tolist(), ends.tolist(), strict=True))


def _blocks(train: Windows) -> Iterator[np.ndarray]:
    """Yield the covered samples as (time, C), float64, a block at a time."""
    signal = np.asarray(train.signal)
    for first, end in covered(train):
        for at in range(first, end, BLOCK):
            yield signal[:, at : min(at + BLOCK, end)].T.astype(np.float64)


def _check(train: Windows, count: np.ndarray, mean: np.ndarray, std: np.ndarray) -> None:
    for at, channel in enumerate(train.channels):
        if not count[at]:
            raise DataError(f"channel {channel.name} holds no value in the training windows; leave it out")
        # Rounding leaves a tiny spread in a constant channel of large values.
        if std[at] <= 1e-7 * max(abs(mean[at]), 1e-30):
            raise DataError(f"channel {channel.name} is constant in the training windows and cannot be scaled; leave it out")
