"""What is told of a job, in plain values and in words."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from rdpd_core.jobs import states
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.progress import Progress, Stage

SHORT = 8
"""Digits of an id that are shown; any number of them that fits one job only is understood."""


def row_of(job: Job) -> dict[str, Any]:
    """Give the row of a job in a listing."""
    place = f", {job.position} in line" if job.position else ""
    return {
        "job": job.id[:SHORT],
        "state": job.state.name + place,
        "title": job.title,
        "dataset": job.entry.dataset,
        "engine": job.entry.engine,
        "asked": moment(job.entry.created),
    }


def facts_of(desk: Desk, job: Job) -> dict[str, Any]:
    """Give all that is known of a job now.

    Raises:
        JobFileError: Its result is damaged.
    """
    broken = job.state.name == states.BROKEN
    result = None if broken else job.folder.record("result")
    shards = desk.shards(job.id)
    facts = {
        "id": job.id,
        "title": job.title,
        "state": job.state.name,
        "reason": job.state.reason or (result or {}).get("reason") or "",
        "place in line": job.position or None,
        "dataset": job.entry.dataset,
        "kind": job.entry.kind,
        "engine": job.entry.engine,
        "device": None if broken else job.folder.spec().device,
        "asked": moment(job.entry.created),
        "ended": moment(result["ended"]) if result else None,
        **(_progress_of(job) if not broken else {}),
        "models": list((result or {}).get("models", [])),
        "tables": len((result or {}).get("tables", [])),
        "size_mb": round(job.folder.size_bytes() / 1e6, 1),
        "folder": str(job.folder.path),
    }
    if shards:
        facts["shards"] = [{"id": s.id, "title": s.title, "state": s.state.name, "reason": s.state.reason} for s in shards]
    return facts


def _progress_of(job: Job) -> dict[str, Any]:
    progress = Progress(job.folder.events)
    while progress.update():
        pass
    planned = {entry["key"]: entry["title"] for entry in progress.plan}
    stages = [
        {
            "key": stage.key, "title": stage.title or planned.get(stage.key, stage.key), "epoch": stage.epoch,
            "epochs": stage.epochs, "models": len(stage.members), "ended": stage.ended is not None,
        }
        for stage in progress.stages.values() if stage.members
    ]  # fmt: skip
    begun = {stage["key"] for stage in stages}
    still = [title for key, title in planned.items() if key not in begun and not job.state.ended]
    current = None if job.state.ended else progress.current
    left = None if current is None else current.most_left_s(time.time())
    return {
        "doing": "" if job.state.ended else doing(progress),
        "stages": stages,
        "still to come": still,
        "most_left_s": None if left is None else round(left, 1),
        "starts": len(progress.starts),
        "damaged": progress.damaged[:20],
    }


def doing(progress: Progress) -> str:
    """Say in a line what a job is at: "12 students, epoch 7 of at most 100, step 3 of 12, at most 2 min left in this stage"."""
    title, stage = progress.now.get("title", ""), progress.current
    if stage is not None:
        words = [stage.title or title, *_epoch(stage)]
        left = stage.most_left_s(time.time())
        return ", ".join([*words, *([f"at most {duration(left)} left in this stage"] if left is not None else [])])
    if progress.count is not None and progress.count[1]:
        return f"{title}, {progress.count[0]} of {progress.count[1]}"
    return title


def _epoch(stage: Stage) -> list[str]:
    running = min(stage.epoch + 1, stage.epochs)
    return [f"epoch {running} of at most {stage.epochs}", *([f"step {stage.step} of {stage.steps}"] if stage.step else [])]


def duration(seconds: float) -> str:
    """Give a time a person can take in: "45 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def moment(seconds: float) -> str:
    """Give a moment in local time: "2025-01-31 14:05"."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
