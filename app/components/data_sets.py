"""What is here of every data set and how much room it takes; quality, verifying and deleting of an added one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import cached, kept
from app.components import here, own_check
from app.figures.job_words import size
from app.figures.text import in_markdown
from rdpd_core.datasets import DATASETS, listed
from rdpd_core.datasets.own import OwnSet, own_root, problems
from rdpd_core.errors import RdpdError
from rdpd_core.files import cache_root, work_root
from rdpd_core.intake.keeping import size_of
from rdpd_core.jobs.forgetting import forget, traces_of

SAID = own_check.SAID


@kept.data(ttl=60, max_entries=64, show_spinner=False)
def bytes_of(folder: str) -> int:
    """Give the bytes below a folder; counted again after a minute."""
    return size_of(Path(folder))


def table() -> None:
    """Show all data sets in one table, and what all of it takes of the disk."""
    rows = []
    for kind in listed():
        there = here.is_here(kind)
        folder = kind(cached.data_root()).folder
        place = "made here" if kind.simulated else "added here" if kind.own else "here" if there else "not here"
        rows.append(
            {
                "data set": kind.name, "title": kind.title, "recordings": place,
                "on disk": size(bytes_of(str(folder))) if there and not kind.simulated else "",
                "channels": len(kind.channels), "classes": len(kind.classes),
                "models": len(cached.cards(kind.models_of or kind.name)), "licence": kind.licence,
            }
        )  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="All data sets, and whether they are here")
    used = {
        "added data sets": own_root(), "models and jobs": work_root(), "what can be made again (cache)": cache_root()
    }  # fmt: skip
    told = " · ".join(f"{name} {size(bytes_of(str(folder)))}" for name, folder in used.items())
    st.caption(in_markdown(f"On disk: {told}. Models and jobs include the added data sets.", 400))
    for problem in problems():
        st.warning(in_markdown(problem.reason, 400), icon=":material/block:")


def of_own(kind: type[OwnSet]) -> None:
    """Show the quality of an added data set, and offer to open, verify and delete it."""
    with st.container(horizontal=True, gap="small"):
        if kind.models_of:
            query = {"case.set": kind.name}
            st.page_link("views/case.py", label="In the case study", icon=":material/clinical_notes:", query_params=query)
        elif kind.trains:
            query = {"distill.data": kind.name}
            st.page_link("views/distill.py", label="Train students", icon=":material/model_training:", query_params=query)
        st.button("Verify", icon=":material/verified:", on_click=_verify, args=(kind.name,), key=f"data.verify.{kind.name}")
        with st.popover("Delete", icon=":material/delete:", key=f"data.delete.{kind.name}", on_change="rerun") as asked:
            if asked.open:
                _delete_box(kind)
    st.markdown("**Quality**")
    own_check.report(kind.record.quality, kind.record.notices)


def _delete_box(kind: type[OwnSet]) -> None:
    found = traces_of(kind.name)
    st.markdown(
        f"Deletes {size(found.bytes)} of recordings, {len(found.jobs)} jobs and {len(found.models)} models made from them, and "
        "the cache. There is no way back."
    )
    st.button("Delete all of it", type="primary", on_click=_delete, args=(kind.name,), key=f"data.delete.go.{kind.name}")


def _verify(name: str) -> None:
    try:
        DATASETS.get(name)().verify()
        st.session_state[SAID] = ("done", "All samples are as they were written.")
    except RdpdError as error:
        st.session_state[SAID] = ("error", str(error))


def _delete(name: str) -> None:
    try:
        freed = forget(name)
    except RdpdError as error:
        st.session_state[SAID] = ("error", str(error))
        return
    for one in (cached.data_task, cached.book_task, cached.bench_task, cached.analysis_task, bytes_of):
        one.clear()  # nothing of it stays in memory
    st.session_state[SAID] = ("done", f"Deleted; {size(freed)} are free again.")
