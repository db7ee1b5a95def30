"""The words in which commands speak of a job, and what they say can be done next."""

from __future__ import annotations

from rdpd_core.jobs import states
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.facts import SHORT, facts_of
from rdpd_core.terminal import plain, print_json

PROGRAM = "python -m rdpd_core jobs"
_WAYS = {
    states.DONE: ("table", "export", "delete"),
    states.STOPPED: ("resume", "table", "export", "delete"),
    states.FAILED: ("log", "resume", "table", "export", "delete"),
    states.BROKEN: ("log", "delete"),
}


def named(job: Job) -> str:
    """Give the id and the title of a job."""
    return f"{job.id[:SHORT]} ({plain(job.title)})"


def how(job: Job, reason: str = "") -> str:
    """Say what state a job is in, and why where that is known."""
    reason = reason or job.state.reason
    return states.WORDS[job.state.name] + (f": {plain(reason)}" if reason else "")


def command(action: str, job: Job) -> str:
    """Give the command that does something to a job."""
    return f"{PROGRAM} {action} {job.id[:SHORT]}{' FILE' if action == 'export' else ''}"


def commands(job: Job) -> dict[str, str]:
    """Give the commands that make sense now, by what they do.

    Raises:
        JobFileError: The result of the job is damaged.
    """
    ways = _WAYS.get(job.state.name, ("follow", "stop"))
    if "table" in ways and not (job.folder.record("result") or {}).get("tables"):
        ways = tuple(way for way in ways if way != "table")
    return {way: command(way, job) for way in ways}


def what_next(job: Job) -> str:
    """Give the commands that make sense now, a line for each."""
    return "\n" + "\n".join(f"{way:<8}{line}" for way, line in commands(job).items())


def print_job(desk: Desk, job: str, as_json: bool) -> None:
    """Print how a job is now, and what can be done."""
    found = desk.job(job)
    if as_json:
        print_json(facts_of(desk, found))
    else:
        print(f"{named(found)} {how(found)}\n{what_next(found)}")
