"""The work behind the page of attributions: explaining one window, what it is held against, and the verdict on a model.

Keyed by names and digests, bounded, and shared by sessions that ask the same; it goes on while somebody clicks elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from app import cached, kept
from app.cached import Task, Tell
from rdpd_core.evaluation.attributions import ATTRIBUTORS
from rdpd_core.evaluation.believed import Belief
from rdpd_core.experiments.beside import Beside, methods_beside, random_heat, teacher_beside
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.explain import Explained, How, belief_of, explain, kept_belief
from rdpd_core.models import Model
from rdpd_core.store import ModelCard, Store

COLUMNS = 100
"""Pieces of time in a picture."""
KEPT_S = 30
"""So long it is not looked again whether somebody else had a verdict made."""
WAIT_S = 0.3
"""So often a check that waits for another looks whether it was stopped."""
_ONE = threading.Lock()
"""One verdict at a time: several would only slow each other down."""


class Asked(NamedTuple):
    """A model of a book, and how it is asked.

    Attributes:
        book: Arguments of `cached.book_task`.
        model: Name.
        how: Method and baseline.
    """

    book: tuple[str, ...]
    model: str
    how: How

    def opened(self) -> tuple[CaseBook, Model, ModelCard]:
        """Give the book, waiting for it, and the model with its card."""
        book = cached.book_task(*self.book).result()
        card = next(c for arm in book.arms for c in arm.cards if c.name == self.model)
        return book, *Store.default().open(card.dataset, card.name)


class Shown(NamedTuple):
    """One window as one model explains it.

    Attributes:
        explained: The evidence.
        heat: (C, P), in pieces of time.
        drawn: (R, C, P), of copies with random weights, scaled to the same total.
    """

    explained: Explained
    heat: np.ndarray
    drawn: np.ndarray


@kept.resource(max_entries=64, show_spinner=False)
def shown_task(asked: Asked, place: int, target: str) -> Task[Shown | str]:
    """Give the work that explains a window, and asks copies with random weights the same; or why the method cannot.

    Args:
        asked: The model, and how it is asked.
        place: Of the window among the test windows.
        target: The class explained, as of `explain`.
    """

    def work(tell: Tell) -> Shown | str:
        tell("Explaining the window", None)
        book, model, card = asked.opened()
        kind = ATTRIBUTORS.get(asked.how.method)
        if reason := kind.fits(model):
            return f"{kind.title} is not available for {card.title}: {reason}. Choose another method."
        one = explain(model, card, book.loaded, book.windows, [place], asked.how, target)
        pieces = min(COLUMNS, book.windows.samples)
        drawn = random_heat(model, one, book.loaded, book.windows, place, asked.how, pieces)
        return Shown(one, one.heat(pieces)[0], drawn)

    return Task(work)


@kept.resource(max_entries=64, show_spinner=False)
def methods_task(asked: Asked, place: int, target: str) -> Task[tuple[Beside, ...]]:
    """Give the work that asks every other method and baseline about a window; arguments as of `shown_task`."""
    shown = shown_task(asked, place, target)

    def work(tell: Tell) -> tuple[Beside, ...]:
        one = shown.result().explained
        book, model, _ = asked.opened()
        return methods_beside(model, one, book.loaded, book.windows, place, asked.how, _telling(tell))

    return Task(work)


@kept.resource(max_entries=64, show_spinner=False)
def teacher_task(teacher: Asked, student: Asked, place: int, target: str) -> Task[Beside]:
    """Give the work that says how alike teacher and student explain a window.

    Args:
        teacher: The one.
        student: The other.
        place: Of the window among the test windows.
        target: Name of the class that both explain.
    """
    shown = [shown_task(asked, place, target) for asked in (teacher, student)]

    def work(tell: Tell) -> Beside:
        tell("Comparing teacher and student in other windows", None)
        first, second = (task.result().explained for task in shown)
        book, model, _ = student.opened()
        return teacher_beside(first, model, second, book.loaded, book.windows, place, student.how)

    return Task(work)


@kept.resource(max_entries=64, ttl=KEPT_S, show_spinner=False)
def kept_task(asked: Asked) -> Task[Belief | None]:
    """Give the work that looks whether a verdict is there already."""

    def work(tell: Tell) -> Belief | None:
        tell("Looking for a verdict", None)
        book = cached.book_task(*asked.book).result()
        card = next(c for arm in book.arms for c in arm.cards if c.name == asked.model)
        return kept_belief(card, book.loaded, asked.how)

    return Task(work)


@kept.resource(max_entries=32, show_spinner=False)
def belief_task(asked: Asked) -> Task[Belief]:
    """Give the work that checks whether pictures of a model may be believed."""

    def work(tell: Tell) -> Belief:
        while not _ONE.acquire(timeout=WAIT_S):
            tell("Waiting for another check to end", None)  # raises if it is stopped meanwhile
        try:
            tell("Opening the model", None)
            book, model, card = asked.opened()
            return belief_of(model, card, book.loaded, asked.how, on_progress=_telling(tell))
        finally:
            _ONE.release()

    return Task(work)


def _telling(tell: Tell) -> Callable[[str, int, int], None]:
    def progress(what: str, done: int, total: int) -> None:
        some = total > 1
        tell(f"{what[:1].upper()}{what[1:]}{f': {done} of {total}' if some else ''}", done / total if some else None)

    return progress
