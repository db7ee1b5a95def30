"""A data set ready to learn from: its windows, divided by subject, and the statistics to scale by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rdpd_core.datasets import DATASETS, Dataset, check_assignment
from rdpd_core.errors import DataError
from rdpd_core.preprocessing import Prepared, Splits, Statistics, fit_statistics, split, windows_of
from rdpd_core.training import Resident
from rdpd_core.types import Windows

Progress = Callable[[int, int | None], None]
MOST_SPREAD = 500


@dataclass(frozen=True)
class Loaded:
    """One data set under one split.

    Attributes:
        dataset: The source.
        prepared: All windows, and what should be said about them.
        splits: Train, valid and test windows of disjoint subjects.
        statistics: Of the training windows, per channel.
        split: Name of the split.
    """

    dataset: Dataset
    prepared: Prepared
    splits: Splits
    statistics: Statistics
    split: str

    def residents(
        self,
        device: torch.device,
        disturbed: tuple[float, str, int] | None = None,
        between: Callable[[], None] | None = None,
    ) -> dict[str, Resident]:
        """Give the parts on a device, scaled, by name; `disturbed` and `between` as in `Resident`."""
        parts = self.splits._asdict()
        return {name: Resident(part, self.statistics, device, disturbed, between) for name, part in parts.items()}


def prepare(
    name: str,
    data_root: str | Path | None = None,
    on_progress: Progress | None = None,
    on_bytes: Callable[[int, int], None] | None = None,
) -> tuple[Dataset, Prepared]:
    """Give a data set and its windows; the first time its recordings are read and stored.

    Args:
        name: Of the data set.
        data_root: Where data sets lie.
        on_progress: As for `windows_of`.
        on_bytes: As for `windows_of`.

    Raises:
        UnknownNameError: No such data set.
        MissingDataError: Its files are not there.
    """
    dataset = DATASETS.get(name)(data_root)
    return dataset, windows_of(dataset, on_progress=on_progress, on_bytes=on_bytes)


def parts_of(dataset: Dataset, prepared: Prepared, split_name: str) -> Splits:
    """Divide windows by subject.

    Raises:
        UnknownNameError: No such split.
        SplitError: A class or a part would be empty, or a subject in two parts.
        DataError: All classes but one have too few subjects.
    """
    dataset.check_split(split_name)
    if not dataset.trains:
        nobody = prepared.windows.select(np.empty(0, dtype=np.int64))
        return Splits(nobody, nobody, prepared.windows)
    if len(prepared.windows.classes) < 2 and prepared.left_out:
        lost = ", ".join(f"{name} ({count.subjects})" for name, count in prepared.left_out.items())
        raise DataError(
            f"only {', '.join(prepared.windows.classes)} is left of the classes of {dataset.name}: of the others fewer than "
            f"{max(1, dataset.minimum_subjects)} subjects are here, {lost}; get more recordings"
        )
    subjects = np.unique(prepared.windows.subject).tolist()
    assigned = dataset.assign(subjects, split_name)
    check_assignment(assigned, subjects)
    return split(prepared.windows, assigned, dataset.classes_in_every_part)


def divide(dataset: Dataset, prepared: Prepared, split_name: str = "") -> Loaded:
    """Divide windows by subject and take the training statistics; see `parts_of`."""
    chosen = split_name or dataset.splits[0]
    parts = parts_of(dataset, prepared, chosen)
    gaps = dataset.preparation.missing == "hold"
    scale = fit_statistics(parts.train, prepared.standardize, gaps) if dataset.trains else _spread(parts.test)
    return Loaded(dataset, prepared, parts, scale, chosen)


def _spread(windows: Windows) -> Statistics:
    """Give the spread of recordings nothing is trained on, to size disturbances by; a constant channel counts as spread by 1.

    Raises:
        DataError: There is no window.
    """
    if not len(windows):
        raise DataError("no recording is as long as a window; add longer ones")
    chosen = np.unique(np.linspace(0, len(windows) - 1, MOST_SPREAD).round().astype(int))
    values = windows.gather(chosen).astype(np.float64)
    std = values.std(axis=(0, 2))
    return Statistics(values.mean(axis=(0, 2)), np.where(std > 0, std, 1.0), "these recordings; nothing was trained on them")


def load(name: str, data_root: str | Path | None = None, split_name: str = "", on_progress: Progress | None = None) -> Loaded:
    """Give a data set under one split; see `prepare` and `divide`."""
    return divide(*prepare(name, data_root, on_progress), split_name)
