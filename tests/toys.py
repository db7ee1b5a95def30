"""Small recordings and data sets, made by hand, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rdpd_core.datasets.base import Dataset
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Channel, Preparation, Recording, Windows

CHANNELS = (Channel("wrist", "m/s^2", "arm"), Channel("ankle", "m/s^2", "leg"), Channel("pulse", "1/min", "heart"))
SUBJECTS = ("ann", "bob", "cem", "dea", "eva", "fay")
CLASSES = ("rest", "walk", "run")
TEMPO_HZ = {"rest": 0.5, "walk": 2.0, "run": 4.0}


def toy_recording(subject: str = "ann", label: str | None = "walk", seconds: float = 20.0, rate_hz: float = 20.0) -> Recording:
    """Give a recording whose tempo tells its class: clearly at the ankle, faintly at the wrist, not at all in the pulse.

    Args:
        subject: Who it is; sets the phase.
        label: One of `CLASSES`, or None, which moves like "rest".
        seconds: Length in s.
        rate_hz: Sampling rate in Hz.
    """
    draw = numpy_generator("toy", subject, label)
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    swing = np.sin(2 * np.pi * TEMPO_HZ[label or "rest"] * time + draw.uniform(0, 6))
    noise = draw.normal(size=(3, len(time)))
    signal = np.stack([5 + 0.5 * swing, -2 + 3 * swing, np.full_like(swing, 70.0)]) + noise
    return Recording(f"{subject}-{label}", signal.astype(np.float32), rate_hz, CHANNELS, subject, label, {"place": "lab"})


class ToyDataset(Dataset):
    """Six people with three classes each; not registered, so that it shows up nowhere."""

    name = "toy"
    title = "Toy"
    summary = "Made by hand for tests; no person was measured"
    reference = "none"
    licence = "none needed"
    obtain = "It is made on first use."
    files = ()
    channels = CHANNELS
    classes = CLASSES
    sampling_rate = 20.0
    views = {"wrist": ("wrist",), "limbs": ("wrist", "ankle")}
    preparation = Preparation(rate_hz=20.0, window_s=4.0, stride_s=2.0, segment_s=1.0)
    architecture = {
        "teacher": {"filters": 8, "kernel": 4, "stride": 2, "hidden": 4, "segments": 4, "second_conv": False},
        "student": {"filters": 4, "kernel": 4, "stride": 2, "hidden": 2, "segments": 4, "second_conv": False},
    }
    splits = ("fixed",)
    simulated = True

    def __init__(self, root: str | Path | None = None, subjects: Sequence[str] = SUBJECTS) -> None:
        """Choose who takes part."""
        super().__init__(root)
        self.subjects = tuple(subjects)
        self.read = 0

    def recordings(self) -> Iterator[Recording]:
        """Yield three recordings of 20 s for each subject, counting them in `read`."""
        for subject in self.subjects:
            for label in CLASSES:
                self.read += 1
                yield toy_recording(subject, label)

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Give the last subject to test, the one before to valid, the others to train."""
        self.check_split(split)
        ordered = sorted(set(subjects))
        return {s: {0: "test", 1: "valid"}.get(len(ordered) - 1 - at, "train") for at, s in enumerate(ordered)}

    def source_digest(self) -> str:
        """Give text that depends on the subjects."""
        return f"toy-1-{self.subjects}"

    def count(self) -> int:
        """Give the number of recordings."""
        return len(CLASSES) * len(self.subjects)


def toy_windows(
    target: Sequence[int], subject: Sequence[str], samples: int = 8, stride: int = 8, classes: tuple[str, ...] = CLASSES
) -> Windows:
    """Give windows over random values, one per entry of `target`, `stride` samples apart.

    Args:
        target: Position in `classes`, -1 for no label.
        subject: One per target.
        samples: T.
        stride: Below `samples`, neighbors overlap.
        classes: Class names.
    """
    n = len(target)
    start = np.arange(n, dtype=np.int64) * stride
    signal = numpy_generator("toy windows", n).normal(size=(len(CHANNELS), n * stride + samples)).astype(np.float32)
    return Windows(
        signal=signal,
        start=start,
        samples=samples,
        target=np.array(target, dtype=np.int64),
        subject=np.array(list(subject), dtype=str),
        recording=np.array([f"r{s}" for s in subject], dtype=str),
        offset_s=start / 20.0,
        channels=CHANNELS,
        classes=classes,
        sampling_rate=20.0,
        digest="toy",
    )
