"""A data set's windows, from its files or from what was stored of them before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from rdpd_core import files
from rdpd_core.errors import DataError
from rdpd_core.preprocessing.convert import conversion_key, convert
from rdpd_core.preprocessing.quality import ChannelQuality
from rdpd_core.preprocessing.unfinished import forget_others
from rdpd_core.preprocessing.windows import check_lengths, cut
from rdpd_core.types import Channel, Preparation, Recording, Windows


class Source(Protocol):
    """What is asked of a data set."""

    name: str
    stored_as: str
    channels: tuple[Channel, ...]
    classes: tuple[str, ...]
    preparation: Preparation
    minimum_subjects: int
    trains: bool
    simulated: bool
    own: bool
    remarks: Sequence[str]
    on_bytes: Callable[[int, int], None] | None

    def recordings(self) -> Iterator[Recording]:
        """Yield the recordings one by one, always in the same order."""
        ...

    def recordings_from(self, first: int) -> Iterator[Recording]:
        """Yield the recordings from a position on."""
        ...

    def source_digest(self) -> str:
        """Give text that changes whenever what `recordings` yields would change."""
        ...

    def cautions(self) -> list[str]:
        """Give sentences about the labels that belong beside every result."""
        ...

    def labels(self) -> Mapping[str, str]:
        """Give recording name to class, where `stored_as` says that recordings are stored without labels."""
        ...

    def count(self) -> int | None:
        """Give the number of recordings, or None if unknown."""
        ...


@dataclass(frozen=True)
class Count:
    """How much there is of one class.

    Attributes:
        subjects: People with at least one window.
        windows: Windows.
    """

    subjects: int
    windows: int


@dataclass(frozen=True)
class Prepared:
    """Windows of a data set, and what should be said about them.

    Attributes:
        windows: Of the classes that stay.
        notices: Sentences for the reader of results.
        counts: Of each class that stays, in order.
        left_out: Of each class that was left out for want of subjects.
        standardize: As in `Preparation`; tells `fit_statistics` whether anything remains to be scaled.
        facts: Recording name to what may be shown beside it.
        quality: One per channel, of the recordings as they came.
    """

    windows: Windows
    notices: tuple[str, ...]
    counts: Mapping[str, Count]
    left_out: Mapping[str, Count]
    standardize: str
    facts: Mapping[str, Mapping[str, str]]
    quality: tuple[ChannelQuality, ...] = ()


def windows_of(
    dataset: Source,
    cache_root: Path | None = None,
    on_progress: Callable[[int, int | None], None] | None = None,
    on_bytes: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Give the windows of a data set; the first call stores its recordings, later ones open them.

    Args:
        dataset: Any object with the attributes of a data set.
        cache_root: Where stored recordings lie; None asks RDPD_CACHE, then takes the platform's cache folder.
        on_progress: Told the recordings done, and their number or None if unknown; not called where nothing is converted.
        on_bytes: Told how much is read, and of how much, of a large file that is read before its first recording is known.

    Raises:
        MissingDataError: The files are not there.
        DataError: A recording cannot be used, or too few classes have enough subjects.
    """
    check_lengths(dataset.preparation)
    digest = dataset.source_digest()
    folder = stored_folder(dataset, digest, cache_root)
    total = dataset.count()
    tell = None if on_progress is None else lambda done: on_progress(done, total)
    dataset.on_bytes = on_bytes
    forget_others(folder, f"{dataset.stored_as or dataset.name}-")
    stored = convert(
        dataset.recordings_from,
        dataset.preparation,
        channels=dataset.channels,
        classes=_stored_classes(dataset),
        out=folder,
        digest=digest,
        on_progress=tell,
        remarks=dataset.remarks,
    )
    windows = cut(stored, dataset.preparation)
    if dataset.stored_as:
        windows = label(windows, dataset.classes, dataset.labels())
    least = max(1, dataset.minimum_subjects) if dataset.trains else 0  # what is only asked about needs no label
    kept, counts, left_out = keep_classes(windows, least)
    made = [f"The files of {dataset.name} were simulated; no person was measured."] if _made(dataset) else []
    short = _short(stored.length, dataset.preparation)
    notices = [*made, *stored.notices, *dataset.cautions(), *short, *_left_out(left_out, dataset.minimum_subjects)]
    facts = dict(zip(stored.name.tolist(), stored.facts, strict=True))
    return Prepared(kept, tuple(notices), counts, left_out, dataset.preparation.standardize, facts, stored.quality)


def stored_folder(dataset: Source, digest: str, cache_root: Path | None = None) -> Path:
    """Give the folder in which the recordings of a data set are stored, or will be.

    Args:
        dataset: As for `windows_of`.
        digest: Of its source.
        cache_root: As for `windows_of`.
    """
    key = conversion_key(dataset.preparation, dataset.channels, _stored_classes(dataset), digest)
    usual = files.cache_root() if dataset.own else files.shared_cache_root()  # what all may read is converted once for all
    return (cache_root or usual) / "recordings" / f"{dataset.stored_as or dataset.name}-{key[:16]}"


def _stored_classes(dataset: Source) -> tuple[str, ...]:
    return () if dataset.stored_as else dataset.classes


def label(windows: Windows, classes: tuple[str, ...], labels: Mapping[str, str]) -> Windows:
    """Give windows of recordings that were stored without labels their classes.

    Args:
        windows: Without labels.
        classes: Names, in the order of the targets.
        labels: Recording name to class; windows of other recordings stay without.
    """
    at = {name: place for place, name in enumerate(classes)}
    target = np.array([at[labels[name]] if name in labels else -1 for name in windows.recording.tolist()], dtype=np.int64)
    digest = files.digest_json([windows.digest, list(classes), files.digest_bytes(target.tobytes())])
    return replace(windows, target=target, classes=classes, digest=digest)


def keep_classes(windows: Windows, minimum_subjects: int) -> tuple[Windows, dict[str, Count], dict[str, Count]]:
    """Leave out the classes that too few subjects have.

    Args:
        windows: All windows; those without a label stay.
        minimum_subjects: A class stays if at least as many subjects have it.

    Returns:
        The windows of the classes that stay, the counts of these, and the counts of the others.

    Raises:
        DataError: No class has enough subjects.
    """
    counts = count_classes(windows)
    stay = [name for name in windows.classes if counts[name].subjects >= minimum_subjects]
    if not stay:
        raise DataError(f"no class has {minimum_subjects} subjects: {_listed(counts)}; get more recordings")
    place = np.array([stay.index(name) if name in stay else -2 for name in windows.classes] + [-1])
    target = place[windows.target]
    kept = windows if len(stay) == len(windows.classes) else _renamed(windows, target, tuple(stay))
    return kept, {n: counts[n] for n in stay}, {n: c for n, c in counts.items() if n not in stay}


def count_classes(windows: Windows) -> dict[str, Count]:
    """Give the numbers of subjects and windows of each class."""
    masks = {name: windows.target == at for at, name in enumerate(windows.classes)}
    return {name: Count(len(np.unique(windows.subject[mask])), int(mask.sum())) for name, mask in masks.items()}


def _made(dataset: Source) -> bool:
    """Say whether a data set of measured people was given simulated files."""
    return dataset.simulated and not type(dataset).simulated


def _renamed(windows: Windows, target: np.ndarray, classes: tuple[str, ...]) -> Windows:
    digest = files.digest_json([windows.digest, list(classes)])
    return replace(windows, target=target, classes=classes, digest=digest).select(np.flatnonzero(target >= -1))


def _short(length: np.ndarray, preparation: Preparation) -> list[str]:
    short = int((length < preparation.window_samples).sum())
    if not short:
        return []
    return [f"{short} of {len(length)} recordings are shorter than a window of {preparation.window_s:g} s and were left out."]


def _left_out(counts: Mapping[str, Count], minimum: int) -> list[str]:
    if not counts:
        return []
    why = f"having fewer than {minimum} subjects" if minimum > 1 else "want of recordings"
    return [f"Classes left out for {why}: {_listed(counts)}."]


def _listed(counts: Mapping[str, Count]) -> str:
    return ", ".join(f"{name} ({count.subjects} subjects, {count.windows} windows)" for name, count in counts.items())
