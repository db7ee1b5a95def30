"""Sources made by hand: people, windows, and what arms say about them, as the test wants it."""

from types import SimpleNamespace

import numpy as np

from rdpd_core.experiments.cases import ArmBook, CaseBook
from rdpd_core.experiments.source import Asked, Source
from rdpd_core.preprocessing import Splits
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Channel, Windows

CLASSES = ("rest", "walk", "run")


def nothing(what: str, done: int, total: int) -> None:
    """Take progress, and tell nobody."""


def windows(people: int = 12, each: int = 10, target: np.ndarray | None = None, recordings: int = 2) -> Windows:
    """Give windows of some people, each with recordings of equal length; classes in turn where none are given."""
    n = people * each
    person, at = np.repeat(np.arange(people), each), np.tile(np.arange(each), people)
    part = at * recordings // each
    return Windows(
        signal=np.zeros((2, 4 * n), dtype=np.float32),
        start=np.arange(n) * 4,
        samples=4,
        target=np.arange(n) % 3 if target is None else np.asarray(target),
        subject=np.array([f"p{p:02d}" for p in person]),
        recording=np.array([f"p{p:02d}-{r}" for p, r in zip(person, part, strict=True)]),
        offset_s=(at - part * each // recordings) * 2.0,
        channels=(Channel("x", "g", "arm"), Channel("y", "g", "leg")),
        classes=CLASSES,
        sampling_rate=2.0,
        digest="hand",
    )


def said(target: np.ndarray, accuracy: float, key: object, models: int = 2, sure: float = 0.8) -> np.ndarray:
    """Give class distributions (M, N, K) that are right as often as told, the same windows in every model."""
    draw = numpy_generator("said", key)
    k = len(CLASSES)
    right = draw.random(len(target)) < accuracy
    named = np.where(right, target, (target + draw.integers(1, k, len(target))) % k)
    rows = np.full((models, len(target), k), (1 - sure) / (k - 1))
    rows[:, np.arange(len(target)), named] = sure
    rows *= draw.uniform(0.98, 1.02, rows.shape)
    return rows / rows.sum(axis=2, keepdims=True)


def arm(name: str, probability: np.ndarray, attention: np.ndarray | None = None) -> ArmBook:
    """Give what an arm says; models are of seeds 0, 1, ... and learned from the teacher of their seed."""
    cards = tuple(
        SimpleNamespace(seed=s, teacher=f"teacher{s}", weights_sha256=f"{name}{s}", name=f"{name}-{s}", arm=name)
        for s in range(len(probability))
    )
    return ArmBook(name, ("x",), cards, probability, attention)


def source(given: Windows, *arms: ArmBook, valid: tuple[Windows, tuple[ArmBook, ...]] | None = None, facts=None) -> Source:
    """Give a source of these windows and arms; `valid` is the same for the validation windows."""
    parts = {"test": (given, arms), "valid": valid or (given, arms)}

    def opened(part: str) -> CaseBook:
        own, said_there = parts[part]
        prepared = SimpleNamespace(facts=facts or {}, windows=given)
        loaded = SimpleNamespace(splits=Splits(own, own, own), prepared=prepared, split="fixed")
        return CaseBook(loaded, "arm", "tuned", tuple(said_there))

    return Source(Asked("hand"), opened)
