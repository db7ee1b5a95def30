"""The subjects of a cohort as rows of pictures: which of them are drawn, and how one gets from a row to the case."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.case_data import Opened
from app.components.case_find import keep
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.experiments.source import Asked

MOST = 40
"""Rows of a picture; more are looked at one page after the other."""
HALF_PX = 380
CASE = "views/case.py"


class Cohort(NamedTuple):
    """What a part of the page is about.

    Attributes:
        page: Prefix of keys.
        opened: Models and their answers.
        asked: The same, as analyses ask for it.
        arm: The arm that is looked at.
        first: Rank of the first subject drawn, from 0.
    """

    page: str
    opened: Opened
    asked: Asked
    arm: str
    first: int

    def rows(self, count: int) -> list[int]:
        """Give the places of the subjects that are drawn, of so many in the order of a picture."""
        first = self.first if self.first < count else 0
        return list(range(first, min(first + MOST, count)))

    @property
    def stem(self) -> str:
        """Begin a file name."""
        return f"{self.asked.dataset}_{self.asked.view}_cohort"


def halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Give two places beside each other; below each other where a picture would be too narrow for its notes."""
    grid = st.grid(2, min_column_width=HALF_PX, gap="large")
    return grid.cell(), grid.cell()


def choose_rows(link: Link, count: int, place: DeltaGenerator, asked: bool) -> int:
    """Ask which ranks are drawn; give the first, from 0. Nothing is asked where one picture shows all.

    Args:
        link: Of the page.
        count: Of subjects.
        place: Where.
        asked: Whether the part that is looked at draws subjects.
    """
    starts = list(range(1, max(count, 1) + 1, MOST))
    key = link.offer("rows", starts, 1)
    if len(starts) == 1 or not asked:
        return int(keep(key)) - 1
    says = {at: f"{at} to {min(at + MOST - 1, count)}" for at in starts}
    return place.selectbox(f"Ranks drawn (of {count})", starts, format_func=says.get, key=key) - 1


def choose_subject(link: Link, opened: Opened, place: DeltaGenerator) -> str:
    """Ask for the subject whose case can be opened."""
    known = opened.book.subjects()
    subjects = np.unique(opened.book.windows.subject).tolist()
    key = link.offer("subject", subjects, subjects[0])
    says = {s: f"{s} · {known[s]}" if known.get(s) else s for s in subjects}
    told = "A click on a row of a picture opens the same."
    return place.selectbox("Subject", subjects, format_func=says.get, key=key, help=told)


def show_way(cohort: Cohort, subject: str, place: DeltaGenerator) -> None:
    """Offer the whole subject in the case study; go there at once if a row was clicked."""
    clicked = st.session_state.pop(f"{cohort.page}.clicked", None)
    if clicked is not None:
        st.switch_page(CASE, query_params=case_of(cohort, clicked))
    how = {"icon": ":material/clinical_notes:", "query_params": case_of(cohort, subject)}
    place.page_link(CASE, label=f"Open {in_markdown(subject)} in the case study", **how)


def case_of(cohort: Cohort, subject: str) -> dict[str, str]:
    """Give the address of a subject in the case study."""
    told = {**cohort.opened.told, "part": "subject", "subject": subject}
    return {f"case.{name}": value for name, value in told.items()} | (
        {"case.student": cohort.arm} if cohort.arm != "teacher" else {}
    )


def on_click(cohort: Cohort, key: str) -> partial:
    """Give what a click on a row of a picture does."""
    return partial(_clicked, cohort.page, key)


def _clicked(page: str, key: str) -> None:
    """Remember whose row was clicked: its name is the first that stands behind a point."""
    points = st.session_state[key]["selection"]["points"]
    if points and points[0].get("customdata"):
        behind = points[0]["customdata"]
        st.session_state[f"{page}.clicked"] = str(behind[0] if isinstance(behind, list) else behind)
