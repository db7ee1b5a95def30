"""Cohort: who is misjudged and by whom, what arms say of whole subjects, how sure one may be, and when to abstain."""

from __future__ import annotations

import streamlit as st

from app.components import frame
from app.state import Link

PAGE = "cohort"
WHAT = (
    "All test subjects at once: who is misjudged and by whom, what every arm says of each subject, how sure one may be, and "
    "when a model should abstain. Every picture carries its n, its interval, and what chance alone would give."
)

frame.heading("Cohort", WHAT)

import numpy as np  # noqa: E402  (the heading does not wait for the library)

from app.components import case_choice, case_data, cohort_classes, cohort_rows, cohort_sure, cohort_wrong  # noqa: E402
from rdpd_core.experiments.source import Asked  # noqa: E402
from rdpd_core.experiments.subjects import title_of  # noqa: E402

WRONG, CLASSES, SURE = "wrong", "classes", "sure"
PARTS = {WRONG: "Who is wrong", CLASSES: "Classes by subject", SURE: "How sure"}
LIKED = "rdpd"


def show(link: Link, opened: case_data.Opened) -> None:
    """Ask what is looked at, and show the part that is asked for; the others are not worked out."""
    arms = [arm.arm for arm in opened.book.arms]
    how = {"format_func": PARTS.get, "required": True, "label_visibility": "collapsed"}
    part = st.segmented_control("Look at", list(PARTS), key=link.offer("part", list(PARTS), WRONG), **how)
    grid = st.grid(4, min_column_width=210, gap="medium", vertical_alignment="bottom")
    key = link.offer("arm", arms, LIKED if LIKED in arms else arms[-1])
    told = "The arm that conclusions and pictures of one arm are about."
    titles = {arm: title_of(arm) for arm in arms}  # a list shows words as they are written
    arm = grid.cell().selectbox("Arm looked at", arms, format_func=titles.get, key=key, help=told)
    subject = cohort_rows.choose_subject(link, opened, grid.cell())
    way, place = grid.cell(), grid.cell()
    count = len(np.unique(opened.book.windows.subject))
    first = cohort_rows.choose_rows(link, count, place, asked=part != SURE)
    wrong, sure = cohort_wrong.choose(link, part == WRONG), cohort_sure.choose(link, part == SURE)
    link.close({**opened.told, "part": part, "arm": arm, "subject": subject, "rows": first + 1, **wrong, **sure})
    job = "" if opened.models == case_choice.KEPT else opened.models
    asked = Asked(opened.book.loaded.dataset.name, opened.book.view, job=job)
    cohort = cohort_rows.Cohort(PAGE, opened, asked, arm, first)
    cohort_rows.show_way(cohort, subject, way)
    if part == WRONG:
        cohort_wrong.show(cohort, wrong)
    elif part == CLASSES:
        cohort_classes.show(cohort)
    else:
        cohort_sure.show(cohort, sure)


link = Link(PAGE)
opened = case_data.choose_book(link)
if opened is not None:
    show(link, opened)
