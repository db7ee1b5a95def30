"""Beside every page's heading: how many jobs run and wait, and which ended since this session last looked."""

from __future__ import annotations

import streamlit as st

from app import watch
from app.figures import job_words
from app.figures.text import in_markdown
from rdpd_core.errors import RdpdError
from rdpd_core.jobs import Job

PAGE, SHOWN_ON = "views/jobs.py", "jobs"
BUSY_S, IDLE_S = 2.0, 5.0
ALIVE, NEWS = "jobs.alive", "jobs.news"
MOST_NEWS = 5


def show() -> None:
    """Show the badge; it looks again by itself, and shows nothing while no job is alive and none has ended meanwhile."""
    st.fragment(_look, run_every=BUSY_S if st.session_state.get(ALIVE) else IDLE_S)()


def seen() -> None:
    """Forget which jobs ended: the session sees them now."""
    st.session_state[NEWS] = []


def _look() -> None:
    try:
        here = watch.watch()
        trouble, found = here.trouble, [] if here.desk is None else here.desk.jobs(alive_only=True)
        _note_ended([job for job in found if not job.state.ended])
    except (RdpdError, OSError) as error:
        trouble, found = str(error), []
    if trouble:
        told = in_markdown(trouble, 600)
        st.badge("jobs cannot be looked after", icon=":material/error:", color="orange", help=told)
    if words := job_words.summary([job.state for job in found]):
        st.page_link(PAGE, label=words, icon=":material/progress_activity:", help="What runs and what waits for its turn")
    ended = st.session_state.get(NEWS)
    if ended and st.session_state.get("page") != SHOWN_ON:
        words = in_markdown(job_words.news([(title, state) for _, title, state in ended]), 200)
        told, which = "Ended since you last looked at the jobs", {"jobs.job": ended[-1][0]}
        st.page_link(PAGE, label=words, icon=":material/notifications:", help=told, query_params=which)


def _note_ended(alive: list[Job]) -> None:
    """Keep which jobs live, and which of those that lived at the last look have ended."""
    before = st.session_state.get(ALIVE, {})
    now = {job.id: job.title for job in alive}
    gone = {job: title for job, title in before.items() if job not in now}
    if gone:
        desk = watch.watch().desk
        marks = ", ".join("?" * len(gone))
        rows = {row.id: desk.job(row.id) for row in desk.table.entries(f"id IN ({marks})", tuple(gone))}
        ended = [[job.id, job.title, job.state.name] for job in rows.values() if job.state.ended]
        st.session_state[NEWS] = [*st.session_state.get(NEWS, []), *ended][-MOST_NEWS:]
    st.session_state[ALIVE] = now
