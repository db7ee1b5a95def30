"""What must be known of a data set under one split before anything is started on it: counts, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from rdpd_core.datasets import DATASETS, Dataset, check_assignment
from rdpd_core.errors import RdpdError
from rdpd_core.experiments.data import divide, prepare
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.preprocessing import Interface, Prepared, fraction, interface
from rdpd_core.preprocessing.normalize import covered
from rdpd_core.preprocessing.prepare import Count, stored_folder
from rdpd_core.preprocessing.splits import PARTS
from rdpd_core.types import Channel, Windows


@dataclass(frozen=True)
class Part:
    """Train, valid or test.

    Attributes:
        table: A row for each subject, in the order of their names: windows of each class, then windows without a label.
        samples: Time points that its windows cover, each counted once.
    """

    table: tuple[tuple[int, ...], ...] = ()
    samples: int = 0

    @property
    def subjects(self) -> int:
        """Give how many people have windows."""
        return len(self.table)

    @property
    def windows(self) -> int:
        """Give how many windows there are."""
        return sum(map(sum, self.table))

    def count(self, at: int) -> Count:
        """Give the subjects and windows of the class at a position."""
        column = [row[at] for row in self.table]
        return Count(sum(n > 0 for n in column), sum(column))


@dataclass(frozen=True)
class Facts:
    """One data set under one split.

    Attributes:
        dataset: Its name.
        split: Name of the split.
        offers: Channels, units, classes, rate and window.
        train: Counts.
        valid: Counts.
        test: Counts.
        flat: For each channel, the share of training recordings in which it never changes.
        mean: Per channel, of the training windows, by which everything is scaled; empty if they cannot be scaled.
        std: Likewise.
        stored_mb: Size of the stored recordings, all channels and subjects.
        digest: Identifies the windows.
        trouble: Why the data cannot be used under this split, in a sentence; empty if they can.
    """

    dataset: str
    split: str
    offers: Interface
    train: Part
    valid: Part
    test: Part
    flat: tuple[float, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    stored_mb: float
    digest: str
    trouble: str = ""


def facts_of(dataset: Dataset, prepared: Prepared, split: str) -> Facts:
    """Give the facts of one split; reads the samples of the training subjects twice, so keep what it gives.

    Raises:
        UnknownNameError: No such split.
    """
    dataset.check_split(split)
    windows, trouble, mean, std = prepared.windows, "", (), ()
    try:
        scaling = divide(dataset, prepared, split).statistics
        mean, std = tuple(scaling.mean.tolist()), tuple(scaling.std.tolist())
    except RdpdError as error:  # told as it is to whoever wants to train on this
        trouble = str(error)
    parts = _parts(dataset, windows, split)
    return Facts(
        dataset=dataset.name,
        split=split,
        offers=interface(windows),
        **{name: _part(part) for name, part in parts.items()},
        flat=_flat(parts["train"]),
        mean=mean,
        std=std,
        stored_mb=windows.signal.nbytes / 1e6,
        digest=windows.digest,
        trouble=trouble,
    )


def facts_at_hand(name: str, splits: Iterable[str], data_root: str | Path | None = None) -> dict[tuple[str, str], Facts]:
    """Give the facts by data set and split; nothing if its recordings were not read and stored yet, which can take minutes.

    Raises:
        UnknownNameError: No such data set or split.
    """
    dataset = DATASETS.get(name)(data_root)
    if not dataset.present() or not stored_folder(dataset, dataset.source_digest()).is_dir():
        return {}
    found, prepared = prepare(name, data_root)
    return {(name, split): facts_of(found, prepared, split) for split in splits}


def used(experiment: Experiment, train: Part) -> Part:
    """Give what is left of the training windows where an experiment takes only a share of them.

    Who is taken of whole subjects, and how many windows of each class, is exact; how many subjects a share of all windows
    happens to touch is drawn like the real one, from the same counts.
    """
    return _share_of(train, experiment.share, experiment.share_by)


def rich_of(experiment: Experiment, train: Part) -> Part:
    """Give what teachers learn from of the training windows, as `used` gives what students do."""
    return _share_of(train, experiment.rich_share, experiment.rich_by)


def _share_of(train: Part, share: float, by: str) -> Part:
    if share == 1 or not train.windows:
        return train
    left = _table(fraction(_spread(train), share, seed=0, by=by))
    return Part(left, round(train.samples * sum(map(sum, left)) / train.windows))


def _parts(dataset: Dataset, windows: Windows, split: str) -> dict[str, Windows]:
    """Give the windows of every part, also where the division would be refused."""
    subjects, owner = np.unique(windows.subject, return_inverse=True)
    try:
        assigned = dataset.assign(subjects.tolist(), split)
        check_assignment(assigned, subjects.tolist())
    except RdpdError:  # the same that `divide` met and that the facts tell
        assigned = {}
    part_of = np.array([assigned.get(s, "") for s in subjects.tolist()], dtype=str)
    return {name: windows.select(np.flatnonzero(part_of[owner] == name)) for name in PARTS}


def _part(windows: Windows) -> Part:
    samples = sum(end - first for first, end in covered(windows)) if len(windows) else 0
    return Part(_table(windows), samples)


def _table(windows: Windows) -> tuple[tuple[int, ...], ...]:
    subjects, owner = np.unique(windows.subject, return_inverse=True)
    width = len(windows.classes) + 1
    column = np.where(windows.target < 0, width - 1, windows.target)
    counts = np.bincount(owner * width + column, minlength=len(subjects) * width)
    return tuple(map(tuple, counts.reshape(-1, width).tolist()))


def _spread(part: Part) -> Windows:
    """Give windows without content that have the counts of a part."""
    table = np.array(part.table)
    width = table.shape[1]
    cell = np.repeat(np.arange(table.size), table.ravel())
    column, names = cell % width, np.array([f"{at:09d}" for at in range(len(table))])
    nothing, zeros = np.zeros((1, 1), dtype=np.float32), np.zeros(len(cell), dtype=np.int64)
    return Windows(
        nothing, zeros, 1, np.where(column == width - 1, -1, column), names[cell // width], names[cell // width], zeros * 1.0,
        (Channel("none", "", ""),), tuple(str(k) for k in range(width - 1)), 1.0, "",
    )  # fmt: skip


def _flat(train: Windows) -> tuple[float, ...]:
    """Give for each channel the share of recordings in which it never changes."""
    channels = len(train.channels)
    if not len(train):
        return (0.0,) * channels
    order = np.lexsort((train.start, train.recording))
    start, name = train.start[order], train.recording[order]
    breaks = [0, *(np.flatnonzero(name[1:] != name[:-1]) + 1).tolist(), len(start)]
    signal, still = np.asarray(train.signal), np.zeros(channels)
    for a, b in pairwise(breaks):
        piece = signal[:, start[a] : start[b - 1] + train.samples]
        still += np.fmax.reduce(piece, axis=1) == np.fmin.reduce(piece, axis=1)
    return tuple((still / (len(breaks) - 1)).tolist())
