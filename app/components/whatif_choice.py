"""Choosing what is edited: data set, models, view, subject and window, each kept in the address."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cached
from app.components import case_choice, here, whatif_edits
from app.state import Link
from rdpd_core.datasets import DATASETS, found_and
from rdpd_core.experiments import Loaded
from rdpd_core.experiments.cases import CaseBook, job_of, jobs_of, views_of

FIRST = "simulated_ecg"


class Models(NamedTuple):
    """Whose answers are looked at.

    Attributes:
        models: As it stands in the address.
        job: Empty for models that no job made.
        view: What the students read.
    """

    models: str
    job: str
    view: str


class Place(NamedTuple):
    """A chosen window.

    Attributes:
        diagnosis: Class that subjects are chosen from, or all.
        subject: The person.
        position: Which of the subject's windows, from 1.
    """

    diagnosis: str
    subject: str
    position: int


def data_sets() -> list[str]:
    """Give the data sets whose recordings and students are here, the simulated one first."""
    with_models = {card.dataset for card in cached.cards() if card.role == "student"}
    there = [kind.name for kind in found_and(with_models) if kind.name in with_models and here.is_here(kind)]
    return sorted(there, key=lambda name: (name != FIRST, name))


def choose_data(link: Link, names: list[str], place: DeltaGenerator) -> str:
    """Ask which data set; nothing is asked where there is only one."""
    key = link.offer("data", names, names[0])
    if len(names) == 1:
        return names[0]
    titles = {name: DATASETS.get(name).title for name in names}
    return place.selectbox("Data", names, format_func=titles.get, key=key, on_change=whatif_edits.forget)


def choose_models(link: Link, loaded: Loaded, place: DeltaGenerator) -> Models | None:
    """Ask whose models and what students read; None if there is no model, which is then said."""
    cards = [card for card in cached.cards(loaded.dataset.name) if card.split == loaded.split]
    if not views_of(cards):
        here.models_missing(loaded.dataset.title, "python -m rdpd_core pretrain")
        return None
    models = case_choice.choose_models(link, jobs_of(cards))
    job = "" if models == case_choice.KEPT else models
    there = views_of([card for card in cards if job_of(card) == job])
    views = [view for view in loaded.dataset.views if view in there]
    if not views:
        here.models_missing(loaded.dataset.title, "python -m rdpd_core pretrain")
        return None
    channels = {name: loaded.dataset.view(name) for name in views}
    return Models(models, job, case_choice.choose_view(link, place, views, channels))


def choose_place(link: Link, book: CaseBook) -> Place:
    """Ask for a test subject and one of its windows."""
    places = st.columns([1.3, 1.2, 2.0], gap="medium")
    classes = [case_choice.ANY, *book.windows.classes]
    wanted = places[0].selectbox("True class", classes, key=link.offer("diagnosis", classes, case_choice.ANY))
    every = book.subjects()
    fitting = [subject for subject, truth in every.items() if wanted in (case_choice.ANY, truth)] or list(every)
    told = "Type to search. Test subjects only: no model learned from them."
    key = link.offer("subject", fitting, fitting[0])
    subject = places[1].selectbox(f"Subject (n = {len(fitting)})", fitting, key=key, help=told)
    count = book.count(subject)
    key = link.offer("window", range(1, count + 1), 1)
    position = places[2].slider(f"Window (of {count})", 1, count, key=key) if count > 1 else 1
    return Place(wanted, subject, position)
