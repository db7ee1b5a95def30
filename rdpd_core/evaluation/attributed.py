"""What an attribution is: the evidence that every value of a window gives for a class, and what is known of its worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rdpd_core.errors import ShapeError

UNIT = "nat"
"""Of evidence: the logit of a class minus the mean of all logits, which no constant added to all of them changes."""
LEAST = 0.1
"""Completeness is relative to the evidence to be explained, but to no less than this, in nat: 0 of 0 is no error."""


@dataclass(frozen=True)
class Attribution:
    """Evidence for one class of each of B windows, value by value.

    Attributes:
        method: Name in the registry.
        baseline: Name of what stands for "nothing there".
        values: (B, C, T), float32, in nat if the method is signed; never NaN.
        target: (B,), int64, the class explained.
        score: (B,), evidence for it in the window, in nat.
        reference: (B,), evidence for it in the baseline, in nat.
        additive: Whether the values are meant to add up to `score - reference`.
        signed: Whether a value below 0 speaks against the class; if not, values only say how much.
    """

    method: str
    baseline: str
    values: np.ndarray
    target: np.ndarray
    score: np.ndarray
    reference: np.ndarray
    additive: bool
    signed: bool

    @property
    def gap(self) -> np.ndarray | None:
        """What the sum of the values misses of `score - reference`, (B,), in nat; None if they are not meant to add up."""
        if not self.additive:
            return None
        return np.abs(self.values.sum(axis=(1, 2), dtype=np.float64) - (self.score - self.reference))

    @property
    def completeness(self) -> np.ndarray | None:
        """The gap as a share of the evidence to be explained, (B,); None if the values are not meant to add up."""
        return None if self.gap is None else self.gap / np.maximum(np.abs(self.score - self.reference), LEAST)

    def by_channel(self) -> np.ndarray:
        """Give sums over time, (B, C)."""
        return self.values.sum(axis=2, dtype=np.float64)

    def by_group(self, names: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
        """Give the groups in the order in which they occur, and the sums of each, (B, G).

        Args:
            names: (C,), the group of each channel.
        """
        known = tuple(dict.fromkeys(names))
        sums, place = self.by_channel(), np.array([known.index(name) for name in names])
        return known, np.stack([sums[:, place == at].sum(axis=1) for at in range(len(known))], axis=1)

    def over_time(self, pieces: int) -> np.ndarray:
        """Give sums over channels in equal pieces of time, (B, P)."""
        edges = np.arange(pieces) * self.values.shape[2] // pieces
        return np.add.reduceat(self.values.sum(axis=1, dtype=np.float64), edges, axis=1)

    def onto(self, rows: Sequence[int], channels: int) -> tuple[Self, np.ndarray]:
        """Give the attribution on all channels of a data set, 0 where the model reads nothing, and which it reads, (C,) bool.

        Args:
            rows: Positions of the model's channels among all.
            channels: C, all channels.

        Raises:
            ShapeError: There are more or fewer rows than channels in the attribution.
        """
        if len(rows) != self.values.shape[1]:
            raise ShapeError(f"{len(rows)} rows for an attribution of {self.values.shape[1]} channels; name each once")
        whole = np.zeros((len(self.values), channels, self.values.shape[2]), dtype=np.float32)
        whole[:, list(rows)] = self.values
        read = np.zeros(channels, dtype=bool)
        read[list(rows)] = True
        return replace(self, values=whole), read
