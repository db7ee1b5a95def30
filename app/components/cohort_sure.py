"""How sure one may be: confidence against accuracy, sets of classes with a promise, a second flag, and when to abstain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app.components import analysis, cohort_rows
from app.components.case_find import keep
from app.components.charts import chart
from app.components.cohort_rows import Cohort
from app.components.cohort_wrong import forest
from app.components.frame import section, wide_and_narrow
from app.figures import reliability as pictures
from app.figures.about import of_book
from app.figures.abstain import chosen_row, kept_words, ringed
from app.figures.forest import Line, Section, line_of
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.evaluation.abstain import SHARES
from rdpd_core.evaluation.calibration_error import TITLES
from rdpd_core.evaluation.scores import people
from rdpd_core.experiments.analyses import Result

NAME = "calibration"
BINS = {"width": "equal width", "mass": "equal mass"}
COVERAGES, USUAL = (0.8, 0.85, 0.9, 0.95), 0.9
SHARES_UP = tuple(sorted(SHARES))
FLAGS = {
    "agree": "teacher agrees",
    "disagree": "teacher disagrees",
    "sure, agree": "sure, agrees",
    "sure, disagree": "sure, disagrees",
    "unsure, agree": "unsure, agrees",
    "unsure, disagree": "unsure, disagrees",
}
Values = Mapping[str, Any]


def choose(link: Link, asked: bool) -> dict[str, Any]:
    """Ask for bins, coverage and the share that is decided; kept where the widgets do not stand on the page."""
    bins, coverage = link.offer("bins", list(BINS), "width"), link.offer("coverage", COVERAGES, USUAL)
    decided = link.offer("decided", SHARES_UP, 0.8)
    if not asked:
        return {name: keep(key) for name, key in (("bins", bins), ("coverage", coverage), ("decided", decided))}
    grid = st.grid(3, min_column_width=240, gap="medium")
    told = "Equal width: bins of the same stretch of confidence. Equal mass: bins of the same number of windows."
    how = {"format_func": BINS.get, "required": True, "help": told}
    chosen = {"bins": grid.cell().segmented_control("Bins of confidence", list(BINS), key=bins, **how)}
    told = "How often a set of classes shall hold the true one. Another choice is worked out anew."
    how = {"format_func": "{:.0%}".format, "required": True, "help": told}
    chosen["coverage"] = grid.cell().segmented_control("Coverage of sets", COVERAGES, key=coverage, **how)
    told = "The surest windows are decided; the others are left to somebody who sees more."
    chosen["decided"] = grid.cell().select_slider(
        "Share of windows decided", SHARES_UP, key=decided, format_func="{:.0%}".format, help=told
    )
    return chosen


def show(cohort: Cohort, settings: Mapping[str, Any]) -> None:
    """Show the part of the page."""
    params = {"coverage": settings["coverage"]} if settings["coverage"] != USUAL else {}
    result = analysis.answer(cohort.page, NAME, cohort.asked, params)
    if result is None:
        return
    analysis.conclude(result, lambda s: s.about.get("arm") in (None, cohort.arm))
    title = in_markdown(result.values["titles"][cohort.arm])
    left, right = cohort_rows.halves()
    with left:
        section(f"Confidence against accuracy: {title}")
        _reliability(cohort, result, settings["bins"])
    with right:
        section("Calibration error of every arm")
        _errors(cohort, result, settings["bins"])
        _scores(cohort, result)
    section("When should the model abstain?")
    _abstain(cohort, result, settings["decided"])
    left, right = cohort_rows.halves()
    with left:
        section("Sets of classes")
        _sets(cohort, result)
    with right:
        section("A second flag: the teacher disagrees")
        _flag(cohort, result)
    analysis.command(NAME, cohort.asked, params)


def _reliability(cohort: Cohort, result: Result, bins: str) -> None:
    found, arm = result.values, cohort.arm
    error = found["arms"][arm]["raw"]["errors"]["ece" if bins == "width" else "ece_mass"]
    null = f"a calibrated model has an ECE of {error['null']:.3f} here"
    about = analysis.told(of_book(cohort.opened.book), result, null).plus(arm=found["titles"][arm], bins=BINS[bins])
    behind = {"Reliability": partial(pictures.reliability_table, found)}
    fig, alt = pictures.reliability_figure(found, arm, bins), pictures.describe_reliability(found, arm, bins)
    chart(fig, f"{cohort.page}.reliability", f"{cohort.stem}_reliability_{arm}_{bins}", alt, behind, about=about)
    st.caption(
        "A point per bin, larger for more windows; dotted diagonal: confidence that means accuracy. Windows of a person "
        "are not independent, so points may stray a little further than the gray bars. Thin crosses: after the temperature "
        "that was fitted on validation windows."
    )


def _errors(cohort: Cohort, result: Result, bins: str) -> None:
    found, lines = result.values, []
    name = "ece" if bins == "width" else "ece_mass"
    n = {"n": found["n_windows"], "units": found["n_subjects"]}
    for arm, own in found["arms"].items():
        for state, words in (("raw", ""), ("scaled", ", scaled")):
            if own[state] is not None:
                error = own[state]["errors"][name]
                cell = {"value": error["value"], "interval": error["interval"], **n}
                lines.append(
                    line_of(f"{found['titles'][arm]}{words}", arm, cell, found["unit"], band=(0.0, max(error["band"])))
                )
    null = "Gray: what 95% of calibrated models would have at this n, if windows of a person are alike"
    forest(cohort, result, "errors", [Section("", tuple(lines))], TITLES[name], null, most=0.0)


def _scores(cohort: Cohort, result: Result) -> None:
    """Show every measure of the arm before and after temperature scaling."""
    found = result.values
    title, own = found["titles"][cohort.arm], found["arms"][cohort.arm]
    rows = [row for row in result.tables["Calibration"] if row["arm"] == title]
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        ends = "" if row["low"] is None else f" [{row['low']:.3f}, {row['high']:.3f}]"
        cells.setdefault(row["measure"], {"measure": row["measure"]})[row["probabilities"]] = f"{row['value']:.3f}{ends}"
    st.dataframe(pd.DataFrame(cells.values()), hide_index=True, alt=f"Measures of calibration of {title}, with 95% intervals")
    st.caption(in_markdown(f"{title}, {people(found['n_windows'], found['n_subjects'])}; brackets: 95% intervals.", 200))
    tau = own["temperature"]
    if tau is None:
        st.caption("No temperature was fitted: too few labeled validation windows, or all of one class.")
        return
    ends = tau["interval"]
    between = "" if ends is None else f" [{ends['low']:.2f}, {ends['high']:.2f}]"
    said = f"Temperature {tau['value']:.2f}{between}, fitted on n = {tau['n']} validation windows of {found['valid_subjects']} "
    st.caption(in_markdown(f"{said}subjects; above 1 it makes {title} less sure, below 1 surer.", 400))


def _abstain(cohort: Cohort, result: Result, share: float) -> None:
    found, arm = result.values, cohort.arm
    row = chosen_row(found, arm, share)
    left, right = wide_and_narrow()
    with left:
        null = f"deciding at random: {found['arms'][arm]['abstain']['accuracy']['value']:.3f}"
        about = analysis.told(of_book(cohort.opened.book), result, null).plus(decided=f"{row['share']:.0%}")
        behind = {"Deciding less": partial(pictures.abstain_table, found)}
        fig, alt = (
            ringed(pictures.abstain_figure(found, arm), row),
            f"{pictures.describe_abstain(found)} {kept_words(found, arm, row)}",
        )
        chart(fig, f"{cohort.page}.abstain", f"{cohort.stem}_abstain", alt, behind, about=about)
    with right:
        st.markdown(in_markdown(kept_words(found, arm, row), 900))
        st.caption(
            "The threshold was read off these same test windows: among new people another share will be decided. "
            "The ring marks the chosen point."
        )


def _sets(cohort: Cohort, result: Result) -> None:
    found, wanted = result.values, result.values["settings"]["coverage"]
    if all(own["sets"]["known"] is None for own in found["arms"].values()):
        few = found["arms"][cohort.arm]["sets"]
        told = f"No sets can be promised: a coverage of {wanted:.0%} needs {few['least']} validation subjects, there are "
        st.info(f"{told}{few['people']}.", icon=":material/visibility_off:")
        return
    lines, why = [], "too few validation people"
    for arm, own in found["arms"].items():
        known, title = own["sets"]["known"], found["titles"][arm]
        if known is None:
            lines.append(Line(title, arm, None, None, "", why=f"{why}: {own['sets']['people']} of {own['sets']['least']}"))
        else:
            label = f"{title} · {known['mean_size']:.2f}"
            lines.append(line_of(label, arm, known["coverage"], found["unit"]))
    sections = [Section("All windows · classes in a set on average", tuple(lines))]
    own = found["arms"][cohort.arm]["sets"]["known"]
    if own is not None:
        title = found["titles"][cohort.arm]
        cells = [(name, c) for name, c in zip(found["classes"], own["by_class"], strict=True) if c["n"]]
        for name, c in cells:
            heading = f"{name} · n = {c['n']} windows, {c['units']} {found['unit']}"
            sections.append(Section(heading, (line_of(title, cohort.arm, c, found["unit"]),)))
    null = f"Dashed: promised, {wanted:.0%}, calibrated on {found['valid_subjects']} validation subjects"
    forest(cohort, result, "sets", sections, "windows whose set holds the true class", null, wanted)
    if own is not None:
        sizes = ", ".join(f"{n} of {size}" for size, n in enumerate(own["sizes"]) if n)
        st.caption(
            f"Sets by number of classes: {sizes}. A set of one class is a decision; a large set says that it is not known."
        )


def _flag(cohort: Cohort, result: Result) -> None:
    found, arm = result.values, cohort.arm
    own = found["arms"][arm]["flag"]
    if own is None:
        st.info("The teacher cannot disagree with itself. Look at a student.", icon=":material/visibility_off:")
        return
    lines = [
        line_of(FLAGS[name], arm, cell, found["unit"], why="no such window")
        for name, cell in own["error"].items()
        if name in FLAGS
    ]
    sections = [Section("All windows", tuple(lines[:2])), Section("By the confidence of the student", tuple(lines[2:]))]
    null = "Alike, if disagreement told nothing about errors"
    forest(cohort, result, "flag", sections, f"share of windows that {found['titles'][arm]} gets wrong", null)
    st.caption(
        f"The teacher disagrees in {own['share']:.0%} of windows. Sure: in the half of windows with the higher confidence."
    )
