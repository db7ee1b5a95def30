"""The models behind the numbers: how each arm learned, and parameters, multiply-adds and latency against the score."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.components import compare_chart, compare_tasks, frame, waiting
from app.components.compare_choice import Looked
from app.figures.text import in_markdown
from rdpd_core.errors import DataError, RdpdError
from rdpd_core.experiments.compared import Entry, Table, labels, table_of
from rdpd_core.experiments.compared.learned import learning_chart, size_chart, size_row, sizes
from rdpd_core.jobs.finished import facts_of

TIMED = "compare.timed"
MOST = 6


def show(page: str, looked: Looked) -> None:
    """Show sizes and courses of learning; one sentence for an experiment whose models cannot be read."""
    table = table_of(looked.found.entries, looked.selection)
    kept = _kept(looked, table.entries)
    if not kept:
        return
    there = [entry for entry in table.entries if entry.key in kept]
    frame.section("Size against score")
    _sizes(page, looked, table, there, kept)
    frame.section("How they learned")
    named = labels(table.entries, looked.selection.names)
    for entry in there[:MOST]:
        try:
            drawn = learning_chart(entry, named[entry.key], kept[entry.key], looked.selection.arms)
            compare_chart.show(page, drawn, [entry], entry.key.replace(".", "-"))
        except DataError as error:
            st.caption(in_markdown(str(error), 400))
    if len(there) > MOST:
        st.caption(f"The first {MOST} of {len(there)} experiments; choose others above.")


def _kept(looked: Looked, entries: list[Entry]) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for entry in entries:
        try:
            found[entry.key] = facts_of(looked.desk, entry)
        except (RdpdError, OSError) as error:
            st.warning(in_markdown(f"{entry.key}: {error}", 500), icon=":material/broken_image:")
    return found


def _sizes(page: str, looked: Looked, table: Table, there: list[Entry], kept: dict[str, list[dict[str, Any]]]) -> None:
    found = sizes(there, lambda entry: kept[entry.key])
    turn = int(st.session_state.get(TIMED, 0))
    timed = None
    if turn:
        key = (compare_tasks.asked(there), turn)
        task = compare_tasks.sizes_task(*key)
        timed = waiting.result_of(task, lambda: compare_tasks.sizes_task.clear(*key), f"{page}.sizes")
    compare_chart.show(page, size_chart(table, found), there)
    if timed is not None:
        compare_chart.show(page, size_chart(table, timed, timed=True), there)
    st.button("Measure latency here", key=f"{page}.time", icon=":material/timer:", on_click=_time_it)
    shown = timed or found
    rows = [size_row(line, shown[line.key]) for line in table.lines if line.key in shown]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Parameters, multiply-adds and latency of every arm")
    st.caption(
        "Parameters as used, and counted as Table 5 of RDPD does, with a second convolution that is built and not used. "
        "Latency: one window at a time on one CPU thread, median of 200 runs. A forest is no network and has no size here."
    )


def _time_it() -> None:
    st.session_state[TIMED] = int(st.session_state.get(TIMED, 0)) + 1
