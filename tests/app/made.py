"""Cases made by hand, with the shape of stored models' answers and nothing random about them."""

from dataclasses import replace

import numpy as np

from rdpd_core.experiments.cases import ArmCase, Case
from rdpd_core.types import Channel

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
CLASSES = ("healthy control", "bundle branch block", "hypertrophy")
TITLES = {"teacher": "Teacher", "direct": "Direct", "distill": "Distill", "rdpd": "RDPD"}


def beat(time: np.ndarray) -> np.ndarray:
    """Give one heart beat per second: P, Q, R, S and T as Gaussian waves, in mV."""
    phase = (time + 0.35) % 1.0 - 0.5
    waves = ((0.12, -0.2, 0.025), (-0.1, -0.04, 0.01), (1.1, 0.0, 0.012), (-0.25, 0.04, 0.012), (0.3, 0.27, 0.05))
    return sum(a * np.exp(-((phase - at) ** 2) / (2 * w**2)) for a, at, w in waves)


def arm(
    name: str, probability: list[float], attention: list[float] | None, overlap: float | None = None, models: int = 3
) -> ArmCase:
    """Give what an arm says; three seeds with a spread of 0.05, or one without."""
    many = models > 1
    looks = None if attention is None else np.array(attention)
    return ArmCase(
        arm=name,
        title=TITLES.get(name, name),
        models=models,
        channels=LEADS if name == "teacher" else ("I",),
        probability=np.array(probability),
        probability_spread=np.full(len(probability), 0.05) if many else None,
        attention=looks,
        attention_spread=np.full(len(looks), 0.02) if many and looks is not None else None,
        overlap=overlap,
        overlap_spread=0.03 if many and overlap is not None else None,
        overlap_chance=None if overlap is None else 0.6,
    )


def case(**changes: object) -> Case:
    """Give a window of 10 s at 200 Hz of twelve leads, 5 s into its recording."""
    time = np.arange(2000) / 200
    gains = np.linspace(1.0, -0.5, len(LEADS))[:, None]
    arms = (
        arm("teacher", [0.10, 0.83, 0.07], [0.1, 0.5, 0.3, 0.1], models=1),
        arm("direct", [0.44, 0.30, 0.26], [0.25, 0.25, 0.25, 0.25], 0.66),
        arm("distill", [0.30, 0.45, 0.25], [0.4, 0.2, 0.2, 0.2], 0.60),
        arm("rdpd", [0.20, 0.71, 0.09], [0.12, 0.45, 0.31, 0.12], 0.95),
    )
    made = Case(
        dataset="simulated_ecg",
        title="Simulated ECG",
        simulated=True,
        view="lead_I",
        poor=("I",),
        channels=tuple(Channel(name, "mV", "limb" if at < 6 else "chest") for at, name in enumerate(LEADS)),
        signal=(gains * beat(time)).astype(np.float32),
        sampling_rate=200.0,
        subject="s012",
        recording="s012_1",
        offset_s=5.0,
        position=2,
        positions=10,
        truth="bundle branch block",
        classes=CLASSES,
        arms=arms,
        facts={},
        recipe="tuned",
    )
    return replace(made, **changes)
