"""What each diagnostic group changes in the beat and in the rhythm of a simulated heart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rdpd_core.datasets._ecg_waves import QRS, SLOT, ST, P, T, Waves

# Where the wall lies, seen from the middle of the heart (x left, y feet, z back), and how often it is the infarcted one.
WALLS = {
    "inferior": ((-0.10, 0.98, 0.15), 0.42),
    "anterior": ((0.20, 0.05, -0.98), 0.40),
    "lateral": ((0.95, -0.25, 0.15), 0.10),
    "posterior": ((0.10, 0.20, 0.97), 0.08),
}


@dataclass(frozen=True)
class Finding:
    """What is wrong with a heart.

    Attributes:
        name: For people, such as "inferior, old".
        waves: The diseased beat.
        rhythm: "sinus", "fibrillation" or "ectopy", while the disease shows.
        comes_and_goes: Share of recordings in which the disease shows for a part of the time only.
        ramp_s: How long the disease takes to come up and to go, in s.
        faster: Factor on the heart rate.
        steadier: Factor on the variability of the heart rate.
    """

    name: str
    waves: Waves
    rhythm: str = "sinus"
    comes_and_goes: float = 0.0
    ramp_s: float = 0.0
    faster: float = 1.0
    steadier: float = 1.0


def myocardial_infarction(rng: np.random.Generator, waves: Waves) -> Finding:
    """Give scar (Q waves), injury (ST shift) or ischemia (T inversion) of one wall."""
    walls = list(WALLS)
    wall = walls[rng.choice(len(walls), p=[WALLS[w][1] for w in walls])]
    toward = np.array(WALLS[wall][0]) + rng.normal(0, 0.15, 3)
    toward /= np.linalg.norm(toward)
    stage = rng.choice(["acute", "recent", "old", "transient"], p=[0.27, 0.27, 0.30, 0.16])
    scar, injury, ischemia = {
        "acute": (rng.uniform(0.10, 0.40), rng.uniform(0.15, 0.40), rng.uniform(-0.25, 0.0)),
        "recent": (rng.uniform(0.30, 0.65), rng.uniform(0.05, 0.20), rng.uniform(0.15, 0.40)),
        "old": (rng.uniform(0.35, 0.75), rng.uniform(0.0, 0.05), rng.uniform(0.10, 0.30)),
        "transient": (0.0, rng.uniform(0.20, 0.45), rng.uniform(-0.25, 0.0)),
    }[str(stage)]
    vector = waves.vector.copy()
    vector[SLOT["scar"]] -= scar * toward
    vector[SLOT["apical"]] *= 1 - 0.3 * scar
    vector[ST] += injury * toward
    vector[T] -= ischemia * toward
    vector[T] += 0.3 * injury * toward
    brief = stage == "transient"
    return Finding(
        f"{wall}, {stage}", Waves(waves.delay, waves.width, vector), comes_and_goes=float(brief), ramp_s=2.0 * brief,
        faster=rng.uniform(0.95, 1.15), steadier=rng.uniform(0.5, 1.0),
    )  # fmt: skip


def bundle_branch_block(rng: np.random.Generator, waves: Waves) -> Finding:
    """Give a left or right bundle branch block: QRS of 125 to 160 ms, late forces, secondary T."""
    length = rng.uniform(0.85, 1.1)
    if rng.random() < 0.5:
        size = rng.uniform(0.8, 1.2)
        blocked = waves.change("septal", delay=-0.030, width=0.010, vector=size * np.array([0.22, 0.05, 0.02]))
        blocked = blocked.change("apical", delay=-0.002, width=0.016, vector=size * np.array([0.55, 0.20, 0.42]))
        blocked = blocked.change("lateral", delay=0.038 * length, width=0.020, vector=size * np.array([0.60, 0.12, 0.80]))
        blocked = blocked.change("basal", delay=0.062 * length, width=0.013, vector=size * np.array([0.35, 0.05, 0.30]))
        blocked = blocked.change("late", delay=0.078 * length, width=0.014, vector=size * np.array([0.25, -0.10, 0.10]))
        vector = blocked.vector.copy()
        vector[ST] += size * np.array([-0.07, -0.02, -0.10])
        vector[T] = size * np.array([-0.20, -0.02, -0.24]) * rng.uniform(0.7, 1.2)
        name = "left"
    else:
        size = rng.uniform(0.7, 1.3)
        blocked = waves.change("basal", vector=waves.vector[SLOT["basal"]] * 0.3)
        blocked = blocked.change("late", delay=0.060 * length, width=0.017, vector=size * np.array([-0.48, -0.02, -0.50]))
        vector = blocked.vector.copy()
        vector[T] += size * np.array([0.04, 0.0, 0.14])
        name = "right"
    return Finding(name, Waves(blocked.delay, blocked.width, vector), comes_and_goes=0.35)


def heart_failure(rng: np.random.Generator, waves: Waves) -> Finding:
    """Give low limb voltage, poor R progression, a slightly wide QRS, a large left atrium and flat T waves."""
    degree = rng.uniform(0.65, 1.0)
    weak = waves.scale(QRS, [1 - 0.25 * degree, 1 - 0.5 * degree, 1.0]).stretch(QRS, 1 + rng.uniform(0.1, 0.3) * degree)
    vector = weak.vector.copy()
    vector[SLOT["septal"], 2] *= 1 - 0.9 * degree
    vector[SLOT["apical"], 2] += 0.35 * degree
    vector[SLOT["lateral"], 2] += 0.15 * degree
    vector[SLOT["p_left"], 2] += 0.07 * degree
    vector[T] *= 1 - rng.uniform(0.3, 1.0) * degree
    return Finding(
        "dilated", Waves(weak.delay, weak.width, vector),
        faster=rng.uniform(1.0, 1.2), steadier=rng.uniform(0.4, 0.9),
    )  # fmt: skip


def hypertrophy(rng: np.random.Generator, waves: Waves) -> Finding:
    """Give left ventricular hypertrophy: high voltage to the left and back, and strain of ST and T."""
    degree = rng.uniform(0.6, 1.0)
    vector = waves.vector.copy()
    vector[SLOT["apical"]] *= 1 + 0.35 * degree
    vector[SLOT["lateral"]] *= 1 + np.array([0.6, 0.2, 1.6]) * degree
    vector[SLOT["basal"], 2] *= 1 + 0.9 * degree
    vector[SLOT["p_left"]] *= 1 + 0.5 * degree
    strain = rng.uniform(0.35, 1.0) * degree
    vector[ST] += strain * np.array([-0.09, -0.03, -0.12])
    vector[T] -= strain * np.array([0.30, 0.12, 0.12])
    return Finding("left ventricle", Waves(waves.delay, waves.width, vector).stretch(QRS, 1 + 0.1 * degree))


def dysrhythmia(rng: np.random.Generator, waves: Waves) -> Finding:
    """Give atrial fibrillation (no P, irregular) or frequent ventricular ectopic beats."""
    if rng.random() < 0.55:
        faster = rng.uniform(1.0, 1.5)
        return Finding("atrial fibrillation", waves.scale(P, 0.0), "fibrillation", comes_and_goes=0.5, faster=faster)
    return Finding("ventricular ectopy", waves, "ectopy", comes_and_goes=0.5)


def ectopic(rng: np.random.Generator, waves: Waves) -> Waves:
    """Give a beat that starts in a ventricle: no P, wide and large, T against QRS."""
    out = rng.normal(0, 1, 3) * np.array([1.0, 1.0, 0.8])
    out *= rng.uniform(1.1, 1.7) / np.linalg.norm(out)
    side = np.cross(out, rng.normal(0, 1, 3))
    side *= 0.35 * np.linalg.norm(out) / np.linalg.norm(side)
    beat = waves.scale(P, 0.0).scale(QRS, 0.0)
    beat = beat.change("apical", delay=-0.020, width=0.020, vector=0.6 * out - side)
    beat = beat.change("lateral", delay=0.020, width=0.024, vector=0.75 * out)
    beat = beat.change("late", delay=0.070, width=0.024, vector=0.35 * out + side)
    vector = beat.vector.copy()
    vector[ST] = -0.10 * out
    vector[T] = -0.28 * out
    return Waves(beat.delay, beat.width, vector)


DISEASES: dict[str, Callable[[np.random.Generator, Waves], Finding]] = {
    "myocardial infarction": myocardial_infarction,
    "heart failure": heart_failure,
    "bundle branch block": bundle_branch_block,
    "dysrhythmia": dysrhythmia,
    "hypertrophy": hypertrophy,
}
