"""Finished experiments of the desk, to be compared: their tables, and what was predicted when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

from rdpd_core.errors import DataError, JobFileError, RdpdError
from rdpd_core.evaluation.judging import stored
from rdpd_core.experiments import Experiment, Loaded, Result
from rdpd_core.experiments.archive import merge, unpack
from rdpd_core.experiments.compared.entry import Entry, Found
from rdpd_core.files import digest_json
from rdpd_core.jobs import states
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.facts import SHORT
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.sealed import read_sealed
from rdpd_core.jobs.work import FACTS, open_outcomes

KINDS = ("experiment", "study")
UNREADABLE = (RdpdError, OSError, KeyError, TypeError, ValueError)


def comparable(desk: Desk) -> list[Job]:
    """Give the jobs that may have tables, newest first: done ones, studies that ended early, and those that cannot be read."""

    def may(job: Job) -> bool:
        return job.state.name in (states.DONE, states.BROKEN) or (job.entry.kind == "study" and job.state.ended)

    return [job for job in desk.jobs() if job.entry.kind in KINDS and may(job)]


def find(desk: Desk, jobs: Iterable[str]) -> Found:
    """Give the experiments of some jobs, and a sentence for every job that has none to show; the others go on.

    Args:
        desk: Where the jobs are.
        jobs: Ids, or beginnings of ids.
    """
    entries: list[Entry] = []
    problems = []
    for name in dict.fromkeys(jobs):
        try:
            job = desk.job(name)
            entries += [entry for entry in _entries(job) if entry.key not in {e.key for e in entries}]
        except UNREADABLE as error:
            problems.append(f"Job {name[:SHORT]} is left out: {_said(error)}")
    return Found(tuple(entries), tuple(problems))


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, (RdpdError, OSError)) else f"its result is none of ours ({error!r})"


def _entries(job: Job) -> list[Entry]:
    if job.state.name == states.BROKEN:
        raise JobFileError(job.state.reason)
    result = job.folder.record("result")
    tables = [] if result is None else result["tables"]
    if not tables:
        raise DataError(f"“{job.title}” has no table; it {states.WORDS[job.state.name]}")
    versions, (windows, kept) = dict(job.folder.spec().versions or {}), _outcomes(job.folder)
    return [
        Entry(
            key=f"{job.id[:SHORT]}.{at}",
            job=job.id,
            title=job.title,
            experiment=table["experiment"],
            comparison=stored(table["comparison"]),
            command=table["command"],
            notices=tuple(table["notices"]),
            digest=digest_json(table),
            windows=windows,
            kept=kept,
            versions=versions,
        )
        for at, table in enumerate(tables, 1)
    ]


def _folders(folder: JobFolder) -> Iterator[JobFolder]:
    """Yield the folders of a job that hold outcomes: its own, or those of its shards."""
    shards = sorted(p for p in folder.shards.iterdir() if p.is_dir()) if folder.shards.is_dir() else []
    yield from (own for own in [folder, *map(JobFolder, shards)] if (own.outcomes / FACTS).is_file())


def _outcomes(folder: JobFolder) -> tuple[dict[str, str], str]:
    """Give the digest of the recordings by split, and one over all that is kept of the models; tables stand without what of it
    cannot be read."""
    windows: dict[str, str] = {}
    kept = []
    for own in _folders(folder):
        try:
            sealed = read_sealed(own.outcomes / FACTS)
            windows |= sealed["facts"]["windows"]
            kept.append(digest_json(sealed))
        except UNREADABLE:
            kept.append("unreadable")
    return windows, digest_json(kept) if kept else ""


def facts_of(desk: Desk, entry: Entry) -> list[dict[str, Any]]:
    """Give what is kept of every model of an experiment beside its weights and answers: its network, and how it learned.

    Raises:
        JobFileError: A file is missing, or is not as it was written.
        DataError: The job keeps none.
    """
    digest = digest_of(entry)
    found: list[dict[str, Any]] = []
    for own in _folders(desk.job(entry.job).folder):
        if _belongs(own, digest):
            found += read_sealed(own.outcomes / FACTS)["facts"]["outcomes"]
    if not found:
        raise DataError(f"job {entry.job[:SHORT]} keeps no outcomes of {entry.key}; run it again to look at its models")
    return found


def result_of(desk: Desk, entry: Entry, loaded: MutableMapping[str, Loaded]) -> Result:
    """Give an experiment with its models and all they predict; its recordings are read.

    Args:
        desk: Where the job is.
        entry: The experiment.
        loaded: Data that are there already, by "DATASET/SPLIT"; what is missing is added.

    Raises:
        JobFileError: A file is missing, or is not as it was written.
        DataError: The job keeps no outcomes.
        IncompatibleError: The recordings here are others.
    """
    folder = desk.job(entry.job).folder
    digest, root = digest_of(entry), folder.spec().data_root
    parts = [unpack(*open_outcomes(own), root, loaded) for own in _folders(folder) if _belongs(own, digest)]
    if not parts:
        raise DataError(f"job {entry.job[:SHORT]} keeps no outcomes of {entry.key}; run it again to look at its models")
    return parts[0] if len(parts) == 1 else merge(parts)


def digest_of(entry: Entry) -> str:
    """Give what identifies the experiment, as the parts of a study name their whole.

    Raises:
        RdpdError: Its record asks for what is not here.
    """
    arms = tuple(entry.experiment.get("arms", ())) or Experiment.arms
    return Experiment.from_dict({**entry.experiment, "arms": arms}).digest()


def _belongs(folder: JobFolder, digest: str) -> bool:
    """Say whether a folder holds outcomes of the experiment: a shard says of which it is a part."""
    whole = folder.spec().whole
    return not whole or whole == digest
