"""What is said of a job: its state, how far it is, what happened to it, in words and with a sign for each state."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.figures.text import listed
from rdpd_core.jobs import states
from rdpd_core.jobs.events import Event
from rdpd_core.jobs.progress import Progress, Stage
from rdpd_core.jobs.states import State

MINUTE, HOUR, DAY = 60, 3600, 86400


class Look(NamedTuple):
    """How a state is shown.

    Attributes:
        icon: In Streamlit's words.
        sign: Where no icon can be drawn, as in a table.
        color: Of a badge.
        word: One or two.
    """

    icon: str
    sign: str
    color: str
    word: str


LOOKS = {
    states.QUEUED: Look(":material/hourglass_empty:", "◌", "gray", "queued"),
    states.STARTING: Look(":material/rocket_launch:", "▷", "blue", "starting"),
    states.RUNNING: Look(":material/play_circle:", "▶", "blue", "running"),
    states.STOPPING: Look(":material/pending:", "▣", "orange", "stopping"),
    states.STOPPED: Look(":material/stop_circle:", "■", "orange", "stopped"),
    states.FAILED: Look(":material/error:", "✕", "red", "failed"),
    states.DONE: Look(":material/check_circle:", "✓", "green", "done"),
    states.LOST: Look(":material/sync_problem:", "↻", "orange", "lost and resuming"),
    states.BROKEN: Look(":material/broken_image:", "?", "red", "unreadable"),
}


class Line(NamedTuple):
    """One stage of a job.

    Attributes:
        title: For people.
        share: How much of its longest course is over, 0 to 1.
        text: How far it is, in words.
    """

    title: str
    share: float
    text: str


def sentence(state: State, position: int = 0) -> str:
    """Say what a job does, and why where that is known.

    Args:
        state: The job's.
        position: Its place among those that wait, from 1; 0 if it does not wait.
    """
    place = f", {position - 1} before it" if state.name == states.QUEUED and position > 1 else ""
    reason = state.reason.strip().rstrip(".")
    return f"The job {states.WORDS[state.name]}{place}." + (f" {reason[:1].upper()}{reason[1:]}." if reason else "")


def duration(seconds: float) -> str:
    """Give a length of time in words, with two units at most."""
    s = max(0, round(seconds))
    if s < 100:
        return f"{s} s"
    if s < 100 * MINUTE:
        return f"{round(s / MINUTE)} min"
    if s < 48 * HOUR:
        return f"{s // HOUR} h {s % HOUR // MINUTE} min"
    return f"{s // DAY} d {s % DAY // HOUR} h"


def moment(when: float) -> str:
    """Give a time as date and time of this machine's zone."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(when))


def size(count: int) -> str:
    """Give a number of bytes in kB, MB or GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count / 1e3:.1f} kB"


def doing(progress: Progress) -> str:
    """Say what a job does just now: its stage and how far that is; empty before it told anything."""
    title, stage = progress.now["title"], progress.current
    if stage is not None:
        return f"{stage.title or title}, {_epoch(stage)}"
    if progress.count is not None:
        done, total = progress.count
        return f"{title}, {done}" + (f" of {total}" if total is not None else "")
    return title


def left(progress: Progress, now: float) -> str:
    """Say how long the running stage still takes at most; empty if that is not known."""
    stage = progress.current
    seconds = None if stage is None else stage.most_left_s(now)
    return "" if seconds is None else f"at most {duration(seconds)}"


def share(progress: Progress) -> float | None:
    """Give how much of what is being done is over, 0 to 1; None if that is not known."""
    if progress.current is not None:
        return progress.current.share
    if progress.count is not None and progress.count[1]:
        return min(1.0, progress.count[0] / progress.count[1])
    return None


def lines(progress: Progress, now: float, over: bool) -> list[Line]:
    """Give a line for every training of a job, those that are to come included.

    Args:
        progress: What the job told.
        now: Seconds since 1970.
        over: Whether the job has ended, so that a training on its way was broken off.
    """
    keys = [planned["key"] for planned in progress.plan]
    keys += [key for key, stage in progress.stages.items() if key not in keys and stage.members]
    begun = [place for place, key in enumerate(keys) if key in progress.stages and progress.stages[key].members]
    planned = {about["key"]: about for about in progress.plan}
    found = []
    for place, key in enumerate(keys):
        if place in begun:
            found.append(_line(progress, progress.stages[key], now, over))
        else:
            found.append(_coming(planned[key], passed=bool(begun) and place < begun[-1], over=over))
    return found


def _line(progress: Progress, stage: Stage, now: float, over: bool) -> Line:
    count = len(stage.members)
    many = f"{stage.title} ({count} models)" if count > 1 and str(count) not in stage.title else stage.title
    within = min(1.0, stage.epoch / stage.epochs) if stage.epochs else 0.0
    if stage.ended is None and not over:
        seconds = stage.most_left_s(now)
        rest = "" if seconds is None else f", at most {duration(seconds)} left"
        step = f", step {stage.step} of {stage.steps}" if stage.step else ""
        return Line(many, stage.share, f"{_epoch(stage)}{step}{rest}")
    if stage.ended is None or _broken_off(progress, stage):
        return Line(many, within, f"broken off after epoch {stage.epoch} of at most {stage.epochs}")
    took = f", {duration(stage.ended - stage.began)}" if stage.ended > stage.began > 0 else ""
    return Line(many, 1.0, f"done: {stage.epoch} of at most {stage.epochs} epochs{took}")


def _broken_off(progress: Progress, stage: Stage) -> bool:
    """Say whether a stage ended only because the job was stopped or failed: its last checkpoint is not that of its end."""
    notes = list(reversed(progress.notes))
    last = next((note for note in notes if note["kind"] == "ended"), None)
    if last is None or last["status"] == states.DONE:
        return False
    saved = next((note for note in notes if note["kind"] == "checkpoint" and note["stage"] == stage.key), None)
    return stage.ended == last["t"] or (saved is not None and not saved["done"])


def _coming(about: Event, passed: bool, over: bool) -> Line:
    if passed:
        return Line(about["title"], 1.0, "fell away: made before" if about["optional"] else "made before")
    may = ", unless it was made before" if about["optional"] else ""
    many = f"{about['members']} models, " if about["members"] > 1 else ""
    return Line(about["title"], 0.0, "not begun" if over else f"to come: {many}at most {about['epochs']} epochs{may}")


def _epoch(stage: Stage) -> str:
    return f"epoch {min(stage.epoch + 1, stage.epochs)} of {stage.epochs}"


def happened(progress: Progress) -> list[str]:
    """Give a sentence for everything notable that happened to a job, in order; checkpoints are summed up in one."""
    told = [_note(note) for note in progress.notes if note["kind"] != "checkpoint"]
    kept = [note for note in progress.notes if note["kind"] == "checkpoint"]
    if kept:
        last = kept[-1]
        told.append(f"{moment(last['t'])}: last checkpoint, {size(last['bytes'])}, of stage {last['stage']}.")
    return told + [f"Damaged: {line}." for line in progress.damaged]


def _note(event: Event) -> str:
    when, kind = moment(event["t"]), event["kind"]
    if kind == "started":
        again = " again, to go on" if event.get("again") else ""
        host = f" on {event['host']}" if event.get("host") else ""
        threads = event.get("threads", 0)
        return f"{when}: worker started{host}{again}; it uses {threads} {'thread' if threads == 1 else 'threads'}."
    if kind == "restored":
        return f"{when}: stage {event['stage']} went on from its checkpoint."
    if kind == "damaged":
        return f"{when}: a checkpoint of stage {event['stage']} was damaged and passed over: {event['reason']}."
    reason = f": {event['reason']}" if event.get("reason") else ""
    return f"{when}: {event.get('status', kind)}{reason}."


def told_apart(asked: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give for each of several experiments the settings in which they differ, or the view where nothing differs.

    Args:
        asked: Records of experiments.
    """
    names = [name for name in asked[0] if any(other.get(name) != asked[0][name] for other in asked)] if asked else []
    return [", ".join(f"{n.replace('_', ' ')} {one.get(n)}" for n in names) or f"view {one.get('view', '')}" for one in asked]


def summary(found: Sequence[State]) -> str:
    """Give "2 running, 1 queued", or nothing if no job is alive."""
    names = [state.name for state in found if not state.ended]
    waiting = names.count(states.QUEUED)
    running = len(names) - waiting
    parts = [f"{running} running"] if running else []
    return ", ".join([*parts, *([f"{waiting} queued"] if waiting else [])])


def news(ended: Sequence[tuple[str, str]]) -> str:
    """Say which jobs ended meanwhile.

    Args:
        ended: (title, state) of each.
    """
    by_state: dict[str, list[str]] = {}
    for title, state in ended:
        by_state.setdefault(LOOKS[state].word, []).append(f"“{title}”")
    return "; ".join(f"{listed(titles)} {word}" for word, titles in by_state.items())
