"""Recordings that are being stored: what is done stays on the disk, so that a stopped or killed conversion goes on from there.

A folder beside the one that is made, `.NAME.part`, with the samples so far and `done.json`: how far they are good, and what is
known of them. Beyond what that says nothing is believed, and the samples before it only if their digest is right.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rdpd_core.errors import DataError, StoppedError
from rdpd_core.files import digest_json, lock, to_json, write_atomic

DONE = "done.json"
EVERY_S = 5.0
"""How often it is noted how far the work is."""
BLOCK = 1 << 20


@dataclass
class Unfinished:
    """The folder of a conversion under way.

    Attributes:
        folder: Where the samples are written.
        key: Of what is made.
    """

    folder: Path
    key: str
    _noted: float = field(default_factory=time.monotonic)

    def found(self) -> dict[str, Any] | None:
        """Give what was noted at the last time, or None if there is nothing that can be gone on from."""
        try:
            value = json.loads((self.folder / DONE).read_bytes())
            noted = value["noted"]
            whole = value["key"] == self.key and value["digest"] == digest_json([value["key"], noted])
        except (OSError, ValueError, KeyError, TypeError):
            return None  # it is made anew, as if nothing had been there
        return noted if whole else None

    def note(self, state: dict[str, Any]) -> None:
        """Note how far the work is; what it speaks of must be on the disk.

        Raises:
            DataError: The disk is full, or the folder cannot be written.
        """
        content = {"key": self.key, "noted": state, "digest": digest_json([self.key, state])}
        write_atomic(self.folder / DONE, to_json(content).encode())
        self._noted = time.monotonic()

    def due(self) -> bool:
        """Say whether it is time to note how far the work is."""
        return time.monotonic() - self._noted >= EVERY_S


@contextmanager
def unfinished(out: Path, key: str) -> Iterator[Unfinished]:
    """Give the folder of a conversion under way; it outlives a stop, an interruption and a killed process, and no other end.

    Args:
        out: Folder that is made.
        key: Of what is made; what was begun for another is removed.
    """
    draft = Unfinished(out.with_name(f".{out.name}.part"), key)
    if draft.folder.exists() and draft.found() is None:
        shutil.rmtree(draft.folder)
    draft.folder.mkdir(parents=True, exist_ok=True)
    try:
        yield draft
    except (StoppedError, KeyboardInterrupt):
        raise
    except BaseException:
        shutil.rmtree(draft.folder)
        raise
    if draft.folder.exists():
        shutil.rmtree(draft.folder)


def digest_part(path: Path, first: int, size: int) -> Any | None:
    """Give the running SHA-256 of a stretch of a file, or None if the file is missing or ends before it.

    Args:
        path: Of the file.
        first: Its first byte.
        size: How many bytes.
    """
    if not path.is_file():
        return None
    found, left = hashlib.sha256(), size
    with path.open("rb") as file:
        file.seek(first)
        while left:
            block = file.read(min(BLOCK, left))
            if not block:
                return None
            found.update(block)
            left -= len(block)
    return found


def forget_others(out: Path, stem: str) -> None:
    """Remove conversions of the same data set that were begun and that nobody works on.

    Args:
        out: Folder that is made now; its own stays.
        stem: What the names of all folders of the data set begin with.
    """
    for part in out.parent.glob(f".{stem}*.part"):
        name = part.name[1 : -len(".part")]
        if name == out.name:
            continue
        try:
            with lock(out.parent / f".{name}.lock", 0):
                shutil.rmtree(part)
        except DataError:  # somebody is at it
            continue
