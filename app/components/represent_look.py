"""Where students look beside where their teacher looks: agreement of attention with its controls."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from app.components import analysis, represent_pick, represent_window
from app.components.charts import chart
from app.components.frame import section
from app.components.represent_pick import USUAL, pick, select
from app.figures import overlap as drawn
from app.figures.about import of_book
from app.figures.overlap import Compared
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.evaluation.overlap import MEASURES
from rdpd_core.experiments.analyses import Result
from rdpd_core.experiments.analyses.base import Sentence
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.source import Asked
from rdpd_core.experiments.subjects import title_of

NAMES = [name for name, measure in MEASURES.items() if measure.agreement is not None]
FIRST, LIKED = "overlap", "rdpd"
NULL = "windows of student and teacher paired at random; even attention; two teachers of different seeds"


def choose(link: Link, book: CaseBook, asked: bool) -> tuple[dict[str, str], dict[str, Any]]:
    """Ask for measure, students and a subject; give what belongs into the address, and what is chosen.

    Args:
        link: Of the page.
        book: The answers.
        asked: Whether this part is shown now; if not, its choices are kept.
    """
    students = [arm for arm in book.arms if arm.arm != "teacher"]
    seen = [arm.arm for arm in students if arm.attention is not None] or [arm.arm for arm in students]
    left, right = st.columns([1, 2.6], gap="medium") if asked else (st, st)
    words = {name: drawn.called(name) for name in NAMES}
    told = " ".join(f"{words[name]}: {MEASURES[name].help}" for name in NAMES)
    how = {"format_func": words.get, "help": in_markdown(f"{told} Student a, teacher b.", 1500)}
    measure = pick(link, "measure", NAMES, FIRST, asked, lambda key: left.selectbox("Measure", NAMES, key=key, **how))
    with right if asked else st.container():
        arms = represent_pick.pick_arms(link, "arms", seen, seen, asked, "Students")
    student = st.session_state[link.offer("student", arms, LIKED if LIKED in arms else arms[-1])]
    told = {"measure": measure, "arms": represent_pick.address(arms, seen), "student": student}
    told |= {"subject": represent_pick.offer_later(link, "subject")}
    return told, {**told, "arms": arms}


def show(page: str, book: CaseBook, asked: Asked, chosen: dict[str, Any]) -> None:
    """Show how much the students attend to what their teacher attends to, beside what chance gives.

    Args:
        page: Key of the page.
        book: The answers.
        asked: Which models, and which windows.
        chosen: By `choose`.
    """
    params = {"measure": chosen["measure"]}
    result = analysis.answer(page, "overlap", asked, params)
    if result is not None:
        models = {arm.arm: len(arm.cards) for arm in book.arms}
        _draw(page, book, Compared(result, chosen["arms"], models), chosen)
    analysis.command("overlap", asked, params)


def _draw(page: str, book: CaseBook, found: Compared, chosen: dict[str, Any]) -> None:
    analysis.conclude(_of_arms(found.result, found.arms), _is_main)
    name = in_filename(book.loaded.dataset.name, book.view, found.measure)
    about = analysis.told(of_book(book), found.result, NULL)
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        section("In common with the teacher")
        tables = {"Agreement": partial(drawn.agreement_table, found), "Subjects": partial(drawn.people_table, found)}
        clicked = partial(_clicked, page, {arm: [row["subject"] for row in found.people(arm)] for arm in found.arms})
        alt = drawn.describe_overlap(found)
        chart(drawn.overlap_figure(found), f"{page}.overlap", name, alt, tables, clicked, about=about)
        st.caption("Where the diamond lies in its gray box, chance does as well. A click on a point chooses a subject.")
    with right:
        section("How spread out?")
        tables = {"Agreement": partial(drawn.agreement_table, found)}
        alt = drawn.describe_entropy(found)
        chart(drawn.entropy_figure(found), f"{page}.entropy", f"{name}_entropy", alt, tables, about=about)
        st.caption("Two that look evenly everywhere agree perfectly, and it says nothing.")
    left, right = st.columns([1, 1.35], gap="large")
    with left:
        section("Does it go with being right?")
        if all(found.result.values["right_less_wrong"][arm]["value"] is None for arm in found.arms):
            st.info("It takes windows that are decided right and windows that are decided wrong; there is only one kind here.")
        else:
            tables, alt = {"Right and wrong": partial(drawn.truth_table, found)}, drawn.describe_truth(found)
            chart(drawn.truth_figure(found), f"{page}.truth", f"{name}_truth", alt, tables, about=about)
    with right:
        subject = _subjects(page, book, found, chosen)
    represent_window.show(page, book, found, chosen["student"], subject)


def _of_arms(result: Result, arms: tuple[str, ...]) -> Result:
    """Give the result with the sentences about the students that are shown."""
    kept = tuple(s for s in result.sentences if s.about.get("arm") in arms and s.about.get("against", arms[0]) in arms)
    return Result(result.values, result.tables, kept or result.sentences, result.notices)


def _is_main(sentence: Sentence) -> bool:
    return ("measure" in sentence.about and "paired at random" in sentence.null) or "cannot be said: it takes" in sentence.text


def _subjects(page: str, book: CaseBook, found: Compared, chosen: dict[str, Any]) -> str:
    """Rank the subjects; give the chosen one."""
    section("Who is seen differently?")
    first, second = st.columns([1, 1], gap="medium")
    titles = {arm: title_of(arm) for arm in found.arms}
    student, rows = chosen["student"], found.people(chosen["student"])
    words = {row["subject"]: f"{row['subject']} ({row[drawn.titled(found.measure)]:.3f})" for row in rows}
    names, table = list(words), drawn.people_table(found, student).drop(columns=["arm"])
    subject = chosen["subject"] if chosen["subject"] in words else names[0]
    if chosen["subject"] not in (USUAL, subject):
        told = f"The link asks for subject {chosen['subject']}, who is not among the test subjects; {subject} is offered."
        st.warning(in_markdown(told, 300), icon=":material/link_off:")
    with first:
        select(page, "student", "Student", found.arms, student, titles)
    with second:
        select(page, "subject", "Subject, by disagreement", names, subject, words)
    st.dataframe(
        table, hide_index=True, height=min(35 * (len(table) + 1) + 3, 320), key=f"{page}.ranked.{student}.{found.measure}",
        on_select=partial(_row_chosen, page, f"{page}.ranked.{student}.{found.measure}", names),
        selection_mode="single-row", alt=f"Subjects by disagreement of {titles[student]} with the teacher",
    )  # fmt: skip
    query = {"case.set": book.loaded.dataset.name, "case.view": book.view, "case.student": student, "case.subject": subject}
    st.page_link(
        "views/case.py", label=in_markdown(f"Open {subject} in the case study"), icon=":material/clinical_notes:",
        query_params={**query, **({"case.models": chosen["models"]} if chosen.get("models") else {})},
    )  # fmt: skip
    st.caption(
        "Those that agree least come first; means over a subject's windows, which depend on each other, so without intervals."
    )
    return subject


def _clicked(page: str, people: dict[str, list[str]]) -> None:
    """Choose the subject and the student of the point that was clicked."""
    points = st.session_state[f"{page}.overlap"]["selection"]["points"]
    behind = points[0].get("customdata") if points else None
    if behind:
        st.session_state[f"{page}.student"] = behind[0]
        st.session_state[f"{page}.subject"] = people[behind[0]][int(behind[3])]


def _row_chosen(page: str, key: str, names: list[str]) -> None:
    """Choose the subject of the row that was chosen."""
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        st.session_state[f"{page}.subject"] = names[rows[0]]
