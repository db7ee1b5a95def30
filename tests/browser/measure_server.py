"""What stands behind the measured pages: the app with folders of its own, its memory, and a job that trains beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rdpd_core.environment import ROOT
from rdpd_core.jobs import Desk
from rdpd_core.jobs.states import RUNNING
from tests.browser.conftest import running_app

READY_S, TRAINS_S, ENDS_S, POLL_S = 120, 180, 60, 0.2
JOB = ("simulated_ecg", "--view", "lead_I", "--teacher", "teacher-split_0-seed0", "--recipe", "paper", "--seeds", "5")
LONG = ("--epochs", "100000", "--patience", "100000", "--title", "measuring")


class NoTraining(Exception):
    """Raised when the job that should train does not, or does not end."""


def serving(home: Path) -> AbstractContextManager[str]:
    """Start the app with caches and results in a folder of its own; gives its address once it is ready."""
    return running_app(ROOT, sys.executable, home, READY_S, RDPD_VENV=sys.prefix)


def memory_mb(url: str) -> float | None:
    """Give the resident memory of the server in MB, or None where the system does not tell."""
    port = url.rpartition(":")[2].encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if port in words and b"app" in words:
                found = (folder / "status").read_text().partition("VmRSS:")[2].split()
                return int(found[0]) / 1024
        except OSError:  # it ended meanwhile, or is not ours
            continue
    return None


@contextmanager
def training(home: Path) -> Iterator[None]:
    """Let a job train in the background, on the desk that the app looks after; at the end it is killed and deleted.

    Raises:
        NoTraining: It does not begin, has ended before its time, or does not end.
    """
    env = {**os.environ, "RDPD_CACHE": str(home / "cache"), "RDPD_WORK": str(home / "work")}
    command = [sys.executable, "-m", "rdpd_core", "jobs", "start", *JOB, *LONG, "--json"]
    said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if said.returncode:
        raise NoTraining(f"the job could not be started: {said.stderr.strip()}")
    desk, job = Desk(home / "work" / "jobs"), json.loads(said.stdout)["id"]
    try:
        _until(lambda: desk.job(job).state.name == RUNNING, TRAINS_S, "train")
        yield
        state = desk.job(job).state
        if state.name != RUNNING:
            raise NoTraining(f"the job ended before the measuring did: {state.name} {state.reason}")
    finally:
        desk.force(job)
        _until(lambda: desk.job(job).state.ended, ENDS_S, "end")
        desk.delete(job)


def _until(reached, within_s: float, what: str) -> None:
    until = time.monotonic() + within_s
    while not reached():
        if time.monotonic() > until:
            raise NoTraining(f"the job did not {what} within {within_s:g} s")
        time.sleep(POLL_S)
