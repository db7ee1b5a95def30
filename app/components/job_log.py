"""What happened to a job, and what its worker printed; both as plain text."""

from __future__ import annotations

import os

import streamlit as st

from app.components import job_follow
from app.figures import job_words
from app.figures.text import in_markdown
from rdpd_core.jobs import Job

LINES, MOST_BYTES = 40, 1 << 16
TALLEST = 320


def show(job: Job) -> None:
    """Offer the notes and the end of the log; they are read only for those who look at them, and anew each time."""
    st.fragment(_show)(job)


def _show(job: Job) -> None:
    opened = st.expander("What happened, and the log", icon=":material/notes:", key=f"jobs.log.{job.id}", on_change="rerun")
    if not opened.open:
        return
    with opened:
        try:
            told, log = job_follow.follow(job).look(job_words.happened), tail(job)
        except job_follow.TROUBLE as error:
            st.error(in_markdown(str(error), 600), icon=":material/error:")
            return
        st.text("\n".join(told) or "Nothing was told yet.")
        st.markdown(f"**The last {LINES} lines of log.txt**")
        st.code(log or "It is empty.", language=None, wrap_lines=True, height=TALLEST if log.count("\n") > 12 else "content")
        st.button("Read again", icon=":material/refresh:", type="tertiary", key=f"jobs.log.again.{job.id}")


def tail(job: Job) -> str:
    """Give the last lines of what the worker printed; empty if it printed nothing."""
    try:
        with job.folder.log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - MOST_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-LINES:])
