"""Deleting an added data set with everything that came of it: caches, jobs with their rows, models."""

from __future__ import annotations

from typing import NamedTuple

from rdpd_core.datasets.own import found, own_root, problems
from rdpd_core.errors import JobFileError, UnknownNameError
from rdpd_core.intake import keeping
from rdpd_core.jobs.desk import Desk
from rdpd_core.store import Store


class Traces(NamedTuple):
    """What there is of a data set.

    Attributes:
        bytes: Of its recordings.
        jobs: Ids of its jobs.
        running: Ids of those that have not ended.
        models: Names of models trained on it.
    """

    bytes: int
    jobs: tuple[str, ...]
    running: tuple[str, ...]
    models: tuple[str, ...]


def traces_of(name: str) -> Traces:
    """Give what there is of an added data set.

    Raises:
        UnknownNameError: There is none of that name.
    """
    known = [*found(), *(problem.name for problem in problems())]
    if name not in known:
        raise UnknownNameError("added data set", name, known)
    jobs = [job for job in Desk().jobs() if job.entry.dataset == name]
    running = tuple(job.id for job in jobs if not job.state.ended)
    models = tuple(card.name for card in Store.default().list(name).cards)
    return Traces(keeping.size_of(own_root() / name), tuple(job.id for job in jobs), running, models)


def forget(name: str) -> int:
    """Delete an added data set and everything that came of it; gives the bytes that are free again.

    Raises:
        UnknownNameError: There is none of that name.
        JobFileError: A job of it has not ended.
    """
    traces = traces_of(name)
    if traces.running:
        raise JobFileError(f"job {traces.running[0]} works with {name}; stop it before the data set is deleted")
    desk, store = Desk(), Store.default()
    freed = sum(desk.delete(job) for job in traces.jobs)
    for model in traces.models:
        store.delete(name, model)
    return freed + sum(keeping.delete(name))
