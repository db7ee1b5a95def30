"""Recordings to one file of samples, one recording in memory at a time; a conversion that was broken off goes on."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rdpd_core.errors import DataError, StoppedError
from rdpd_core.files import atomic_folder, digest_json, lock
from rdpd_core.preprocessing.clean import clean
from rdpd_core.preprocessing.quality import Tally
from rdpd_core.preprocessing.stored import FORMAT, SIGNAL, Converted, open_converted, write_index
from rdpd_core.preprocessing.unfinished import Unfinished, digest_part, unfinished
from rdpd_core.types import Channel, Preparation, Recording

UNIT_OF_SCALED = "NU"
WAIT_S = 0.5  # how often somebody who waits for another process is asked whether to go on waiting


def conversion_key(preparation: Preparation, channels: Sequence[Channel], classes: Sequence[str], digest: str) -> str:
    """Give the digest of everything that stored samples depend on; window, stride and segment are not part of it.

    Args:
        preparation: How recordings become windows.
        channels: In order.
        classes: In the order of the targets.
        digest: Of the source files.
    """
    return digest_json([FORMAT, digest, _lasting(preparation), [asdict(c) for c in channels], list(classes)])


def _lasting(preparation: Preparation) -> dict[str, Any]:
    """Give the settings that stored samples depend on."""
    return {k: v for k, v in asdict(preparation).items() if k not in ("window_s", "stride_s", "segment_s")}


def convert(
    recordings: Iterable[Recording] | Callable[[int], Iterable[Recording]],
    preparation: Preparation,
    *,
    channels: Sequence[Channel],
    classes: Sequence[str],
    out: Path,
    digest: str,
    on_progress: Callable[[int], None] | None = None,
    remarks: Sequence[str] = (),
) -> Converted:
    """Store recordings, cleaned and at one rate; a folder that holds the same already is opened instead.

    Two processes that ask for one folder do the work once: the second waits for the first.

    Args:
        recordings: Read one by one, and not at all if the folder holds them already; or what gives them from a position on, so
            that those which were stored before the work was broken off need not be read again.
        preparation: How recordings become windows.
        channels: What every recording must have, in order.
        classes: What labels may be.
        out: Folder to make.
        digest: Of the source files.
        on_progress: Told the number of recordings done, and 0 again and again while another process makes the same folder.
            What it raises ends the work; after a stop the next call goes on where this one was.
        remarks: Sentences to keep with the recordings; looked at when all are read, as their source may add to them meanwhile.

    Raises:
        DataError: There is no recording, one cannot be used, or the disk is full; nothing is left behind.
        StoppedError: `on_progress` raised it.
    """
    key = conversion_key(preparation, channels, classes, digest)
    with _turn(out.parent / f".{out.name}.lock", on_progress):
        found, trouble = reopen(out, key)
        if found is not None:
            return found
        with unfinished(out, key) as draft:
            writer = _Writer(draft, preparation, tuple(channels), tuple(classes))
            with writer.file:
                done = len(writer.seen)
                rest = recordings(done) if callable(recordings) else islice(recordings, done, None)
                for position, recording in enumerate(rest, done):
                    writer.add(recording, position)
                    if draft.due():
                        writer.note()
                    if on_progress is not None:
                        try:
                            on_progress(position + 1)
                        except StoppedError:
                            writer.note()
                            raise
                writer.finish()
            with atomic_folder(out) as whole:
                os.replace(draft.folder / SIGNAL, whole / SIGNAL)
                write_index(whole, writer.index(key, [*trouble, *remarks]))
        return open_converted(out)


@contextmanager
def _turn(path: Path, on_progress: Callable[[int], None] | None) -> Iterator[None]:
    """Hold a lock while inside; whoever waits for it may give up."""
    with ExitStack() as held:
        waiting = True
        while waiting:
            try:
                held.enter_context(lock(path, -1 if on_progress is None else WAIT_S))
                waiting = False
            except DataError:
                on_progress(0)
        yield


def reopen(folder: Path, key: str) -> tuple[Converted | None, list[str]]:
    """Open what `folder` holds if it was made from `key`; otherwise say in a sentence why it has to be made again."""
    if not folder.exists():
        return None, []
    try:
        found = open_converted(folder)
    except DataError as error:
        return None, [f"The stored recordings were damaged and were made again ({error})."]
    if found.key != key:
        return None, ["The stored recordings came from other files or another preparation and were made again."]
    return found, []


class _Writer:
    """Appends recordings to a (total, C) file and keeps their index."""

    def __init__(
        self, draft: Unfinished, preparation: Preparation, channels: tuple[Channel, ...], classes: tuple[str, ...]
    ) -> None:
        self.draft, self.path = draft, draft.folder / SIGNAL
        self.preparation, self.channels, self.classes = preparation, channels, classes
        self.table: dict[str, list[Any]] = {k: [] for k in ("name", "subject", "label", "first", "length", "facts")}
        self.flat: Counter[str] = Counter()
        self.tally = Tally(channels)
        self.total = 0
        self.sha256 = hashlib.sha256()
        self.seen: set[str] = set()
        noted = draft.found()
        if noted is not None and self._goes_on(noted):
            return
        self.file: BinaryIO = self.path.open("wb")
        self.header_bytes = self._header()

    def add(self, recording: Recording, position: int) -> None:
        """Clean and append one recording."""
        if recording.name in self.seen:
            raise DataError(f"recording at position {position} has the name of an earlier one; names must be unique")
        if recording.label is not None and recording.label not in self.classes:
            raise DataError(f"recording at position {position} has label {recording.label!r}; known: {', '.join(self.classes)}")
        signal, flat = clean(recording, self.preparation, self.channels, position)
        self.tally.add(recording)
        self.flat.update(c.name for c, is_flat in zip(self.channels, flat, strict=True) if is_flat)
        self._write(np.ascontiguousarray(signal.T, dtype="<f4"))
        row = (recording.name, recording.subject, recording.label, self.total, signal.shape[1], dict(recording.facts))
        for column, value in zip(self.table.values(), row, strict=True):
            column.append(value)
        self.seen.add(recording.name)
        self.total += signal.shape[1]

    def note(self) -> None:
        """Store what was written so far, and note how far that is."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.draft.note(
            {
                "header": self.header_bytes, "total": self.total, "sha256": self.sha256.hexdigest(),
                "recordings": self.table, "flat": dict(self.flat), "tally": self.tally.state(),
            }
        )  # fmt: skip

    def _goes_on(self, noted: dict[str, Any]) -> bool:
        """Take up what was stored before the work was broken off; say no if its samples are not as they were written."""
        size = noted["total"] * len(self.channels) * 4
        running = digest_part(self.path, noted["header"], size)
        if running is None or running.hexdigest() != noted["sha256"]:
            return False
        self.sha256, self.header_bytes, self.total = running, noted["header"], noted["total"]
        self.table = {name: noted["recordings"][name] for name in self.table}
        self.flat = Counter(noted["flat"])
        self.tally = Tally.of_state(self.channels, noted["tally"])
        self.seen = set(self.table["name"])
        self.file = self.path.open("r+b")
        self.file.truncate(self.header_bytes + size)
        self.file.seek(0, os.SEEK_END)
        return True

    def finish(self) -> None:
        """Write the true length into the header and ask the system to store everything."""
        if not self.total:
            raise DataError("there are no recordings; look whether the data set's folder is complete")
        self.file.seek(0)
        # NumPy leaves room in a header for the first axis to grow, so that the samples stay where they are.
        if self._header() != self.header_bytes:
            raise DataError(f"{self.total} samples are more than the header of {self.path.name} can say")
        self.file.flush()
        os.fsync(self.file.fileno())

    def index(self, key: str, notices: list[str]) -> dict[str, Any]:
        """Give the content of index.json."""
        scaled = self.preparation.standardize == "recording"
        channels = [replace(c, unit=UNIT_OF_SCALED) if scaled else c for c in self.channels]
        many = len(self.seen)
        content = {
            "preparation": _lasting(self.preparation),
            "sha256": self.sha256.hexdigest(),
            "total": self.total,
            "channels": [asdict(c) for c in channels],
            "classes": list(self.classes),
            "recordings": self.table,
        }
        flat = [f"Channel {name} was constant in {n} of {many} recordings; 0 stands there." for name, n in self.flat.items()]
        # The digest is of what is stored and how it was made; a copy of the files on another machine gives the same.
        told = {"quality": self.tally.rows(), "notices": [*notices, *flat]}
        return {**content, **told, "format": FORMAT, "key": key, "digest": digest_json(content)}

    def _header(self) -> int:
        shape = (self.total, len(self.channels))
        np.lib.format.write_array_header_1_0(self.file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        return self.file.tell()

    def _write(self, block: np.ndarray) -> None:
        data = memoryview(block).cast("B")
        self.sha256.update(data)
        try:
            self.file.write(data)
        except OSError as error:
            free = shutil.disk_usage(self.path.parent).free / 1e6
            folder = self.path.parent.parent
            raise DataError(f"cannot store recordings in {folder}: {error.strerror}; {free:.0f} MB are free there") from error
