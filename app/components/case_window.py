"""One window of a case: signals with attention beneath, what every arm says, and where each looks beside chance."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from app.components import viewer
from app.components.case_find import Found, keep, step
from app.components.charts import chart
from app.components.frame import section, wide_and_narrow
from app.components.viewer_source import recording_of, source_of
from app.figures import about, subject_words, tables, words
from app.figures.about import About
from app.figures.distributions import distribution_figure
from app.figures.subject_heat import heat_figure, heat_table
from app.figures.subject_words import counted
from app.figures.text import in_filename, in_markdown
from app.figures.viewer import attention_below
from app.state import Link
from rdpd_core.experiments.cases import Case, CaseBook
from rdpd_core.experiments.subjects import chance_band, places_of

WIDTH_PX = 920
"""Of the signals, between what it has in a window of 1400 and of 1920 pixels."""
SMALL, ALL_SHOWN = 0.05, 8
"""Of more classes than this, those to which every arm gives less than this are not drawn."""
WINDOW, RECORDING = "window", "recording"


def choose(link: Link, book: CaseBook, case: Case, found: Found, asked: bool) -> tuple[dict[str, object], viewer.Chosen]:
    """Ask how the signals are looked at; give what belongs into the address, and what is chosen.

    Args:
        link: Of the page.
        book: The answers.
        case: The window.
        found: How one goes to other windows.
        asked: Whether signals are drawn now; if not, the choices are kept.
    """
    recording = recording_of(book, case)
    extents = [WINDOW] if recording is None else [WINDOW, RECORDING]
    key = link.offer("extent", extents, WINDOW)
    row, titles = viewer.bar(), {WINDOW: WINDOW}
    if asked and recording is not None:
        titles[RECORDING] = f"whole recording ({recording.duration_s:g} s)"
        how = {"format_func": titles.get, "required": True, "on_change": _anew, "args": (link.page,)}
        extent = row.segmented_control("Time", extents, key=key, **how)
    else:
        extent = keep(key)
    at, last = found.positions.index(case.position), len(found.positions) - 1
    walk = viewer.Walk(partial(step, link.page, found.positions), at > 0, at < last) if last else None
    source = source_of(case) if extent == WINDOW else recording
    chosen = viewer.choose(link, source, walk, row, found.place, WIDTH_PX, asked)
    return {"extent": extent, **chosen.told}, chosen


def _anew(page: str) -> None:
    """Show all of what is looked at, at the speed that is usual for so much time."""
    st.session_state[f"{page}.from"] = st.session_state[f"{page}.length"] = None
    st.session_state.pop(f"{page}.speed", None)


def show(page: str, book: CaseBook, case: Case, chosen: viewer.Chosen) -> None:
    """Show the window."""
    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}")
    shown = about.of_case(book, case)
    left, right = wide_and_narrow()
    with left:
        _picture(page, case, chosen, shown)
    with right:
        behind, main = {"Distributions": lambda: tables.distribution_table(case)}, main_classes(case)
        chart(
            distribution_figure(main),
            f"{page}.said",
            f"{name}_classes",
            words.describe_distributions(case),
            behind,
            about=shown,
        )
        st.markdown(in_markdown(words.verdict(case), 1500))
        left_out = len(case.classes) - len(main.classes)
        few = (
            f"{counted(left_out, 'class')} to which no arm gives {SMALL:g} or more are in the numbers only. "
            if left_out
            else ""
        )
        st.caption(in_markdown(f"{few}{words.basis(case)}", 500))
    if any(arm.attention is not None for arm in case.arms):
        _heat(page, book, case, name, shown)


def main_classes(case: Case) -> Case:
    """Give the window with the classes that matter in it: the true one, and those to which an arm gives some probability."""
    if len(case.classes) <= ALL_SHOWN:
        return case
    most = np.max([arm.probability for arm in case.arms], axis=0)
    kept = [k for k, name in enumerate(case.classes) if most[k] >= SMALL or name == case.truth]
    arms = tuple(
        replace(
            arm,
            probability=arm.probability[kept],
            probability_spread=None if arm.probability_spread is None else arm.probability_spread[kept],
        )
        for arm in case.arms
    )
    return replace(case, classes=tuple(case.classes[k] for k in kept), arms=arms)


def _picture(page: str, case: Case, chosen: viewer.Chosen, shown: About) -> None:
    """Draw the signals, and the attention of all arms below a window."""
    if chosen.look.source.window is not None:
        viewer.draw(page, chosen, about=shown)
        st.caption("Gray: the window. Attention belongs to a window, so it stands under the window only.")
        return
    row = attention_below(case.arms, case.offset_s, case.duration_s)
    behind = {} if row is None else {"Attention": lambda: tables.attention_table(case)}
    more = "" if row is None else words.describe_attention(case)
    viewer.draw(page, chosen, () if row is None else (row,), behind, more, about=shown)
    st.caption(words.marks(case))


def _heat(page: str, book: CaseBook, case: Case, name: str, shown: About) -> None:
    section("Where each arm looks, and whether it is more than chance")
    window = int(places_of(book, [case.subject])[case.position - 1])
    bands = {arm.arm: chance_band(book, arm.arm, window) for arm in case.arms}
    told = subject_words.heat(case, bands)
    alt = f"Attention of every arm over time, and overlap with the teacher. {told}"
    behind = {"Overlap": lambda: heat_table(case, bands), "Attention": lambda: tables.attention_table(case)}
    chart(heat_figure(case, bands), f"{page}.heat", f"{name}_attention", alt, behind, about=shown)
    st.markdown(in_markdown(told, 2500))
    if not any(bands.values()):
        return
    st.caption(
        "Gray band: the middle 95% of the overlaps the arm would have if it looked here as it looks in up to 200 other "
        "windows. An overlap inside the band is no sign of imitation in this window, however high it is."
    )
