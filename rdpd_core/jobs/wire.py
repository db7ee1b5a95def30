"""Results that come back as text: what a worker far away tells, as marked lines of its log, and how they become files again.

A line is `@rdpd CRC NUMBER e EVENT` or `@rdpd CRC NUMBER f BASE64 ABOUT`, with the numbers of one worker counted from 0 and
ABOUT = [name, piece, pieces, bytes, sha256 of the whole file]. Every other line is what the worker printed. Lines are taken
strictly in order, each once; a result is taken last, so that a job that is done has everything here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from rdpd_core.errors import DataError, JobFileError
from rdpd_core.files import digest_bytes, sync_folder
from rdpd_core.jobs import events
from rdpd_core.jobs.checkpoints import FACTS, MANIFEST, TENSORS
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.sealed import unseal
from rdpd_core.jobs.states import DONE, FAILED, STOPPED

MARK = b"@rdpd "
PIECE_BYTES = 48 << 10
MOST_BYTES = 1 << 30
"""Of one file."""
MOST_LOG_BYTES = 16 << 20
RECORD, PARTS = "wire", ".wire"
RECORDS = ("alive.json", "result.json")
CHECKPOINT_FILES = (TENSORS, FACTS, MANIFEST)
MOST_NAME = 300
_PART = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z))[\w+][\w.+-]*(?<!\.)\Z", re.IGNORECASE)
"""A part of a name that is neither hidden, nor a way out, nor a device of Windows."""


class Sender:
    """Writes events and files as marked lines, each in one piece, so that they never mix with what else is printed."""

    def __init__(self, stream: BinaryIO) -> None:
        """Remember where to write.

        Args:
            stream: Binary, such as `sys.stdout.buffer`.
        """
        self._stream, self._number = stream, 0

    def event(self, line: bytes) -> None:
        """Send one line of the events."""
        self._send(b"e " + line.rstrip(b"\n"))

    def file(self, relative: Path, data: bytes) -> None:
        """Send a finished file, in pieces."""
        digest, pieces = digest_bytes(data), max(1, -(-len(data) // PIECE_BYTES))
        for at in range(pieces):
            about = json.dumps([relative.as_posix(), at, pieces, len(data), digest])
            piece = base64.b64encode(data[at * PIECE_BYTES : (at + 1) * PIECE_BYTES])
            self._send(b"f " + piece + b" " + about.encode())

    def _send(self, payload: bytes) -> None:
        body = b"%d %b" % (self._number, payload)
        left = memoryview(MARK + b"%08x " % zlib.crc32(body) + body + b"\n")
        while left:
            left = left[self._stream.write(left) :]
        self._stream.flush()
        self._number += 1


class Frame(NamedTuple):
    """One marked line.

    Attributes:
        number: Counted from 0 by the worker that sent it.
        kind: b"e" or b"f".
        body: The rest.
    """

    number: int
    kind: bytes
    body: bytes


def parse(line: bytes) -> tuple[bytes, Frame | None]:
    """Give what was printed before a mark, and the frame behind it; None if there is none that is as it was sent."""
    start = line.find(MARK)
    while start >= 0:  # a frame that was cut short may stand before a whole one
        crc, _, body = line[start + len(MARK) :].rstrip(b"\n").partition(b" ")
        number, _, rest = body.partition(b" ")
        if crc == b"%08x" % zlib.crc32(body) and number.isdigit():
            return line[:start], Frame(int(number), rest[:1], rest[2:])
        start = line.find(MARK, start + 1)
    return line, None


def allowed(name: object) -> bool:
    """Say whether a file may be brought under that name."""
    if not isinstance(name, str) or len(name) > MOST_NAME:
        return False
    top, *parts = name.split("/")
    if not all(_PART.match(part) for part in parts):
        return False
    if top == "checkpoints":
        return len(parts) == 3 and parts[1].isdecimal() and parts[2] in CHECKPOINT_FILES
    return name in RECORDS or (top in ("models", "outcomes") and 1 <= len(parts) <= 5)


class Receiver:
    """Puts what came over the wire into a job's folder; the only one that writes there while the worker is far away.

    It remembers in `wire.json` how far it came, so that any process can go on. Taking something a second time does no harm.
    """

    def __init__(self, folder: JobFolder, source: str, place: str = "") -> None:
        """Look up how far it came.

        Args:
            folder: Where to write.
            source: Tells the log of one worker from those of others.
            place: Machine on which the worker runs, where its checkpoints are; empty leaves what was known.

        Raises:
            JobFileError: The record of it is damaged.
        """
        self.folder = folder
        known = folder.record(RECORD) or {}
        self.seen: str | None = known.get("seen")
        """Digest of the last result that arrived."""
        self.place: str = place or known.get("place") or ""
        fresh = {"source": source, "next": 0, "after": 0, "latest": 0, "lost": ""}
        self._at = {k: known[k] for k in fresh} if known.get("source") == source else fresh
        self._saved = {**known}
        self._events: list[bytes] = []
        self._printed: list[bytes] = []
        self._count = -1

    @property
    def begun(self) -> bool:
        """Say whether anything of this log was taken."""
        return self._at["next"] > 0

    @property
    def behind(self) -> int:
        """Give how many frames are known to be there but were not taken."""
        return self._at["latest"] - self._at["next"]

    @property
    def lost(self) -> str:
        """Say what did not arrive as it was sent; nothing more is taken then, and the worker has to send it again."""
        return self._at["lost"]

    def take(self, lines: Iterable[bytes], whole: bool, until: float | None = None) -> bool:
        """Take what is new from the end of a log.

        Args:
            lines: Its last lines, in order; one without its end is left for later.
            whole: Whether they begin where the log begins.
            until: Reading of `time.monotonic()` at which to leave the rest for later.

        Returns:
            Whether they reach back far enough; if not, nothing was taken.

        Raises:
            DataError: The disk is full, or the folder cannot be written; the rest is taken at the next call.
        """
        reached = whole and self._at["next"] == 0
        skip = self._at["after"] if reached else 0
        try:
            for line in lines:
                printed, frame = parse(line)
                if not line.endswith(b"\n") or self.lost:
                    break
                if frame is not None and not reached:
                    self._at["latest"] = max(self._at["latest"], frame.number + 1)
                    if frame.number >= self._at["next"]:
                        break
                    if frame.number == self._at["next"] - 1:
                        reached, skip = True, self._at["after"]
                    continue
                if not reached:
                    continue
                skip = self._print(printed, skip) if printed else skip
                if frame is not None:
                    self._frame(frame)
                if until is not None and not skip and self._saved != self._now() and time.monotonic() > until:
                    break  # not before anything new was taken, or it would never come any further
            if whole and not reached:
                self._at["lost"] = "the beginning of its log is gone"
            return reached or bool(self.lost)
        finally:
            self._save()

    def _print(self, line: bytes, skip: int) -> int:
        if skip:
            return skip - 1
        self._at["after"] += 1
        self._printed.append(line if line.endswith(b"\n") else line + b"\n")
        return 0

    def _frame(self, frame: Frame) -> None:
        try:
            if frame.number != self._at["next"]:
                raise JobFileError(f"line {self._at['next']} did not arrive as it was sent")
            if frame.kind == b"e":
                self._event(frame.body)
            elif frame.kind == b"f":
                self._piece(frame.body)
        except JobFileError as error:
            self._at["lost"] = str(error)
            self._printed.append(f"nothing more of this is taken, and it will be sent again: {error}\n".encode())
            return
        self._at["next"], self._at["after"] = frame.number + 1, 0
        self._at["latest"] = max(self._at["latest"], frame.number + 1)

    def _event(self, line: bytes) -> None:
        try:
            number = events.decode(line).get("n")
        except (ValueError, RecursionError) as error:
            raise JobFileError(f"an event cannot be read: {error}") from error
        if type(number) is not int:
            raise JobFileError("an event has no number")
        if self._count < 0:
            writer = events.EventWriter(self.folder.events)  # cuts off what was left half written
            self._count = writer.count
            writer.close()
        if number >= self._count:
            self._events.append(line + b"\n")
            self._count = number + 1

    def _piece(self, body: bytes) -> None:
        data, name, at, pieces, size, digest = _unpacked(body)
        part = self.folder.path / PARTS / digest
        part.parent.mkdir(exist_ok=True)
        try:
            with part.open("r+b" if part.exists() else "wb") as file:
                file.seek(at * PIECE_BYTES)
                file.write(data)
        except OSError as error:
            raise DataError(f"disk full: {name} needs {size / 1e6:.1f} MB ({error.strerror}); free some space") from error
        if at == pieces - 1:
            self._finish(part, name, size, digest)

    def _finish(self, part: Path, name: str, size: int, digest: str) -> None:
        data = part.read_bytes()
        if len(data) != size or digest_bytes(data) != digest:
            part.unlink()
            raise JobFileError(f"{name} is not as it was sent (its sha256 differs)")
        if name in RECORDS:
            _check_record(name, data)
        self._flush()  # events before files, and a result after everything else
        if name == "result.json":
            self.seen = digest
            self._save()
        target = self.folder.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
        sync_folder(target.parent)
        if target.name == MANIFEST:  # what went before is gone over there too
            older = [p for p in target.parents[1].iterdir() if p.name.isdecimal() and int(p.name) < int(target.parent.name)]
            for state in older:
                shutil.rmtree(state)

    def _flush(self) -> None:
        if self._events:
            _append(self.folder.events, b"".join(self._events))
            self._events.clear()
        if self._printed:
            if not self.folder.log.exists() or self.folder.log.stat().st_size < MOST_LOG_BYTES:
                _append(self.folder.log, b"".join(self._printed))
            self._printed.clear()

    def _save(self) -> None:
        self._flush()
        if self._saved != self._now():
            self.folder.write_record(RECORD, self._now())
            self._saved = self._now()

    def _now(self) -> dict[str, Any]:
        return {**self._at, "seen": self.seen, "place": self.place}


def _unpacked(body: bytes) -> tuple[bytes, str, int, int, int, str]:
    encoded, _, about = body.partition(b" ")
    try:
        data = base64.b64decode(encoded, validate=True)
        name, at, pieces, size, digest = json.loads(about)
        counts = all(type(n) is int for n in (at, pieces, size))
        fits = counts and 0 <= size <= MOST_BYTES and pieces == max(1, -(-size // PIECE_BYTES)) and 0 <= at < pieces
        exact = fits and len(data) == min(PIECE_BYTES, size - at * PIECE_BYTES)
        if not exact or len(bytes.fromhex(digest)) != hashlib.sha256().digest_size:
            raise ValueError("its numbers do not fit together")
    except (ValueError, TypeError, RecursionError) as error:
        raise JobFileError(f"a piece of a file cannot be read: {error}") from error
    if not allowed(name):
        raise JobFileError(f"a file named {str(name)[:100]!r} was sent, which no worker may write")
    return data, name, at, pieces, size, digest


def _check_record(name: str, data: bytes) -> None:
    record = unseal(data, name)
    asked: dict[str, Any] = {"attempt": int, "pid": int, "threads": int}
    if name == "result.json":
        asked = {"status": str, "ended": float, "models": list, "tables": list}
    wrong = [field for field, kind in asked.items() if not isinstance(record.get(field), kind)]
    if wrong or record.get("status", DONE) not in (DONE, STOPPED, FAILED):
        raise JobFileError(f"{name} cannot be used: {', '.join(wrong) or 'status'} is not as it should be")


def _append(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    try:
        before = os.fstat(handle).st_size
        try:
            written = os.write(handle, data)
        except OSError as error:
            raise DataError(f"disk full: {path.name} needs {len(data)} bytes more ({error.strerror})") from error
        if written != len(data):
            os.ftruncate(handle, before)
            raise DataError(f"disk full: {path.name} needs {len(data)} bytes more; free some space")
    finally:
        os.close(handle)
