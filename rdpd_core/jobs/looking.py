"""Commands that look at jobs: list, show, follow, log, table."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rdpd_core.errors import JobFileError, ParameterError
from rdpd_core.jobs import states
from rdpd_core.jobs.desk import Desk
from rdpd_core.jobs.facts import SHORT, duration, facts_of, row_of
from rdpd_core.jobs.following import follow
from rdpd_core.jobs.words import PROGRAM, command, how, named, what_next
from rdpd_core.terminal import plain, print_json, table

RECENT = 10
_LOG_BYTES = 4 << 20


def list_jobs(given: argparse.Namespace) -> None:
    """Print a row for each job."""
    desk = Desk()
    desk.tick()
    jobs = desk.jobs()
    hidden = [job.id for job in jobs if job.state.ended][None if given.all else RECENT :]
    shown = [job for job in jobs if given.all or job.id not in hidden]
    if given.json:
        print_json([{**row_of(job), "id": job.id} for job in shown])
    else:
        print(table([row_of(job) for job in shown]))
        if len(shown) < len(jobs):
            print(f"and {len(jobs) - len(shown)} older ones: {PROGRAM} list --all")
        if not jobs:
            print(f"start one: {PROGRAM} start simulated_ecg")
    print_unreadable(desk)


def print_unreadable(desk: Desk) -> None:
    """Say which folders were left out."""
    for folder, why in desk.unreadable.items():
        print(f"refused: {plain(folder)}: {plain(why)}", file=sys.stderr)


def show(given: argparse.Namespace) -> None:
    """Print all that is known of a job."""
    desk = Desk()
    desk.tick()
    job = desk.job(given.job)
    facts = facts_of(desk, job)
    if given.json:
        print_json(facts)
        return
    left, models = facts.get("most_left_s"), facts["models"]
    lines = {
        "now": facts.get("doing"),
        "left": left is not None and f"at most {duration(left)} in this stage",
        "place in line": facts["place in line"],
        "runs on": ", ".join(filter(None, [facts["engine"], facts["device"]])),
        "asked": facts["asked"],
        "ended": facts["ended"],
        "models": models and f"{len(models)}, such as {models[-1]}",
        "gone": (gone := len(job.folder.lacks(models))) and f"{gone} of these models are not in its folder any more",
        "size": f"{facts['size_mb']} MB",
        "folder": facts["folder"],
    }
    print(f"{named(job)}\n{how(job, facts['reason'])}\n")
    print("\n".join(f"{name:<14}{plain(str(value))}" for name, value in lines.items() if value))
    _print_parts(facts)
    print(what_next(job))


def _print_parts(facts: dict[str, Any]) -> None:
    stages = [
        {
            "stage": stage["title"],
            "models": stage["models"],
            "epochs": f"{stage['epoch']} of at most {stage['epochs']}",
            "": "over" if stage["ended"] else "",
        }
        for stage in facts.get("stages", [])
    ]
    stages += [{"stage": title, "epochs": "to come"} for title in facts.get("still to come", [])]
    shards = [{"shard": s["id"][:SHORT], **{n: s[n] for n in ("state", "title", "reason")}} for s in facts.get("shards", [])]
    for rows in filter(None, (stages, shards)):
        print(f"\n{table(rows)}")
    for sentence in facts.get("damaged", []):
        print(plain(sentence), file=sys.stderr)


def follow_job(given: argparse.Namespace) -> int:
    """Draw progress until a job has ended; gives the exit code."""
    desk = Desk()
    return until_end(desk, desk.job(given.job).id, given.json)


def until_end(desk: Desk, job: str, as_json: bool) -> int:
    """Draw progress until a job has ended, or until nobody wants to see more; gives the exit code."""
    try:
        ended = follow(desk, job)
    except KeyboardInterrupt:
        going = desk.job(job)
        ways = f"watch it again: {command('follow', going)}, stop it: {command('stop', going)}"
        print(f"the job goes on; {ways}", file=sys.stderr)
        return 130
    facts = facts_of(desk, ended)
    if as_json:
        print_json(facts)
    else:
        print(f"{named(ended)} {how(ended, facts['reason'])}\n{what_next(ended)}")
    return 0 if ended.state.name == states.DONE else 1


def log(given: argparse.Namespace) -> None:
    """Print the end of a job's log."""
    if given.lines < 1:
        raise ParameterError(f"--lines {given.lines}: give at least 1")
    job, lines = Desk().job(given.job), []
    if job.folder.log.is_file():
        with job.folder.log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LOG_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()[-given.lines :]
    if given.json:
        print_json({"id": job.id, "lines": lines})
    else:
        print("\n".join(map(plain, lines)) or "its worker has printed nothing, which is usual")


def print_table(given: argparse.Namespace) -> None:
    """Print the comparison of a job, or those of a study."""
    from rdpd_core.experiments.printed import text_of

    job = Desk().job(given.job)
    if job.state.name == states.BROKEN:
        raise JobFileError(f"job {job.id[:SHORT]}: {job.state.reason}")
    result = job.folder.record("result") or {}
    tables = result.get("tables", [])
    if given.json:
        print_json(tables)
        return
    if not tables:
        raise JobFileError(f"job {job.id[:SHORT]} has no table; it {how(job, result.get('reason', ''))}")
    many = len(tables) > 1
    texts = [f"experiment {at} of {len(tables)}\n\n" * many + text_of(record) for at, record in enumerate(tables, 1)]
    print("\n\n".join(texts))
