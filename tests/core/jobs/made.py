"""Small jobs on the toy data set, run by real workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from rdpd_core.experiments import Experiment
from rdpd_core.jobs import Desk, Job, Spec
from rdpd_core.jobs.engines.local import Local
from rdpd_core.runtime import versions
from rdpd_core.store import Store
from tests import toy_worker, warm

LIMIT_S = 100.0


class ToyLocal(Local):
    """This machine, with workers that know the toy data set and need not load PyTorch."""

    module = toy_worker.__name__

    def _start(self, words: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> Any:
        return warm.start(words, env, log) if hasattr(os, "fork") else super()._start(words, env, log)


class Light(Local):
    """This machine, with workers that only count, for tests to which it does not matter what a worker does."""

    module = "tests.light_worker"


class Dying(Local):
    """This machine, with workers that end at once."""

    module = "tests.no_such_worker"


def desk(root: Path, engine: Local | None = None) -> Desk:
    """Give a desk whose workers know the toy data set."""
    return Desk(root / "jobs", {"local": engine or ToyLocal(root / "slots")})


def toy_spec(kind: str = "experiment", checkpoint_s: float = 0.0, title: str = "toy", **changes: Any) -> Spec:
    """Give a job of a second or two: a direct student and RDPD with their teacher."""
    asked = {"dataset": "toy", "arms": ("teacher", "direct", "rdpd"), "seeds": 2, "recipe": "paper", "epochs": 3, "patience": 3}
    experiment = Experiment(**{**asked, **changes})
    return Spec(
        kind=kind, title=title, dataset="toy", experiments=(experiment.to_dict(),), threads=1, checkpoint_s=checkpoint_s,
        versions=versions(),
    )  # fmt: skip


def until(wanted: Callable[[], bool], desk: Desk, looking_after: bool = True) -> None:
    """Wait for something to become true, going round meanwhile."""
    last = time.monotonic() + LIMIT_S
    while not wanted():
        if looking_after:
            desk.tick()
        assert time.monotonic() < last, "it did not happen in time"
        time.sleep(0.05)


def until_ended(desk: Desk, job: str) -> Job:
    """Wait for a job to end."""
    until(lambda: desk.job(job).state.ended, desk)
    until(lambda: desk.table.entries("id = ?", (job,))[0].state is not None, desk)
    return desk.job(job)


def until_trained(desk: Desk, job: str, epochs: int = 1) -> None:
    """Wait until a job has told of some epochs."""
    events = desk.job(job).folder.events
    until(lambda: events.exists() and events.read_bytes().count(b'"kind":"epoch"') >= epochs, desk)


def until_counted(desk: Desk, job: str) -> None:
    """Wait until a worker that only counts does so."""
    events = desk.job(job).folder.events
    until(lambda: events.exists() and b'"kind":"step"' in events.read_bytes(), desk)


def pid_of(found: Job) -> int:
    """Give the process of a job's worker."""
    return found.folder.record("launch")["handle"]["pid"]


def kill_worker(found: Job) -> None:
    """Kill a worker as the system would."""
    os.kill(pid_of(found), signal.SIGKILL)


def models_of(folder: Path) -> dict[str, str]:
    """Give the digest of the weights of every model in a job's own store, by arm and seed."""
    return {f"{card.arm} {card.seed}": card.weights_sha256 for card in Store([folder / "models"]).list().cards}
