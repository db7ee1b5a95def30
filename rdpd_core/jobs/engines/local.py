"""This machine: one job for each GPU, or one on the CPU; the others wait. Nothing needs to be installed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, ClassVar

from rdpd_core.errors import EngineError, ParameterError
from rdpd_core.files import environment, owner, shared_work_root
from rdpd_core.jobs import locks
from rdpd_core.jobs.engines.base import ENGINES, OVER, RUNNING, Engine, Handle, Seen
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.spec import Spec

PROJECT = Path(__file__).resolve().parents[3]
START_S, LAUNCH, TURNS = 20.0, ".launch", "turns"
WANTS, SERVED = ".wants", ".served"
WANTS_S = 15.0
"""Who waits asks at least once a second; who has not asked for so long does not wait any more."""
_CHILDREN: dict[int, subprocess.Popen] = {}
"""Workers that this process started: their parent has to ask for their exit code, or they stay as zombies."""


@ENGINES.register
class Local(Engine):
    """Workers in sessions of their own, so that they outlive whoever started them."""

    name = "local"
    title = "this machine"
    module: ClassVar[str] = "rdpd_core.jobs.worker"

    def __init__(self, slots: Path | None = None, cpu_slots: int | None = None) -> None:
        """Choose where the locks of the slots lie.

        Args:
            slots: Folder of the locks; None takes the one that all desks of this user share.
            cpu_slots: Jobs at once on the CPU; None asks RDPD_CPU_SLOTS, then takes one.

        Raises:
            ParameterError: RDPD_CPU_SLOTS is no such number.
        """
        self.slots = slots or shared_work_root() / "slots"
        self.cpu_slots = cpu_slots or _cpu_slots()

    def check(self, spec: Spec) -> None:
        """Raise ParameterError if more GPUs are asked for than there are."""
        there = gpu_count() if spec.device.startswith("cuda") or spec.gpus else 0
        asked = max(spec.gpus, 1 if spec.device.startswith("cuda") else 0)
        if asked > there:
            raise ParameterError(f"{asked:g} GPUs were asked for, this machine has {there}; choose device cpu or auto")
        _, _, at = spec.device.partition(":")
        if at and int(at) >= there:
            raise ParameterError(f"device {spec.device} was asked for, this machine has {there} GPUs, counted from 0")

    def launch(self, folder: JobFolder, spec: Spec, attempt: int) -> Handle | None:
        """Start a worker in a session of its own if a slot is free; waits until it holds its locks."""
        if spec.kind != "study":
            self._wait_in_line(spec)
        with locks.hold(self.slots / LAUNCH, 0) as mine:  # slots are shared by several desks, where several people log in
            return self._launch(folder, spec, attempt) if mine else None

    def _wait_in_line(self, spec: Spec) -> None:
        """Say that this owner waits for any of some slots; everybody who looks for one of them sees it."""
        for slot in self._slots(spec):
            self._mark(slot, WANTS).touch()

    def _mark(self, slot: str, what: str) -> Path:
        """Give the file whose time says when this owner last wanted a slot, or was given it."""
        (self.slots / TURNS).mkdir(parents=True, exist_ok=True)
        return self.slots / TURNS / f"{owner()}-{slot}{what}"

    def _launch(self, folder: JobFolder, spec: Spec, attempt: int) -> Handle | None:
        slot = "" if spec.kind == "study" else self._free_slot(spec)  # merging is short
        if slot is None or (slot and self._others_first(slot)):
            return None
        wanted = [folder.lock, *([self.slots / slot] if slot else [])]
        words = [sys.executable, "-m", self.module, str(folder.path), "--attempt", str(attempt)]
        words += ["--slot", str(self.slots / slot)] if slot else []
        words += ["--threads", str(self.threads(spec.device))]
        with folder.log.open("ab") as log:
            try:
                process = self._start(words, self._environment(spec, slot), log)
            except OSError as error:
                raise EngineError(f"no worker could be started: {error.strerror}") from error
        _CHILDREN[process.pid] = process
        threading.Thread(target=process.wait, name=f"worker {process.pid}", daemon=True).start()
        self._until_held(process, wanted)
        if slot:
            self._mark(slot, SERVED).touch()
            for other in self._slots(spec):
                self._mark(other, WANTS).unlink(missing_ok=True)
        return {"pid": process.pid, "started": birth(process.pid), "slot": slot}

    def _start(self, words: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, **_apart())

    def state(self, handle: Handle | None) -> Seen:
        """Say whether the process lives, and how it ended if this process is its parent."""
        if handle is None:
            return Seen(OVER, "it was not started")
        if (child := _CHILDREN.get(handle["pid"])) is not None:
            code = child.poll()
            return Seen(RUNNING) if code is None else Seen(OVER, how_ended(code))
        alive = handle["started"] is not None and birth(handle["pid"]) == handle["started"]
        return Seen(RUNNING) if alive else Seen(OVER, "its process is gone")

    def kill(self, handle: Handle | None) -> None:
        """Kill the process group of the worker."""
        if handle is None or self.state(handle).name == OVER:
            return
        if os.name == "posix":
            try:
                os.killpg(handle["pid"], signal.SIGKILL)
            except ProcessLookupError:  # it ended by itself meanwhile
                return
        else:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(handle["pid"])], capture_output=True, check=False)
        if (child := _CHILDREN.get(handle["pid"])) is not None:
            child.wait()

    def threads(self, device: str) -> int:
        """Give the CPU threads of a job that leaves them open: one core stays free, the others are shared by all slots."""
        slots = max(1, gpu_count()) if self._on_gpu(device) else self.cpu_slots
        return max(1, (cores() - 1) // slots)

    def _free_slot(self, spec: Spec) -> str | None:
        return next((name for name in self._slots(spec) if not locks.held(self.slots / name)), None)

    def _others_first(self, slot: str) -> bool:
        """Say whether somebody else waits for this slot and was given one of its kind less lately."""
        kind, turns, me = slot.partition("-")[0], self.slots / TURNS, owner()

        def served(who: str) -> float:
            return max((last_touched(path) for path in turns.glob(f"{who}-{kind}-*{SERVED}")), default=0.0)

        waiting = [p for p in turns.glob(f"*-{slot}{WANTS}") if time.time() - last_touched(p) < WANTS_S]
        others = {path.name.partition("-")[0] for path in waiting} - {me}
        return any(served(who) < served(me) for who in others)

    def _slots(self, spec: Spec) -> Iterator[str]:
        if not self._on_gpu(spec.device):
            yield from (f"cpu-{at}" for at in range(self.cpu_slots))
            return
        _, _, at = spec.device.partition(":")
        yield from [f"cuda-{at}"] if at else (f"cuda-{n}" for n in range(gpu_count()))

    def _on_gpu(self, device: str) -> bool:
        return device.startswith("cuda") or (device == "auto" and gpu_count() > 0)

    def _environment(self, spec: Spec, slot: str) -> Mapping[str, str]:
        kind, _, at = slot.partition("-")
        here = environment(PYTHONPATH=python_path())
        if kind == "cuda" and ":" not in spec.device:
            seen = [name.strip() for name in here.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
            here["CUDA_VISIBLE_DEVICES"] = seen[int(at)] if seen else at  # slots are counted among those that are seen here
        return here

    def _until_held(self, process: subprocess.Popen, wanted: Sequence[Path]) -> None:
        # Between a start and the worker's hold of its slot, the slot looks free; nobody else may be sent there meanwhile.
        last = time.monotonic() + START_S
        while process.poll() is None and not all(locks.held(path) for path in wanted) and time.monotonic() < last:
            time.sleep(0.005)


def last_touched(path: Path) -> float:
    """Give when a file was last touched, in s since 1970; 0 if it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def python_path() -> str:
    """Give where a worker finds this project, before what was there already."""
    return os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])


def _cpu_slots() -> int:
    given = os.environ.get("RDPD_CPU_SLOTS", "").strip() or "1"
    if not given.isdecimal() or int(given) < 1:
        raise ParameterError(f"RDPD_CPU_SLOTS is {given[:20]!r}; give a whole number from 1")
    return int(given)


def cores() -> int:
    """Give the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2


def gpu_count() -> int:
    """Give the number of CUDA devices."""
    if "torch" not in sys.modules and sys.platform.startswith("linux") and not Path("/dev/nvidiactl").exists():
        return 0  # without the driver there is none, and PyTorch takes seconds to say so
    import torch

    return torch.cuda.device_count()


def how_ended(code: int) -> str:
    """Say in words what an exit code means."""
    if code < 0:
        name = signal.Signals(-code).name if -code in list(signal.Signals) else str(-code)
        more = ", from outside or for want of memory" if -code == getattr(signal, "SIGKILL", 9) else ""
        return f"its process was killed by signal {name}{more}"
    return f"its process ended with code {code}; the log may say why"


def _apart() -> dict:
    if os.name == "posix":
        return {"start_new_session": True}
    return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}


def birth(pid: int) -> str | None:
    """Give what tells a process from a later one of the same number; None if it does not live."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in ("Z", "X") else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:  # alive, but somebody else's: the number was given anew
        return None
    return "alive"
