"""Many processes that write the list of jobs at once: is a row lost?"""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

from rdpd_core.jobs.chaos.trial import Trial, spread
from rdpd_core.jobs.table import Entry, Table


def write_at_once(place: Path, writers: int = 8, rows: int = 100) -> Trial:
    """Let processes add rows to one table at the same time.

    Args:
        place: An empty folder.
        writers: Processes.
        rows: Of each.
    """
    path = place / "jobs.sqlite"
    Table(path)
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(writers) as pool:
        waits = pool.starmap(_write, [(path, at, rows) for at in range(writers)])
    lost = writers * rows - len(Table(path).entries())
    return Trial(
        f"{writers} processes write {rows} rows each at once", writers * rows,
        f"{lost} lost; wait {spread([w for part in waits for w in part])}", lost,
    )  # fmt: skip


def _write(path: Path, writer: int, rows: int) -> list[float]:
    table, waits = Table(path), []
    for at in range(rows):
        name = f"{writer:08x}{at:08x}"
        began = time.monotonic()
        table.add(Entry(name, name, name, "experiment", "", "", "local", None, time.time()))
        waits.append(time.monotonic() - began)
    return waits
