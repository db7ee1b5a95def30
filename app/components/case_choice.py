"""Choosing one window: view, subject, window, and the channels to draw. Every choice is kept in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.figures.text import listed
from rdpd_core.experiments import Experiment, command_of
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.types import Channel

ANY, LINK = "all", "query-params"


class Window(NamedTuple):
    """A chosen window.

    Attributes:
        subject: The person.
        position: Which of the subject's windows, from 1.
        shown: Names of the channels to draw.
    """

    subject: str
    position: int
    shown: tuple[str, ...]


def row() -> Sequence[DeltaGenerator]:
    """Give room for the five choices, beside each other where the window is wide."""
    return st.columns([1.1, 1.3, 1.0, 1.3, 1.5], gap="medium")


def choose_view(page: str, place: DeltaGenerator, views: Sequence[str], channels: dict[str, tuple[str, ...]]) -> str:
    """Ask which channels the students read."""
    titles = {view_title(view): view for view in views}
    told = " ".join(f"{title}: {listed(list(channels[view]))}." for title, view in titles.items())
    how = {"default": next(iter(titles)), "required": True, "key": f"{page}.view", "bind": LINK}
    chosen = place.segmented_control("Students read", list(titles), help=f"The teacher reads every channel. {told}", **how)
    return titles.get(chosen, views[0])


def view_title(view: str) -> str:
    """Give the name of a view as it is shown and as it stands in the address."""
    return view.replace("_", " ")


def choose_window(page: str, places: Sequence[DeltaGenerator], book: CaseBook) -> Window:
    """Ask for a test subject, one of its windows, and the channels to draw."""
    label, person, window, leads = places
    wanted = label.selectbox("Diagnosis", [ANY, *book.windows.classes], key=f"{page}.diagnosis", bind=LINK)
    fitting = fitting_subjects(book, wanted)
    told = "Type to search. Test subjects only: no model learned from them."
    subject = person.selectbox(f"Subject (n = {len(fitting)})", fitting, key=f"{page}.subject", bind=LINK, help=told)
    count = book.count(subject)
    position = window.slider(f"Window (of {count})", 1, count, 1, key=f"{page}.window", bind=LINK) if count > 1 else 1
    groups = lead_groups(book.windows.channels)
    how = {"default": next(iter(groups)), "required": True, "key": f"{page}.leads", "bind": LINK}
    chosen = groups.get(leads.segmented_control("Channels drawn", list(groups), **how)) or next(iter(groups.values()))
    poor = [name for name in book.loaded.dataset.view(book.view) if name not in chosen]
    return Window(subject, position, (*poor, *chosen))


def fitting_subjects(book: CaseBook, diagnosis: str) -> list[str]:
    """Give the test subjects of a class, or all."""
    return [subject for subject, truth in book.subjects().items() if diagnosis in (ANY, truth)]


def lead_groups(channels: Sequence[Channel]) -> dict[str, tuple[str, ...]]:
    """Give the sets of channels one may draw: each group, and all; names of groups as the data set gives them."""
    groups: dict[str, tuple[str, ...]] = {}
    for channel in channels:
        groups[channel.group] = (*groups.get(channel.group, ()), channel.name)
    return {**groups, ANY: tuple(c.name for c in channels)} if len(groups) > 1 else groups


def report_link(page: str, asked: dict[str, str], book: CaseBook, views: Sequence[str], chosen: Window) -> None:
    """Show what the link asked for and could not have."""
    wanted = asked.get(f"{page}.diagnosis", ANY)
    allowed = {
        f"{page}.view": [view_title(view) for view in views],
        f"{page}.diagnosis": [ANY, *book.windows.classes],
        f"{page}.subject": fitting_subjects(book, wanted) or fitting_subjects(book, ANY),
        f"{page}.window": range(1, book.count(chosen.subject) + 1),
        f"{page}.leads": list(lead_groups(book.windows.channels)),
    }
    found = state.link_problems(asked, allowed) + state.unknown_keys(asked, page, list(allowed))
    for problem in state.keep_problems(page, found, [book.view, chosen.subject, chosen.position]):
        st.warning(problem, icon=":material/link_off:")


def command(book: CaseBook) -> str:
    """Give the command line that trains and scores the models of a book again."""
    students = [arm for arm in book.arms if arm.arm != "teacher"]
    experiment = {"dataset": book.loaded.dataset.name, "view": book.view, **students[0].cards[0].training.get("experiment", {})}
    return command_of(Experiment.from_dict(experiment))
