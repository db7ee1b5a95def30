"""What runs and waits in the background, and what has just ended, in a few lines that lead to it."""

from __future__ import annotations

import time

import streamlit as st

from app import watch
from app.figures import job_words
from app.figures.text import in_markdown
from app.figures.view_words import ago
from rdpd_core.errors import RdpdError
from rdpd_core.jobs import Desk, Job

JOBS, DISTILL = "views/jobs.py", "views/distill.py"
BUSY_S, IDLE_S = 3.0, 15.0
LATELY_S = 86400.0
MOST_ALIVE, MOST_ENDED = 4, 2


def show() -> None:
    """Show the jobs; it looks again by itself."""
    st.fragment(_look, run_every=BUSY_S if st.session_state.get("jobs.alive") else IDLE_S)()


def _look() -> None:
    try:
        desk = watch.watch().desk
        if desk is None:
            st.warning(f"Jobs cannot be looked after: {in_markdown(watch.watch().trouble, 400)}", icon=":material/error:")
            return
        alive, ended = desk.jobs(alive_only=True), _ended(desk)
        for job in alive[:MOST_ALIVE]:
            _line(job, _doing(job))
        for job in ended:
            _line(job, ago(time.time() - (job.entry.ended or time.time())))
    except (RdpdError, OSError) as error:
        st.warning(in_markdown(str(error), 400), icon=":material/error:")
        return
    if not alive:
        st.caption("Nothing is running now. Training goes on in the background while you look at other pages.")
    with st.container(horizontal=True, gap="medium"):
        label = f"All jobs, {len(alive) - MOST_ALIVE} more of them alive" if len(alive) > MOST_ALIVE else "All jobs"
        st.page_link(JOBS, label=label, icon=":material/progress_activity:")
        st.page_link(DISTILL, label="Train students", icon=":material/add_circle:")


def _ended(desk: Desk) -> list[Job]:
    """Give the jobs that ended lately, the latest first."""
    entries = desk.table.entries("parent IS NULL AND state IS NOT NULL AND ended > ?", (time.time() - LATELY_S,))
    latest = sorted(entries, key=lambda entry: -entry.ended)[:MOST_ENDED]
    return [desk.job(entry.id) for entry in latest]


def _line(job: Job, words: str) -> None:
    look = job_words.LOOKS[job.state.name]
    said = in_markdown(f"{look.word}, {words}" if words else look.word, 160)
    label = f"**{in_markdown(job.title)}** · :gray[{said}]"
    st.page_link(JOBS, label=label, icon=look.icon, query_params={"jobs.job": job.id})


def _doing(job: Job) -> str:
    """Say how far a job is."""
    from app.components import job_follow

    if job.position:
        return f"{job.position} in line"
    if job.entry.kind == "study":
        return "a study of several trainings"
    told = job_follow.follow(job).look(lambda p: [job_words.doing(p), job_words.left(p, time.time())])
    return ", ".join(word for word in told if word)
