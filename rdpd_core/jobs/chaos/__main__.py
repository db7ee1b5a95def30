"""`python -m rdpd_core.jobs.chaos`: breaks jobs on purpose and prints what was lost; takes some twenty minutes."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rdpd_core.errors import RdpdError
from rdpd_core.jobs.chaos import flips, kills, quickness, servers, walk, writers
from rdpd_core.jobs.chaos.trial import Trial, finish, small_spec
from rdpd_core.jobs.desk import Desk

PARTS = ("kills", "servers", "flips", "disk", "writers", "quickness")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the trials; the exit code is 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.jobs.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of workers, in the trial of workers")
    parser.add_argument("--server-kills", type=int, default=100, help="of servers")
    parser.add_argument("--worker-kills", type=int, default=60, help="of workers, while servers are killed")
    parser.add_argument("--flips", type=int, default=flips.FLIPS, help="bytes changed in each kind of file")
    parser.add_argument("--stops", type=int, default=20, help="jobs that are stopped")
    parser.add_argument(
        "--disk", type=Path, help="folder on a small disk that may be filled; without it that trial is left out"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some of the trials")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(argv)
    found: list[Trial] = []
    try:
        with tempfile.TemporaryDirectory(prefix="rdpd-chaos-") as place, _work_at(Path(place)):
            for name in PARTS:
                if name in given.only:
                    print(f"{name} ...", file=sys.stderr, flush=True)
                    found += list(_part(name, Path(place) / name, given))
    except RdpdError as error:
        print(f"python -m rdpd_core.jobs.chaos: {error}", file=sys.stderr)
        return 2
    print(json.dumps([asdict(t) for t in found], indent=1) if given.json else table(found))
    return int(any(t.bad for t in found))


def _part(name: str, place: Path, given: argparse.Namespace) -> Iterable[Trial]:
    place.mkdir()
    parts: dict[str, Callable[[], Iterable[Trial]]] = {
        "kills": lambda: kills.kill_workers(
            Desk(place / "jobs"),
            [small_spec(epochs=40, seed=s, arms=("teacher", "direct", "rdpd")) for s in range(2)],
            given.kills,
        ),
        "servers": lambda: servers.kill_servers(
            place / "jobs", [small_spec(epochs=3, seed=s) for s in range(20)], given.server_kills, given.worker_kills
        ),
        "flips": lambda: _flips(place, given.flips),
        "disk": lambda: [*walk.walk(place), *([walk.small_disk(given.disk)] if given.disk else [])],
        "writers": lambda: [writers.write_at_once(place)],
        "quickness": lambda: _quickness(place, given.stops),
    }
    return parts[name]()


def _flips(place: Path, count: int) -> list[Trial]:
    desk = Desk(place / "jobs")
    job, _ = desk.submit(small_spec(epochs=2))
    return flips.flip(finish(desk, job.id).folder, count)


def _quickness(place: Path, stops: int) -> list[Trial]:
    desk = Desk(place / "jobs")
    long = [small_spec(epochs=5000, seed=s, arms=("teacher", "direct", "rdpd")) for s in range(stops)]
    (place / "poll").mkdir()
    return [
        quickness.states_seen(desk, small_spec(epochs=3)),
        *quickness.stop_jobs(desk, long),
        quickness.poll(place / "poll"),
        quickness.idle(desk, small_spec(epochs=2)),
    ]


@contextmanager
def _work_at(place: Path):
    """Keep models and slots of these trials away from those of the user."""
    before = os.environ.get("RDPD_WORK")
    os.environ["RDPD_WORK"] = str(place / "work")
    try:
        yield
    finally:
        if before is None:
            del os.environ["RDPD_WORK"]
        else:
            os.environ["RDPD_WORK"] = before


def table(found: Sequence[Trial]) -> str:
    """Give the trials as a Markdown table, with date and machine."""
    head = ["| trial | n | found | |", "|---|---|---|---|"]
    rows = [f"| {t.what} | {t.n} | {t.found} | {'as it should be' if not t.bad else 'WRONG'} |" for t in found]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return "\n".join([*head, *rows, "", f"{datetime.now(UTC):%Y-%m-%d}, {machine}"])


if __name__ == "__main__":
    sys.exit(main())
