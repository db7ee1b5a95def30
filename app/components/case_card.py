"""The record card: which recording this is, and what the data set declares safe to show of it."""

from __future__ import annotations

import streamlit as st

from app.figures.text import at_rate, in_markdown, listed
from rdpd_core.experiments.cases import Case


def show(case: Case, summary_of_subject: str) -> None:
    """Show the card of the recording a window is from.

    Args:
        case: The window.
        summary_of_subject: How much there is of the subject, as Markdown.
    """
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**Subject {in_markdown(case.subject)}**", width="content")
            if case.simulated:
                st.badge("simulated, no person was measured", icon=":material/science:", color="orange")
            truth = f"truth: {in_markdown(case.truth)}" if case.truth else "truth unknown"
            st.badge(truth, icon=":material/stethoscope:", color="gray")
        end = case.offset_s + case.duration_s
        rows = {
            "recording": f"{case.recording}, {case.offset_s:g} to {end:g} s, {at_rate(case.sampling_rate)}",
            **{name: value for name, value in case.facts.items() if name != "simulated"},
            "students read": listed(list(case.poor)),
        }
        told = " · ".join(f"{in_markdown(name)}: {in_markdown(value, 200)}" for name, value in rows.items())
        st.markdown(f"{told}. {summary_of_subject}")
