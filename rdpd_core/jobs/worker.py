"""`python -m rdpd_core.jobs.worker FOLDER`: does one job, and leaves everything that matters in its folder."""

from __future__ import annotations

import argparse
import contextlib
import errno
import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rdpd_core.errors import RdpdError, StoppedError
from rdpd_core.jobs import states
from rdpd_core.jobs.folder import FORCE, JobFolder
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.report import Reporter

TAKEN, NO_SLOT, UNTOLD = 3, 4, 5
"""Exit codes: somebody else does this job; the slot was taken; the end could not be written."""
NICE = 10
BALLAST_BYTES = 1 << 18


def main(argv: Sequence[str] | None = None) -> int:
    """Do one job; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.jobs.worker", description="Do the job in a folder.")
    parser.add_argument("folder", type=Path, help="the job's folder")
    parser.add_argument("--attempt", type=int, default=1, help="how often it was started, this time included")
    parser.add_argument("--slot", type=Path, help="lock to hold besides the job's own")
    parser.add_argument(
        "--wire",
        action="store_true",
        help="also write events and results to standard output, for a machine that does not see the folder",
    )
    given = parser.parse_args(argv)
    folder = JobFolder(given.folder.resolve())
    with hold(folder.lock) as mine:
        if not mine:
            print(f"another worker does {folder.path.name}", file=sys.stderr)
            return TAKEN
        with hold(given.slot) if given.slot else contextlib.nullcontext(True) as room:
            if not room:
                return NO_SLOT
            code = Worker(folder, given.attempt, given.wire).run()
    _start_next(folder)
    return code


class Worker:
    """One run of one job, from a new start or from its last checkpoint."""

    def __init__(self, folder: JobFolder, attempt: int, wire: bool = False) -> None:
        """Remember what to do; nothing is read yet."""
        self.folder, self.attempt, self.wire = folder, attempt, wire
        self._signalled = False

    def run(self) -> int:
        """Do the job; how it ended stands in the folder. Gives the exit code."""
        if self.folder.record("result") is not None:
            return 0
        faulthandler.enable()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._on_signal)
        if hasattr(os, "nice"):
            os.nice(NICE)
        ballast = self.folder.path / "ballast"  # given up when the disk is full, so that this can still be said
        try:
            ballast.write_bytes(bytes(BALLAST_BYTES))
            result = self._do()
        except StoppedError as error:
            result = {"status": states.STOPPED, "reason": str(error), "models": [], "tables": []}
        except Exception as error:  # whatever it was, the folder tells it
            traceback.print_exc()
            result = {"status": states.FAILED, "reason": why(error), "models": [], "tables": []}
        ballast.unlink(missing_ok=True)
        return self._end(result)

    def should_stop(self) -> bool:
        """Say whether a stop was asked for, by the folder or by a signal."""
        return self._signalled or self.folder.cancelled() is not None

    def _do(self) -> dict[str, Any]:
        spec = self.folder.spec()
        before = self.folder.record("alive") or {}
        threads = int(before.get("threads") or spec.threads or max(1, (os.cpu_count() or 2) - 1))
        with Reporter(self.folder, self.wire) as tell:
            import torch  # seconds, during which the job is "starting"

            from rdpd_core.jobs import work

            torch.set_num_threads(threads)  # as at the first start: another number could round sums otherwise
            about = {
                "attempt": self.attempt,
                "pid": os.getpid(),
                "host": os.uname().nodename if hasattr(os, "uname") else "",
                "threads": threads,
            }
            self.folder.write_record("alive", {**about, "at": time.time()})
            tell({"kind": "started", **about, "device": spec.device, "again": bool(before)})
            if spec.kind == "study":
                return work.merge_study(self.folder, spec, tell, lambda: self.folder.cancelled() == FORCE)
            return work.do_experiment(self.folder, spec, tell, self.should_stop)

    def _end(self, result: dict[str, Any]) -> int:
        try:
            with Reporter(self.folder, self.wire) as tell:
                tell({"kind": "ended", "status": result["status"], "reason": result.get("reason") or ""})
                self.folder.write_record("result", {**result, "ended": time.time()})
                tell.file(self.folder.path / "result.json")
        except RdpdError:
            traceback.print_exc()
            return UNTOLD
        return 0

    def _on_signal(self, number: int, frame: object) -> None:
        self._signalled = True


def why(error: Exception) -> str:
    """Say in a sentence why a job failed."""
    if isinstance(error, RdpdError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "out of memory; ask for fewer seeds or arms, or for another device"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"disk full: {error.filename or 'a file'} could not be written; free some space and resume"
    return f"an error that is ours ({type(error).__name__}: {str(error)[:300]}); the log has the rest"


def _start_next(folder: JobFolder) -> None:
    """Let the next job begin: nobody else may be there to do it."""
    from rdpd_core.jobs.desk import TABLE, Desk

    root = next((p for p in folder.path.parents if (p / TABLE).exists()), None)
    if root is not None:
        Desk(root).tick()


if __name__ == "__main__":
    sys.exit(main())
