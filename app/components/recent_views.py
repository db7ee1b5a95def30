"""Continue where one left: the last views of pages, also those of an earlier start of the program."""

from __future__ import annotations

import time

import streamlit as st

from app import recent, watch
from app.figures.text import in_markdown
from app.figures.view_words import PAGES, ago
from rdpd_core.errors import RdpdError

SHOWN = 5


def show() -> None:
    """Show a link for each of the last views."""
    found = recent.seen()
    views = [view for view in found.views if view.page in PAGES][:SHOWN]
    if found.trouble:
        st.warning(in_markdown(found.trouble, 400), icon=":material/history_toggle_off:")
    if not views:
        st.caption("Nothing yet. What you look at on the other pages will be here, to be continued with one click.")
        return
    with st.container(gap="small"):
        for view in views:
            _link(view)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption("Kept on this machine, for whoever uses it.", width="content")
        told = "Empties this list; nothing else is deleted"
        st.button(
            "Forget these",
            key="start.forget",
            type="tertiary",
            icon=":material/delete_sweep:",
            help=told,
            on_click=recent.forget,
        )


def _link(view: recent.View) -> None:
    page = PAGES[view.page]
    title = _job(view) if view.page == "jobs" else view.title
    words = [f"**{page.title}**", *([in_markdown(title, 160)] if title else []), f":gray[{ago(time.time() - view.at)}]"]
    st.page_link(page.file, label=" · ".join(words), icon=page.icon, query_params=view.address)


def _job(view: recent.View) -> str:
    """Give the title of the job that a view is about; how it is called in the list if the job is not here any more."""
    job, desk = view.address.get("jobs.job", ""), watch.watch().desk
    try:
        entries = [] if desk is None else desk.table.entries("id = ?", (job,))
    except RdpdError:  # what runs says it, beside this
        return view.title
    return entries[0].title if entries else f"{view.title}, which is not here any more"
