"""Servers killed while jobs are handed in, and workers too: is any job lost, run twice, or in a state that is not true?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rdpd_core.jobs import events, rounds, states
from rdpd_core.jobs.chaos.trial import Trial, until
from rdpd_core.jobs.desk import Desk
from rdpd_core.jobs.engines.local import PROJECT
from rdpd_core.jobs.spec import Spec
from rdpd_core.runtime import numpy_generator

LONGEST_S = 2.0
_LEGAL = {
    states.QUEUED: {states.STARTING, states.RUNNING, states.LOST, states.DONE},
    states.STARTING: {states.RUNNING, states.DONE, states.LOST},
    states.RUNNING: {states.DONE, states.LOST, states.STARTING},
    states.LOST: {states.STARTING, states.RUNNING, states.DONE},
    states.DONE: set(),
}


def kill_servers(
    root: Path, specs: Sequence[Spec], server_kills: int, worker_kills: int, module: str = "rdpd_core.jobs.chaos.server",
    seed: int = 0,
) -> list[Trial]:  # fmt: skip
    """Hand in jobs through servers that are killed all the time, kill workers as well, and count what came of it.

    Args:
        root: Empty folder of the jobs.
        specs: Small jobs, all different. Each is handed in until a server has confirmed it.
        server_kills: At random moments, half of them while a job is being handed in.
        worker_kills: At random moments.
        module: What a server runs; reads a spec per line, confirms each with its id.
        seed: Keys the moments.
    """
    draw, keys = numpy_generator("chaos", "servers", seed), [spec.key for spec in specs]
    desk, left, looks = Desk(root), list(specs), _Looks()
    killed = [0, 0]
    while killed[0] < server_kills:
        with _served(module, root) as server:
            if left and draw.uniform() < 0.5:
                _hand_in(server, left[0])
            time.sleep(float(draw.uniform(0, LONGEST_S)))
            killed[1] += killed[1] < worker_kills and draw.uniform() < 0.5 and _kill_a_worker(desk)
        killed[0] += 1
        looks.take(desk)
        left = [spec for spec in left if not desk.table.entries("key = ?", (spec.key,))]
    with _served(module, root) as server:
        for spec in left:
            _hand_in(server, spec)
        until(lambda: all(desk.table.entries("key = ?", (key,)) for key in keys))
        while not looks.take(desk):
            time.sleep(float(draw.uniform(0, LONGEST_S)))
            killed[1] += killed[1] < worker_kills and _kill_a_worker(desk)
    return _count(desk, keys, *killed, looks)


class _Looks:
    """Looks at all jobs now and then, and counts the changes of state that cannot be."""

    def __init__(self) -> None:
        self.last: dict[str, str] = {}
        self.wrong: list[str] = []
        self.count = 0

    def take(self, desk: Desk) -> bool:
        """Look once; say whether all has ended."""
        for job in desk.jobs():
            self.count += 1
            before, now = self.last.get(job.id, states.QUEUED), job.state.name
            if now == states.FAILED and "without coming any further" in (job.folder.record("result") or {}).get("reason", ""):
                rounds.reopen(job.folder)  # killed too often before it came any further; the server starts it again
                desk.table.set_state(job.id, None, None)
                now = states.QUEUED
            elif now != before and now not in _LEGAL[before]:
                self.wrong.append(f"{before} -> {now}")
            self.last[job.id] = now
        return all(name in states.ENDED for name in self.last.values())


def _count(desk: Desk, keys: Sequence[str], servers: int, workers: int, looks: _Looks) -> list[Trial]:
    entries = desk.table.entries("parent IS NULL")
    by_key = {key: [e for e in entries if e.key == key] for key in keys}
    lost = sum(not found for found in by_key.values())
    doubled = sum(len(found) > 1 for found in by_key.values()) + sum(_ran_twice(desk, entry.path) for entry in entries)
    undone = sum(job.state.name != states.DONE for job in desk.jobs())
    n = f"{servers} kills of servers, {workers} of workers, {len(keys)} jobs"
    return [
        Trial(f"{n}: lost", servers + workers, f"{lost} lost, {undone} not done", lost + undone),
        Trial("... run twice", len(keys), f"{doubled} run twice", doubled),
        Trial("... wrong states", looks.count, f"{len(looks.wrong)} wrong {sorted(set(looks.wrong)) or ''}", len(looks.wrong)),
    ]


def _ran_twice(desk: Desk, path: str) -> bool:
    """Say whether two workers wrote at once, or one began after the job had been done."""
    found = events.read_all(desk.root / path / "events.jsonl")
    numbers = [event["n"] for event in found.events]
    ends = [event for event in found.events if event["kind"] == "ended" and event["status"] == states.DONE]
    return bool(found.damaged) or numbers != list(range(len(numbers))) or len(ends) != 1


@contextmanager
def _served(module: str, root: Path) -> Iterator[subprocess.Popen]:
    """Give a server, which is killed at the end."""
    here = {**os.environ, "PYTHONPATH": str(PROJECT)}
    words = [sys.executable, "-m", module, str(root)]
    server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=here, start_new_session=True)
    try:
        yield server
    finally:
        server.kill()
        server.communicate()


def _hand_in(server: subprocess.Popen, spec: Spec) -> None:
    server.stdin.write(json.dumps(spec.to_dict()) + "\n")
    server.stdin.flush()


def _kill_a_worker(desk: Desk) -> bool:
    """Kill the first worker that lives; say whether there was one."""
    for entry in desk.alive():
        folder = desk.folder_of(entry)
        launch = folder.record("launch")
        if launch is None or not folder.is_held():
            continue
        try:
            os.killpg(launch["handle"]["pid"], signal.SIGKILL)
        except ProcessLookupError:  # its successor holds the folder already, and is not written down yet
            continue
        return True
    return False
