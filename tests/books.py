"""A case book made by hand: three subjects, three arms, answers that one can count."""

from types import SimpleNamespace

import numpy as np

from rdpd_core.experiments.cases import ArmBook, CaseBook
from rdpd_core.types import Channel, Windows

CLASSES = ("rest", "walk", "run")
SUBJECTS = ("ann", "ann", "ann", "ann", "bob", "bob", "cem", "cem")
RECORDINGS = ("a1", "a1", "a2", "a2", "b1", "b1", "c1", "c1")
TARGET = (0, 0, 0, 0, 1, 1, 0, 2)
TEACHER = (0, 0, 0, 0, 1, 1, 0, 2)
DIRECT = (0, 1, 1, 0, 1, 0, 1, 1)
RDPD = (0, 0, 0, 1, 1, 1, 0, 1)


def book(**said: tuple[int, ...]) -> CaseBook:
    """Give the book; each arm decides as told, with 0.8, and 0.7 by its second seed.

    Args:
        said: Class of each window by arm; without any, those of this file.
    """
    said = said or {"teacher": TEACHER, "direct": DIRECT, "rdpd": RDPD}
    n = len(TARGET)
    windows = Windows(
        signal=np.zeros((2, 4 * n), dtype=np.float32),
        start=np.arange(n) * 4,
        samples=4,
        target=np.array(TARGET),
        subject=np.array(SUBJECTS),
        recording=np.array(RECORDINGS),
        offset_s=np.array([0.0, 2.0] * (n // 2)),
        channels=(Channel("x", "g", "arm"), Channel("y", "g", "leg")),
        classes=CLASSES,
        sampling_rate=2.0,
        digest="hand",
    )
    loaded = SimpleNamespace(splits=SimpleNamespace(test=windows))
    return CaseBook(loaded, "arm", "tuned", tuple(_arm(name, decided) for name, decided in said.items()))


def _arm(name: str, decided: tuple[int, ...]) -> ArmBook:
    probability = np.stack([_sure(decided, share) for share in (0.8, 0.7)])
    cards = tuple(SimpleNamespace(seed=seed, teacher=None, weights_sha256=f"{name}{seed}") for seed in (0, 1))
    attention = np.tile([0.5, 0.5], (2, len(decided), 1))
    overlap = None if name == "teacher" else np.ones((2, len(decided)))
    return ArmBook(name, ("x",), cards, probability, attention, overlap)


def _sure(decided: tuple[int, ...], share: float) -> np.ndarray:
    rows = np.full((len(decided), len(CLASSES)), (1 - share) / 2)
    rows[np.arange(len(decided)), list(decided)] = share
    return rows
