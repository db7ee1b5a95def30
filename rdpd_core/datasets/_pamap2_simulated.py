"""Files in the form of PAMAP2 with made-up motion, so that everything runs without the original; no person was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdpd_core.runtime import numpy_generator

RATE_HZ = 100
SHORTEST_S = 10.0
TRANSIENT_S = 97.0
LONGEST_RUN_S = 120.0
# How long each of the nine people did what, in s, from the set's own summary of performed activities, in the order of the
# protocol; 0 where somebody left an activity out.
DURATIONS_S = {
    1: (271.86, 234.29, 220.43, 230.46, 236.98, 233.39, 256.1, 241.64, 0),
    2: (234.79, 223.44, 287.6, 254.91, 268.63, 230.4, 122.81, 229.22, 0),
    3: (217.16, 255.75, 205.32, 247.05, 221.31, 243.55, 257.5, 251.59, 0),
    17: (235.72, 288.79, 279.74, 249.94, 330.33, 377.43, 294.98, 329.89, 0),
    16: (229.4, 206.82, 203.24, 200.36, 244.44, 210.77, 215.51, 242.91, 0),
    12: (158.88, 173.4, 103.87, 166.92, 142.79, 132.89, 176.44, 116.81, 0),
    13: (148.97, 152.11, 152.72, 142.83, 127.25, 112.7, 116.16, 96.53, 0),
    4: (222.52, 325.32, 290.35, 319.31, 320.32, 257.2, 337.19, 315.32, 0),
    7: (202.64, 297.38, 0, 275.32, 262.7, 266.85, 287.24, 288.87, 0),
    6: (235.74, 251.07, 0, 226.98, 245.76, 204.85, 226.79, 254.74, 0),
    5: (212.64, 92.37, 0, 0, 246.45, 228.24, 36.91, 165.31, 0),
    24: (129.11, 132.61, 0, 0, 77.32, 2.55, 0, 88.05, 63.9),
}


class Manner(NamedTuple):
    """How an activity moves a body.

    Attributes:
        tempo_hz: Cycles of motion in a second.
        swing: Amplitude at wrist, chest and ankle, in m/s^2.
        sharp: Share of the second harmonic.
        tilt: Angle of chest and ankle to the vertical, in rad.
        heart_rate: Level it settles at, in 1/min.
    """

    tempo_hz: float
    swing: tuple[float, float, float]
    sharp: float
    tilt: float
    heart_rate: float


MANNERS = {
    0: Manner(0.4, (1.5, 0.6, 0.8), 0.3, 0.2, 95),
    1: Manner(0.25, (0.1, 0.1, 0.03), 0.1, 1.5, 70),
    2: Manner(0.25, (0.3, 0.12, 0.1), 0.1, 0.5, 75),
    3: Manner(0.3, (0.3, 0.1, 0.05), 0.1, 0.05, 82),
    4: Manner(0.95, (2.5, 1.8, 6.0), 0.6, 0.1, 105),
    5: Manner(1.4, (9.0, 8.0, 16.0), 0.7, 0.15, 150),
    6: Manner(1.1, (0.8, 0.7, 4.0), 0.2, 0.6, 120),
    7: Manner(0.9, (5.0, 1.7, 6.0), 0.5, 0.12, 118),
    12: Manner(0.75, (1.8, 1.4, 4.5), 0.5, 0.25, 125),
    13: Manner(0.9, (2.2, 2.6, 6.5), 0.9, 0.02, 118),
    16: Manner(0.5, (3.0, 0.9, 1.0), 0.4, 0.4, 103),
    17: Manner(0.4, (1.8, 0.3, 0.15), 0.4, 0.12, 90),
    24: Manner(2.0, (9.0, 11.0, 14.0), 0.6, 0.05, 160),
}


def write_files(folder: Path, scale: float, seed: int, subjects: Sequence[int] = range(1, 10)) -> None:
    """Write one file for each subject.

    Args:
        folder: Where subject101.dat and so on go.
        scale: Share of the true time; no activity that somebody did lasts less than 10 s, or less than in truth.
        seed: Other seeds are other people.
        subjects: Whom to write, from 1 to 9.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for subject in subjects:
        with (folder / f"subject10{subject}.dat").open("w", encoding="ascii") as file:
            for lines in _blocks(subject, scale, seed):
                file.write(lines)


def _blocks(subject: int, scale: float, seed: int):
    """Yield the text of a file piece by piece."""
    number, plan = round(numpy_generator("pamap2 begins", seed, subject).uniform(5, 40) * RATE_HZ), []
    for activity, lasting in DURATIONS_S.items():
        true_s = lasting[subject - 1]
        if true_s:
            plan += [(0, max(2.0, TRANSIENT_S * scale)), (activity, max(min(SHORTEST_S, true_s), true_s * scale))]
    for place, (activity, seconds) in enumerate([*plan, (0, max(2.0, TRANSIENT_S * scale))]):
        left = round(seconds * RATE_HZ)
        for part in range(0, left, round(LONGEST_RUN_S * RATE_HZ)):
            rows = min(round(LONGEST_RUN_S * RATE_HZ), left - part)
            draw = numpy_generator("pamap2", seed, subject, place, part)
            yield _lines(_moved(activity, subject, seed, number, rows, draw), activity, number)
            number += rows


def _moved(activity: int, subject: int, seed: int, first: int, rows: int, draw: np.random.Generator) -> np.ndarray:
    """Give heart rate and the three units, (rows, 52), NaN where nothing was received."""
    manner, own = MANNERS[activity], numpy_generator("pamap2 person", seed, subject)
    tempo, vigor, lean = own.uniform(0.88, 1.12), own.uniform(0.75, 1.3), own.normal(0, 0.12, size=3)
    time = (first + np.arange(rows)) / RATE_HZ
    phase = 2 * np.pi * manner.tempo_hz * tempo * time + draw.uniform(0, 6.28) + 0.3 * np.sin(0.21 * time)
    table = np.full((rows, 52), np.nan)
    beats = np.arange(-first % 11, rows, 11)  # the belt tells 9 times a second
    level = manner.heart_rate * own.uniform(0.9, 1.1) + 4 * np.sin(0.05 * time[beats]) + draw.normal(0, 1, len(beats))
    table[beats, 0] = np.round(level)
    for unit in range(3):
        at = slice(1 + 17 * unit, 18 + 17 * unit)
        tilt = lean[unit] + (manner.tilt if unit else manner.tilt * 0.5)
        table[:, at] = _unit(phase + 0.6 * unit, time, manner.swing[unit] * vigor, manner.sharp, tilt, draw)
        for gap in draw.integers(0, rows, size=rows // 2000 + 1):  # the radio link loses a few lines now and then
            table[gap : gap + draw.integers(1, 5), at] = np.nan
    return table


def _unit(
    phase: np.ndarray, time: np.ndarray, swing: float, sharp: float, tilt: float, draw: np.random.Generator
) -> np.ndarray:
    """Give what one unit tells, (rows, 17): temperature, two accelerometers, gyroscope, magnetometer, orientation."""
    rows = len(time)
    motion = swing * (np.sin(phase) + sharp * np.sin(2 * phase + 0.7))
    turned = tilt + 0.03 * swing * np.sin(phase)
    acc = np.stack([9.81 * np.sin(turned) + 0.4 * motion, 9.81 * np.cos(turned) + motion, 0.6 * swing * np.cos(phase)], axis=1)
    acc += draw.normal(0, 0.06 + 0.05 * swing, size=(rows, 3))
    second = np.clip(acc + draw.normal(0, 0.05, size=(rows, 3)), -61.6, 61.6)
    gyro = np.stack([0.12 * swing * np.cos(phase), 0.05 * motion, 0.2 * swing * np.sin(phase + 1)], axis=1)
    gyro += draw.normal(0, 0.02 + 0.01 * swing, size=(rows, 3))
    heading = 0.02 * time + draw.uniform(0, 6.28)
    mag = 45 * np.stack([np.cos(heading + turned), np.sin(heading) * np.cos(turned), np.sin(turned) - 0.4], axis=1)
    mag += draw.normal(0, 0.8, size=(rows, 3))
    half = 0.5 * np.stack([turned, 0.3 * turned, heading], axis=1)
    orient = np.concatenate([np.cos(half[:, :1]), np.sin(half) / np.sqrt(3)], axis=1)
    temperature = 31 + 2 * np.tanh(time / 2000) + 0.02 * np.sin(0.01 * time)
    return np.concatenate([temperature[:, None].round(4), acc, second, gyro, mag, orient], axis=1)


def _lines(values: np.ndarray, activity: int, first: int) -> str:
    form = f"%.2f {activity} %g " + " ".join(["%.6g"] * 51) + "\n"
    rows = np.column_stack([(first + np.arange(len(values))) / RATE_HZ, values])
    return "".join(form % tuple(row) for row in rows.tolist()).replace("nan", "NaN")
