"""Cells: groups of channels in pieces of time, the smallest things that checks of attributions add up, delete and compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from rdpd_core.errors import ParameterError, ShapeError

FEWEST = 24
"""With fewer cells there are too few orders to tell a good one from chance, so time is cut finer."""


@dataclass(frozen=True)
class Cells:
    """A division of windows (C, T) into G groups of channels times P pieces of time.

    Attributes:
        groups: (C,), which group each channel belongs to, from 0 without gaps.
        pieces: P.
        samples: T.

    Raises:
        ParameterError: There are more pieces than samples, or a group has no channel.
    """

    groups: tuple[int, ...]
    pieces: int
    samples: int

    def __post_init__(self) -> None:
        if not 1 <= self.pieces <= self.samples:
            raise ParameterError(f"{self.pieces} pieces of time in {self.samples} samples; choose 1 to {self.samples}")
        if sorted(set(self.groups)) != list(range(self.n_groups)):
            raise ParameterError(f"groups of channels must be numbered from 0 without gaps, not {sorted(set(self.groups))}")

    @classmethod
    def of(cls, channels: int, samples: int, segments: int = 1, names: Sequence[str] | None = None) -> Self:
        """Give cells of single channels (or of named groups) whose borders fall on segments, at least `FEWEST` of them.

        Args:
            channels: C.
            samples: T.
            segments: S, the segments that attention weighs.
            names: (C,), the group of each channel, in words; None takes every channel by itself.
        """
        known = list(dict.fromkeys(names)) if names is not None else []
        groups = tuple(known.index(name) for name in names) if names is not None else tuple(range(channels))
        wanted = -(-FEWEST // (max(groups, default=0) + 1))
        finer = -(-wanted // segments) * segments if wanted > segments else segments
        return cls(groups, min(finer, samples), samples)

    @property
    def n_groups(self) -> int:
        """G."""
        return max(self.groups, default=-1) + 1

    @property
    def count(self) -> int:
        """Q, cells in a window: G * P."""
        return self.n_groups * self.pieces

    @property
    def edges(self) -> np.ndarray:
        """Where pieces begin and the last one ends, (P + 1,), in samples."""
        return np.arange(self.pieces + 1) * self.samples // self.pieces

    def index(self) -> np.ndarray:
        """Give which cell every value belongs to, (C, T), int64: group * P + piece."""
        piece = np.repeat(np.arange(self.pieces), np.diff(self.edges))
        return np.asarray(self.groups, dtype=np.int64)[:, None] * self.pieces + piece[None, :]

    def sizes(self) -> np.ndarray:
        """Give how many values each cell holds, (Q,)."""
        return np.bincount(self.index().ravel(), minlength=self.count)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Add values (B, C, T) up within cells, (B, Q), float64.

        Raises:
            ShapeError: The windows have another shape.
        """
        if values.ndim != 3 or values.shape[1:] != (len(self.groups), self.samples):
            raise ShapeError(
                f"cells of {len(self.groups)} channels and {self.samples} samples do not divide "
                f"an array of shape {values.shape}"
            )
        in_time = np.add.reduceat(values.astype(np.float64), self.edges[:-1], axis=2)  # (B, C, P)
        found = np.zeros((len(values), self.n_groups, self.pieces))
        for channel, group in enumerate(self.groups):
            found[:, group] += in_time[:, channel]
        return found.reshape(len(values), -1)
