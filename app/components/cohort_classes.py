"""What arms say of whole subjects: class distributions with their seeds, drift along recordings, and whether arms differ."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from app.components import analysis, cohort_rows
from app.components.charts import chart
from app.components.cohort_rows import Cohort
from app.components.cohort_wrong import forest
from app.components.frame import section
from app.figures import cohort as pictures
from app.figures import cohort_course as pictures_along
from app.figures.about import of_book
from app.figures.cohort_shares import describe_shares, shares_figure, shares_table, used_classes
from app.figures.forest import Line, Section, describe_forest, forest_figure, forest_table, line_of
from app.figures.row_choice import choosable, cut
from app.figures.subject_classes import class_line
from app.figures.text import in_markdown
from rdpd_core.evaluation.paired import SIGNIFICANT
from rdpd_core.evaluation.scores import people
from rdpd_core.experiments.analyses import Result

NAME = "classes"
Values = Mapping[str, Any]


def show(cohort: Cohort) -> None:
    """Show the part of the page."""
    result = analysis.answer(cohort.page, NAME, cohort.asked, {})
    if result is None:
        return
    found = result.values
    analysis.conclude(result, lambda s: s.about.get("arm") in (None, cohort.arm))
    rows = cohort.rows(len(found["subjects"]))
    section("Subjects by classes, those on whom arms disagree most first")
    beside = [arm for arm in ("teacher", cohort.arm, *found["arms"]) if arm in found["arms"]]
    for place, arm in zip(cohort_rows.halves(), list(dict.fromkeys(beside))[:2], strict=False):
        with place:
            _heat(cohort, result, arm, rows)
    told = "Arms disagree: mean Jensen-Shannon divergence to their mean. A click on a square opens the subject."
    every = class_line(range(len(found["classes"])), found["classes"])
    st.caption(in_markdown(f"{told} {every}", 2000))
    left, right = cohort_rows.halves()
    with left:
        section(f"One bar for each subject: {in_markdown(found['titles'][cohort.arm])}")
        _shares(cohort, result, rows)
    with right:
        section("Do arms differ by more than their seeds?")
        _apart(cohort, result)
        section("Better or worse towards the end?")
        _trends(cohort, result)
    left, right = cohort_rows.halves()
    with left:
        section("Along the recording: the true class")
        _course(cohort, result)
    with right:
        section(f"Drift of single subjects: {in_markdown(found['titles'][cohort.arm])}")
        _drift(cohort, result, rows)
    analysis.command(NAME, cohort.asked, {})


def _heat(cohort: Cohort, result: Result, arm: str, rows: list[int]) -> None:
    found, key = result.values, f"{cohort.page}.heat.{arm}"
    st.markdown(f"**{in_markdown(found['titles'][arm])}**")
    about = analysis.told(of_book(cohort.opened.book), result, _seeds(found, arm)).plus(arm=found["titles"][arm])
    behind = {"Classes by subject": partial(pictures.classes_table, found)}
    part, alt = cut(found, rows), pictures.describe_classes(found, arm)
    fig = choosable(pictures.classes_figure(part, arm), part["subjects"])
    chart(fig, key, f"{cohort.stem}_classes_{arm}", alt, behind, cohort_rows.on_click(cohort, key), about=about)


def _seeds(found: Values, arm: str) -> str:
    apart = found["arms"][arm]["seeds_apart"]
    return "one seed: none" if apart is None else f"seeds of one arm are {sum(apart) / len(apart):.3f} nat apart"


def _shares(cohort: Cohort, result: Result, rows: list[int]) -> None:
    found, arm = result.values, cohort.arm
    own = found["arms"][arm]
    spread = (
        "one seed: no spread" if own["models"] == 1 else f"line below: ± SD of the longest stretch over {own['models']} seeds"
    )
    notes = [f"{_people(found)}; {spread}", f"By chance: {_seeds(found, arm)}"]
    about = analysis.told(of_book(cohort.opened.book), result, _seeds(found, arm)).plus(arm=found["titles"][arm])
    fig, alt = shares_figure(found, arm, rows, notes), describe_shares(found, arm, rows, notes)
    behind = {"Distributions": partial(shares_table, found, arm, range(len(found["subjects"])))}
    chart(fig, f"{cohort.page}.shares", f"{cohort.stem}_distributions_{arm}", alt, behind, about=about)
    st.caption(
        in_markdown(
            f"Entropy: 0 nat if all goes to one class, {_most(found):.2f} nat if all {len(found['classes'])} get the same. "
            f"{class_line(used_classes(found, arm, rows), found['classes'])}",
            1500,
        )
    )


def _most(found: Values) -> float:
    import math

    return math.log(len(found["classes"]))


def _people(found: Values) -> str:
    return people(sum(found["windows"]), len(found["subjects"]))


def _apart(cohort: Cohort, result: Result) -> None:
    found, lines = result.values, []
    if not found["differences"]:
        st.info("There are fewer than two arms, so nothing to compare.", icon=":material/visibility_off:")
        return
    for own in found["differences"]:
        excess = own["excess"] or {"value": None, "interval": None, "n": 0, "units": 0}
        title = found["titles"][own["arm"]]
        p = "" if own["p_holm"] is None else f" p = {own['p_holm']:.2g}"
        lines.append(line_of(f"{title}{p}", own["arm"], excess, "subjects", why="one seed: its spread is unknown"))
    other = found["titles"][found["differences"][0]["reference"]]
    within = [own["within"] for own in found["differences"] if own["within"] is not None]
    null = "Dashed: no further apart than two seeds of one arm"
    null += f" ({sum(within) / len(within):.3f} nat)" if within else ""
    axis = f"further from {other} than seeds (JS, nat)"
    null += "; p by relabeling models, corrected by Holm"
    forest(cohort, result, "apart", [Section("", tuple(lines))], axis, null, 0.0, most=0.0, unit="subjects")
    few = min(own["models"] for own in found["arms"].values())
    if few < 5:
        st.caption(
            f"With {few} of an arm's seeds, relabeling cannot tell arms apart, whatever the picture seems to show; 5 can."
        )


def _trends(cohort: Cohort, result: Result) -> None:
    found = result.values
    cells = {arm: own for arm, own in found["trends"].items() if own["value"] is not None}
    if not cells:
        st.info("No recording has 3 windows of known class, so it has no last third.", icon=":material/visibility_off:")
        return
    unit = next((own["interval"]["unit"] for own in cells.values() if own["interval"]), "subjects")
    lines = tuple(line_of(found["titles"][arm], arm, own, unit) for arm, own in cells.items())
    axis, null = "P(true class), last third less first", "Dashed: 0, if the time in the recording did not matter"
    forest(cohort, result, "trends", [Section("", lines)], axis, null, 0.0, most=0.0, unit=unit)


def _course(cohort: Cohort, result: Result) -> None:
    found = result.values
    if found["courses"] is None:
        st.info("No recording has 3 windows of known class, so there is no course.", icon=":material/visibility_off:")
        return
    first = next(iter(found["courses"]["arms"].values()))
    several = any(one["interval"] for one in first["values"])
    n = f"{people(sum(one['n'] for one in first['values']), first['subjects'])}, {first['recordings']} recordings"
    n += f"; {first['left_out']} too short, left out" if first["left_out"] else ""
    unit = next((one["interval"]["unit"] for one in first["values"] if one["interval"]), "subjects")
    null = "Gray: the middle 95% of turned time; p: of turned time for courses as uneven"
    notes = [n, f"95% intervals, {unit} resampled" if several else "no interval", null]
    about = analysis.told(of_book(cohort.opened.book), result, "turned time")
    fig, alt = pictures_along.course_figure(found, notes), pictures_along.describe_course(found, notes)
    behind = {"Along recordings": partial(pictures_along.course_table, found)}
    chart(fig, f"{cohort.page}.course", f"{cohort.stem}_course", alt, behind, about=about)
    st.caption(
        "P(true class), mean over windows and seeds. Parts of one recording resemble each other, so compare with the gray."
    )


def _drift(cohort: Cohort, result: Result, rows: list[int]) -> None:
    found, arm = result.values, cohort.arm
    drifts = found["arms"][arm]["drift"]
    there = [at for at in rows if drifts[at] is not None and drifts[at]["js"] is not None]
    if not there:
        st.info("No recording of these subjects has 3 windows or more, so nothing can drift.", icon=":material/visibility_off:")
        return
    lines = tuple(_drift_line(found, arm, at) for at in there)
    tested = sum(drifts[at]["p"] is not None for at in range(len(drifts)) if drifts[at] is not None)
    chance = f"expected by chance in {SIGNIFICANT * tested:.1f} of {tested} tested"
    null = f"Gray: up to the mean of turned time; *: p <= {SIGNIFICANT}, {chance}"
    notes = [f"{_people(found)}; {len(lines)} drawn; one person has no interval", null]
    axis, sections = "last third from first (JS, nat)", [Section("", lines)]
    about = analysis.told(of_book(cohort.opened.book), result, "turned time").plus(arm=found["titles"][arm])
    fig, alt = forest_figure(sections, axis, notes, (0.0, 0.0)), describe_forest(sections, axis, notes)
    behind = {"Drift": partial(forest_table, sections, axis)}
    chart(fig, f"{cohort.page}.drift", f"{cohort.stem}_drift_{arm}", alt, behind, about=about)


def _drift_line(found: Values, arm: str, at: int) -> Line:
    own = found["arms"][arm]["drift"][at]
    p = "" if own["p"] is None else " *" if own["p"] <= SIGNIFICANT else ""
    n = f"n = {found['windows'][at]} windows of 1 subject"
    n += ", too few to test" if own["p"] is None else f", p = {own['p']:.2g}"
    return Line(f"{found['subjects'][at]}{p}", arm, own["js"], None, n, (0.0, own["null"]))
