"""Several subjects of a case side by side."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from app.components import case_subject, free_choice
from app.components.case_find import Found, keep, question
from app.components.charts import chart
from app.components.frame import section
from app.figures import subject_words
from app.figures.about import of_book
from app.figures.group_shares import Member, group_figure, group_table
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.subjects import EVERY, Summary, places_of, summarize, units_of, verdicts

FIRST, MOST = 6, 24
NOBODY = "none"
"""Stands in the address where every subject was taken out."""


def choose_subjects(link: Link, book: CaseBook, found: Found, asked: bool) -> tuple[dict[str, str], list[str]]:
    """Ask for subjects; give what belongs into the address, and the subjects.

    Args:
        link: Of the page.
        book: The answers.
        found: Subjects that fit the questions are offered first.
        asked: Whether the widget stands on the page; if not, the choice is kept.
    """
    every = np.unique(book.windows.subject).tolist()
    options = [*found.subjects, *(s for s in every if s not in set(found.subjects))]
    default = list(found.subjects[:FIRST]) or every[:1]
    key, refused = free_choice.offer(link, "group", partial(_read, every), default)
    before = st.session_state[key]
    left = [name for name in before if name in every][:MOST]
    st.session_state[key] = left if left or not before else default
    if refused:
        st.warning(
            in_markdown(f"The link asks for subjects that cannot be shown: {refused[1]}", 400), icon=":material/link_off:"
        )
    if asked:
        told = "Those that fit the questions above come first. Choose others to compare them."
        label = f"Subjects side by side (of {len(every)}, at most {MOST})"
        names = st.multiselect(label, options, key=key, max_selections=MOST, help=told)
    else:
        names = keep(key)
    chosen = str(default) if names == default else ",".join(names) or NOBODY
    return {"group": chosen}, list(names)


def _read(every: list[str], text: str) -> list[str]:
    names = [] if text == NOBODY else text.split(",")
    for name in names:
        if name not in every:
            raise UnknownNameError("test subject", name, every)
    if len(names) > MOST:
        raise ParameterError(f"{len(names)} subjects are too many for one picture; give at most {MOST}")
    return names


def show(page: str, book: CaseBook, subjects: list[str], found: Found) -> None:
    """Show the subjects."""
    if not subjects:
        st.info("Choose at least one subject.")
        return
    if len(book.subjects()) == 1:
        st.info("The test part of this data set is one subject, so there is no other to put beside it.")
    members = [member_of(book, subject) for subject in subjects]
    name = in_filename(book.loaded.dataset.name, book.view, f"{len(subjects)}-subjects", *subjects[:4])
    told = subject_words.group(members)
    alt = f"Windows of each subject that every arm gives to each class. {told}"
    chart(
        group_figure(members),
        f"{page}.members",
        f"{name}_windows",
        alt,
        {"Subjects": partial(group_table, members)},
        about=of_book(book, subjects),
    )
    st.markdown(in_markdown(told, 2500))
    none = " No sign where windows are of several true classes." if any(not m.verdicts for m in members) else ""
    st.caption(
        "Numbers are those of the classes. ✓ and ✗: the decision for the subject, averaged over its windows and seeds, is "
        f"right or wrong; a bar shows windows taken alone.{none}"
    )
    summary = summarize(book, places_of(book, subjects))
    section("All of them together")
    table = together_table(summary, members)
    st.dataframe(table, hide_index=True, alt="Every arm over all chosen subjects")
    chosen = "The subjects were chosen, not drawn at random: scores of all test subjects are on the page Models."
    if found.show != EVERY:
        asked = question(found.show, found.student)
        chosen = (
            f"The windows above were asked for by what arms make of them ({asked}), so subjects found that way flatter or "
            f"blame an arm by choice, not by chance. {chosen}"
        )
    st.caption(in_markdown(f"{subject_words.basis(summary)} {chosen}", 900))
    case_subject.compare(f"{page}.members", book, places_of(book, subjects), name, found.student)


def member_of(book: CaseBook, subject: str) -> Member:
    """Give a subject of a group."""
    units = units_of(book, subject)
    whole = len(units) == 1
    summary = summarize(book, places_of(book, [subject]))
    return Member(subject, units[0].truth if whole else None, summary, verdicts(book, units[0]) if whole else ())


def together_table(summary: Summary, members: list[Member]) -> pd.DataFrame:
    """Give a row per arm: windows and subjects that it decides right, with the interval of the share."""
    known = [m for m in members if m.verdicts and m.truth is not None]
    rows = []
    for at, arm in enumerate(summary.arms):
        n, right = summary.labeled, sum(bool(m.verdicts[at].right) for m in known)
        share = f"{arm.right / n:.0%}{subject_words.interval(arm.interval)}" if n else "unknown"
        whole = f"{right} of {len(known)}" if known else "none has one class"
        rows.append(
            {"arm": arm.title, "windows right [95%]": share, "n": f"{arm.right} of {n} windows", "subjects right": whole}
        )
    return pd.DataFrame(rows)
