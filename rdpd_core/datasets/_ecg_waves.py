"""One heart beat as a sum of Gaussian waves of a moving dipole, and what each disease does to it.

Frame: x to the left, y to the feet, z to the back; mV as seen by the Frank leads. Times are in s from the R peak at a
heart period of 1 s. The form is that of P. E. McSharry et al., IEEE Trans. Biomed. Eng. 50:289, 2003, in three
dimensions as in R. Sameni et al., EURASIP J. Adv. Signal Process. 2007:043407. The numbers below are our own, set so
that the leads look like those of textbooks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

SLOTS = (
    "p_right", "p_left", "septal", "apical", "lateral", "basal", "late", "scar", "st_early", "st_late", "t_rise", "t_fall",
)  # fmt: skip
SLOT = {name: position for position, name in enumerate(SLOTS)}
P, QRS, ST, T = slice(0, 2), slice(2, 8), slice(8, 10), slice(10, 12)

# How strongly the time of a wave follows the heart period: QRS not at all, ST and T as in Bazett's formula (1920).
RATE_POWER = np.array([0.15] * 2 + [0.0] * 6 + [0.4, 0.5, 0.5, 0.5])

# delay s, width (standard deviation) s, x, y, z mV
_NORMAL = {
    "p_right": (-0.160, 0.018, 0.045, 0.085, -0.045),
    "p_left": (-0.128, 0.019, 0.065, 0.060, 0.040),
    "septal": (-0.026, 0.0075, -0.10, -0.06, -0.30),
    "apical": (-0.006, 0.010, 0.78, 0.52, -0.12),
    "lateral": (0.008, 0.0115, 0.60, 0.42, 0.55),
    "basal": (0.028, 0.009, -0.12, -0.12, 0.38),
    "late": (0.060, 0.012, 0.0, 0.0, 0.0),
    "scar": (-0.016, 0.013, 0.0, 0.0, 0.0),
    "st_early": (0.085, 0.028, 0.015, 0.015, -0.02),
    "st_late": (0.150, 0.040, 0.05, 0.04, -0.05),
    "t_rise": (0.235, 0.048, 0.18, 0.13, -0.13),
    "t_fall": (0.275, 0.030, 0.18, 0.12, -0.10),
}


@dataclass(frozen=True)
class Waves:
    """One kind of beat.

    Attributes:
        delay: (12,), time of each wave after the R peak at a heart period of 1 s, in s.
        width: (12,), standard deviation of each wave at a heart period of 1 s, in s.
        vector: (12, 3), peak dipole of each wave, in mV.
    """

    delay: np.ndarray
    width: np.ndarray
    vector: np.ndarray

    def change(self, slot: str, *, delay: float | None = None, width: float | None = None, vector: object = None) -> Self:
        """Give a copy in which one wave is replaced where values are given."""
        at = SLOT[slot]
        copy = replace(self, delay=self.delay.copy(), width=self.width.copy(), vector=self.vector.copy())
        copy.delay[at] = self.delay[at] if delay is None else delay
        copy.width[at] = self.width[at] if width is None else width
        copy.vector[at] = self.vector[at] if vector is None else vector
        return copy

    def scale(self, part: slice, factor: object) -> Self:
        """Give a copy with the vectors of a part (P, QRS, ST or T) multiplied by a number, or by one number per axis."""
        vector = self.vector.copy()
        vector[part] = vector[part] * np.asarray(factor)
        return replace(self, vector=vector)

    def turn(self, rotation: np.ndarray, part: slice = slice(None)) -> Self:
        """Give a copy with the vectors of a part turned by a (3, 3) rotation."""
        vector = self.vector.copy()
        vector[part] = vector[part] @ rotation.T
        return replace(self, vector=vector)

    def stretch(self, part: slice, factor: float) -> Self:
        """Give a copy with a part longer by `factor` about the R peak."""
        delay, width = self.delay.copy(), self.width.copy()
        delay[part], width[part] = delay[part] * factor, width[part] * factor
        return replace(self, delay=delay, width=width)


def normal() -> Waves:
    """Give the beat of a healthy heart of average position."""
    table = np.array([_NORMAL[name] for name in SLOTS])
    return Waves(delay=table[:, 0], width=table[:, 1], vector=table[:, 2:])


def rotation(angles: np.ndarray) -> np.ndarray:
    """Give the (3, 3) rotation by `angles` (rad) about x, then y, then z; about z turns the frontal axis."""
    out = np.eye(3)
    for axis, angle in enumerate(angles):
        a, b = [i for i in range(3) if i != axis]
        turn = np.eye(3)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[b, a] = np.sin(angle)
        turn[a, b] = -np.sin(angle)
        out = turn @ out
    return out
