"""From a heart dipole to fifteen leads: one matrix of lead vectors, one gain per electrode."""

from __future__ import annotations

import numpy as np

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6", "vx", "vy", "vz")
LIMB, CHEST, FRANK = LEADS[:6], LEADS[6:12], LEADS[12:]

STEP_MV = 2.0**-11
"""Resolution of the simulated converter in mV (0.49 µV); a power of two, so that sums of leads carry no rounding."""

ELECTRODES = ("RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6", "X", "Y", "Z")

# Lead vectors in the Frank frame (x to the left, y to the feet, z to the back), after G. E. Dower, H. B. Machado,
# J. A. Osborne, "On deriving the electrocardiogram from vectorcardiographic leads", Clinical Cardiology 3:87, 1980;
# the inverse of this matrix is the one of L. Edenbrandt and O. Pahlm, Journal of Electrocardiology 21:361, 1988.
LEAD_VECTORS = {
    "I": (0.632, -0.235, 0.059),
    "II": (0.235, 1.066, -0.132),
    "V1": (-0.515, 0.157, -0.917),
    "V2": (0.044, 0.164, -1.387),
    "V3": (0.882, 0.098, -1.277),
    "V4": (1.213, 0.127, -0.601),
    "V5": (1.125, 0.127, -0.086),
    "V6": (0.831, 0.076, 0.230),
    "vx": (1.0, 0.0, 0.0),
    "vy": (0.0, 1.0, 0.0),
    "vz": (0.0, 0.0, 1.0),
}


def electrode_vectors() -> np.ndarray:
    """Give what each electrode feels of a unit dipole against Wilson's central terminal; (12, 3), one row per electrode."""
    first, second = np.array(LEAD_VECTORS["I"]), np.array(LEAD_VECTORS["II"])
    limbs = [-(first + second) / 3, (2 * first - second) / 3, (2 * second - first) / 3]
    return np.array([*limbs, *(LEAD_VECTORS[name] for name in (*CHEST, *FRANK))])


def lead_field(gain: np.ndarray) -> np.ndarray:
    """Give the lead vectors of the eleven measured leads (I, II, V1-V6, vx, vy, vz) for imperfect electrodes.

    Gains act on electrodes and not on leads, so that the limb leads keep their identities whatever the gains are.

    Args:
        gain: (12,), one factor per entry of `ELECTRODES`; all 1 gives Dower's matrix.

    Returns:
        (11, 3), mV per mV of dipole.
    """
    felt = electrode_vectors() * np.asarray(gain, dtype=float)[:, None]
    right, left, foot = felt[:3]
    terminal = (right + left + foot) / 3
    return np.vstack([left - right, foot - right, felt[3:9] - terminal, felt[9:]])


def project(dipole: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Give all fifteen leads; I, II, V1-V6 and the Frank leads are measured, the other limb leads follow from I and II.

    Args:
        dipole: (3, time), mV.
        field: (11, 3), from `lead_field`.

    Returns:
        (15, time), float32, mV, in the order of `LEADS`. II = I + III, aVR + aVL + aVF = 0, aVR = -(I + II)/2,
        aVL = I - II/2 and aVF = II - I/2 hold in every bit.
    """
    measured = quantize(field @ dipole)
    first, second = measured[:2]
    limb = np.stack([first, second, second - first, -(first + second) / 2, first - second / 2, second - first / 2])
    return np.concatenate([limb, measured[2:]]).astype(np.float32)


def quantize(signal: np.ndarray) -> np.ndarray:
    """Give `signal`, in mV, on the grid of the converter."""
    return np.round(signal / STEP_MV) * STEP_MV
