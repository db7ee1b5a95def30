"""Windows whose evidence was planted: each class shows in one known channel and stretch of time, and nowhere else.

An attribution that is worth anything finds these places again. The share of windows in which it does is the hit rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.cells import Cells
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Channel, Windows

RATE_HZ = 32.0
CYCLES = 2.0


@dataclass(frozen=True)
class Planted:
    """Windows, and where their classes show.

    Attributes:
        windows: N of them, four of each person.
        places: Of each class: channel and piece of time.
        cells: Channels times pieces of time.
    """

    windows: Windows
    places: tuple[tuple[int, int], ...]
    cells: Cells

    def hits(self, sums: np.ndarray, target: np.ndarray) -> float:
        """Give the share of windows whose strongest cell is where their class was planted.

        Args:
            sums: (B, Q), evidence in each cell.
            target: (B,), classes explained.
        """
        wanted = np.array([channel * self.cells.pieces + piece for channel, piece in self.places])
        return float((sums.argmax(axis=1) == wanted[np.asarray(target)]).mean())


def planted(
    count: int, seed: int = 0, *, channels: int = 6, classes: int = 3, pieces: int = 4, samples: int = 64, strength: float = 2.0
) -> Planted:
    """Give windows of white noise with a short wave where their class is planted.

    Args:
        count: N.
        seed: Keys the noise; the places are the same for every seed.
        channels: C, at least as many as classes.
        classes: K.
        pieces: P, pieces of time.
        samples: T, divided by P.
        strength: Height of the wave, in standard deviations of the noise.

    Raises:
        ParameterError: There are more classes than channels, or the pieces do not divide the window.
    """
    if classes > channels or samples % pieces:
        raise ParameterError(
            f"{classes} classes in {channels} channels, {samples} samples in {pieces} pieces; "
            "give each class a channel of its own, and pieces of equal length"
        )
    draw, length = numpy_generator("planted", seed), samples // pieces
    places = tuple((k * (channels // classes), (2 * k + 1) % pieces) for k in range(classes))
    target = np.arange(count) % classes
    signal = draw.normal(size=(channels, count * samples)).astype(np.float32)
    wave = strength * np.sin(2 * np.pi * CYCLES * np.arange(length) / length) * np.hanning(length + 2)[1:-1] * 1.5
    start = np.arange(count, dtype=np.int64) * samples
    for at, label in zip(start, target, strict=True):
        channel, piece = places[label]
        signal[channel, at + piece * length : at + (piece + 1) * length] += wave.astype(np.float32)
    who = np.array([f"p{at // 4}" for at in range(count)])
    windows = Windows(
        signal, start, samples, target, who, who, start / RATE_HZ,
        tuple(Channel(f"c{c}", "mV", f"g{c // 2}") for c in range(channels)),
        tuple(f"class {k}" for k in range(classes)), RATE_HZ, f"planted {count} {seed} {strength}",
    )  # fmt: skip
    return Planted(windows, places, Cells(tuple(range(channels)), pieces, samples))
