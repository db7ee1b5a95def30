"""What every data set says about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rdpd_core.errors import MissingDataError, SplitError, UnknownNameError
from rdpd_core.files import data_root
from rdpd_core.registry import Registry
from rdpd_core.types import Channel, Preparation, Recording

SPLIT_NAMES = ("train", "valid", "test")


class Dataset(ABC):
    """A source of recordings. Class attributes describe it; nothing is read before `recordings` is called.

    Attributes:
        name: Identifier, and the name of its folder under the data root.
        title: For people.
        summary: One sentence: who was measured, with what, doing what.
        reference: Authors, venue, year.
        licence: Of the recordings.
        obtain: How to get them, with address.
        files: What the folder must hold, as glob patterns relative to it; empty for a simulated set.
        channels: All channels in order, with unit and group.
        classes: All class names, in the order of the targets.
        sampling_rate: Of `recordings`, in Hz.
        views: Named sets of poor channels, by channel name. The first is the default.
        preparation: How recordings become windows.
        architecture: Settings of the default model by role ("teacher", "student").
        splits: Names of the ways to divide subjects; the first is the default.
        minimum_subjects: A class with fewer subjects is left out, and named.
        simulated: True if no person was measured; said wherever the set appears.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str]
    licence: ClassVar[str]
    obtain: ClassVar[str]
    files: ClassVar[tuple[str, ...]]
    channels: ClassVar[tuple[Channel, ...]]
    classes: ClassVar[tuple[str, ...]]
    sampling_rate: ClassVar[float]
    views: ClassVar[Mapping[str, tuple[str, ...]]]
    preparation: ClassVar[Preparation]
    architecture: ClassVar[Mapping[str, Mapping[str, Any]]]
    splits: ClassVar[tuple[str, ...]]
    minimum_subjects: ClassVar[int] = 0
    simulated: ClassVar[bool] = False

    def __init__(self, root: str | Path | None = None) -> None:
        """Remember where to look.

        Args:
            root: The data root; None asks RDPD_DATA, then takes the platform's data folder.
        """
        self.folder = data_root(root) / self.name

    @abstractmethod
    def recordings(self) -> Iterator[Recording]:
        """Yield the recordings one by one, always in the same order.

        Raises:
            MissingDataError: The files are not there.
        """

    @abstractmethod
    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Say for each subject whether it is "train", "valid" or "test".

        Args:
            subjects: All subjects that have windows.
            split: One of `splits`.
        """

    @abstractmethod
    def source_digest(self) -> str:
        """Give text that changes whenever what `recordings` yields would change."""

    def count(self) -> int | None:
        """Give the number of recordings, or None if only reading them all would tell."""
        return None

    def present(self) -> bool:
        """Say whether the files are there."""
        return all(any(self.folder.glob(pattern)) for pattern in self.files)

    def check(self) -> None:
        """Raise MissingDataError unless the files are there; the message says what, where from, and under which licence."""
        if not self.present():
            raise MissingDataError(
                f"{self.title} is not in {self.folder} (expected there: {', '.join(self.files)}). "
                f"Get it: {self.obtain} Licence: {self.licence}. "
                f"Then name the folder above with --data-root or RDPD_DATA"
            )

    @classmethod
    def view(cls, name: str) -> tuple[str, ...]:
        """Give the channel names of a view: a named one, or channel names separated by commas.

        Raises:
            UnknownNameError: Neither a view nor channels of this data set.
        """
        if name in cls.views:
            return tuple(cls.views[name])
        known = [c.name for c in cls.channels]
        parts = [part.strip() for part in name.split(",") if part.strip()]
        if len(parts) == 1 and parts[0] not in known:
            raise UnknownNameError(f"view or channel of {cls.name}", parts[0], [*cls.views, *known])
        for part in parts:
            if part not in known:
                raise UnknownNameError(f"channel of {cls.name}", part, known)
        return tuple(sorted(set(parts), key=known.index))

    @classmethod
    def check_split(cls, split: str) -> None:
        """Raise UnknownNameError unless `split` is one of `splits`."""
        if split not in cls.splits:
            raise UnknownNameError(f"split of {cls.name}", split, cls.splits)


def check_assignment(assigned: Mapping[str, str], subjects: Sequence[str]) -> None:
    """Raise SplitError unless every subject is in exactly one of train, valid and test, and none of these is empty."""
    missing = sorted(set(subjects) - set(assigned))
    if missing:
        raise SplitError(f"{len(missing)} subjects are in no split, the first at position {list(subjects).index(missing[0])}")
    odd = sorted(set(assigned.values()) - set(SPLIT_NAMES))
    if odd:
        raise UnknownNameError("split", odd[0], SPLIT_NAMES)
    for part in SPLIT_NAMES:
        if not any(assigned[s] == part for s in subjects):
            raise SplitError(f"no subject is in {part}; each of {', '.join(SPLIT_NAMES)} needs at least one")


DATASETS: Registry[Dataset] = Registry("data set")
