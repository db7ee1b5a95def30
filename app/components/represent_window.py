"""Where teacher and students look in one window, under its signal: the one in which a subject's agreement is least."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from app.components.charts import chart
from app.components.frame import section
from app.figures import tables, words
from app.figures.about import of_case
from app.figures.case import case_figure
from app.figures.noted import noted_below
from app.figures.overlap import Compared
from app.figures.text import in_filename, in_markdown
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.subjects import places_of

OVERLAP, MOST = "overlap", 3
"""Channels that are drawn at most."""


def show(page: str, book: CaseBook, found: Compared, student: str, subject: str) -> None:
    """Draw the window.

    Args:
        page: Key of the page.
        book: The answers.
        found: What overlap was found, and the students that are shown.
        student: Whose agreement with the teacher is least in the window that is drawn.
        subject: The person.
    """
    own = np.asarray(found.result.values["windows"]["arms"][student][OVERLAP])[places_of(book, [subject])]
    case = book.case(subject, int(own.argmin()) + 1)
    case = replace(case, arms=tuple(arm for arm in case.arms if arm.arm in ("teacher", *found.arms)))
    section(f"Where they look: {in_markdown(subject)}, the window in which they agree least")
    st.markdown(in_markdown(f"{words.facts(case)}. {words.looking(case)}", 900))
    chance = next((arm.overlap_chance for arm in case.arms if arm.arm == student), None)
    null = "none: there is no other window" if chance is None else f"windows paired at random: overlap {chance:.2f} on average"
    seeds = max(arm.models for arm in case.arms)
    interval = f"none for one window; spread over {seeds} seeds" if seeds > 1 else "none: one window, one seed"
    about = of_case(book, case).plus(n="1 window of 1 subject", interval=interval, null=null)
    shown = case.poor[:MOST]
    behind = {"Signal": lambda: tables.signal_table(case, shown), "Attention": lambda: tables.attention_table(case)}
    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}", "attention")
    lowest = f"n = 1 window of {len(own)} of this subject, the one with the lowest overlap ({own.min():.2f})"
    notes = [lowest, f"interval: {interval}", f"null: {null}"]
    fig = noted_below(case_figure(case, shown), notes)
    chart(fig, f"{page}.window", name, f"{words.describe_case(case, shown)} {'; '.join(notes)}.", behind, about=about)
    st.caption(in_markdown(words.marks(case), 900))
