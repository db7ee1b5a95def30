"""What a worker tells: one line of JSON for each event, appended by one writer, each with a number, a time and a checksum."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rdpd_core.errors import DataError, JobFileError

Event = dict[str, Any]
MOST_AT_ONCE = 32 << 20  # bytes read in one go
_CRC = ',"crc":"'
_TAIL = len(_CRC) + len('00000000"}')


class Read(NamedTuple):
    """What one look at the file gave.

    Attributes:
        events: Complete and sound, in order.
        offset: Where to go on, in bytes.
        damaged: A sentence for each line that is not as it was written.
    """

    events: list[Event]
    offset: int
    damaged: list[str]


def encode(event: Event) -> bytes:
    """Give an event as its line, checksum last."""
    text = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f'{text[:-1]}{_CRC}{zlib.crc32(text.encode()):08x}"}}\n'.encode()


def decode(line: bytes) -> Event:
    """Give the event of a line.

    Raises:
        JobFileError: It is not as it was written.
    """
    line = line.rstrip(b"\n")
    body, end = line[:-_TAIL] + b"}", line[-_TAIL:]
    if end != f'{_CRC}{zlib.crc32(body):08x}"}}'.encode():
        raise JobFileError("its checksum differs")
    return json.loads(body)


def read(path: Path, offset: int = 0) -> Read:
    """Give the events from `offset` on; a line that is still being written waits for the next look.

    Args:
        path: The file; one that is not there yet has no events.
        offset: Bytes that were read before.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(MOST_AT_ONCE)
    except FileNotFoundError:
        return Read([], offset, [])
    whole = data[: data.rfind(b"\n") + 1]
    if not whole and len(data) == MOST_AT_ONCE:
        return Read([], offset + len(data), [f"{path.name}: a line of more than {MOST_AT_ONCE} bytes at byte {offset}"])
    events, damaged, at = [], [], offset
    for line in whole.split(b"\n")[:-1]:
        try:
            events.append(decode(line))
        except (JobFileError, ValueError):
            damaged.append(f"{path.name}: the line at byte {at} is not as it was written and was left out")
        at += len(line) + 1
    return Read(events, offset + len(whole), damaged)


def read_all(path: Path) -> Read:
    """Give all events, however many."""
    events, damaged, offset = [], [], 0
    while True:
        part = read(path, offset)
        if part.offset == offset:
            return Read(events, offset, damaged)
        events += part.events
        damaged += part.damaged
        offset = part.offset


class EventWriter:
    """Appends events; what a killed predecessor left half written is cut off first."""

    def __init__(self, path: Path, echo: Callable[[bytes], None] | None = None) -> None:
        """Open the file.

        Args:
            path: Where to append.
            echo: Told every line that was written.

        Raises:
            DataError: The file cannot be written.
        """
        self.path, self._echo = path, echo
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise DataError(
                f"cannot write {path.parent.name}/{path.name}: {error.strerror}; allow writing to the folder"
            ) from error
        self.count = self._heal()

    def write(self, event: Event) -> None:
        """Append one event.

        Raises:
            DataError: The disk is full; what was written before stays whole.
        """
        line = encode({"n": self.count, "t": round(time.time(), 3), **event})
        before = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise DataError(
                f"disk full: {self.path.name} needs {len(line)} bytes more ({error.strerror}); free some space"
            ) from error
        if written != len(line):
            os.ftruncate(self._file, before)
            raise DataError(f"disk full: {self.path.name} needs {len(line)} bytes more; free some space")
        self.count += 1
        if self._echo is not None:
            self._echo(line)

    def sync(self) -> None:
        """Ask the system to keep what was written through a loss of power."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _heal(self) -> int:
        """Cut off a torn last line; give the number of the next event."""
        size, back = os.fstat(self._file).st_size, 1 << 16
        while True:
            first = max(0, size - back)
            tail = os.pread(self._file, size - first, first) if hasattr(os, "pread") else self._read_at(first, size - first)
            end = tail.rfind(b"\n") + 1
            number = _next_number(tail[:end])
            if number is not None or first == 0:
                break
            back *= 4
        if end != len(tail):
            os.ftruncate(self._file, first + end)
        return number or 0

    def _read_at(self, first: int, count: int) -> bytes:
        os.lseek(self._file, first, os.SEEK_SET)
        return os.read(self._file, count)


def _next_number(lines: bytes) -> int | None:
    """Give what follows the number of the last sound line; None if there is no sound line."""
    for line in reversed(lines.split(b"\n")[:-1]):
        try:
            return int(decode(line)["n"]) + 1
        except (JobFileError, ValueError, KeyError):
            continue
    return None
