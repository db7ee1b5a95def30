"""Case study: one window, one subject or several, as every stored model of one view sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components import frame
from app.state import Link

if TYPE_CHECKING:
    from rdpd_core.experiments.cases import Case, CaseBook

PAGE = "case"
WHAT = (
    "Find a window or a subject, see what the teacher and every student say about it, how sure they are, and where they look."
)

frame.heading("Case study", WHAT)

from app.components import (  # noqa: E402  (the heading does not wait for the library)
    case_card,
    case_choice,
    case_data,
    case_find,
    case_group,
    case_subject,
    case_window,
)
from app.figures.subject_words import counted  # noqa: E402

WINDOW, SUBJECT, GROUP = "window", "subject", "group"
PARTS = {WINDOW: "This window", SUBJECT: "The whole subject", GROUP: "Several subjects"}


def show_case(link: Link, opened: case_data.Opened) -> None:
    """Let a window be found, and show the part of its case that is asked for; the others are not computed."""
    book = opened.book
    found = case_find.choose_window(link, book)
    how = {"format_func": PARTS.get, "required": True, "label_visibility": "collapsed"}
    part = st.segmented_control("Look at", list(PARTS), key=link.offer("part", list(PARTS), WINDOW), **how)
    case = book.case(found.subject, found.position)
    if not found.subjects:
        st.info("No window fits. Ask for another class, or for all windows.", icon=":material/search_off:")
    if found.subjects and part != GROUP:
        case_card.show(case, about(book, case))
    draw = part if found.subjects else ""
    group, subjects = case_group.choose_subjects(link, book, found, asked=draw == GROUP)
    if found.subjects and part != WINDOW and len(found.positions) > 1:
        case_find.show_steps(PAGE, found)
    told, signals = case_window.choose(link, book, case, found, asked=draw == WINDOW)
    course, klass, stretch = case_subject.choose_course(link, book, case, asked=draw == SUBJECT)
    link.close({**opened.told, **found.told, "part": part, **told, **group, **course})
    if draw == WINDOW:
        case_window.show(PAGE, book, case, signals)
    elif draw == SUBJECT:
        case_subject.show(PAGE, book, case, found.student, klass, stretch)
    elif draw == GROUP:
        case_group.show(PAGE, book, subjects, found)


def about(book: CaseBook, case: Case) -> str:
    """Say how much there is of a subject."""
    mine = book.windows.subject == case.subject
    recordings = len(set(book.windows.recording[mine].tolist()))
    return f"Window {case.position} of {counted(case.positions, 'window')} in {counted(recordings, 'recording')}."


link = Link(PAGE)
opened = case_data.choose_book(link)
if opened is not None:
    show_case(link, opened)
    if line := case_choice.command(opened.book):
        frame.command(line, "Trains these models again and prints their scores, intervals and tests")
