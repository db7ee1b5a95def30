"""What every data set says about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from rdpd_core.datasets._downloading import Download
from rdpd_core.errors import MissingDataError, ParameterError, SplitError, UnknownNameError
from rdpd_core.files import atomic_folder, data_root
from rdpd_core.registry import Registry
from rdpd_core.types import Channel, Preparation, Recording

SPLIT_NAMES = ("train", "valid", "test")
MARK = "SIMULATED.txt"
"""Lies in a data set's folder if its files were simulated."""


class Dataset(ABC):
    """A source of recordings. Class attributes describe it; nothing is read before `recordings` is called.

    Attributes:
        name: Identifier, and the name of its folder under the data root, unless `kept_in` says another.
        kept_in: Folder under the data root, where several sets read the same files.
        stored_as: Where several sets tell the same recordings apart in different ways, the name under which these are stored,
            once and without labels; `labels` gives these.
        asks: The data set of whose recordings this one asks a single question; lists of all data sets leave it out.
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
        classes_in_every_part: Whether each class must be in train, valid and test; if not, in train only, and scores average
            the classes that are there.
        download: Where its files can be fetched without signing anything; None if they cannot, or are made here.
        published: Figures of the set as the paper gives them: "subjects", "classes", "channels", "samples" (of one channel).
        simulated: True if no person was measured; said wherever the set appears. Of an object, also if its files are made up.
        models_of: Data set whose stored models read these recordings; empty for its own.
        trains: False if nothing can be learned from it: all its subjects are asked about, as test subjects.
        own: True if it was added on this machine.
        credentialed: True if its users signed to share it with nobody; what comes from it is given out only if asked for twice.
        masked: Channels that nobody measured: a constant stands there, which every picture says.
        remarks: Of an object: sentences on what `recordings` passed over the last time it was read to its end.
        on_bytes: Of an object: told how much is read, and of how much, while a large file is read; may raise to end it.
    """

    name: ClassVar[str]
    kept_in: ClassVar[str] = ""
    stored_as: ClassVar[str] = ""
    asks: ClassVar[str] = ""
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
    classes_in_every_part: ClassVar[bool] = True
    download: ClassVar[Download | None] = None
    published: ClassVar[Mapping[str, int]] = {}
    simulated: bool = False
    models_of: ClassVar[str] = ""
    trains: ClassVar[bool] = True
    own: ClassVar[bool] = False
    credentialed: ClassVar[bool] = False
    masked: ClassVar[tuple[str, ...]] = ()

    def __init__(self, root: str | Path | None = None) -> None:
        """Remember where to look.

        Args:
            root: The data root; None asks RDPD_DATA, then takes the platform's data folder.
        """
        self.folder = data_root(root) / (self.kept_in or self.name)
        self.remarks: list[str] = []
        self.on_bytes: Callable[[int, int], None] | None = None
        if (self.folder / MARK).is_file():
            self.simulated = True

    @abstractmethod
    def recordings(self) -> Iterator[Recording]:
        """Yield the recordings one by one, always in the same order.

        Raises:
            MissingDataError: The files are not there.
        """

    def recordings_from(self, first: int) -> Iterator[Recording]:
        """Yield the recordings from a position on; where each has files of its own, the others are not read.

        Args:
            first: How many to leave out.

        Raises:
            MissingDataError: The files are not there.
        """
        return islice(self.recordings(), first, None)

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

    def cautions(self) -> list[str]:
        """Give sentences about the labels that belong beside every result."""
        return []

    def labels(self) -> Mapping[str, str]:
        """Give recording name to class; asked where recordings are stored without labels, see `stored_as`."""
        return {}

    def count(self) -> int | None:
        """Give the number of recordings, or None if only reading them all would tell."""
        return None

    def figures(self) -> dict[str, int]:
        """Give what `published` gives, of the files that are here; only what can be told without reading all signals."""
        return {}

    @classmethod
    def simulate(cls, folder: Path, scale: float, seed: int) -> None:
        """Write simulated files in the published form; `write_simulated` calls it.

        Args:
            folder: Takes the place of the data set's folder.
            scale: How much, as a share of the true set; what makes it readable is always written.
            seed: Other seeds are other people.
        """
        raise ParameterError(f"{cls.name} has no simulator; there is one for {', '.join(with_simulator())}")

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

    @classmethod
    def check_subjects(cls, subjects: Iterable[str], known: Collection[str], tell: bool = True) -> None:
        """Raise UnknownNameError unless all subjects are of this data set.

        Args:
            subjects: Asked about.
            known: All there are.
            tell: Whether the message may name subjects; if not, it says at which position the strange one stands.
        """
        for at, subject in enumerate(subjects):
            if subject not in known:
                told = (subject, known) if tell else (f"at position {at}", ())
                raise UnknownNameError(f"subject of {cls.name}", *told)


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


def listed() -> list[type[Dataset]]:
    """Give the data sets that lists show: those that only ask something of the recordings of another are left out."""
    return [kind for kind in DATASETS if not kind.asks]


def found_and(names: Iterable[str]) -> list[type[Dataset]]:
    """Give all data sets that are found and, of the others, the ones of these names; sorted by name."""
    return [DATASETS.get(name) for name in sorted({*DATASETS.names(), *(n for n in names if n in DATASETS)})]


def with_simulator() -> list[str]:
    """Give the names of the data sets whose files can be simulated."""
    return [kind.name for kind in listed() if kind.simulate.__func__ is not Dataset.simulate.__func__]


def write_simulated(kind: type[Dataset], root: Path, scale: float = 0.05, seed: int = 0) -> Path:
    """Write simulated files of a data set where its reader looks for them, with a mark that says so.

    Args:
        kind: The data set.
        root: A data root.
        scale: How much, as a share of the true set, from 0 to 1; what makes it readable is always written.
        seed: Other seeds are other people.

    Returns:
        The folder that was made.

    Raises:
        ParameterError: The set has no simulator, the scale is outside its range, or something lies there already.
        DataError: The folder cannot be written, or the disk is full.
    """
    if not 0 <= scale <= 1:
        raise ParameterError(f"scale {scale:g}: choose a share of the true set from 0 to 1")
    folder = root / (kind.kept_in or kind.name)
    if folder.exists():
        raise ParameterError(f"{folder} is there already and may hold recordings; name another folder, or remove it first")
    with atomic_folder(folder) as draft:
        kind.simulate(draft, scale, seed)
        text = f"Simulated by this program in the form of {kind.title}, scale {scale:g}, seed {seed}; no person was measured."
        (draft / MARK).write_text(text + "\n", encoding="utf-8")
    return folder
