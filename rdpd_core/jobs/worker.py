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

from rdpd_core.errors import ParameterError, RdpdError, StoppedError
from rdpd_core.jobs import states
from rdpd_core.jobs.folder import FORCE, JobFolder
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.parcel import unpack
from rdpd_core.jobs.report import Reporter
from rdpd_core.jobs.wire import Sender

TAKEN, NO_SLOT, UNTOLD = 3, 4, 5
"""Exit codes: somebody else does this job; the slot was taken; the end could not be written."""
NICE, MOST, TRIES, AGAIN_S = 10, 19, 4, 0.12
BALLAST_BYTES = 1 << 18


def main(argv: Sequence[str] | None = None) -> int:
    """Do one job; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.jobs.worker", description="Do the job in a folder.")
    parser.add_argument("folder", type=Path, help="the job's folder")
    parser.add_argument("--attempt", type=int, default=1, help="how often it was started, this time included")
    parser.add_argument("--slot", type=Path, help="lock to hold besides the job's own")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, where the job leaves them open")
    parser.add_argument(
        "--wire",
        type=Path,
        metavar="PARCEL",
        help="folder that was sent along: its files are put into the job's folder, and what the job makes is also written to "
        "standard output, for a machine that does not see the folder",
    )
    parser.add_argument("--guest", action="store_true", help="leave other jobs alone, as on a machine of a cluster")
    given = parser.parse_args(argv)
    folder = JobFolder(given.folder.expanduser().resolve())
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold(folder.lock) as mine:
        if not mine:
            print(f"another worker does {folder.path.name}", file=sys.stderr)
            return TAKEN
        with hold(given.slot) if given.slot else contextlib.nullcontext(True) as room:
            if not room:
                return NO_SLOT
            code = Worker(folder, given.attempt, given.wire, given.threads).run()
    if not given.guest:
        _start_next(folder)
    return code


def step_back() -> None:
    """Let everything else on this machine go first, the pages above all; RDPD_NICE says how far, from 0 to 19.

    Raises:
        ParameterError: RDPD_NICE is no such number.
    """
    told = os.environ.get("RDPD_NICE", "").strip() or str(NICE)
    if not told.isdecimal() or int(told) > MOST:
        raise ParameterError(f"RDPD_NICE is {told[:20]!r}; give a whole number from 0, not at all, to {MOST}")
    if not hasattr(os, "nice") or int(told) == 0:
        return
    os.nice(int(told))
    group = Path("/proc/self/autogroup")
    if os.getsid(0) == os.getpid() and group.exists():
        # Where Linux shares the cores by session first, being nice counts within a session only, and a worker has its own.
        for _ in range(TRIES):
            try:
                group.write_text(told)
                return
            except BlockingIOError:  # somebody else on this machine said so a moment ago
                time.sleep(AGAIN_S)
            except OSError:  # some containers let nobody say so; pages are then as quick as they were
                return


class Worker:
    """One run of one job, from a new start or from its last checkpoint."""

    def __init__(self, folder: JobFolder, attempt: int, parcel: Path | None = None, threads: int = 0) -> None:
        """Remember what to do; nothing is read yet.

        Args:
            folder: Of the job.
            attempt: How often it was started, this time included.
            parcel: What was sent along, if nobody sees the folder.
            threads: CPU threads, where the job leaves them open; 0 takes one less than there are cores.
        """
        self.folder, self.attempt, self.parcel, self.threads = folder, attempt, parcel, threads
        self._wire = Sender(sys.stdout.buffer) if parcel else None
        self._have: int | None = None
        self._signalled = False

    def run(self) -> int:
        """Do the job; how it ended stands in the folder. Gives the exit code."""
        try:
            if self._was_done():
                return 0
        except RdpdError as error:
            traceback.print_exc()
            return self._end({"status": states.FAILED, "reason": why(error), "models": [], "tables": []})
        faulthandler.enable()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._on_signal)
        ballast = self.folder.path / "ballast"  # given up when the disk is full, so that this can still be said
        try:
            step_back()
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

    def _was_done(self) -> bool:
        """Say whether the job has a result already; if that did not arrive where it should have, it is sent again."""
        if self.parcel is not None:
            self._have = unpack(self.parcel, self.folder, self.attempt)
        if self.folder.record("result") is None:
            return False
        if self._wire is not None:
            with Reporter(self.folder, self._wire, self._have) as tell:
                tell.all_files()
        return True

    def _do(self) -> dict[str, Any]:
        spec = self.folder.spec()
        before = self.folder.record("alive") or {}
        threads = int(before.get("threads") or spec.threads or self.threads or max(1, (os.cpu_count() or 2) - 1))
        with Reporter(self.folder, self._wire, self._have) as tell:
            import torch  # seconds, during which the job is "starting"

            from rdpd_core import runtime
            from rdpd_core.jobs import work

            runtime.keep_freed_memory()
            torch.set_num_threads(threads)  # as at the first start: another number could round sums otherwise
            about = {
                "attempt": self.attempt,
                "pid": os.getpid(),
                "host": os.uname().nodename if hasattr(os, "uname") else "",
                "threads": threads,
            }
            self.folder.write_record("alive", {**about, "at": time.time()})
            tell.file(self.folder.path / "alive.json")
            tell({"kind": "started", **about, "device": spec.device, "again": bool(before)})
            if spec.kind == "study":
                return work.merge_study(self.folder, spec, tell, lambda: self.folder.cancelled() == FORCE)
            if spec.kind == "lab":
                from rdpd_core.jobs import lab_work

                return lab_work.do_lab(self.folder, spec, tell, self.should_stop)
            if spec.kind == "series":
                from rdpd_core.jobs import series_work

                return series_work.do_series(self.folder, spec, tell, self.should_stop)
            return work.do_experiment(self.folder, spec, tell, self.should_stop)

    def _end(self, result: dict[str, Any]) -> int:
        try:
            with Reporter(self.folder, self._wire) as tell:
                tell({"kind": "ended", "status": result["status"], "reason": result.get("reason") or ""})
        except RdpdError:  # where nothing can be told, the result may still find a place
            traceback.print_exc()
        try:
            self.folder.write_record("result", {**result, "ended": time.time()})
        except RdpdError:
            traceback.print_exc()
            return UNTOLD
        if self._wire is not None:
            self._wire.file(Path("result.json"), (self.folder.path / "result.json").read_bytes())
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
