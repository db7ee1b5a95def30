"""All jobs, newest first, and the choice of one of them."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app.components import job_badge, job_follow
from app.figures import job_words
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.errors import RdpdError
from rdpd_core.jobs import Desk, Job, JobFolder, Progress, states

NAME, NONE = "job", ""
EVERY_S = 3.0
TALLEST = 9
"""Rows that are seen at once; the others are scrolled to."""
COLUMNS = {
    "state": st.column_config.TextColumn(width=130),
    "job": st.column_config.TextColumn(width="medium"),
    "now": st.column_config.TextColumn(width="medium"),
    "share": st.column_config.ProgressColumn(width=110, format="%d%%", min_value=0, max_value=100),
}


def choose(link: Link) -> str | None:
    """Show all jobs and let one be chosen, which the address keeps; give its id, or None if there is none.

    Args:
        link: Of the page; the choice is called "job" in it.
    """
    desk = job_follow.desk()
    if desk is None:
        return None
    try:
        jobs = desk.jobs()
    except job_follow.TROUBLE as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
        return None
    job_badge.seen()
    _unreadable(desk)
    ids = [job.id for job in jobs]
    key = link.offer(NAME, [*ids, NONE], NONE, pinned=bool(ids))
    if not jobs:
        st.session_state[key] = NONE
        st.info("No job was handed in yet.", icon=":material/inbox:")
        return None
    st.session_state[key] = st.session_state[key] or ids[0]
    waiting = any(not job.state.ended for job in jobs)
    st.fragment(_table, run_every=EVERY_S if waiting else None)(jobs)
    titles = {job.id: f"{job.title} ({job_words.moment(job.entry.created)})" for job in jobs}
    return st.selectbox(f"One job of {len(ids)}", ids, format_func=lambda job: titles.get(job, job), key=key, width=560)


def point_at(page: str, job_id: str) -> None:
    """Make a job the chosen one; call it in a callback, or before `choose`.

    Args:
        page: Of the link.
        job_id: Whole id.
    """
    st.session_state[f"{page}.{NAME}"] = job_id


def _table(jobs: list[Job]) -> None:
    """Show a row for each job; those that have not ended are looked at anew, and so are jobs that came meanwhile."""
    desk = job_follow.desk()
    if desk is None:
        return
    try:
        alive = {job.id: job for job in desk.jobs(alive_only=True)}
        known = {job.id for job in jobs}
        ended = {job.id: job_follow.find(job.id) for job in jobs if not job.state.ended and job.id not in alive}
        if set(alive) - known or None in ended.values():
            st.rerun()
        rows = [row(desk, alive.get(job.id) or ended.get(job.id) or job) for job in jobs]
    except job_follow.TROUBLE as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
        return
    height = 36 * (min(len(rows), TALLEST) + 1) + 2
    told = f"{len(rows)} {'job' if len(rows) == 1 else 'jobs'} with state, stage and share, newest first"
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=height, column_config=COLUMNS, alt=told)


def row(desk: Desk, job: Job) -> dict[str, Any]:
    """Give what the table says of a job."""
    look = job_words.LOOKS[job.state.name]
    now, part, left = _course(desk, job)
    said = {"state": f"{look.sign} {look.word}", "job": job.title, "now": now, "share": None if part is None else 100 * part}
    where = {"data": job.entry.dataset, "engine": job.entry.engine, "handed in": job_words.moment(job.entry.created)}
    return {**said, "time left": left, **where}


def _course(desk: Desk, job: Job) -> tuple[str, float | None, str]:
    """Give what a job does, how much of that is over, and how long it takes at most; its reason if it does nothing."""
    if job.state.name == states.QUEUED:
        return f"{job.position} in line" if job.position else "", None, ""
    if job.state.ended or job.state.name == states.LOST:
        when = f"ended {job_words.moment(job.entry.ended)}" if job.entry.ended else ""
        why = job.state.reason or (_reason(job) if job.state.name == states.FAILED else "")
        return why or when, 1.0 if job.state.name == states.DONE else None, ""
    if job.entry.kind == "study":
        shards = desk.shards(job.id)
        over = sum(shard.state.ended for shard in shards)
        return f"{over} of {len(shards)} shards have ended", over / len(shards) if shards else None, ""

    def take(progress: Progress) -> tuple[str, float | None, str]:
        return job_words.doing(progress), job_words.share(progress), job_words.left(progress, time.time())

    return job_follow.follow(job).look(take)


def _reason(job: Job) -> str:
    """Give why a job failed."""
    path = job.folder.path / "result.json"
    return _told(str(job.folder.path), path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=512)
def _told(folder: str, changed: int) -> str:
    """Give the reason in a result; it is read again only when it has changed."""
    try:
        return (JobFolder(Path(folder)).record("result") or {}).get("reason") or ""
    except RdpdError as error:
        return str(error)


def _unreadable(desk: Desk) -> None:
    """Tell of folders that should be jobs and are none, and offer to delete them."""
    found: Mapping[str, str] = {name: why for name, why in list(desk.unreadable.items()) if (desk.root / name).is_dir()}
    for name, why in found.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(in_markdown(why, 600), icon=":material/broken_image:")
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown(f"The folder {in_markdown(name)} and all that is in it is removed.")
                st.button(
                    "Delete it for good", type="primary", key=f"jobs.discard.{name}", on_click=_discard, args=(desk, name)
                )
    if told := st.session_state.pop("jobs.discarded", ""):
        st.error(in_markdown(told, 600), icon=":material/error:")


def _discard(desk: Desk, name: str) -> None:
    folder = JobFolder(desk.root / name)
    try:
        if folder.is_held():
            st.session_state["jobs.discarded"] = f"A worker is busy in the folder {name}; end it first."
            return
        folder.remove()
        desk.unreadable.pop(name, None)
    except job_follow.TROUBLE as error:
        st.session_state["jobs.discarded"] = f"The folder {name} was not deleted: {error}"
