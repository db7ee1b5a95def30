"""Choosing what a case is looked at in: data set, models, and the channels students read; then the answers of these models."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from app import cached
from app.components import case_choice, here, waiting
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.datasets import DATASETS, Dataset, found_and
from rdpd_core.experiments.cases import CaseBook, job_of, jobs_of, views_of
from rdpd_core.store import ModelCard

FIRST = "simulated_ecg"


class Opened(NamedTuple):
    """The answers that are looked at.

    Attributes:
        book: Of the models of one view.
        models: Whose models, as the address says.
    """

    book: CaseBook
    models: str

    @property
    def told(self) -> dict[str, str]:
        """Give what belongs into the address."""
        return {"set": self.book.loaded.dataset.name, "models": self.models, "view": self.book.view}


def choose_book(link: Link) -> Opened | None:
    """Ask for data set, models and view; None as long as there is nothing to look at, which is then said or shown."""
    with_models = [kind for kind in found_and(card.dataset for card in cached.cards()) if offered(kind)]
    there = [kind.name for kind in with_models if here.is_here(kind)]
    if not there:
        here.models_missing("any data set whose recordings are here", "python -m rdpd_core pretrain")
        return None
    first, second = st.columns([1.2, 2.6], gap="medium")
    first_of = FIRST if FIRST in there else there[0]
    titles = {name: DATASETS.get(name).title for name in there}
    name = first.selectbox("Data set", there, format_func=titles.get, key=link.offer("set", there, first_of))
    _elsewhere([kind for kind in with_models if kind.name not in there])
    key = (name, cached.data_root())
    loaded = waiting.result_of(cached.data_task(*key), lambda: cached.data_task.clear(*key), f"{link.page}.data")
    if loaded is None:
        return None
    cards = [card for card in cached.cards(loaded.dataset.models_of or name) if card.split == loaded.split]
    with second:
        models = case_choice.choose_models(link, jobs_of(cards))
    job = "" if models == case_choice.KEPT else models
    found = offered(DATASETS.get(name), [card for card in cards if job_of(card) == job])
    views = [*(v for v in loaded.dataset.views if v in found), *(v for v in found if v not in loaded.dataset.views)]
    if not views:
        here.models_missing(loaded.dataset.title, "python -m rdpd_core pretrain")
        return None
    view = case_choice.choose_view(link, second, views, {v: loaded.dataset.view(v) for v in views})
    asked = (name, view, cached.data_root(), cached.store_stamp(), job)
    book = waiting.result_of(cached.book_task(*asked), lambda: cached.book_task.clear(*asked), f"{link.page}.book")
    return None if book is None else Opened(book, models)


def offered(kind: type[Dataset], cards: list[ModelCard] | None = None) -> list[str]:
    """Give the views for which there are students that can read a data set: its own, or those it was mapped to.

    Args:
        kind: The data set.
        cards: Of these students; None takes all that are here.
    """
    found = views_of(cached.cards(kind.models_of or kind.name) if cards is None else cards)
    return [view for view in found if view in kind.views] if kind.models_of else found


def _elsewhere(kinds: list) -> None:
    """Say for which data sets there are models without recordings."""
    if kinds:
        with st.popover(f"{len(kinds)} more with models, but without recordings here", type="tertiary"):
            for kind in kinds:
                here.how_to_get(kind)
                st.caption(in_markdown(kind.summary, 300))
