"""Choosing one window: view, subject, window, and the channels to draw. Every choice is kept in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.figures.text import in_markdown, listed
from app.state import Link
from rdpd_core.errors import RdpdError
from rdpd_core.experiments import Experiment, command_of
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.types import Channel

ANY = "all"
KEPT = "kept"
"""Stands in the address for the models that no job made."""


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
    """Give room for the five choices, the first four beside each other where the window is wide."""
    grid = st.grid(4, min_column_width=190, gap="medium")
    return [*(grid.cell() for _ in range(4)), st.container()]


def choose_view(link: Link, place: DeltaGenerator, views: Sequence[str], channels: dict[str, tuple[str, ...]]) -> str:
    """Ask which channels the students read."""
    titles = {view: in_markdown(view.replace("_", " ")) for view in views}
    told = " ".join(f"{title}: {in_markdown(listed(list(channels[view])), 600)}." for view, title in titles.items())
    how = {"format_func": titles.get, "required": True, "key": link.offer("view", views, views[0])}
    return place.segmented_control("Students read", list(views), help=f"The teacher reads every channel. {told}", **how)


def choose_models(link: Link, jobs: Mapping[str, str]) -> str:
    """Ask whose models are looked at: those that no job made, or those of one job; nothing is asked where there is no job.

    Args:
        link: Of the page.
        jobs: Title by id.
    """
    key = link.offer("models", [KEPT, *jobs], KEPT)
    if not jobs:
        return KEPT
    titles = {KEPT: "shipped or saved by hand", **{job: f"{title} ({job[:6]})" for job, title in jobs.items()}}
    told = "A job that has ended keeps its models apart from all others, so that comparisons stay whole."
    return st.selectbox("Models", [KEPT, *jobs], format_func=titles.get, key=key, help=told, width=520)


def choose_window(link: Link, places: Sequence[DeltaGenerator], book: CaseBook, models: str = KEPT) -> Window:
    """Ask for a test subject, one of its windows, and the channels to draw; then settle the address."""
    classes, groups = [ANY, *book.windows.classes], lead_groups(book.windows.channels)
    wanted = places[0].selectbox("Diagnosis", classes, key=link.offer("diagnosis", classes, ANY))
    fitting = [subject for subject, truth in book.subjects().items() if wanted in (ANY, truth)]
    told = "Type to search. Test subjects only: no model learned from them."
    key = link.offer("subject", fitting, fitting[0])
    subject = places[1].selectbox(f"Subject (n = {len(fitting)})", fitting, key=key, help=told)
    count = book.count(subject)
    key = link.offer("window", range(1, count + 1), 1)
    position = places[2].slider(f"Window (of {count})", 1, count, key=key) if count > 1 else 1
    key = link.offer("channels", list(groups), next(iter(groups)))
    group = places[3].segmented_control("Channels drawn", list(groups), required=True, format_func=in_markdown, key=key)
    told = {"models": models, "view": book.view, "diagnosis": wanted, "subject": subject}
    link.close({**told, "window": position, "channels": group})
    poor = [name for name in book.loaded.dataset.view(book.view) if name not in groups[group]]
    return Window(subject, position, (*poor, *groups[group]))


def lead_groups(channels: Sequence[Channel]) -> dict[str, tuple[str, ...]]:
    """Give the sets of channels one may draw: each group, and all; names of groups as the data set gives them."""
    groups: dict[str, tuple[str, ...]] = {}
    for channel in channels:
        groups[channel.group] = (*groups.get(channel.group, ()), channel.name)
    return {**groups, ANY: tuple(c.name for c in channels)} if len(groups) > 1 else groups


def command(book: CaseBook) -> str | None:
    """Give the command line that trains and scores the models of a book again; None if their cards do not say how."""
    card = next(arm for arm in book.arms if arm.arm != "teacher").cards[0]
    if "experiment" not in card.training:
        return None
    try:
        return command_of(Experiment.from_dict(card.training["experiment"]))
    except (RdpdError, TypeError):  # written by another version, whose settings this one does not have
        return None
