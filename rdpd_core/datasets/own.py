"""Data sets that were added on this machine: found in the workspace, and like any other from then on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import DataError, RdpdError, SplitError
from rdpd_core.files import digest_file, digest_json, read_json, work_root, write_json
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Channel, Preparation, Recording

FORMAT = 1
RECORD, SIGNALS = "set.json", "signals.f32"
NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
DIVISIONS, TRIES = 5, 200
MASKED = "not measured"
"""Group of a channel that a model reads and nobody measured."""


def own_root() -> Path:
    """Give the folder of all added data sets."""
    return work_root() / "recordings"


@dataclass(frozen=True)
class OwnRecord:
    """What is known of an added data set; its samples lie beside it.

    Attributes:
        name: Identifier.
        title: For people.
        created: When it was added, in UTC.
        kind: Kind of files it came from.
        mapping: How columns became channels, to do it again.
        measured: Channels, one per column of the samples.
        masked: Channels that models read and nobody measured, with the value that stands there.
        order: Names of all channels, measured and masked.
        classes: Names.
        rate_hz: Of the samples.
        recordings: Subject, label and number of samples of each.
        preparation: How recordings become windows.
        like: Data set whose stored models read these recordings; empty for a set of its own.
        split: Under which these models were trained.
        views: Named sets of channels.
        quality: What was found out about the recordings.
        notices: What should be said about them.
        sha256: Of the samples.
    """

    name: str
    title: str
    created: str
    kind: str
    mapping: Mapping[str, Any]
    measured: tuple[Channel, ...]
    masked: Mapping[str, float]
    order: tuple[Channel, ...]
    classes: tuple[str, ...]
    rate_hz: float
    recordings: tuple[Mapping[str, Any], ...]
    preparation: Preparation
    like: str
    split: str
    views: Mapping[str, tuple[str, ...]]
    quality: Mapping[str, Any]
    notices: tuple[str, ...]
    sha256: str

    @property
    def total(self) -> int:
        """Samples of all recordings together."""
        return sum(int(row["length"]) for row in self.recordings)

    def write(self, folder: Path) -> None:
        """Write it beside the samples."""
        value = asdict(self) | {"format": FORMAT}
        write_json(folder / RECORD, value | {"digest": digest_json(value)})

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it.

        Raises:
            DataError: It is missing, damaged or was edited.
        """
        where = f"added data set {folder.name}"
        if not (folder / RECORD).is_file():
            raise DataError(f"{where}: its {RECORD} is missing; delete the set and add it again")
        value = read_json(folder / RECORD)
        try:
            digest = value.pop("digest")
            if value.pop("format") != FORMAT or digest != digest_json(value | {"format": FORMAT}):
                raise DataError(f"{where}: {RECORD} is damaged, edited or of another version; delete the set and add it again")
            channels = {name: tuple(Channel(**c) for c in value.pop(name)) for name in ("measured", "order")}
            plan = value.pop("preparation")
            band = plan.pop("band_hz")
            views = {name: tuple(names) for name, names in value.pop("views").items()}
            lists = {name: tuple(value.pop(name)) for name in ("classes", "recordings", "notices")}
            ready = Preparation(**plan, band_hz=None if band is None else tuple(band))
            found = cls(**value, **channels, **lists, views=views, preparation=ready)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{where}: {RECORD} lacks a field; delete the set and add it again") from error
        if found.name != folder.name or not NAME.match(found.name):
            raise DataError(f"{where}: its folder was renamed; give the folder its old name back")
        return found


class OwnSet(Dataset):
    """What all added data sets do; each is a class of its own, made from its record."""

    record: ClassVar[OwnRecord]
    own = True
    files = (RECORD, SIGNALS)

    def __init__(self, root: str | Path | None = None) -> None:
        """Remember where it lies: in the workspace, wherever the data root is."""
        super().__init__(root)
        self.folder = own_root() / self.name

    def recordings(self) -> Iterator[Recording]:
        """Yield the recordings; masked channels hold the mean of those the models were trained on.

        Raises:
            MissingDataError: They were deleted.
            DataError: The file of samples has another length than it should.
        """
        self.check()
        record, path = self.record, self.folder / SIGNALS
        wide = len(record.measured)
        if path.stat().st_size != record.total * wide * 4:
            raise DataError(f"added data set {self.name}: its samples are cut off; delete the set and add it again")
        signals = np.memmap(path, dtype="<f4", mode="r", shape=(record.total, wide))
        at = {c.name: n for n, c in enumerate(record.measured)}
        first = 0
        for number, row in enumerate(record.recordings, start=1):
            block = np.asarray(signals[first : first + row["length"]]).T
            length = block.shape[1]
            rows = [
                block[at[c.name]] if c.name in at else np.full(length, record.masked[c.name], np.float32) for c in self.channels
            ]
            yield Recording(
                f"r{number:04d}", np.stack(rows), record.rate_hz, self.channels, row["subject"], row["label"], self._facts()
            )
            first += row["length"]

    def _facts(self) -> dict[str, str]:
        if not self.masked:
            return {}
        return {"not measured, held at the training mean": ", ".join(self.masked)}

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Divide subjects at random, a tenth each to valid and test; of some divisions, one in which no part lacks a class.

        Raises:
            SplitError: There are fewer than three subjects.
        """
        self.check_split(split)
        names = sorted(set(subjects))
        if not self.trains:
            return dict.fromkeys(names, "test")
        if len(names) < 3:
            raise SplitError(
                f"{self.name} has {len(names)} subjects; train, valid and test need one each, so add recordings of "
                "at least three people, or name the column that tells people apart"
            )
        share = max(1, round(len(names) / 10))
        having: dict[str, set[str]] = {}
        for row in self.record.recordings:
            if row["label"] is not None:
                having.setdefault(row["subject"], set()).add(row["label"])
        best: tuple[int, dict[str, str]] = (-1, {})
        for attempt in range(TRIES):
            order = numpy_generator(self.name, "split", split, attempt).permutation(len(names))
            parts = {names[m]: "test" if n < share else "valid" if n < 2 * share else "train" for n, m in enumerate(order)}
            there = {
                p: set().union(*(having.get(s, set()) for s in parts if parts[s] == p)) for p in ("train", "valid", "test")
            }
            score = sum(map(len, there.values())) + 1000 * len(there["train"])
            best = max(best, (score, parts), key=lambda entry: entry[0])
        return best[1]

    def source_digest(self) -> str:
        """Give text that changes whenever the set is added anew."""
        self.check()
        record = self.record
        return digest_json([self.name, FORMAT, record.sha256, record.rate_hz, list(record.recordings), dict(record.masked)])

    def count(self) -> int:
        """Give the number of recordings."""
        return len(self.record.recordings)

    def verify(self) -> None:
        """Read all samples and compare them with what was written.

        Raises:
            DataError: They were changed.
        """
        self.check()
        if digest_file(self.folder / SIGNALS) != self.record.sha256:
            raise DataError(f"added data set {self.name}: its samples were changed or damaged; delete the set and add it again")


def class_of(record: OwnRecord) -> type[OwnSet]:
    """Give the data set that a record describes."""
    like = f", to be read by stored models of {record.like}" if record.like else ""
    people = len({row["subject"] for row in record.recordings})
    minutes = record.total / record.rate_hz / 60
    masked = f" ({len(record.masked)} channels {MASKED})" if record.masked else ""
    told = {
        "__doc__": "An added data set.", "name": record.name, "title": record.title + masked, "record": record,
        "summary": f"added on this machine from {record.kind} files{like}: {len(record.recordings)} recordings of {people} "
        f"{'person' if people == 1 else 'people'}, {minutes:.3g} min",
        "reference": "none", "licence": "your own recordings; this program gives them to nobody",
        "obtain": "It was deleted; add it again with python -m rdpd_core data add.",
        "channels": record.order, "classes": record.classes, "sampling_rate": record.rate_hz, "views": dict(record.views),
        "preparation": record.preparation, "architecture": _architecture(record.preparation),
        "splits": (record.split,) if record.like else tuple(str(n) for n in range(DIVISIONS)),
        "masked": tuple(c.name for c in record.order if c.name in record.masked), "models_of": record.like,
        "trains": not record.like and len(record.classes) > 1,
    }  # fmt: skip
    return type(f"Own_{record.name}", (OwnSet,), told)


def _architecture(plan: Preparation) -> dict[str, dict[str, Any]]:
    """Give widths as those of the other data sets, with filters that fit a segment."""
    samples = max(1, round(plan.segment_s * plan.rate_hz))
    both = {
        "kernel": min(8, max(1, samples // 2)),
        "stride": 2 if samples >= 8 else 1,
        "segments": plan.segments,
        "second_conv": False,
    }
    return {"teacher": {"filters": 64, "hidden": 32, **both}, "student": {"filters": 16, "hidden": 8, **both}}


class Problem(NamedTuple):
    """A folder that should hold a data set and does not.

    Attributes:
        name: Of the folder.
        reason: Why not.
    """

    name: str
    reason: str


_known: dict[str, tuple[tuple[int, int], type[OwnSet]]] = {}


def found() -> dict[str, type[OwnSet]]:
    """Give all added data sets by name; those that are damaged are left out, see `problems`."""
    return _scan()[0]


def problems() -> list[Problem]:
    """Give the folders that should hold a data set and do not."""
    return _scan()[1]


def _scan() -> tuple[dict[str, type[OwnSet]], list[Problem]]:
    root, sets, wrong = own_root(), {}, []
    if not root.is_dir():
        return sets, wrong
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")):
        try:
            sets[folder.name] = _class_in(folder)
        except (RdpdError, OSError) as error:
            wrong.append(Problem(folder.name, str(error)))
    return sets, wrong


def _class_in(folder: Path) -> type[OwnSet]:
    """Give the class of a folder, the same one as long as its record stays as it is."""
    path = folder / RECORD
    about = path.stat() if path.is_file() else None
    stamp = (about.st_mtime_ns, about.st_size) if about else (0, 0)
    kept = _known.get(str(folder))
    if kept is None or kept[0] != stamp:
        _known[str(folder)] = kept = (stamp, class_of(OwnRecord.read(folder)))
    return kept[1]


DATASETS.also(found)
