"""Data: what is here and how to get the rest; recordings of one's own are looked at, mapped, checked, and added."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cached
from app.components import frame, waiting
from app.state import Link

PAGE = "data"

WHAT = "Every data set the program can read: what it holds, where it comes from, how to get it; and recordings of your own."
HERE, ADD = "here", "add"
PARTS = {HERE: ":material/database: What is here", ADD: ":material/add_circle: Add recordings"}

frame.heading("Data", WHAT)

from app.components import data_sets, here, own_check, own_look, own_map  # noqa: E402  (the heading does not wait for the library)
from app.figures.text import at_rate, in_markdown, lasting  # noqa: E402
from rdpd_core.datasets import DATASETS, Dataset  # noqa: E402


def show_card(kind: type[Dataset]) -> None:
    """Show what a data set says about itself."""
    there = here.is_here(kind)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(in_markdown(kind.title), anchor=False, width="content")
        if kind.simulated:
            st.badge("simulated, no person was measured", icon=":material/science:", color="orange")
        place = "made here" if kind.simulated else "added here" if kind.own else "here" if there else "not here"
        st.badge(place, color="green" if there else "gray")
    st.markdown(in_markdown(kind.summary, 600))
    plan = kind.preparation
    st.table(
        {
            "Reference": in_markdown(kind.reference, 600),
            "Licence": in_markdown(kind.licence, 300),
            "Sampling rate": f"{at_rate(kind.sampling_rate)}, read at {at_rate(plan.rate_hz)}",
            "Window": f"{lasting(plan.window_s)} every {lasting(plan.stride_s)}, in {plan.segments} segments of "
            f"{lasting(plan.segment_s)}",
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
        told = "Counts subjects and windows. The first time, all recordings are read and stored for quick use."
        st.button("Convert and count", icon=":material/sync:", on_click=_count, args=(counted, name), help=told)
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


def show_here(link: Link, part: str) -> None:
    """Show all data sets, and one of them closely."""
    data_sets.table()
    names = DATASETS.names()
    key = link.offer("set", names, "simulated_ecg")
    arrived = st.session_state.pop(own_check.KEPT, "")
    if arrived in names:
        st.session_state[key] = arrived
    name = st.selectbox("Data set", names, key=key, width=320)
    counted = link.offer("counted", ["", *names], "")
    link.close({"part": part, "set": name, "counted": st.session_state[counted]})
    kind = DATASETS.get(name)
    show_card(kind)
    if kind.own:
        data_sets.of_own(kind)
    show_channels(kind)
    if here.is_here(kind):
        show_counts(name, counted)
    frame.command("python -m rdpd_core datasets", "Lists all data sets")


def show_add(link: Link, part: str) -> None:
    """Lead through the three steps."""
    link.close({"part": part})
    look = own_look.show()
    plan = None if look is None else own_map.show(look)
    if plan is not None:
        own_check.show(look, plan)
    frame.command("python -m rdpd_core data look FILE", "Takes the same first look")


own_check.open_kept()
link = Link(PAGE)
frame.tell_once(own_check.SAID)
key = link.offer("part", list(PARTS), HERE)
if own_check.KEPT in st.session_state:
    st.session_state[key] = HERE
how = {"format_func": PARTS.get, "required": True, "label_visibility": "collapsed", "key": key}
part = st.segmented_control("What to do", list(PARTS), **how)
(show_add if part == ADD else show_here)(link, part)
