"""What a worker tells, each thing once: a worker that goes on after a crash does not repeat what was told before."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rdpd_core.jobs import events
from rdpd_core.jobs.checkpoints import FACTS, MANIFEST, TENSORS, folder_name
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.wire import Sender, allowed

OFTEN = ("step", "recordings", "scoring")
OFTEN_S = 0.2
SYNC_S = 2.0
ONCE = {"plan": (), "watched": ("stage",), "epoch": ("stage", "epoch")}
"""Kinds of events of which there is one for each value of these fields."""
SMALL_BYTES = 8 << 20
"""Finished states up to this size are sent, so that a job can go on from them on another machine."""


class Reporter:
    """Writes events, and sends them and finished files over a wire where nobody sees the folder."""

    def __init__(self, folder: JobFolder, wire: Sender | None = None, have: int | None = None) -> None:
        """Open the events of a job.

        Args:
            folder: Of the job.
            wire: Where to send what is told.
            have: Number of the first earlier event to send again; None sends none.

        Raises:
            DataError: They cannot be written.
        """
        self.folder, self._wire = folder, wire
        self._writer = events.EventWriter(folder.events, None if wire is None else wire.event)
        told = events.read_all(folder.events).events
        self._told = {_mark(e) for e in told} - {None}
        for event in told if wire is not None and have is not None else []:
            if event["n"] >= have:
                wire.event(events.encode(event))
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
        if kind == "checkpoint":
            self._state(event)

    def file(self, path: Path) -> None:
        """Tell that a file of the job is finished."""
        if self._wire is not None:
            self._wire.file(path.relative_to(self.folder.path), path.read_bytes())

    def all_files(self) -> None:
        """Send what was sent before: whoever should have got it did not."""
        made = [p for place in (self.folder.outcomes, self.folder.models) for p in sorted(place.rglob("*")) if p.is_file()]
        for path in [self.folder.path / "alive.json", *made, self.folder.path / "result.json"]:
            if path.exists() and allowed(path.relative_to(self.folder.path).as_posix()):
                self.file(path)

    def _state(self, event: dict[str, Any]) -> None:
        """Send what is known of a state that was saved, and the state itself if it is final and small."""
        place = self.folder.checkpoints / folder_name(event["stage"]) / f"{event['serial']:06d}"
        final = event["done"] and event["bytes"] <= SMALL_BYTES
        for name in (TENSORS, FACTS, MANIFEST) if final else (MANIFEST,):
            self.file(place / name)


def _mark(event: dict[str, Any]) -> tuple | None:
    fields = ONCE.get(event["kind"])
    return None if fields is None else (event["kind"], *(event[name] for name in fields))
