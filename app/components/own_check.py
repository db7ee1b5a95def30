"""Step 3 of adding recordings: read all of it, see what is good and bad about it, and keep it or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from app import cached
from app.components import own_tasks, waiting
from app.components.own_look import TURN, Look
from app.figures.text import in_markdown
from rdpd_core.datasets import DATASETS
from rdpd_core.errors import RdpdError
from rdpd_core.files import digest_json
from rdpd_core.intake.keeping import Draft, Plan, keep

ASKED, SAID, KEPT = "data.check", "data.told", "data.kept"


def show(look: Look, plan: Plan) -> None:
    """Offer to check a plan; show what was found, and offer to keep it."""
    st.markdown("**3 · Check.** Everything is read once; nothing is kept before you say so.")
    digest = digest_json([asdict(plan), list(look.ids), list(look.options)])
    st.button("Check", type="primary", icon=":material/fact_check:", on_click=_ask, args=(digest,), key="data.check.go")
    if st.session_state.get(ASKED) != digest:
        return
    task = own_tasks.take_task(look.files, look.ids, *look.options, plan, digest)
    draft = waiting.result_of(task, own_tasks.take_task.clear, "data.take")
    if draft is None:
        return
    record = draft.record
    minutes, people = record.total / record.rate_hz / 60, record.quality["subjects"]
    st.markdown(
        f"n = {len(record.recordings)} recordings of {people} {'person' if people == 1 else 'people'}, {minutes:.3g} min at "
        f"{record.rate_hz:g} Hz, read in windows of {record.preparation.window_s:g} s."
    )
    report(record.quality, record.notices)
    if not (draft.folder / "signals.f32").is_file():
        st.info("This was kept, or another check took its place; press Check again.", icon=":material/refresh:")
        return
    label = "Keep and open in the case study" if record.like else "Keep"
    st.button(label, type="primary", icon=":material/check:", on_click=_keep, args=(draft,), key="data.keep")


def open_kept() -> None:
    """Go to the case study of a data set that was kept a moment ago, if stored students read it."""
    kept = st.session_state.get(KEPT, "")
    if kept in DATASETS and DATASETS.get(kept).models_of:
        del st.session_state[KEPT], st.session_state[SAID]
        st.switch_page("views/case.py", query_params={"case.set": kept})


def report(quality: Mapping[str, Any], notices: tuple[str, ...]) -> None:
    """Show the quality of channels, the classes, and sentences."""
    shares = ("missing", "flat", "clipped", "implausible")
    rows = [{**row, **{name: f"{row[name]:.1%}" for name in shares}} for row in quality["channels"]]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Quality of each channel")
    if quality["classes"]:
        counted = pd.DataFrame([{"class": name, **counts} for name, counts in quality["classes"].items()])
        st.dataframe(counted, hide_index=True, alt="Recordings, seconds and people of each class")
    for notice in notices:
        st.caption(in_markdown(notice, 600))


def _ask(digest: str) -> None:
    st.session_state[ASKED] = digest


def _keep(draft: Draft) -> None:
    try:
        kind = keep(draft)
    except RdpdError as error:
        st.session_state[SAID] = ("error", str(error))
        return
    own_tasks.take_task.clear()  # what was uploaded is not held any longer
    own_tasks.look_task.clear()
    for name in [key for key in st.session_state if str(key).startswith("data.check")]:
        del st.session_state[name]
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    cached.data_task.clear(kind.name, cached.data_root())
    st.session_state[SAID] = ("done", f"{kind.title} is kept.")
    st.session_state[KEPT] = kind.name
