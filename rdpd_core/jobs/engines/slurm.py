"""A Slurm cluster, through submitit; its machines have to see the folder of jobs.

What is submitted is a command, and submitit's own files, pickles among them, lie in a folder of their own beside the jobs; they
are read by the machine that runs the job, never here. Whoever may write there may run programs as this user, as with any
batch script.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from rdpd_core.errors import EngineError, ParameterError
from rdpd_core.files import OWNER, owner, work_root
from rdpd_core.jobs.engines.base import ENGINES, OVER, PENDING, RUNNING, Engine, Handle, Seen
from rdpd_core.jobs.engines.local import birth, gpu_count, how_ended, python_path
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.spec import Spec

HOURS = 24.0
CPUS = 2
COMMANDS = ("sbatch", "srun", "scontrol", "scancel")
QUICK_S, FRESH_S = 3.0, 1.0
INTO_LOG = 'exec "$@" >>"$0" 2>&1'
WAITS = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT")
RUNS = ("RUNNING", "COMPLETING", "SUSPENDED", "SIGNALING", "STAGE_OUT", "STOPPED", "RESIZING")
WORDS = {
    "TIMEOUT": "it reached the time limit of Slurm; RDPD_SLURM_HOURS sets how long it may run",
    "OUT_OF_MEMORY": "it ran out of the memory that Slurm gave it",
    "NODE_FAIL": "its machine failed",
    "PREEMPTED": "Slurm gave its place to another job",
    "CANCELLED": "it was canceled in Slurm",
    "DEADLINE": "it could not begin before its deadline",
}
_JOB = re.compile("[0-9a-f]{16}")
_SUBMITTED: dict[str, Any] = {}
"""Jobs of the stand-in on this machine: their process has to be waited for by its parent."""
_LOOKS: dict[str, tuple[float, Seen]] = {}


@ENGINES.register
class Slurm(Engine):
    """Workers as batch jobs of Slurm.

    Settings come from the environment: RDPD_SLURM_PARTITION, RDPD_SLURM_ACCOUNT, RDPD_SLURM_HOURS (time limit), RDPD_SLURM_CPUS
    (for a job that does not say how many threads it wants), and RDPD_SLURM_LOCAL (1 runs them on this machine, for trials).
    """

    name = "slurm"
    title = "a Slurm cluster"
    needs = (
        "submitit (pip install -r rdpd_core/jobs/requirements-slurm.txt), the commands of Slurm, and a folder of jobs that the "
        "cluster sees under the same path (set RDPD_WORK)"
    )
    module: ClassVar[str] = "rdpd_core.jobs.worker"

    def check(self, spec: Spec) -> None:
        """Raise unless jobs can be submitted, and ask for whole GPUs."""
        _submitit()
        missing = [command for command in COMMANDS if shutil.which(command) is None]
        if missing and not _here():
            raise EngineError(f"the commands of Slurm are not on this machine ({', '.join(missing)}); it needs {self.needs}")
        _hours()
        gpus = _gpus(spec)
        most = gpu_count() if _here() else _most_gpus()
        if gpus > most:
            raise ParameterError(f"{gpus} GPUs were asked for, the largest machine has {most}; ask for fewer")

    def launch(self, folder: JobFolder, spec: Spec, attempt: int) -> Handle | None:
        """Submit a job; Slurm decides when it begins.

        Raises:
            EngineError: Slurm refuses, or submitit is not installed.
        """
        submitit = _submitit()
        cpus = spec.threads or int(_setting("CPUS") or CPUS)
        here = [f"PYTHONPATH={python_path()}", f"{OWNER}={owner()}"]
        words = ["env", *here, sys.executable, "-m", self.module, str(folder.path.resolve())]
        words += ["--attempt", str(attempt), "--guest", "--threads", str(cpus)]
        try:
            executor = submitit.AutoExecutor(_own_folder(spec.id), cluster="local" if _here() else "slurm")
            executor.update_parameters(
                name=f"rdpd-{spec.id}-{attempt}",
                timeout_min=max(1, round(60 * _hours())),
                cpus_per_task=cpus,
                gpus_per_node=_gpus(spec),
                **({} if _here() else _slurm_only()),
            )
            # The job becomes the worker, so that whoever ends the job ends the worker.
            start = ["setsid"] if _here() else []
            command = [*start, "sh", "-c", INTO_LOG, str(folder.log.resolve()), *words]
            job = executor.submit(os.execvp, command[0], command)
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
            raise EngineError(f"Slurm does not take the job: {str(error)[:300]}") from error
        started = None
        if _here():
            _SUBMITTED[job.job_id] = job
            started = birth(int(job.job_id))
        return {"id": job.job_id, "job": spec.id, "here": _here(), "started": started}

    def state(self, handle: Handle | None) -> Seen:
        """Say what Slurm says; a job of a Slurm that does not answer is taken for running."""
        if handle is None:
            return Seen(OVER, "it was not started")
        if handle["here"]:
            return _state_here(handle)
        number = _number(handle)
        at, seen = _LOOKS.get(number, (float("-inf"), Seen(RUNNING)))
        if time.monotonic() - at > FRESH_S:
            seen = _ask(number)
            _LOOKS[number] = (time.monotonic(), seen)
        return seen

    def kill(self, handle: Handle | None) -> None:
        """Kill a job with all its processes."""
        if handle is None or self.state(handle).name == OVER:
            return
        if handle["here"]:
            _kill_here(handle)
            return
        number = _number(handle)
        _LOOKS.pop(number, None)
        _run("scancel", "--signal=KILL", f"{number}.0")  # the worker, at once; a canceled job is given half a minute first
        _run("scancel", number)

    def forget(self, folder: JobFolder, handle: Handle | None) -> None:
        """Delete what submitit kept of a job."""
        if handle is not None and _JOB.fullmatch(handle["job"]) and _own_folder(handle["job"]).is_dir():
            shutil.rmtree(_own_folder(handle["job"]))


def _own_folder(job: str) -> Path:
    """Give the folder in which submitit keeps its files, away from the job's."""
    return work_root() / "submitit" / job


def _submitit() -> Any:
    try:
        import submitit
    except ImportError as error:
        raise EngineError(f"submitit is not installed; this needs {Slurm.needs}") from error
    return submitit


def _setting(name: str) -> str:
    return os.environ.get(f"RDPD_SLURM_{name}", "").strip()


def _here() -> bool:
    return _setting("LOCAL").lower() in ("1", "true", "yes")


def _hours() -> float:
    try:
        hours = float(_setting("HOURS") or HOURS)
    except ValueError:
        hours = -1.0
    if not 0 < hours < 10_000:
        raise ParameterError(f"RDPD_SLURM_HOURS is {_setting('HOURS')[:20]!r}; give a number of hours above 0")
    return hours


def _gpus(spec: Spec) -> int:
    if ":" in spec.device:
        raise ParameterError(f"device {spec.device} was asked for; a cluster numbers its GPUs itself, choose device cuda")
    if spec.gpus != int(spec.gpus):
        raise ParameterError(f"{spec.gpus:g} GPUs were asked for; Slurm gives whole ones only")
    return int(spec.gpus) or (1 if spec.device == "cuda" else 0)


def _slurm_only() -> dict[str, Any]:
    # Slurm would start a job anew by itself after a failure of its machine; that is decided here.
    chosen: dict[str, Any] = {"slurm_additional_parameters": {"no-requeue": True}, "slurm_signal_delay_s": 5}
    for name in ("PARTITION", "ACCOUNT"):
        if _setting(name):
            chosen[f"slurm_{name.lower()}"] = _setting(name)
    return chosen


def _most_gpus() -> int:
    """Give how many GPUs the largest machine of the partition has."""
    where = ["--partition", _setting("PARTITION")] if _setting("PARTITION") else []
    found = _run("sinfo", "--noheader", "--Node", "--format=%G", *where)
    if found.returncode:
        raise EngineError(f"Slurm cannot be reached: {found.stderr.strip()[:300]}; try again later")
    most = 0
    for line in found.stdout.split():
        counts = [part.split("(")[0].rpartition(":")[2] for part in line.split(",") if part.startswith("gpu")]
        most = max(most, sum(int(count) for count in counts if count.isdecimal()))
    return most


def _number(handle: Handle) -> str:
    if not str(handle["id"]).isdecimal():
        raise EngineError("the record of its start names no job of Slurm; resume it")
    return str(handle["id"])


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=QUICK_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(words, 1, "", f"{words[0]} gave no answer: {error}")


def _ask(number: str) -> Seen:
    """Ask Slurm for a job, first those it has at hand, then its accounts."""
    found = _run("scontrol", "show", "job", "--oneliner", number)
    if not found.returncode and "JobState=" in found.stdout:
        fields = dict(word.partition("=")[::2] for word in found.stdout.split() if "=" in word)
        return _seen(fields.get("JobState", ""), fields.get("ExitCode", ""), fields.get("Reason", ""))
    if "Invalid job id" not in found.stderr:
        return Seen(RUNNING, f"Slurm cannot be reached: {found.stderr.strip()[:300]}")
    kept = _run("sacct", "--noheader", "--allocations", "--parsable2", "--format=State,ExitCode", "--jobs", number)
    state, _, code = kept.stdout.strip().partition("|")
    return _seen(state, code, "") if state else Seen(OVER, "Slurm does not know it any more")


def _seen(state: str, code: str, reason: str) -> Seen:
    state = state.split(maxsplit=1)[0] if state else ""  # "CANCELLED by 1000"
    if state in WAITS:
        return Seen(PENDING, f"waits in the queue of Slurm ({reason or state})")
    if state in RUNS:
        return Seen(RUNNING)
    if state in WORDS:
        return Seen(OVER, WORDS[state])
    number, _, by = code.partition(":")
    if not number.isdecimal():
        return Seen(OVER, f"Slurm says {state or 'nothing'} of it")
    ended = -int(by) if by.isdecimal() and int(by) else 128 - int(number) if 128 < int(number) < 160 else int(number)
    # Shortly before the time limit Slurm sends this signal, which submitit asks it to do.
    return Seen(OVER, WORDS["TIMEOUT"] if ended == -signal.SIGUSR2 else how_ended(ended))


def _state_here(handle: Handle) -> Seen:
    job = _SUBMITTED.get(handle["id"])
    if job is not None and job.done():  # waits for its process, or it would stay as a zombie
        del _SUBMITTED[handle["id"]]
    alive = handle["started"] is not None and birth(int(handle["id"])) == handle["started"]
    return Seen(RUNNING) if alive else Seen(OVER, "its process is gone")


def _kill_here(handle: Handle) -> None:
    """Kill the process of submitit, and the worker that it started."""
    controller = int(handle["id"])
    with suppress(ProcessLookupError):  # it ended meanwhile
        os.kill(controller, signal.SIGSTOP)  # so that it starts nothing between the two looks
        for pid, parent, group in _processes():
            if parent == controller:
                (os.killpg if group == pid else os.kill)(pid, signal.SIGKILL)
        os.kill(controller, signal.SIGKILL)


def _processes() -> Iterator[tuple[int, int, int]]:
    """Give the number, the parent and the group of every process."""
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            with suppress(FileNotFoundError, ProcessLookupError):
                _, parent, group, *_ = (place / "stat").read_text().rpartition(")")[2].split()
                yield int(place.name), int(parent), int(group)
