"""What a worker tells, each thing once: a worker that goes on after a crash does not repeat what was told before."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rdpd_core.jobs import events
from rdpd_core.jobs.folder import JobFolder

OFTEN = ("step", "recordings", "scoring")
OFTEN_S = 0.2
SYNC_S = 2.0
ONCE = {"plan": (), "watched": ("stage",), "epoch": ("stage", "epoch")}
"""Kinds of events of which there is one for each value of these fields."""


class Reporter:
    """Writes events, and carries them and finished files to standard output where nobody sees the folder."""

    def __init__(self, folder: JobFolder, wire: bool = False) -> None:
        """Open the events of a job.

        Raises:
            DataError: They cannot be written.
        """
        self.folder = folder
        self._wire = None
        if wire:
            from rdpd_core.jobs.wire import Sender

            self._wire = Sender(sys.stdout.buffer)
        self._told = {_mark(e) for e in events.read_all(folder.events).events} - {None}
        self._writer = events.EventWriter(folder.events, None if self._wire is None else self._wire.event)
        self._last: dict[str, float] = {}
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._writer.close()

    def __call__(self, event: dict[str, Any]) -> None:
        """Tell an event; frequent ones at most five times a second.

        Raises:
            DataError: The disk is full.
        """
        kind, now = event["kind"], time.monotonic()
        if kind in OFTEN and event.get("done", 0) != event.get("total", -1):
            if now - self._last.get(kind, 0) < OFTEN_S:
                return
            self._last[kind] = now
        mark = _mark(event)
        if mark in self._told and mark is not None:
            return
        self._told.add(mark)
        self._writer.write(event)
        if now - self._synced > SYNC_S:
            self._writer.sync()
            self._synced = now

    def file(self, path: Path) -> None:
        """Tell that a file of the job is finished."""
        if self._wire is not None:
            self._wire.file(path.relative_to(self.folder.path), path.read_bytes())


def _mark(event: dict[str, Any]) -> tuple | None:
    fields = ONCE.get(event["kind"])
    return None if fields is None else (event["kind"], *(event[name] for name in fields))
