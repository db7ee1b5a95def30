"""Distill: set up training that runs in the background."""

from __future__ import annotations

import streamlit as st

from app.components import frame
from app.state import Link

PAGE = "distill"
WHAT = (
    "Train a teacher and students of few channels. The job runs in the background: it goes on when this page is closed and "
    "when the program is ended, can be stopped at any step with the best so far kept, and resumed."
)

frame.heading("Distill", WHAT)

from app.components import job_form, job_outlook  # noqa: E402  (the heading does not wait for the library)
from app.figures.text import in_markdown  # noqa: E402
from rdpd_core.errors import RdpdError  # noqa: E402

try:
    asked = job_form.ask(Link(PAGE))
    if asked is not None:
        job_outlook.show(PAGE, asked)
except RdpdError as error:
    st.error(in_markdown(str(error), 600), icon=":material/error:")
