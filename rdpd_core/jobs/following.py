"""Watching a job on a terminal until it ends; the job does not depend on being watched."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

from rdpd_core.jobs import states
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.facts import doing
from rdpd_core.jobs.progress import Progress
from rdpd_core.terminal import plain

POLL_S = 0.5


class Watcher:
    """Draws what a job is at: one line that changes where a person looks, a line for each stage elsewhere."""

    def __init__(self, out: TextIO) -> None:
        """Begin with nothing on the screen.

        Args:
            out: Where to draw.
        """
        self.out, self.live = out, out.isatty()
        self._progress: dict[Path, Progress] = {}
        self._last = ""
        self._starts = 0

    def look(self, desk: Desk, job: Job) -> None:
        """Draw what is to be seen now."""
        running = next((s for s in desk.shards(job.id) if s.state.name == states.RUNNING), None)
        one = running or job
        progress = self._progress.setdefault(one.folder.path, Progress(one.folder.events))
        while progress.update():
            pass
        starts = sum(len(p.starts) for p in self._progress.values()) - len(self._progress)
        if starts > self._starts and one.state.name == states.RUNNING:
            self._starts = starts
            self._say("its worker had ended; it goes on from the last checkpoint")
        place = f", {job.position} in line" if job.position else ""
        parts = [job.state.name + place, job.state.reason, running.title if running else "", doing(progress)]
        if job.state.ended:
            parts = parts[:2]
        brief = [job.state.name, running.title if running else "", progress.now.get("title", "")]
        self._draw(": ".join(filter(None, parts)), ": ".join(filter(None, brief)))

    def close(self) -> None:
        """Leave the last line standing."""
        if self.live and self._last:
            print(file=self.out, flush=True)
        self._last = ""

    def _say(self, line: str) -> None:
        self.close()
        print(plain(line), file=self.out, flush=True)

    def _draw(self, line: str, brief: str) -> None:
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self.out.write(f"\r{plain(line)[:width]}\x1b[K")
            self.out.flush()
            self._last = line
        elif brief != self._last:
            print(plain(line), file=self.out, flush=True)
            self._last = brief


def follow(desk: Desk, job: str) -> Job:
    """Draw a job on standard error until it has ended, looking after all jobs meanwhile; gives it as it ended."""
    watcher = Watcher(sys.stderr)
    try:
        while True:
            desk.tick()
            found = desk.job(job)
            watcher.look(desk, found)
            if found.state.ended:
                return found
            time.sleep(POLL_S)
    finally:
        watcher.close()
