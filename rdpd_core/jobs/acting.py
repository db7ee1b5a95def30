"""Commands that change something: start, stop, resume, delete, export, import, rebuild."""

from __future__ import annotations

import argparse
import sys

from rdpd_core.errors import ParameterError
from rdpd_core.jobs import filing, rounds, states
from rdpd_core.jobs.desk import Desk
from rdpd_core.jobs.engines import ENGINES
from rdpd_core.jobs.facts import SHORT, facts_of
from rdpd_core.jobs.looking import print_unreadable, until_end
from rdpd_core.jobs.states import state_of
from rdpd_core.jobs.table import Entry
from rdpd_core.jobs.transfer import export_job, import_job
from rdpd_core.jobs.words import PROGRAM, command, how, named, print_job, what_next
from rdpd_core.terminal import print_json

_WAIT_S = 20.0


def start(given: argparse.Namespace) -> int:
    """Hand in an experiment or a study; gives the exit code."""
    from rdpd_core.experiments.options import experiment_of, experiments_of
    from rdpd_core.jobs.asking import spec_of

    place = {n: getattr(given, n) for n in ("engine", "device", "threads", "gpus", "data_root", "title", "watch")}
    desk = Desk()
    desk.engine(given.engine)  # an unknown one is told before all else
    job, new = desk.submit(spec_of(experiments_of(experiment_of(given), given.grid), **place))
    if given.json and not given.follow:
        print_json({"new": new, **facts_of(desk, job)})
    elif not given.json:
        what = "a study" if job.entry.kind == "study" else "a job"
        print(f"{what} was started: {named(job)}" if new else f"the same work is a job already: {named(job)}")
        if not given.follow:
            print(what_next(job))
    return until_end(desk, job.id, given.json) if given.follow else 0


def stop(given: argparse.Namespace) -> None:
    """Ask a job to stop, or kill it."""
    desk = Desk()
    job = desk.job(given.job)
    forced = given.now or job.folder.cancelled() is not None
    (desk.force if forced else desk.stop)(job.id)
    now = desk.job(job.id)
    if given.json:
        print_json(facts_of(desk, now))
    elif now.state.ended:
        print(f"{named(now)} {how(now, (now.folder.record('result') or {}).get('reason', ''))}\n{what_next(now)}")
    elif forced:
        print(f"{named(now)}: its processes are killed; what was saved stays\n\nresume  {command('resume', now)}")
    else:
        print(f"{named(now)} {how(now)}\n\nasked a second time it is killed at once: {command('stop', now)}")


def resume(given: argparse.Namespace) -> None:
    """Let a job go on."""
    desk = Desk()
    job = desk.job(given.job).id
    desk.resume(job)
    print_job(desk, job, given.json)


def delete(given: argparse.Namespace) -> None:
    """Delete a job, after asking."""
    desk = Desk()
    job = desk.job(given.job)
    if not given.yes and job.state.ended:
        print(f"delete {named(job)}, {job.folder.size_bytes() / 1e6:.1f} MB? [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline().strip().lower()
        if not sys.stdin.isatty():  # nobody typed the end of that line
            print(file=sys.stderr)
        if answer not in ("y", "yes"):
            raise ParameterError(f"job {job.id[:SHORT]} was not deleted; answer y, or say --yes")
    freed = desk.delete(job.id)
    if given.json:
        print_json({"id": job.id, "freed_bytes": freed})
    else:
        print(f"{named(job)} is deleted: {freed / 1e6:.1f} MB are free again; its models in the store stay")


def export(given: argparse.Namespace) -> None:
    """Write a job into one file."""
    from rdpd_core.datasets import leaving

    job = Desk().job(given.job)
    leaving.check(job.entry.dataset, given.credentialed)
    size = export_job(job.folder, given.file)
    if given.json:
        print_json({"id": job.id, "file": str(given.file), "bytes": size})
    else:
        print(f"{named(job)} is in {given.file}, {size / 1e6:.1f} MB\n\nimport  {PROGRAM} import {given.file.name}")


def take_in(given: argparse.Namespace) -> None:
    """Take in a job from a file; its models go to the store only if that was asked for."""
    desk = Desk()
    job = import_job(given.file, desk.root)
    desk.rebuild()
    folders = [desk.job(job).folder, *(shard.folder for shard in desk.shards(job))] if given.models else []
    filed = [key for folder in folders for key in filing.file_models(folder, overwrite=False)]
    if given.json:
        print_json({**facts_of(desk, desk.job(job)), "filed": filed})
        return
    models = f"{len(filed)} models are in the store" if given.models else "its models stay with it and are in no list"
    print(f"taken in: {named(desk.job(job))}; {models}\n{what_next(desk.job(job))}")


def rebuild(given: argparse.Namespace) -> None:
    """Make the list again from the folders."""
    desk = Desk()
    with rounds.alone(desk.root, _WAIT_S):
        gone = [entry for entry in desk.table.entries() if not desk.folder_of(entry).path.is_dir()]
        for entry in gone:
            desk.table.remove(entry.id)
        for entry in desk.table.entries():
            _put_right(desk, entry)
        desk.rebuild()
    jobs = desk.jobs()
    if given.json:
        print_json({"jobs": [job.id for job in jobs], "removed": [entry.id for entry in gone], "refused": desk.unreadable})
    else:
        print(f"in the list: {len(jobs)} jobs; taken out of it, as their folders are gone: {len(gone)}")
    print_unreadable(desk)


def _put_right(desk: Desk, entry: Entry) -> None:
    """Let the list say of a job what its folder says."""
    if entry.engine not in ENGINES:
        return
    folder = desk.folder_of(entry)
    state = state_of(folder, desk.engine_of(entry))
    if state.name != states.BROKEN and entry.state != (state.name if state.ended else None):
        desk.table.set_state(entry.id, *((state.name, folder.record("result")["ended"]) if state.ended else (None, None)))
