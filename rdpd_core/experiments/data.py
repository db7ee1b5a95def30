"""A data set ready to learn from: its windows, divided by subject, and the statistics to scale by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rdpd_core.datasets import DATASETS, Dataset, check_assignment
from rdpd_core.preprocessing import Prepared, Splits, Statistics, fit_statistics, split, windows_of
from rdpd_core.training import Resident

Progress = Callable[[int, int | None], None]


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


def prepare(name: str, data_root: str | Path | None = None, on_progress: Progress | None = None) -> tuple[Dataset, Prepared]:
    """Give a data set and its windows; the first time its recordings are read and stored.

    Raises:
        UnknownNameError: No such data set.
        MissingDataError: Its files are not there.
    """
    dataset = DATASETS.get(name)(data_root)
    return dataset, windows_of(dataset, on_progress=on_progress)


def parts_of(dataset: Dataset, prepared: Prepared, split_name: str) -> Splits:
    """Divide windows by subject.

    Raises:
        UnknownNameError: No such split.
        SplitError: A class or a part would be empty, or a subject in two parts.
    """
    dataset.check_split(split_name)
    subjects = np.unique(prepared.windows.subject).tolist()
    assigned = dataset.assign(subjects, split_name)
    check_assignment(assigned, subjects)
    return split(prepared.windows, assigned)


def divide(dataset: Dataset, prepared: Prepared, split_name: str = "") -> Loaded:
    """Divide windows by subject and take the training statistics; see `parts_of`."""
    chosen = split_name or dataset.splits[0]
    parts = parts_of(dataset, prepared, chosen)
    return Loaded(dataset, prepared, parts, fit_statistics(parts.train, prepared.standardize), chosen)


def load(name: str, data_root: str | Path | None = None, split_name: str = "", on_progress: Progress | None = None) -> Loaded:
    """Give a data set under one split; see `prepare` and `divide`."""
    return divide(*prepare(name, data_root, on_progress), split_name)
