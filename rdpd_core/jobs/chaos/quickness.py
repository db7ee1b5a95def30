"""How fast jobs answer: stopping, noticing, polling, and how many processes idle."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from rdpd_core.jobs import states
from rdpd_core.jobs.chaos.trial import Trial, finish, spread, until
from rdpd_core.jobs.desk import Desk
from rdpd_core.jobs.events import EventWriter
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.progress import Progress
from rdpd_core.jobs.spec import Spec

STOP_S, FORCE_S, POLL_S = 2.0, 1.0, 0.005


def stop_jobs(desk: Desk, specs: list[Spec]) -> list[Trial]:
    """Stop long jobs while they train: half kindly, half by force.

    Args:
        desk: Where to hand them in.
        specs: Long jobs, all different.
    """
    kind, forced, unkept, alive = [], [], 0, 0
    for at, spec in enumerate(specs):
        job, _ = desk.submit(spec)
        events = desk.job(job.id).folder.events
        until(lambda: events.exists() and b'"kind":"epoch"' in events.read_bytes(), desk.tick)  # noqa: B023
        folder = desk.job(job.id).folder
        began = time.monotonic()
        (desk.stop if at % 2 == 0 else desk.force)(job.id)
        until(lambda: not folder.is_held(), poll_s=0.001)  # noqa: B023
        (kind if at % 2 == 0 else forced).append(time.monotonic() - began)
        ended = finish(desk, job.id)
        unkept += at % 2 == 0 and not ended.folder.record("result")["models"]
        alive += _processes(folder)
        desk.delete(job.id)
    late, slow = sum(s > STOP_S for s in kind), sum(s > FORCE_S for s in forced)
    return [
        Trial("Stop until the worker is gone", len(kind), f"{spread(kind)}; {unkept} without models", late + unkept),
        Trial("Stop pressed twice until the worker is gone", len(forced), spread(forced), slow),
        Trial("processes left after a stop", len(specs), f"{alive}", alive),
    ]


def poll(place: Path, count: int = 200_000, looks: int = 50) -> Trial:
    """Look at a job of very many events, of which a few are new each time.

    Args:
        place: An empty folder.
        count: Events that were there before.
        looks: How often.
    """
    path = place / "events.jsonl"
    writer = EventWriter(path)
    for at in range(count):
        writer.write({"kind": "step", "stage": "0/students", "epoch": at // 100 + 1, "step": at % 100 + 1, "steps": 100})
    progress, seen = Progress(path), []
    while progress.update():
        pass
    for at in range(looks):
        for _ in range(5):
            writer.write({"kind": "step", "stage": "0/students", "epoch": count, "step": at, "steps": 100})
        began = time.perf_counter()
        progress.update()
        seen.append((time.perf_counter() - began) * 1000)
    writer.close()
    late = sorted(seen)[int(0.95 * len(seen))] > POLL_S * 1000
    return Trial(f"a look at a job of {count:,} events, 5 of them new", looks, spread(seen, "ms"), int(late))


def idle(desk: Desk, spec: Spec) -> Trial:
    """Count the processes of ours when the last job has ended."""
    job, _ = desk.submit(spec)
    finish(desk, job.id)
    left = _processes(desk.job(job.id).folder)
    desk.delete(job.id)
    return Trial("idle processes when all jobs have ended", 1, f"{left}", left)


def _processes(folder: JobFolder) -> int:
    """Count living processes that name the folder, once the system has cleared away the dead."""
    last = time.monotonic() + 5
    while True:
        found = subprocess.run(["pgrep", "-f", str(folder.path)], capture_output=True, text=True, check=False).stdout.split()
        living = [pid for pid in found if _lives(pid)]
        if not living or time.monotonic() > last:
            return len(living)
        time.sleep(0.02)


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def states_seen(desk: Desk, spec: Spec) -> Trial:
    """Watch one job from the desk to its end; it must pass through its states in order."""
    job, _ = desk.submit(spec)
    seen = [states.QUEUED]

    def look() -> bool:
        desk.tick()
        state = desk.job(job.id).state
        if state.name != seen[-1]:
            seen.append(state.name)
        return state.ended

    until(look, poll_s=0.002)
    desk.delete(job.id)
    right = [s for s in (states.QUEUED, states.STARTING, states.RUNNING, states.DONE) if s in seen] == seen and len(seen) >= 3
    return Trial("states of an undisturbed job", 1, " -> ".join(seen), int(not right))
