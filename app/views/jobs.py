"""Jobs: what runs, what waits and what has run, and one of them in full."""

from __future__ import annotations

import streamlit as st

from app.components import frame
from app.state import Link

PAGE = "jobs"
WHAT = "What runs in the background, waits for its turn, or has ended. Choose a job to see how far it is and what it gave."

frame.heading("Jobs", WHAT)

from app.components import job_detail, job_import, job_list  # noqa: E402  (the heading does not wait for the library)

link, refused = Link(PAGE), st.container()
job = job_list.choose(link)
told = {job_list.NAME: job or job_list.NONE}
with st.container(horizontal=True, gap="small", vertical_alignment="center"):
    st.page_link("views/distill.py", label="New job", icon=":material/add_circle:")
    job_import.show()
if job is not None:
    job_detail.show(job, link, told)
frame.command("python -m rdpd_core jobs list", "Lists the jobs in a terminal")
with refused:
    link.close(told)
