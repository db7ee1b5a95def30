"""What is known of jobs, for pages that look again and again: the desk of this server, one job, and its progress so far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from app import kept, watch
from app.figures.text import in_markdown
from rdpd_core.errors import RdpdError
from rdpd_core.jobs import Desk, Job, Progress

T = TypeVar("T")
REMEMBERED = 4
TROUBLE = (RdpdError, OSError)
"""What a job folder that is damaged, locked or gone can cause."""


class Made(NamedTuple):
    """Something that was made from a job's progress.

    Attributes:
        stamp: Of what it was made from.
        at: When, in seconds of the monotonic clock.
        value: It.
    """

    stamp: Hashable
    at: float
    value: Any


class Followed:
    """The progress of one job, shared by all sessions: each look reads only what is new, one look at a time."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing.

        Args:
            path: Of the events.
        """
        self._progress, self._lock = Progress(path), threading.Lock()
        self._made: dict[str, Made] = {}

    def look(self, take: Callable[[Progress], T]) -> T:
        """Read what is new, then give what `take` makes of all that is known; it must give nothing that changes later."""
        with self._lock:
            while self._progress.update():
                pass
            return take(self._progress)

    def made(self, name: str, stamp: Hashable, make: Callable[[], T], hold_s: float = 0.0) -> T:
        """Give what was made under a name before, as long as its stamp is the same, or for some seconds; else make it anew.

        Args:
            name: Some are remembered.
            stamp: Of what it is made from.
            make: Makes it.
            hold_s: Seconds for which it is kept although the stamp changed.
        """
        before = self._made.get(name)
        if before is not None and (before.stamp == stamp or time.monotonic() - before.at < hold_s):
            return before.value
        value = make()
        with self._lock:
            self._made.pop(name, None)
            while len(self._made) >= REMEMBERED:
                self._made.pop(next(iter(self._made)))
            self._made[name] = Made(stamp, time.monotonic(), value)
        return value


@kept.resource(max_entries=32, show_spinner=False)
def followed(path: str) -> Followed:
    """Give the progress of the job whose events lie there."""
    return Followed(Path(path))


def follow(job: Job) -> Followed:
    """Give the progress of a job."""
    return followed(str(job.folder.events))


def desk() -> Desk | None:
    """Give the desk, or say why there is none."""
    here = watch.watch()
    if here.desk is None:
        st.error(f"Jobs cannot be looked after: {in_markdown(here.trouble, 600)}", icon=":material/error:")
    return here.desk


def find(job_id: str) -> Job | None:
    """Give a job by its whole id, or None if there is none of that id.

    Raises:
        RdpdError: The list of jobs cannot be read.
    """
    office = watch.watch().desk
    entries = [] if office is None else office.table.entries("id = ?", (job_id,))
    return office.job(job_id) if entries else None


def trouble(job_id: str) -> str:
    """Say what hindered the last round from doing what it does for a job; empty if nothing did."""
    office = watch.watch().desk
    return "" if office is None else office.trouble.get(job_id, "")
