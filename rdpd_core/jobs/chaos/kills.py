"""Workers killed at random moments: is anything corrupt, lost, told twice, or other than in an undisturbed run?"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

from rdpd_core.errors import JobFileError
from rdpd_core.files import cache_root, remove_folder
from rdpd_core.jobs import checkpoints, events, states
from rdpd_core.jobs.chaos.trial import Trial, again, finish, until
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.sealed import read_sealed
from rdpd_core.jobs.spec import Spec
from rdpd_core.runtime import numpy_generator

KILLS_EACH = 10
LONGEST_S = 8.0
"""A worker of the small jobs reads for some seconds, then saves at every step: most moments in this span are in a save."""


def kill_workers(desk: Desk, specs: Sequence[Spec], kills: int, seed: int = 0, longest_s: float = LONGEST_S) -> list[Trial]:
    """Kill workers at random moments of their lives, up to ten times each job, and let the jobs finish.

    Args:
        desk: With an empty folder.
        specs: Jobs that give the same weights every time.
        kills: How many in all.
        seed: Keys the moments.
        longest_s: From the start of computing to the latest moment.
    """
    wanted = [_undisturbed(desk, spec) for spec in specs]
    draw = numpy_generator("chaos", "kills", seed)
    done = corrupt = lost = differing = finished = seen_late = 0
    seen: list[float] = []
    while done < kills:
        for spec, (weights, told) in zip(specs, wanted, strict=True):
            _forget_trainings()
            job, _ = desk.submit(again(spec))
            for _ in range(min(KILLS_EACH, kills - done)):
                found = _kill(desk, job.id, float(draw.uniform(0, longest_s)), seen)
                if found is None:
                    break
                done, corrupt = done + 1, corrupt + found
            ended = _finish_whatever(desk, job.id)
            finished += 1
            lost += told != epochs_of(ended.folder)
            differing += weights != weights_of(ended.folder) or ended.state.name != states.DONE
            desk.delete(job.id)
    seen_late = sum(s > 2 for s in seen)
    return [
        Trial("kill -9 of a worker: corrupt checkpoints", done, f"{corrupt} corrupt", corrupt),
        Trial(
            "... jobs whose events are not those of an undisturbed run", finished, f"{lost} with lost or doubled epochs", lost
        ),
        Trial("... jobs whose weights are not bit-identical to an undisturbed run", finished, f"{differing} differ", differing),
        Trial("... noticed within 2 s", len(seen), _late(seen, seen_late), seen_late),
    ]


def corrupt_checkpoints(folder: JobFolder) -> int:
    """Give how many states in a job's folder are not whole."""
    bad = 0
    for place in folder.checkpoints.iterdir() if folder.checkpoints.is_dir() else []:
        for serial in checkpoints.serials(place):
            try:
                stage = read_sealed(place / f"{serial:06d}" / checkpoints.MANIFEST)["stage"]
                checkpoints.read(place / f"{serial:06d}", stage)
            except JobFileError:
                bad += 1
    return bad


def epochs_of(folder: JobFolder) -> list[dict]:
    """Give what a job told of its epochs, without numbers and times."""
    found = events.read_all(folder.events)
    rows = [{k: v for k, v in e.items() if k not in ("n", "t")} for e in found.events if e["kind"] == "epoch"]
    return [*rows, *({"damaged": line} for line in found.damaged)]


def weights_of(folder: JobFolder) -> dict[str, str]:
    """Give the digests of the weights a job made, by arm and seed."""
    from rdpd_core.store import Store

    return {f"{card.arm} {card.seed}": card.weights_sha256 for card in Store([folder.models]).list().cards}


def _forget_trainings() -> None:
    """Let every job train its own teacher: one that finds it in the cache has no epochs to lose."""
    if (place := cache_root() / "taught").exists():
        remove_folder(place)


def _undisturbed(desk: Desk, spec: Spec) -> tuple[dict[str, str], list[dict]]:
    _forget_trainings()
    job, _ = desk.submit(again(spec))
    ended = finish(desk, job.id)
    if ended.state.name != states.DONE:
        raise JobFileError(f"the undisturbed run {ended.state.name}: {ended.folder.record('result')['reason']}")
    found = weights_of(ended.folder), epochs_of(ended.folder)
    desk.delete(job.id)
    return found


def _kill(desk: Desk, job: str, after_s: float, seen: list[float]) -> int | None:
    """Kill the worker of a job some time after it began; give how many states are not whole, None if it had ended."""
    until(lambda: desk.job(job).state.ended or desk.job(job).state.name == states.RUNNING, desk.tick)
    time.sleep(after_s)
    folder = desk.job(job).folder
    launch = folder.record("launch")
    if folder.record("result") is not None or not folder.is_held():
        return None
    os.killpg(launch["handle"]["pid"], signal.SIGKILL)
    killed = time.time()
    until(lambda: not folder.is_held())
    corrupt = corrupt_checkpoints(folder)  # before the next worker begins to clear away older ones
    looked = time.time() - killed
    until(lambda: folder.record("launch")["attempt"] > launch["attempt"] or folder.record("result") is not None, desk.tick)
    if folder.record("result") is None:
        seen.append(max(0.0, folder.record("launch")["at"] - killed - looked))
    return corrupt


def _finish_whatever(desk: Desk, job: str) -> Job:
    """Wait for the end; a job that was given up because it was killed too often without coming further is resumed."""
    while True:
        ended = finish(desk, job)
        reason = ended.folder.record("result")["reason"]
        if ended.state.name != states.FAILED or "without coming any further" not in reason:
            return ended
        desk.resume(job)


def _late(seen: Sequence[float], late: int) -> str:
    from rdpd_core.jobs.chaos.trial import spread

    return f"{late} late; {spread(seen)} until the next start"
