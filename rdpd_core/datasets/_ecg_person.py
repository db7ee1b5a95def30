"""One simulated person: heart, chest, electrodes and noise, drawn once and kept for all recordings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rdpd_core.datasets._ecg_disease import DISEASES, Finding, ectopic
from rdpd_core.datasets._ecg_leads import CHEST, ELECTRODES, FRANK, LIMB, lead_field
from rdpd_core.datasets._ecg_rhythm import Pace
from rdpd_core.datasets._ecg_waves import QRS, SLOT, ST, P, T, Waves, normal, rotation

# root mean square of wander, muscle and mains in mV by group of leads; arms tremble, chests breathe
NOISE_MV = {"limb": (0.07, 0.028, 0.012), "chest": (0.08, 0.020, 0.010), "Frank": (0.06, 0.020, 0.010)}


@dataclass(frozen=True)
class Person:
    """What stays the same from one recording of a person to the next.

    Attributes:
        healthy: The beat without the disease.
        finding: The disease; None for a healthy person.
        ectopic: A beat that starts in a ventricle.
        field: (11, 3), lead vectors with this person's electrode gains.
        pace: Of the sinus node.
        turn: (3,), how breathing turns the heart, in rad.
        swell: How breathing changes its size, as a share.
        noise_mv: (15, 3), root mean square of wander, muscle and mains per lead.
        atrium: (3,), dipole of fibrillating atria, in mV.
        stray: Chance that a beat is followed by an ectopic one, disease or not.
    """

    healthy: Waves
    finding: Finding | None
    ectopic: Waves
    field: np.ndarray
    pace: Pace
    turn: np.ndarray
    swell: float
    noise_mv: np.ndarray
    atrium: np.ndarray
    stray: float


def person(rng: np.random.Generator, label: str) -> Person:
    """Draw a person of a diagnostic group."""
    waves = _individual(rng)
    pace = _pace(rng)
    finding = DISEASES[label](rng, waves) if label in DISEASES else None
    if finding is not None:
        period = float(np.clip(pace.period_s / finding.faster, 0.5, 1.3))
        pace = replace(pace, period_s=period, breathing=pace.breathing * finding.steadier)
    wild = ectopic(rng, waves)
    place = rotation(rng.normal(0, [0.12, 0.18, 0.20])) * np.exp(rng.normal(0, 0.17))
    return Person(
        healthy=waves.turn(place),
        finding=replace(finding, waves=finding.waves.turn(place)) if finding is not None else None,
        ectopic=wild.turn(place),
        field=lead_field(np.exp(rng.normal(0, 0.06, len(ELECTRODES)))),
        pace=pace,
        turn=rng.normal(0, 0.04, 3),
        swell=rng.uniform(0.0, 0.06),
        noise_mv=_noise_levels(rng),
        atrium=(np.array([0.02, 0.05, -0.06]) + rng.normal(0, 0.012, 3)) * rng.uniform(1.0, 2.0),
        stray=0.02 if rng.random() < 0.12 else 0.0,
    )


def _individual(rng: np.random.Generator) -> Waves:
    """Give a healthy beat with the spread that healthy people have, before position and size of the heart."""
    waves = normal()
    vector = waves.vector * np.exp(rng.normal(0, 0.15, (len(waves.vector), 1)))
    vector[SLOT["septal"]] *= rng.uniform(0.5, 1.3)
    waves = replace(waves, vector=vector)
    waves = waves.scale(P, np.exp(rng.normal(0, 0.2))).scale(T, np.exp(rng.normal(-0.05, 0.30)))
    waves = waves.turn(rotation(rng.normal(0, 0.25, 3)), T).scale(ST, rng.uniform(-0.3, 1.8))
    conduction = rng.normal(0.0, 0.018)
    waves = replace(waves, delay=waves.delay - np.where(np.arange(len(waves.delay)) < P.stop, conduction, 0.0))
    return waves.stretch(QRS, np.exp(rng.normal(0, 0.06))).stretch(T, np.exp(rng.normal(0, 0.04)))


def _pace(rng: np.random.Generator) -> Pace:
    return Pace(
        period_s=60 / float(np.clip(rng.normal(71, 10), 50, 100)),
        breathing=rng.uniform(0.01, 0.07),
        slow=rng.uniform(0.01, 0.035),
        jitter=rng.uniform(0.005, 0.015),
        breath_hz=rng.uniform(0.18, 0.33),
        phase=(rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi)),
    )


def _noise_levels(rng: np.random.Generator) -> np.ndarray:
    groups = ["limb"] * len(LIMB) + ["chest"] * len(CHEST) + ["Frank"] * len(FRANK)
    base = np.array([NOISE_MV[group] for group in groups])
    return base * np.exp(rng.normal(0, 0.35, (1, 3))) * np.exp(rng.normal(0, 0.25, base.shape))
