"""A subject of a case as a whole: what the arms decide, over all windows, along the recordings, and against each other."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from app.components import leaving
from app.components.case_find import ANY, keep
from app.components.charts import chart
from app.components.frame import section
from app.figures import subject_words
from app.figures.about import of_book
from app.figures.group_shares import MARKS
from app.figures.subject_classes import class_line
from app.figures.subject_matrix import agreement_figure, agreement_table, confusion_figure, confusion_table
from app.figures.subject_shares import shares_figure, shares_table, used_classes
from app.figures.subject_timeline import Timeline, timeline_figure, timeline_table
from app.figures.tables import to_csv
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.experiments.cases import Case, CaseBook
from rdpd_core.experiments.subjects import EVERY, Unit, Verdict, agreement, courses, places_of, summarize, units_of, verdicts

TRUE = "true class of the window"
WHOLE, ONE = "all recordings", "this recording"


def choose_course(link: Link, book: CaseBook, case: Case, asked: bool) -> tuple[dict[str, str], str, str]:
    """Ask which class is followed along which stretch; give what belongs into the address, the class, and the stretch.

    Args:
        link: Of the page.
        book: The answers.
        case: The window that is looked at.
        asked: Whether the widgets stand on the page; if not, the choices are kept.
    """
    followed = [TRUE, *book.windows.classes]
    follow_key, stretch_key = link.offer("follow", followed, TRUE), link.offer("along", [WHOLE, ONE], WHOLE)
    if asked:
        left, right = st.columns([1.2, 2.6], gap="medium")
        follow = left.selectbox("Class followed along the time", followed, key=follow_key)
        stretch = right.segmented_control("Along", [WHOLE, ONE], required=True, key=stretch_key)
    else:
        follow, stretch = keep(follow_key), keep(stretch_key)
    klass = follow if follow != TRUE else case.truth or book.windows.classes[int(np.argmax(case.arms[0].probability))]
    return {"follow": follow, "along": stretch}, klass, stretch


def show(page: str, book: CaseBook, case: Case, student: str, klass: str, stretch: str) -> None:
    """Show the subject of a window.

    Args:
        page: Prefix of keys.
        book: The answers.
        case: The window.
        student: Whose mistakes are shown beside the teacher's.
        klass: The class that is followed along the time.
        stretch: `WHOLE` or `ONE`.
    """
    name = in_filename(case.dataset, book.view, case.subject)
    _decisions(page, book, case.subject, name)
    summary = summarize(book, places_of(book, [case.subject]))
    section("All of its windows")
    alt = subject_words.describe_shares(summary, f"Subject {case.subject}")
    behind, about = {"Windows": partial(shares_table, summary)}, of_book(book, [case.subject])
    chart(shares_figure(summary), f"{page}.shares", f"{name}_windows", alt, behind, about=about)
    st.markdown(in_markdown(subject_words.shares(summary), 2500))
    key = class_line(used_classes(summary), summary.classes)
    st.caption(in_markdown(f"{subject_words.basis(summary)} {key}", 1200))
    section("Along the time")
    _course(page, book, case, name, klass, stretch)
    compare(page, book, places_of(book, [case.subject]), name, student)


def _decisions(page: str, book: CaseBook, subject: str, name: str) -> None:
    """Show what each arm decides by averaging over windows."""
    units = units_of(book, subject)
    told = [verdicts(book, unit) for unit in units]
    section("One decision for the subject" if len(units) == 1 else "One decision for each true class of the subject")
    long = _verdict_table(units, told)
    table = long if len(units) == 1 else _wide_table(units, told)
    alt = "Decisions of every arm by averaging over windows and seeds"
    st.dataframe(table, hide_index=True, height=min(36 * (len(table) + 1) + 2, 400), alt=alt)
    if len(units) == 1:
        st.markdown(in_markdown(subject_words.decision(units[0], told[0]), 1500))
    else:
        st.markdown(in_markdown(subject_words.decisions(units, told), 1500))
    about = of_book(book, [subject])
    look = {"key": f"{page}.decisions", "type": "tertiary", "icon": ":material/download:"}
    leaving.file(about.dataset, "Decisions (CSV)", partial(to_csv, long, about), f"{name}_decisions.csv", "text/csv", **look)
    windows = sum(len(unit.places) for unit in units)
    st.caption(
        f"Probabilities averaged over windows and seeds; the class with the highest mean is decided. "
        f"n = 1 subject, {subject_words.counted(windows, 'window')}: one person says nothing about others."
    )


def _wide_table(units: tuple[Unit, ...], told: list[tuple[Verdict, ...]]) -> pd.DataFrame:
    """Give a row per true class and a column per arm: what it decides, and how probable it finds that."""
    rows = []
    for unit, by_arm in zip(units, told, strict=True):
        said = {v.title: f"{MARKS[v.right]} {v.decision} {v.probability:.2f}" for v in by_arm}
        rows.append({"truth": unit.truth or "unknown", "n (windows)": len(unit.places), **said})
    return pd.DataFrame(rows)


def _verdict_table(units: tuple[Unit, ...], told: list[tuple[Verdict, ...]]) -> pd.DataFrame:
    rows = []
    for unit, by_arm in zip(units, told, strict=True):
        for v in by_arm:
            spread = "" if v.spread is None else f" ± {v.spread:.2f}"
            truth = {} if len(units) == 1 else {"truth": unit.truth or "unknown"}
            row = {
                "arm": v.title,
                "decides": v.decision,
                "right": MARKS[v.right],
                "probability (± SD)": f"{v.probability:.2f}{spread}",
            }
            agree = {
                "windows that agree": f"{v.windows_agree} of {v.windows}",
                "seeds that agree": f"{v.models_agree} of {v.models}",
            }
            rows.append({**truth, **row, **agree})
    return pd.DataFrame(rows)


def _course(page: str, book: CaseBook, case: Case, name: str, klass: str, stretch: str) -> None:
    """Draw the probability of a class along the recordings; a click on a point chooses its window."""
    places = places_of(book, [case.subject])
    position = np.arange(1, len(places) + 1)
    if stretch == ONE:
        inside = book.windows.recording[places] == case.recording
        places, position = places[inside], position[inside]
    if len(places) < 2:
        st.markdown("There is only one window, so there is no course over time. Choose several subjects to compare them.")
        return
    windows = book.windows
    true = windows.target[places] == windows.classes.index(klass)
    where = (windows.recording[places], windows.offset_s[places])
    line = Timeline(klass, courses(book, places, klass), position, *where, true, case.position)
    key = f"{page}.course.{case.subject}.{case.position}"
    told = subject_words.timeline(line)
    behind = {"Probabilities": partial(timeline_table, line)}
    filename = f"{name}_{in_filename(klass)}"
    chart(
        timeline_figure(line),
        key,
        filename,
        told,
        behind,
        partial(_clicked, page, key),
        about=of_book(book, [case.subject]).plus(followed=klass),
    )
    st.markdown(in_markdown(told, 2500))
    shade = " Shade: windows of which the class is true." if not true.all() and true.any() else ""
    st.caption(
        "Lines: mean over seeds; bands: lowest to highest seed; upright line: the window that is looked at; "
        f"dashed lines part recordings.{shade} A click on a point chooses its window, as the slider above does."
    )


def _clicked(page: str, key: str) -> None:
    """Choose the window of the point that was clicked, and no longer ask for a class or a question that it may not fit."""
    points = st.session_state[key]["selection"]["points"]
    if points and points[0].get("customdata"):
        st.session_state[f"{page}.window"] = int(points[0]["customdata"][0])
        st.session_state[f"{page}.class"], st.session_state[f"{page}.show"] = ANY, EVERY


def compare(page: str, book: CaseBook, places: np.ndarray, name: str, student: str) -> None:
    """Show how often arms decide alike, and what teacher and student decide against the truth."""
    summary, found = summarize(book, places), agreement(book, places)
    about = of_book(book, np.unique(book.windows.subject[places]).tolist())
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        section("Do the arms decide alike?")
        told = subject_words.agree(found)
        chart(
            agreement_figure(found),
            f"{page}.alike",
            f"{name}_agreement",
            told,
            {"Agreement": partial(agreement_table, found)},
            about=about,
        )
        st.markdown(in_markdown(told, 1500))
        st.caption("Share of windows decided alike; κ: Cohen's kappa, 0 by chance and 1 if always alike.")
    with right:
        section("Decided against the truth")
        if not summary.labeled:
            st.markdown("No window has a known class.")
            return
        for arm in (arm for arm in summary.arms if arm.arm in ("teacher", student)):
            share = f"{arm.right} of {summary.labeled} windows right"
            st.markdown(f"**{in_markdown(arm.title)}**: {share}{in_markdown(subject_words.interval(arm.interval))}")
            alt = f"{arm.title}: decisions against the truth, {share}."
            behind = {"Confusion": partial(confusion_table, summary, arm)}
            chart(
                confusion_figure(summary, arm),
                f"{page}.confusion.{arm.arm}",
                f"{name}_{arm.arm}_confusion",
                alt,
                behind,
                about=about,
            )
        drawn = "Rows: true class; columns: decision, by the number of the class; framed: right. Shade: share of the row."
        st.caption(in_markdown(f"{drawn} {class_line(used_classes(summary), summary.classes)}", 1200))
