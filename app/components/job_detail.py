"""One job: what it does, how far it is, what can be done with it, what it learned and what it gave."""

from __future__ import annotations

import time
from typing import NamedTuple

import pandas as pd
import streamlit as st

from app.components import frame, job_actions, job_follow, job_log, job_pictures, job_result
from app.figures import job_words
from app.figures.job_words import Line
from app.figures.text import in_markdown
from rdpd_core.jobs import Job, Progress, states

EVERY_S, PICTURES_S = 1.5, 3.0
MOST_LINES = 8
"""Stages whose bars are shown; of more, those around the one that runs."""


class Now(NamedTuple):
    """What is known of a job at one moment.

    Attributes:
        doing: Its stage and how far that is.
        share: How much of that is over, or None.
        lines: Every training of the job.
    """

    doing: str
    share: float | None
    lines: list[Line]


def show(job_id: str) -> None:
    """Show one job; while it is alive, what changes is looked at again and again.

    Args:
        job_id: Whole id, as `job_list.choose` gives.
    """
    job_actions.tell()
    try:
        job = job_follow.find(job_id)
    except job_follow.TROUBLE as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
        return
    if job is None:
        st.info("This job is not here any more.", icon=":material/delete:")
        return
    _heading(job)
    every = None if job.state.ended else EVERY_S
    can = job_actions.offered(job.state)
    st.fragment(_now, run_every=every)(job_id, can)
    job_actions.show(job)
    if job.state.ended:
        job_result.show(job)
    if job.entry.kind == "study":
        st.fragment(_shards, run_every=every)(job_id)
    if learner := _choose_shard(job_id) if job.entry.kind == "study" else job_id:
        st.fragment(_pictures, run_every=None if job.state.ended else PICTURES_S)(learner)
    job_log.show(job)
    frame.command(f"python -m rdpd_core jobs follow {job.id}", "Follows this job in a terminal")


def _heading(job: Job) -> None:
    frame.section(in_markdown(job.title))
    about = [
        job.entry.kind,
        job.entry.dataset,
        f"engine {job.entry.engine}",
        f"handed in {job_words.moment(job.entry.created)}",
    ]
    about += [f"ended {job_words.moment(job.entry.ended)}"] if job.entry.ended else []
    st.caption(in_markdown(" · ".join([*about, f"job {job.id}"]), 300))


def _now(job_id: str, can: tuple[str, ...]) -> None:
    """Show state and stages; once other things can be done with the job, the whole page is made anew."""
    try:
        job = job_follow.find(job_id)
        if job is None or job_actions.offered(job.state) != can:
            st.rerun()
        _state(job)
        if job.entry.kind != "study" and job.folder.events.exists():
            _stages(job, job_follow.follow(job).look(lambda progress: _take(progress, job.state.ended)))
    except job_follow.TROUBLE as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")


def _take(progress: Progress, over: bool) -> Now:
    lines = job_words.lines(progress, time.time(), over)
    return Now(job_words.doing(progress), job_words.share(progress), lines)


def _state(job: Job) -> None:
    look, state = job_words.LOOKS[job.state.name], job.state
    result = job.folder.record("result") if state.ended and not state.reason else None
    if result and result.get("reason"):
        state = state._replace(reason=result["reason"])
    words = in_markdown(job_words.sentence(state, job.position), 600)
    shown = {"red": st.error, "orange": st.warning, "green": st.success}.get(look.color, st.info)
    shown(words, icon=look.icon)


def _stages(job: Job, now: Now) -> None:
    """Show a bar for every training; of many, those around the one that runs."""
    at = next((place for place, line in enumerate(now.lines) if 0 < line.share < 1), None)
    last = max((place for place, line in enumerate(now.lines) if line.share > 0), default=0)
    first = max(0, min((last if at is None else at) - 2, len(now.lines) - MOST_LINES))
    some = now.lines[first : first + MOST_LINES]
    if first:
        st.caption(f"{first} stages before these")
    for line in some:
        st.progress(line.share, text=f"**{in_markdown(line.title)}** · {in_markdown(line.text, 200)}")
    if after := len(now.lines) - first - len(some):
        st.caption(f"{after} more stages after these")
    if at is None and not job.state.ended and now.doing:
        st.progress(now.share or 0.0, text=in_markdown(now.doing, 200))


def _pictures(job_id: str) -> None:
    try:
        job = job_follow.find(job_id)
        if job is not None:
            job_pictures.show(job)
    except job_follow.TROUBLE as error:
        st.error(f"The pictures cannot be shown: {in_markdown(str(error), 600)}", icon=":material/error:")


def _shards(job_id: str) -> None:
    """Show the shards of a study as a table."""
    try:
        desk = job_follow.desk()
        shards = [] if desk is None else desk.shards(job_id)
        if not shards:
            return
        rows = [_shard(at, shard) for at, shard in enumerate(shards, 1)]
        told = f"{len(rows)} shards with state and stage"
        height = 36 * (min(len(rows), MOST_LINES) + 1) + 2
        share = st.column_config.ProgressColumn(format="%d%%", min_value=0, max_value=100)
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=height, column_config={"share": share}, alt=told)
    except job_follow.TROUBLE as error:
        st.error(f"The shards cannot be shown: {in_markdown(str(error), 600)}", icon=":material/error:")


def _choose_shard(job_id: str) -> str | None:
    """Give the shard whose pictures are asked for, or None."""
    try:
        desk = job_follow.desk()
        names = {} if desk is None else {shard.id: shard.title for shard in desk.shards(job_id)}
    except job_follow.TROUBLE:  # the table of shards says it
        return None
    told = {"format_func": lambda shard: names.get(shard, "none"), "key": f"jobs.shard.{job_id}", "width": 420}
    return st.selectbox("Look into a shard", [None, *names], **told) if names else None


def _shard(at: int, shard: Job) -> dict[str, object]:
    look = job_words.LOOKS[shard.state.name]
    now = job_follow.follow(shard).look(lambda progress: _take(progress, shard.state.ended))
    words = shard.state.reason if shard.state.ended else now.doing
    share = 1.0 if shard.state.name == states.DONE else now.share or 0.0
    return {"shard": at, "state": f"{look.sign} {look.word}", "now": words, "share": 100 * share, "what": shard.title}
