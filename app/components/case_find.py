"""Finding a window: by class, by what the arms make of it, by subject; every question says how many windows fit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Link
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.subjects import (
    DISAGREE,
    EVERY,
    NOT_SURE,
    STUDENT_WRONG,
    TEACHER_WRONG,
    UNSURE,
    masks,
    places_of,
    title_of,
)

ANY, LIKED = "all", "rdpd"


class Found(NamedTuple):
    """What was found and chosen.

    Attributes:
        klass: Class that was looked for, or `ANY`.
        show: The question.
        student: Arm the question is about.
        fits: (N,), whether a window of the book fits class and question.
        subjects: Test subjects that have such a window; empty if none fits.
        subject: The chosen one.
        position: Which of the subject's windows, from 1.
        positions: Those of the subject that fit, or all if none fits.
        place: Where the buttons for going on stand.
    """

    klass: str
    show: str
    student: str
    fits: np.ndarray
    subjects: tuple[str, ...]
    subject: str
    position: int
    positions: tuple[int, ...]
    place: DeltaGenerator

    @property
    def told(self) -> dict[str, object]:
        """Give what belongs into the address."""
        names = ("klass", "show", "student", "subject", "position")
        return dict(zip(("class", "show", "student", "subject", "window"), (getattr(self, n) for n in names), strict=True))


def choose_window(link: Link, book: CaseBook) -> Found:
    """Ask for questions, subject and window."""
    windows, classes = book.windows, book.windows.classes
    students = [arm.arm for arm in book.arms if arm.arm != "teacher"] or [arm.arm for arm in book.arms]
    first, second, third = st.columns([1.2, 1.6, 1.0], gap="medium")
    key = link.offer("student", students, LIKED if LIKED in students else students[-1])
    told = "The student that the questions on the left are about, and whose mistakes are shown beside the teacher's."
    student = third.selectbox("Student looked at", students, format_func=title_of, key=key, help=told)
    counts = {name: int((windows.target == k).sum()) for k, name in enumerate(classes)}
    offered = [ANY, *(name for name in classes if counts[name])]
    titles = {ANY: f"every class (n = {len(windows)} windows)", **{c: f"{c} (n = {counts[c]})" for c in offered[1:]}}
    klass = first.selectbox("True class", offered, format_func=titles.get, key=link.offer("class", offered, ANY))
    inside = np.ones(len(windows), dtype=bool) if klass == ANY else windows.target == classes.index(klass)
    questions = {name: mask & inside for name, mask in masks(book, student).items()}
    says = {name: f"{question(name, student)} (n = {int(mask.sum())})" for name, mask in questions.items()}
    told = f"Decisions are those of the mean over seeds. Not sure: no class gets a probability of {UNSURE:g} or more."
    key = link.offer("show", list(questions), EVERY)
    show = second.selectbox("Windows", list(questions), format_func=says.get, key=key, help=told)
    fits = questions[show]
    subjects = tuple(s for s in np.unique(windows.subject).tolist() if fits[windows.subject == s].any())
    subject, position, positions, place = _choose(link, book, subjects, fits)
    return Found(klass, show, student, fits, subjects, subject, position, positions, place)


def question(name: str, student: str) -> str:
    """Give a question in words."""
    title = title_of(student)
    return {
        EVERY: "all windows",
        STUDENT_WRONG: f"Teacher right, {title} wrong",
        TEACHER_WRONG: f"Teacher wrong, {title} right",
        DISAGREE: "arms disagree",
        NOT_SURE: f"{title} not sure, below {UNSURE:g}",
    }[name]


def _choose(
    link: Link, book: CaseBook, subjects: tuple[str, ...], fits: np.ndarray
) -> tuple[str, int, tuple[int, ...], DeltaGenerator]:
    """Ask for one of the subjects and one of its windows; where none fits, keep what was chosen without asking."""
    offered = subjects or tuple(np.unique(book.windows.subject).tolist())
    known = book.subjects()
    first, second, third = st.columns([1.1, 1.1, 1.65], gap="medium", vertical_alignment="bottom")
    key = link.offer("subject", offered, offered[0])
    if subjects:
        told = "Type to search. Test subjects only: no model learned from them."
        how = {"format_func": lambda s: f"{s} · {known[s]}" if known.get(s) else s, "help": told}
        subject = first.selectbox(f"Subject (n = {len(offered)})", offered, key=key, **how)
    else:
        subject = keep(key)
    mine = fits[places_of(book, [subject])]
    positions = (np.flatnonzero(mine) + 1).tolist() or list(range(1, len(mine) + 1))
    key = link.offer("window", positions, positions[0])
    if not subjects or len(positions) == 1:
        return subject, keep(key), tuple(positions), third
    which = f"Window ({len(positions)} of {len(mine)} fit)" if len(positions) < len(mine) else f"Window (of {len(mine)})"
    position = second.select_slider(which, positions, key=key, help="Arrow keys move it; so do the keys P and N.")
    return subject, position, tuple(positions), third


def show_steps(page: str, found: Found) -> None:
    """Offer to go to the window before and after this one."""
    ends = {-1: found.positions[0], 1: found.positions[-1]}
    with found.place.container(horizontal=True, gap="small"):
        for label, shortcut, sign in (("Previous", "p", -1), ("Next", "n", 1)):
            how = {"on_click": step, "args": (page, found.positions, sign), "disabled": found.position == ends[sign]}
            st.button(label, key=f"{page}.window.{label.lower()}", shortcut=shortcut, **how)


def step(page: str, positions: tuple[int, ...], sign: int) -> None:
    """Go on among windows, from where the last step led; before the widget of the window is made anew."""
    key = f"{page}.window"
    at = min(max(positions.index(st.session_state[key]) + sign, 0), len(positions) - 1)
    st.session_state[key] = positions[at]


def keep(key: str) -> object:
    """Give a choice whose widget does not stand on the page now, and keep it for when it does."""
    st.session_state[key] = st.session_state[key]
    return st.session_state[key]
