"""From a data set to windows, with everything a reader of results should be told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.preprocessing.normalize import fit_statistics
from rdpd_core.preprocessing.prepare import Count, keep_classes, windows_of
from rdpd_core.preprocessing.splits import split
from rdpd_core.types import Recording
from tests.toys import CLASSES, ToyDataset, toy_recording, toy_windows


class FewRunners(ToyDataset):
    """Only two of six people run, and one recording is too short."""

    minimum_subjects = 3

    def recordings(self) -> Iterator[Recording]:
        """Leave out four runs and shorten one walk."""
        for recording in super().recordings():
            if recording.label != "run" or recording.subject in ("ann", "bob"):
                short = recording.name == "fay-walk"
                yield replace(recording, signal=recording.signal[:, :50]) if short else recording


def test_windows_of_a_data_set(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    toy = ToyDataset()
    prepared = windows_of(toy, tmp_path, lambda done, total: told.append((done, total)))
    assert len(prepared.windows) == 18 * 9
    assert prepared.counts == {name: Count(6, 54) for name in CLASSES}
    assert (prepared.notices, prepared.left_out, prepared.standardize) == ((), {}, "train")
    assert prepared.facts["ann-walk"] == {"place": "lab"}
    assert (told[0], told[-1]) == ((1, 18), (18, 18))
    again = windows_of(toy, tmp_path, lambda done, total: told.append((done, total)))
    assert again.windows.digest == prepared.windows.digest
    assert (toy.read, len(told)) == (18, 18)


def test_classes_with_too_few_subjects_are_left_out_and_named(tmp_path: Path) -> None:
    prepared = windows_of(FewRunners(), tmp_path)
    assert prepared.windows.classes == ("rest", "walk")
    assert set(prepared.windows.target.tolist()) == {0, 1}
    assert prepared.notices == (
        "1 of 14 recordings are shorter than a window of 4 s and were left out.",
        "Classes left out for having fewer than 3 subjects: run (2 subjects, 18 windows).",
    )
    assert prepared.left_out == {"run": Count(2, 18)}


def test_a_class_without_any_recording_is_left_out_too() -> None:
    windows, counts, left_out = keep_classes(toy_windows([0, 2, -1], "abc"), 1)
    assert windows.classes == ("rest", "run")
    assert windows.target.tolist() == [0, 1, -1]
    assert left_out == {"walk": Count(0, 0)}
    assert list(counts) == ["rest", "run"]


def test_no_class_left_is_an_error() -> None:
    with pytest.raises(DataError, match="no class has 9 subjects"):
        keep_classes(toy_windows([0, 1], "ab"), 9)


def test_lengths_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    toy = ToyDataset()
    toy.preparation = replace(toy.preparation, stride_s=0.01)
    with pytest.raises(ParameterError, match="stride_s"):
        windows_of(toy, tmp_path)
    assert toy.read == 0


def test_other_subjects_are_stored_elsewhere_and_other_windows_are_not(tmp_path: Path) -> None:
    windows_of(ToyDataset(), tmp_path)
    longer = ToyDataset()
    longer.preparation = replace(longer.preparation, window_s=5.0)
    first = windows_of(longer, tmp_path).windows
    assert longer.read == 0
    assert first.digest != windows_of(ToyDataset(), tmp_path).windows.digest
    others = ToyDataset(subjects=("gil", "hal", "ida"))
    assert set(windows_of(others, tmp_path).windows.subject.tolist()) == {"gil", "hal", "ida"}
    assert windows_of(ToyDataset(), tmp_path).windows.subject[0] == "ann"


def test_no_leak_from_test_subjects_into_scaled_training_windows(tmp_path: Path) -> None:
    def scaled(factor: float) -> np.ndarray:
        class Loud(ToyDataset):
            name = f"loud{factor:g}"

            def recordings(self) -> Iterator[Recording]:
                for recording in super().recordings():
                    loud = factor if recording.subject == "fay" else 1.0
                    yield replace(recording, signal=recording.signal * np.float32(loud))

        toy = Loud()
        windows = windows_of(toy, tmp_path).windows
        train = split(windows, toy.assign(np.unique(windows.subject).tolist(), "fixed")).train
        return fit_statistics(train).apply(train.gather(slice(None)))

    assert np.array_equal(scaled(1.0), scaled(1000.0))


def test_the_toy_is_worth_learning_on() -> None:
    swings = {name: toy_recording("ann", name).signal.std(axis=1) for name in CLASSES}
    assert all(s[1] > 1.5 * s[0] for s in swings.values())
