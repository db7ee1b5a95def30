"""One window of a case: signals with attention beneath, what every arm says, and where each looks beside chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from app.components import case_choice
from app.components.case_find import keep
from app.components.charts import chart
from app.components.frame import section
from app.figures import subject_words, tables, words
from app.figures.case import case_figure
from app.figures.distributions import distribution_figure
from app.figures.subject_heat import heat_figure, heat_table
from app.figures.subject_words import counted
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.experiments.cases import Case, CaseBook
from rdpd_core.experiments.subjects import chance_band, places_of
from rdpd_core.types import Channel

PILLS = 5
SMALL, ALL_SHOWN = 0.05, 8
"""Of more classes than this, those to which every arm gives less than this are not drawn."""


def choose_channels(link: Link, book: CaseBook, asked: bool) -> tuple[str, tuple[str, ...]]:
    """Ask which channels to draw; give the name of the set, and the names of its channels.

    Args:
        link: Of the page.
        book: The answers.
        asked: Whether signals are drawn now; if not, the choice is kept.
    """
    sets = channel_sets(book.windows.channels, book.loaded.dataset.view(book.view))
    key = link.offer("channels", list(sets), next(iter(sets)))
    if not asked or len(sets) == 1:
        name = keep(key)
    elif len(sets) <= PILLS:
        name = st.segmented_control("Channels drawn", list(sets), required=True, key=key)
    else:
        name = st.selectbox("Channels drawn", list(sets), key=key, width=360)
    return name, sets[name]


def channel_sets(channels: Sequence[Channel], poor: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Give the sets of channels of one unit one may draw, those that students read first."""
    units = list(dict.fromkeys(c.unit for c in channels))
    if len(units) == 1:
        groups = case_choice.lead_groups(channels)
        return {name: (*(p for p in poor if p not in members), *members) for name, members in groups.items()}
    found: dict[str, tuple[str, ...]] = {}
    for channel in sorted(channels, key=lambda c: c.name not in poor):
        name = f"{channel.group}, {channel.unit}"
        found[name] = (*found.get(name, ()), channel.name)
    return found


def show(page: str, book: CaseBook, case: Case, shown: tuple[str, ...]) -> None:
    """Show the window."""
    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}")
    left, right = st.columns([2.15, 1], gap="medium")
    with left:
        _picture(page, case, shown, name)
    with right:
        behind, main = {"Distributions": lambda: tables.distribution_table(case)}, main_classes(case)
        chart(distribution_figure(main), f"{page}.said", f"{name}_classes", words.describe_distributions(case), behind)
        st.markdown(in_markdown(words.verdict(case), 1500))
        left_out = len(case.classes) - len(main.classes)
        few = (
            f"{counted(left_out, 'class')} to which no arm gives {SMALL:g} or more are in the numbers only. "
            if left_out
            else ""
        )
        st.caption(in_markdown(f"{few}{words.basis(case)}", 500))
    if any(arm.attention is not None for arm in case.arms):
        _heat(page, book, case, name)


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


def _picture(page: str, case: Case, shown: tuple[str, ...], name: str) -> None:
    """Draw signals and attention."""
    behind = {"Signal": lambda: tables.signal_table(case, shown), "Attention": lambda: tables.attention_table(case)}
    chart(case_figure(case, shown), f"{page}.case", name, words.describe_case(case, shown), behind)
    st.caption(words.legend(case))


def _heat(page: str, book: CaseBook, case: Case, name: str) -> None:
    section("Where each arm looks, and whether it is more than chance")
    window = int(places_of(book, [case.subject])[case.position - 1])
    bands = {arm.arm: chance_band(book, arm.arm, window) for arm in case.arms}
    told = subject_words.heat(case, bands)
    alt = f"Attention of every arm over time, and overlap with the teacher. {told}"
    behind = {"Overlap": lambda: heat_table(case, bands), "Attention": lambda: tables.attention_table(case)}
    chart(heat_figure(case, bands), f"{page}.heat", f"{name}_attention", alt, behind)
    st.markdown(in_markdown(told, 2500))
    st.caption(
        "Gray band: the middle 95% of the overlaps the arm would have if it looked here as it looks in up to 200 other "
        "windows. An overlap inside the band is no sign of imitation in this window, however high it is."
    )
