"""Attributions: which channels and moments speak for an answer, and whether the picture may be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.components import frame
from app.state import Link

if TYPE_CHECKING:
    from app.components.case_find import Found
    from app.components.explain_choice import Chosen
    from app.components.explain_tasks import Asked

PAGE = "explain"
WHAT = (
    "Which channels and moments speak for a model's answer? And **may one believe the picture**: any model gives one, also a "
    "model that learned nothing, so every picture stands beside what chance gives, and a verdict."
)

frame.heading("Attributions", WHAT)

from app.components import (  # noqa: E402  (the heading does not wait for the library)
    case_choice,
    case_data,
    case_find,
    explain_belief,
    explain_choice,
    explain_picture,
    explain_tasks,
)
from app.figures.about import of_cards  # noqa: E402
from app.figures.text import in_markdown  # noqa: E402
from app.figures.words import facts  # noqa: E402
from rdpd_core.experiments.subjects import places_of  # noqa: E402

ONE, PAIR, METHODS = "one", "pair", "methods"
PARTS = {ONE: "One model", PAIR: "Teacher and student", METHODS: "Other methods"}
SUMS = {explain_picture.CHANNEL: "Channels", explain_picture.GROUP: "Groups"}


def show(link: Link, opened: case_data.Opened) -> None:
    """Let a window, a model and a method be chosen, and show the part that is asked for; the others are not computed."""
    book = opened.book
    found = case_find.choose_window(link, book)
    if found.subjects and len(found.positions) > 1:
        case_find.show_steps(PAGE, found)
    chosen = explain_choice.choose(link, book, found.student)
    row = st.container(horizontal=True, gap="medium")
    how = {"required": True, "label_visibility": "collapsed"}
    key = link.offer("part", list(PARTS), ONE)
    part = row.segmented_control("Look at", list(PARTS), format_func=PARTS.get, key=key, **how)
    key, groups = link.offer("by", list(SUMS), explain_picture.CHANNEL), {c.group for c in book.windows.channels}
    if part == ONE and len(groups) > 1:
        by = row.segmented_control("Sums by", list(SUMS), format_func=SUMS.get, key=key, **how)
    else:
        by = case_find.keep(key)
    link.close({**opened.told, **found.told, **chosen.told, "part": part, "by": by})
    if not found.subjects:
        st.info("No window fits. Ask for another class, or for all windows.", icon=":material/search_off:")
        return
    draw(opened, found, chosen, part, by)
    line = explain_choice.command(book, opened.models, chosen, found.subject, found.position)
    frame.command(line, "Explains the same window, each model for its own class, and prints every number and check")


def draw(opened: case_data.Opened, found: Found, chosen: Chosen, part: str, by: str) -> None:
    """Draw the evidence on the left, and whether to believe it on the right."""
    book = opened.book
    case = book.case(found.subject, found.position)
    place = int(places_of(book, [found.subject])[found.position - 1])
    seen = explain_picture.Seen(PAGE, book, case, place, chosen.how)
    job = "" if opened.models == case_choice.KEPT else opened.models
    key = (book.loaded.dataset.name, book.view, cached.data_root(), cached.store_stamp(), job)
    asked = explain_tasks.Asked(key, chosen.card.name, chosen.how)
    other = None if chosen.other is None else asked._replace(model=chosen.other.name)
    left, right = frame.wide_and_narrow()
    with left:
        st.markdown(in_markdown(facts(case), 300))
        shown = explain_picture.asked_for(seen, asked, chosen.target)
        if shown is not None and part == PAIR:
            _pair(seen, asked, other, shown, chosen)
        elif shown is not None:
            _one(seen, asked, shown, part, by, chosen.target)
    with right:
        if shown is not None:
            explain_belief.show(PAGE, asked, chosen.card.title, of_cards([chosen.card]))
        if shown is not None and part == PAIR and other is not None:
            explain_belief.show(PAGE, other, chosen.other.title, of_cards([chosen.other]), whole=False)
        st.caption(explain_choice.words_of(chosen))


def _one(seen: explain_picture.Seen, asked: Asked, shown: explain_tasks.Shown, part: str, by: str, target: str) -> None:
    if part == METHODS:
        explain_picture.show_methods(seen, asked, shown, target)
        return
    picture = explain_picture.show_heat(seen, asked, shown)
    frame.section(f"By {by}")
    explain_picture.show_sums(seen, shown, picture, explain_belief.known(PAGE, asked), by)


def _pair(seen: explain_picture.Seen, asked: Asked, other: Asked | None, shown: explain_tasks.Shown, chosen: Chosen) -> None:
    if other is None:
        st.info("There is no other model to compare with: this needs a teacher and a student.", icon=":material/block:")
        return
    pair = (asked, other) if chosen.card.role == "teacher" else (other, asked)
    explain_picture.show_pair(seen, *pair, seen.classes(shown))


link = Link(PAGE)
opened = case_data.choose_book(link)
if opened is not None:
    show(link, opened)
