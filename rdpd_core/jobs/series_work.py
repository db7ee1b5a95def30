"""What a worker does for a series: experiments one after another, whose records are there as soon as each has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rdpd_core.errors import StoppedError
from rdpd_core.experiments.evidence import Cell, Room, Shelf, key_of, run_series
from rdpd_core.experiments.evidence.shelf import read_sealed
from rdpd_core.jobs import states
from rdpd_core.jobs.checkpoints import Checkpoints
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.report import Reporter
from rdpd_core.jobs.spec import Spec
from rdpd_core.jobs.work import ended
from rdpd_core.store import Store

CELLS = "cells"


def do_series(folder: JobFolder, spec: Spec, tell: Reporter, should_stop: Callable[[], bool]) -> dict[str, Any]:
    """Run what has no record yet; each record goes to the job's folder, and to the user's shelf, where studies find it.

    Raises:
        StoppedError: It was stopped before the first experiment had ended.
        RdpdError: As `experiments.run`.
    """
    own, shelf = shelf_of(folder), Shelf()
    keeper = Checkpoints(folder.checkpoints, spec.checkpoint_s, tell)
    store = Store([folder.inputs, *Store.default().roots])

    def put(cell: Cell) -> None:
        tell.file(own.put(cell))
        shelf.put(cell)

    def find(key: str, digest: str) -> Cell | None:
        mine, kept = own.match(key, digest), shelf.match(key, digest)
        if mine is not None and kept is None:  # a kill came between the two
            shelf.put(mine)
        return mine or kept

    experiments = spec.asked()
    room = Room(spec.data_root, spec.device, store, tell, should_stop, keeper)
    if run_series(experiments, find, put, room):
        return ended(states.DONE, "", [], [])
    done = sum(bool(own.find(key_of(e))) for e in experiments)
    if not done:
        raise StoppedError("stopped before the first experiment had ended; Resume goes on from the last checkpoint")
    return ended(states.STOPPED, f"stopped after {done} of {len(experiments)} experiments; Resume goes on from here", [], [])


def cells_of(folder: JobFolder) -> list[Cell]:
    """Give the records that a job has made so far.

    Raises:
        DataError: One is not as it was written.
    """
    return [Cell.from_dict(read_sealed(path)) for path in sorted((folder.outcomes / CELLS).glob("*.json"))]


def shelf_of(folder: JobFolder) -> Shelf:
    """Give the records that a job has made so far."""
    return Shelf([folder.outcomes / CELLS])
