"""When a simulated heart beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AHEAD_S = 0.4
"""A beat belongs to what its heart does this long before the R peak, so that its P wave does too."""
MARGIN_S = 2.0
LONGEST_QUIET = 7
"""Beats after which an ectopic heart surely has its next ectopic one, so that no window is without."""


@dataclass(frozen=True)
class Pace:
    """How fast and how evenly a sinus node fires.

    Attributes:
        period_s: Mean heart period, in s.
        breathing: Swing of the period with respiration, as a share of it.
        slow: Swing of the period at 0.1 Hz, as a share of it.
        jitter: Standard deviation of what is left, as a share of the period.
        breath_hz: Respiration rate, in Hz.
        phase: (2,), of the two swings at time 0, in rad.
    """

    period_s: float
    breathing: float
    slow: float
    jitter: float
    breath_hz: float
    phase: tuple[float, float]

    def period(self, time_s: float, draw: float) -> float:
        """Give the period that starts at `time_s`, with `draw` from a standard normal distribution."""
        breath = self.breathing * np.sin(2 * np.pi * self.breath_hz * time_s + self.phase[0])
        slow = self.slow * np.sin(2 * np.pi * 0.1 * time_s + self.phase[1])
        return self.period_s * max(0.5, 1 + breath + slow + self.jitter * draw)


@dataclass(frozen=True)
class Beats:
    """The beats of one recording.

    Attributes:
        time: (K,), R peaks in s since the start of the recording; some lie outside it, as their waves reach in.
        period: (K,), heart period that governs the length of ST and T, in s.
        shown: (K,), how far the disease shows in this beat, from 0 to 1.
        ectopic: (K,), bool, True for a beat that starts in a ventricle.
    """

    time: np.ndarray
    period: np.ndarray
    shown: np.ndarray
    ectopic: np.ndarray


def shown(time_s: np.ndarray, stretch: tuple[float, float] | None, ramp_s: float) -> np.ndarray:
    """Give how far a disease shows: 0 outside `stretch` (start and end, s), 1 inside, rising and falling over `ramp_s`."""
    if stretch is None:
        return np.zeros_like(time_s)
    inside = np.minimum(time_s - stretch[0], stretch[1] - time_s)
    return np.clip(inside / ramp_s, 0, 1) if ramp_s > 0 else (inside >= 0).astype(float)


def beats(
    rng: np.random.Generator, pace: Pace, duration_s: float, *, rhythm: str = "sinus", burden: float = 0.3,
    stretch: tuple[float, float] | None = None, ramp_s: float = 0.0, stray: float = 0.0,
) -> Beats:  # fmt: skip
    """Draw the beats of one recording, one after another.

    Every beat takes the same number of draws, so that a recording with and without its disease is the same until it starts.

    Args:
        rng: Where the draws come from.
        pace: Of the sinus node.
        duration_s: Length of the recording, in s.
        rhythm: "sinus", "fibrillation" or "ectopy": the rhythm inside `stretch`.
        burden: Chance that a normal beat inside `stretch` is followed by an ectopic one, if the rhythm is ectopy.
        stretch: Start and end of the disease, in s; None shows none.
        ramp_s: How long the disease takes to come up and to go, in s.
        stray: Chance of an ectopic beat anywhere.
    """
    now, rows, was_ectopic, skip, quiet = -MARGIN_S + rng.uniform(0, pace.period_s), [], False, 0.0, 0
    memory = pace.period_s
    while now < duration_s + MARGIN_S:
        normal, spread, chance, early = rng.normal(), rng.normal(), rng.random(), rng.uniform(0.50, 0.65)
        rows.append((now, memory, was_ectopic))
        inside = stretch is not None and stretch[0] <= now - AHEAD_S + 0.3 * pace.period_s <= stretch[1]
        period = pace.period(now, normal)
        if inside and rhythm == "fibrillation":
            period = pace.period_s * float(np.clip(np.exp(0.27 * spread) * 0.95, 0.45, 2.2))
        limit = stray
        if inside and rhythm == "ectopy":
            limit, quiet = burden if quiet < LONGEST_QUIET else 1.0, quiet + 1
        if was_ectopic:
            now, was_ectopic = now + skip, False
        elif chance < limit:
            now, was_ectopic, skip, quiet = now + early * period, True, (2 - early) * period, 0
        else:
            now = now + period
        memory = 0.7 * memory + 0.3 * min(period, 1.6)
    time, period, ectopic = (np.array(column) for column in zip(*rows, strict=True))
    return Beats(time, period, shown(time - AHEAD_S, stretch, ramp_s), ectopic.astype(bool))


def fibrillation(rng: np.random.Generator, time_s: np.ndarray, stretch: tuple[float, float] | None) -> np.ndarray:
    """Give fibrillatory waves of the atria, 5 to 7.5 per s at a wandering rate; (time,), about -1 to 1, 0 outside `stretch`.

    Args:
        rng: Where the draws come from.
        time_s: (time,), in s.
        stretch: Start and end, in s; None gives zeros.
    """
    rate, depth = rng.uniform(5.0, 7.5), rng.uniform(0.5, 1.5, 3)
    speed, phase = rng.uniform(0.1, 0.7, 3), rng.uniform(0, 2 * np.pi, 3)
    angle = 2 * np.pi * rate * time_s + phase[0]
    for d, s, p in zip(depth, speed, phase, strict=True):
        angle = angle + d * np.sin(2 * np.pi * s * time_s + p)
    size = 1 + 0.4 * np.sin(2 * np.pi * speed[0] * time_s + phase[2])
    wave = size * (np.sin(angle) - 0.4 * np.sin(2 * angle))
    gate = shown(time_s, stretch, 0.3)
    return wave * gate**2 * (3 - 2 * gate)
