"""Channel lab: students of every subset of some channels, and which set is enough."""

from __future__ import annotations

import streamlit as st

from app.components import frame
from app.state import Link

PAGE, NEW = "lab", "new"
WHAT = (
    "Which channels are enough? Students of **every** subset of the channels you name, with and without a teacher's help, "
    "trained side by side; then the cheapest set that is good enough, and what each channel is worth."
)

frame.heading("Channel lab", WHAT)

from app.components import job_follow, lab_form, lab_result  # noqa: E402  (the heading does not wait for the library)
from app.components.job_follow import TROUBLE  # noqa: E402
from app.figures import job_words  # noqa: E402
from app.figures.text import in_markdown  # noqa: E402
from rdpd_core.errors import RdpdError  # noqa: E402
from rdpd_core.jobs import Job  # noqa: E402


def choose(link: Link) -> Job | str | None:
    """Ask for a lab that was started, or for a new one; None if jobs cannot be looked after, which is said."""
    desk = job_follow.desk()
    if desk is None:
        return None
    jobs = {job.id: job for job in desk.jobs() if job.entry.kind == "lab"}
    key = link.offer("job", [*jobs, NEW], next(iter(jobs), NEW))
    words = {
        NEW: "a new lab",
        **{i: f"{job.title} ({job_words.LOOKS[job.state.name].word}, {i[:6]})" for i, job in jobs.items()},
    }
    chosen = st.selectbox("Lab", [*jobs, NEW], format_func=words.get, key=key, width=640)
    return jobs.get(chosen, NEW)


def show(link: Link) -> None:
    """Show a lab, or the form for a new one."""
    job = choose(link)
    if job is None:
        link.close({})
        return
    told = {"job": job if isinstance(job, str) else job.id}
    if isinstance(job, str):
        asked = lab_form.ask(link, told)
        link.close(told)
        if asked is not None:
            lab_form.outlook(PAGE, asked)
        return
    if lab_result.has_answers(job):
        lab_result.show(PAGE, link, told, job)
    link.close(told)
    if not job.state.ended or not lab_result.has_answers(job):
        lab_result.show_running(job)
    st.page_link(
        "views/jobs.py",
        label="The job: log, stop, resume, export",
        query_params={"jobs.job": job.id},
        icon=":material/progress_activity:",
    )
    frame.command(f"python -m rdpd_core jobs follow {job.id}", "Follows this job in a terminal")


try:
    show(Link(PAGE))
except (RdpdError, *TROUBLE) as error:
    st.error(in_markdown(str(error), 600), icon=":material/error:")
