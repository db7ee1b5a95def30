"""One simulated recording: what its heart does, what the leads would show without noise, and what they do show."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rdpd_core.datasets._ecg_heart import dipole, spread, sway
from rdpd_core.datasets._ecg_leads import project, quantize
from rdpd_core.datasets._ecg_noise import noise
from rdpd_core.datasets._ecg_person import Person
from rdpd_core.datasets._ecg_rhythm import Beats, beats, fibrillation
from rdpd_core.runtime import numpy_generator


@dataclass(frozen=True)
class Truth:
    """What is known of a simulated recording because it was made so.

    Attributes:
        label: Class name.
        finding: Kind of the disease, such as "inferior, old"; "none" for a healthy person.
        stretch: Start and end of the disease in s since the start of the recording; None if it never shows.
        beat_s: (K,), R peaks inside the recording, in s.
        ectopic: (K,), bool, True for beats that start in a ventricle.
    """

    label: str
    finding: str
    stretch: tuple[float, float] | None
    beat_s: np.ndarray
    ectopic: np.ndarray

    @property
    def rate(self) -> float:
        """Mean heart rate, in 1/min."""
        return 60 / float(np.diff(self.beat_s).mean())


@dataclass(frozen=True)
class Take:
    """One recording of one person, before it is sampled.

    Attributes:
        person: Who.
        key: What the draws of this recording depend on.
        duration_s: Length, in s.
    """

    person: Person
    key: tuple[object, ...]
    duration_s: float

    @property
    def stretch(self) -> tuple[float, float] | None:
        """Start and end of the disease, in s: the whole recording, a part that reaches well into it, or None."""
        finding = self.person.finding
        if finding is None:
            return None
        rng = numpy_generator(*self.key, "stretch")
        part, start, length = rng.random(), rng.uniform(2, 11), rng.uniform(13, 20)
        if part >= finding.comes_and_goes:
            return (0.0, self.duration_s)
        return (round(start, 1), round(min(start + length, self.duration_s), 1))

    def beats(self, diseased: bool = True) -> Beats:
        """Give the beats; `diseased=False` gives those of the same heart had it stayed well."""
        finding = self.person.finding
        rng = numpy_generator(*self.key, "beats")
        pace = self.person.pace
        phase = (rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi))
        pace = replace(pace, period_s=pace.period_s * float(np.exp(rng.normal(0, 0.05))), phase=phase)
        return beats(
            rng, pace, self.duration_s,
            rhythm=finding.rhythm if finding else "sinus",
            burden=rng.uniform(0.25, 0.55),
            stretch=self._reach() if diseased else None,
            ramp_s=finding.ramp_s if finding else 0.0,
            stray=self.person.stray,
        )  # fmt: skip

    def _reach(self) -> tuple[float, float] | None:
        """Give the stretch, endless where it touches an end of the recording, so that waves reaching in show it too."""
        if self.stretch is None:
            return None
        start, end = self.stretch
        return (-np.inf if start <= 0 else start, np.inf if end >= self.duration_s else end)

    def clean(self, rate_hz: float, diseased: bool = True) -> np.ndarray:
        """Give the leads without noise; (15, time), float32, mV.

        Args:
            rate_hz: Sampling rate, in Hz.
            diseased: False gives what the same heart would have shown had it stayed well.
        """
        who, found = self.person, self.beats(diseased)
        finding = who.finding
        middle, width, vector = spread(found, who.healthy, finding.waves if finding else who.healthy, who.ectopic)
        rng = numpy_generator(*self.key, "heart")
        vector = sway(vector, found.time, who.pace.breath_hz, rng.uniform(0, 2 * np.pi), who.turn, who.swell)
        vector = vector * (1 + rng.normal(0, 0.02, (200, 1, 1))[: len(vector)])
        moment = dipole(middle, width, vector, self.duration_s, rate_hz)
        if diseased and finding is not None and finding.rhythm == "fibrillation":
            time = np.arange(moment.shape[1]) / rate_hz
            moment = moment + who.atrium[:, None] * fibrillation(rng, time, self._reach())
        return project(moment, who.field)

    def measured(self, rate_hz: float) -> np.ndarray:
        """Give the leads with their noise; (15, time), float32, mV."""
        rng = numpy_generator(*self.key, "noise")
        added = noise(rng, self.person.noise_mv, self.duration_s, rate_hz, burst=rng.uniform(0.2, 0.8))
        return self.clean(rate_hz) + quantize(added).astype(np.float32)

    def truth(self, label: str) -> Truth:
        """Give what is known of this recording."""
        found = self.beats()
        inside = (found.time >= 0) & (found.time < self.duration_s)
        finding = self.person.finding
        return Truth(label, finding.name if finding else "none", self.stretch, found.time[inside], found.ectopic[inside])
