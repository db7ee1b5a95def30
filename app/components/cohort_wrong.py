"""Who is misjudged, by whom, and with whom: arms against subjects, classes and what is recorded of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app.components import analysis, cohort_rows
from app.components.case_find import keep
from app.components.charts import chart
from app.components.cohort_rows import Cohort
from app.components.frame import section
from app.figures import cohort as pictures
from app.figures.about import of_book
from app.figures.forest import Line, Section, describe_forest, forest_figure, forest_table, line_of
from app.figures.row_choice import choosable, cut
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.evaluation.scores import people
from rdpd_core.experiments.analyses import Result

NAME, LEAST = "dashboard", (5, 10, 20)
MOST_LINES = 60
Values = Mapping[str, Any]


def choose(link: Link, asked: bool) -> dict[str, int]:
    """Ask how many people a group must have to be shown; kept where the widget does not stand on the page."""
    key = link.offer("least", LEAST, LEAST[0])
    if not asked:
        return {"least": int(keep(key))}
    told = "Groups and classes of fewer people are hidden, since one could recognize somebody, and since chance rules them."
    how = {"key": key, "required": True, "help": told}
    return {"least": st.segmented_control("Least people in a group", LEAST, **how)}


def show(cohort: Cohort, settings: Mapping[str, int]) -> None:
    """Show the part of the page."""
    params = {name: value for name, value in settings.items() if value != LEAST[0]}
    result = analysis.answer(cohort.page, NAME, cohort.asked, params)
    if result is None:
        return
    analysis.conclude(result, lambda s: s.about.get("arm") in (None, cohort.arm, "teacher"))
    left, right = cohort_rows.halves()
    with left:
        section("Arms by subjects, the hardest first")
        _subjects(cohort, result)
    with right:
        section("Every arm over all subjects")
        _arms(cohort, result)
        section("Do students err where the teacher errs?")
        _together(cohort, result)
    left, right = cohort_rows.halves()
    with left:
        section("By true class")
        _classes(cohort, result)
    with right:
        section("By what is recorded of people")
        _groups(cohort, result)
    analysis.command(NAME, cohort.asked, params)


def shown_arms(found: Values, arm: str, rows: int) -> list[str]:
    """Give the arms of a picture of so many rows: all, or teacher, direct and the one looked at where all are too many."""
    arms = list(found["arms"])
    return arms if rows * len(arms) <= MOST_LINES else [a for a in arms if a in ("teacher", "direct", arm)]


def forest(
    cohort: Cohort,
    result: Result,
    name: str,
    sections: Sequence[Section],
    axis: str,
    null: str,
    at: float | None = None,
    most: float = 1.0,
    unit: str = "",
) -> None:
    """Show numbers with intervals below each other.

    Args:
        cohort: What the page is about.
        result: They are from.
        name: Of the picture.
        sections: The lines.
        axis: What the numbers are.
        null: What chance alone would give, in words.
        at: The same as a number, for a line across the picture; None draws none.
        most: End of the axis, if the numbers do not need more; it begins at 0.
        unit: What was resampled; empty takes that of the result.
    """
    found = result.values
    unit = unit or found["unit"]
    windows, subjects = found.get("n_windows"), found.get("n_subjects")
    n = people(windows or sum(found["windows"]), subjects or len(found["subjects"]))
    ends = any(line.ends for section in sections for line in section.lines)
    notes = [f"{n}; {f'95% intervals, {unit} resampled' if ends else 'no interval: too few people, or all alike'}", null]
    about = analysis.told(of_book(cohort.opened.book), result, null)
    fig = forest_figure(sections, axis, notes, (0.0, most), at)
    behind = {"Numbers behind": partial(forest_table, sections, axis)}
    chart(fig, f"{cohort.page}.{name}", f"{cohort.stem}_{name}", describe_forest(sections, axis, notes), behind, about=about)


def _subjects(cohort: Cohort, result: Result) -> None:
    found = result.values
    rows = cohort.rows(len(found["subjects"]))
    about = analysis.told(of_book(cohort.opened.book), result, f"constant {found['constant']:.3f}")
    key = f"{cohort.page}.subjects"
    behind = {"Accuracy by subject": partial(pictures.accuracy_table, found)}
    part, alt = cut(found, rows), pictures.describe_accuracy(found)
    fig = choosable(pictures.accuracy_figure(part), part["subjects"])
    chart(fig, key, f"{cohort.stem}_subjects", alt, behind, cohort_rows.on_click(cohort, key), about=about)
    st.caption(
        "Share of a subject's windows that an arm decides right. Windows of one person resemble each other, so a single "
        "person has no interval. A click on a square opens the subject."
    )
    if found["all_wrong"]["subjects"]:
        names = ", ".join(map(str, found["all_wrong"]["subjects"]))
        st.caption(in_markdown(f"Misjudged by every arm in most of their windows: {names}.", 900))


def _arms(cohort: Cohort, result: Result) -> None:
    found, constant = result.values, result.values["constant"]
    titles = found["titles"]
    lines = tuple(line_of(titles[a], a, own["accuracy"], found["unit"]) for a, own in found["arms"].items())
    null = f"Dashed: always naming the commonest class, {constant:.3f}"
    forest(cohort, result, "arms", [Section("", lines)], "accuracy", null, constant)


def _together(cohort: Cohort, result: Result) -> None:
    found = result.values
    rows = [row for row in found["together"] if row["other"] == "teacher"]
    if not rows:
        st.caption("There is no student beside the teacher, so nothing to compare.")
        return
    sections = []
    for row in rows:
        own = (("teacher wrong", row["where_other_errs"]), ("teacher right", row["where_right"]))
        lines = tuple(line_of(label, row["arm"], cell, found["unit"], why="no such window") for label, cell in own)
        sections.append(Section(found["titles"][row["arm"]], lines))
    forest(cohort, result, "together", sections, "share of windows wrong", "Alike, if both erred independently")


def _classes(cohort: Cohort, result: Result) -> None:
    found = result.values
    arms, sections = shown_arms(found, cohort.arm, len(found["classes"])), []
    for k, name in enumerate(found["classes"]):
        cells = {arm: found["arms"][arm]["by_class"][k] for arm in arms}
        first = next(iter(cells.values()))
        if not first["recall"]["n"] and not first["hidden"]:
            continue
        if first["hidden"]:
            why = f"hidden: fewer than {found['settings']['least']} {found['unit']}"
            sections.append(Section(name, (Line("all arms", arms[0], None, None, "", why=why),)))
            continue
        n = first["recall"]
        lines = tuple(line_of(found["titles"][arm], arm, c["recall"], found["unit"]) for arm, c in cells.items())
        sections.append(Section(f"{name} · n = {n['n']} windows, {n['units']} {found['unit']}", lines))
    if all(line.value is None for section in sections for line in section.lines):
        few = f"No class has {found['settings']['least']} {found['unit']}, so none may be shown."
        st.info(few, icon=":material/visibility_off:")
        return
    even = 1 / len(found["classes"])
    null = f"Dashed: naming every class equally often, {even:.3f}"
    forest(cohort, result, "classes", sections, "share of its windows named rightly", null, even)
    named = pd.DataFrame([_named(found, arm) for arm in arms])
    with st.popover("How often each class is named", icon=":material/table:", type="tertiary"):
        st.dataframe(named, hide_index=True, alt="Share of windows in which each arm names each class")


def _named(found: Values, arm: str) -> dict[str, Any]:
    return {"arm": found["titles"][arm]} | {row["class"]: row["named"] for row in found["arms"][arm]["by_class"]}


def _groups(cohort: Cohort, result: Result) -> None:
    found = result.values
    keys = list(dict.fromkeys((row["attribute"], row["group"]) for own in found["arms"].values() for row in own["groups"]))
    arms, sections = shown_arms(found, cohort.arm, len(keys)), []
    for attribute, group in keys:
        rows = {a: r for a in arms for r in found["arms"][a]["groups"] if (r["attribute"], r["group"]) == (attribute, group)}
        n = next(iter(rows.values()))
        lines = tuple(
            line_of(f"{found['titles'][a]}{'' if r['p_holm'] >= 0.05 else ' *'}", a, r["accuracy"], found["unit"])
            for a, r in rows.items()
        )
        sections.append(Section(f"{attribute}: {group} · n = {n['accuracy']['n']} windows, {n['subjects']} subjects", lines))
    if not sections:
        st.info("No group may be shown: nothing is recorded, or every group is too small.", icon=":material/visibility_off:")
        return
    null = "As in other groups, if the group did not matter; *: p < 0.05 by relabeling people, corrected by Holm"
    forest(cohort, result, "groups", sections, "accuracy", null)
    st.caption("Groups that are too small are hidden, and one more where it could be found by subtraction.")
