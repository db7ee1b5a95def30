"""All results on one page: what imitation adds on every data set, by recipe and by what became of the labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from app import kept
from app.components import leaving
from app.components.charts import chart
from app.components.frame import command, section
from app.figures import results as pictures
from app.figures.about import About
from app.figures.forest import describe_forest
from app.figures.text import in_filename, in_markdown
from rdpd_core.evaluation import METRICS
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.evidence.book import Entry, each
from rdpd_core.experiments.glance import Glance, glances, rows_of, sentences

NOTES = [
    "A line is the mean over all students of these people that differ in what they read; 95% intervals from resampling people "
    "and seeds."
]
LONG = 600


@kept.resource(max_entries=4, show_spinner="Reading all results ...")
def _read(found: tuple[tuple[str, str, float, bool], ...]) -> tuple[list[Glance], list[str]]:
    books, refused = each((Entry(name, Path(path), shipped) for name, path, _, shipped in found), Entry.read)
    return glances(books), refused


def show(page: str, entries: Sequence[Entry], metric: str) -> None:
    """Show what all results say together.

    Args:
        page: Prefix of keys.
        entries: The results.
        metric: Name of the score.
    """
    rows, refused = _read(tuple((e.name, str(e.path), e.path.stat().st_mtime, e.shipped) for e in entries))
    for reason in refused:
        st.error(in_markdown(reason, LONG), icon=":material/error:")
    if not rows:
        st.info("None of the results compares imitation with labels alone on students of one view. Choose one of them above.")
        return
    with st.container(border=True):
        st.markdown("**What they say together**")
        st.markdown("\n".join(f"- {in_markdown(sentence, LONG)}" for sentence in sentences(rows, metric)))
        st.caption(
            "Lines are not independent: several are of the same people. Courses along noise, amount of data, rich recordings "
            "and temperature stand in their own results."
        )
    title = METRICS[metric].title
    held = next((row.dataset for row in rows if not leaving.may_leave(row.dataset)), "")
    about = About((("results", "all at a glance"), *((("data set", held),) if held else ())))
    for against, heading, words in (
        ("direct", "What imitation adds to labels alone", "Paired over people and seeds; the dashed line is no difference."),
        ("forest", "And beside a random forest on simple numbers", "The forest read the same channels and the same labels."),
    ):
        sections = pictures.glance_sections(rows, metric, against)
        if sections:
            section(heading)
            st.caption(f"{words} A click on a line opens its results.")
            axis = f"{' or '.join(dict.fromkeys(ARMS[row.arm].title for row in rows))} less {ARMS[against].title}, {title}"
            fig, alt = pictures.lines_figure(sections, axis, NOTES, 0.0), describe_forest(sections, axis, NOTES)
            tables = {"Differences": lambda s=sections, a=axis: pictures.lines_table(s, a)}
            key = f"{page}.glance.{against}"
            chart(fig, key, in_filename("all", against), alt, tables, partial(_open_point, page, key), about=about)
    section("Line by line")
    st.caption(f"{title}, means over the students of a line; brackets are 95% intervals. A click on a row opens its results.")
    table = pd.DataFrame(rows_of(rows, metric))
    key, words = f"{page}.glance.rows", f"{title} of every line, with differences"
    opens = partial(_open_row, page, key, [row.book for row in rows])
    st.dataframe(table, hide_index=True, key=key, on_select=opens, selection_mode="single-row", alt=words)
    command("python -m rdpd_core results --glance", "Gives this table")


def _open_point(page: str, key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        st.session_state[f"{page}.name"] = points[0]["customdata"][2]


def _open_row(page: str, key: str, books: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        st.session_state[f"{page}.name"] = books[rows[0]]
