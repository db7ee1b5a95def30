"""One job: what it does, how far it is, what can be done with it, what it learned and what it gave."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import streamlit as st

from app.components import frame, job_actions, job_follow, job_log, job_pictures, job_result, job_shards
from app.figures import job_words
from app.figures.job_words import Line
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.jobs import Job, Progress, words

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


def show(job_id: str, link: Link, told: dict[str, Any]) -> None:
    """Show one job; while it is alive, what changes is looked at again and again.

    Args:
        job_id: Whole id, as `job_list.choose` gives.
        link: Of the page; what is chosen of the job is kept in its address.
        told: Takes these choices, for `Link.close`.
    """
    frame.tell_once(job_actions.TOLD)
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
        job_result.show(job, link, told)
    if job.entry.kind == "study":
        job_shards.show(job_id, every)
    if learner := job_shards.choose(job_id, link, told) if job.entry.kind == "study" else job_id:
        stage, known = _stage(learner, link, told)
        st.fragment(_pictures, run_every=None if job.state.ended else PICTURES_S)(learner, stage, known)
    job_log.show(job)
    _commands(job)


def _commands(job: Job) -> None:
    try:
        lines = words.commands(job)
    except job_follow.TROUBLE:  # its state says what is damaged
        lines = {"delete": words.command("delete", job)}
    frame.command("\n".join(lines.values()), "Does the same with this job in a terminal")


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
    told = in_markdown(job_words.sentence(state, job.position), 600)
    shown = {"red": st.error, "orange": st.warning, "green": st.success}.get(look.color, st.info)
    shown(told, icon=look.icon)


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


def _stage(job_id: str, link: Link, told: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Ask for the stage whose pictures are shown; give it, and the stages there were to choose from."""
    try:
        job = job_follow.find(job_id)
        return (job_pictures.LATEST, ()) if job is None else job_pictures.choose(job, link, told)
    except job_follow.TROUBLE:  # the pictures say it
        return job_pictures.LATEST, ()


def _pictures(job_id: str, stage: str, known: tuple[str, ...]) -> None:
    """Show the pictures of a stage; once there are other stages to choose from, the whole page is made anew."""
    try:
        job = job_follow.find(job_id)
        if job is not None and not job_pictures.show(job, stage, known):
            st.rerun()
    except job_follow.TROUBLE as error:
        st.error(f"The pictures cannot be shown: {in_markdown(str(error), 600)}", icon=":material/error:")
