"""Data: what each data set holds, where it comes from, how to get it, and how much of it is here."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cached
from app.components import frame, waiting
from app.state import Link

PAGE = "data"

frame.heading("Data", "Every data set the program can read: what it holds, where it comes from, and how to get it.")

from app.components import here  # noqa: E402  (the heading does not wait for the library)
from app.figures.text import in_markdown  # noqa: E402
from rdpd_core.datasets import DATASETS, Dataset  # noqa: E402


def show_card(kind: type[Dataset]) -> None:
    """Show what a data set says about itself."""
    there = here.is_here(kind)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(in_markdown(kind.title), anchor=False, width="content")
        if kind.simulated:
            st.badge("simulated, no person was measured", icon=":material/science:", color="orange")
        st.badge("made here" if kind.simulated else "here" if there else "not here", color="green" if there else "gray")
    st.markdown(in_markdown(kind.summary, 600))
    plan = kind.preparation
    st.table(
        {
            "Reference": in_markdown(kind.reference, 600),
            "Licence": in_markdown(kind.licence, 300),
            "Sampling rate": f"{kind.sampling_rate:g} Hz, read at {plan.rate_hz:g} Hz",
            "Window": f"{plan.window_s:g} s every {plan.stride_s:g} s, in {plan.segments} segments of {plan.segment_s:g} s",
            "Classes": in_markdown(", ".join(kind.classes), 900),
        },
        border="horizontal",
    )
    if not there:
        st.markdown("**How to get it**")
        here.how_to_get(kind)


def show_channels(kind: type[Dataset]) -> None:
    """Show channels and views."""
    channels, views = st.columns(2, gap="medium")
    rows = [{"channel": c.name, "unit": c.unit, "group": c.group} for c in kind.channels]
    channels.markdown(f"**Channels** (n = {len(rows)})")
    channels.dataframe(pd.DataFrame(rows), hide_index=True, height=height(rows), alt=f"Channels of {kind.title}")
    named = [{"view": name, "channels": len(names), "which": ", ".join(names)} for name, names in kind.views.items()]
    views.markdown("**Views**: the few channels that students may read")
    views.dataframe(pd.DataFrame(named), hide_index=True, height=height(named), alt=f"Views of {kind.title}")


def height(rows: list) -> int:
    """Give the height in pixels at which a table shows its rows, at most eight of them."""
    return 36 * (min(len(rows), 8) + 1) + 2


def show_counts(name: str, counted: str) -> None:
    """Show how much there is of each class and part; recordings that were never read are read on demand."""
    st.markdown("**How much of it**")
    if st.session_state[counted] != name and not DATASETS.get(name).simulated:
        told = "The first time, all recordings are read."
        st.button("Count subjects and windows", on_click=_count, args=(counted, name), help=told)
        return
    task = cached.data_task(name, cached.data_root())
    loaded = waiting.result_of(task, lambda: cached.data_task.clear(name, cached.data_root()), f"{PAGE}.{name}")
    if loaded is None:
        return
    rows = [{"class": c, "subjects": n.subjects, "windows": n.windows} for c, n in loaded.prepared.counts.items()]
    parts = [{"part": p, "subjects": len(set(w.subject)), "windows": len(w)} for p, w in loaded.splits._asdict().items()]
    left, right = st.columns(2, gap="medium")
    left.dataframe(pd.DataFrame(rows), hide_index=True, alt="Subjects and windows of each class")
    right.dataframe(pd.DataFrame(parts), hide_index=True, alt="Subjects and windows of each part")
    right.caption(f"Split {in_markdown(loaded.split)}; no subject is in two parts.")
    for notice in loaded.prepared.notices:
        st.caption(in_markdown(notice, 600))


def _count(counted: str, name: str) -> None:
    st.session_state[counted] = name


names = DATASETS.names()
link = Link(PAGE)
name = st.selectbox("Data set", names, key=link.offer("set", names, "simulated_ecg"), width=320)
counted = link.offer("counted", ["", *names], "")
link.close({"set": name, "counted": st.session_state[counted]})
show_card(DATASETS.get(name))
show_channels(DATASETS.get(name))
if here.is_here(DATASETS.get(name)):
    show_counts(name, counted)
frame.command("python -m rdpd_core datasets", "Lists all data sets")
