"""Guided cases worked out in the background: which there are, and the steps of one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from app import cached, kept
from app.cached import Task, Tell

if TYPE_CHECKING:
    from rdpd_core.experiments.guided import Step

DATASET = "simulated_ecg"


class Title(NamedTuple):
    """A guided case that there is.

    Attributes:
        name: Identifier.
        title: For people.
        question: What it is about.
    """

    name: str
    title: str
    question: str


class Tour(NamedTuple):
    """A guided case that was worked out.

    Attributes:
        title: For people.
        steps: In order.
    """

    title: str
    steps: tuple[Step, ...]


@kept.resource(max_entries=1, show_spinner=False)
def titles_task() -> Task[list[Title]]:
    """Give the work that lists the guided cases; it loads the library."""

    def work(tell: Tell) -> list[Title]:
        tell("Loading the library", None)
        from rdpd_core.experiments.guided import GUIDED

        return [
            Title(case.name, case.title, case.question) for case in sorted(GUIDED, key=lambda case: (case.order, case.name))
        ]

    return Task(work)


@kept.resource(max_entries=16, show_spinner=False)
def tour_task(name: str, root: str, stamp: str) -> Task[Tour]:
    """Give the work that makes the steps of a case.

    Args:
        name: Of the case.
        root: The data root.
        stamp: Of the models, as `store_stamp` gives.
    """
    data = cached.data_task(DATASET, root)

    def work(tell: Tell) -> Tour:
        loaded = data.result()
        from rdpd_core.experiments.cases import job_of, open_book, views_of
        from rdpd_core.experiments.guided import GUIDED, Stage, told
        from rdpd_core.experiments.whatif import Bench
        from rdpd_core.runtime import threads
        from rdpd_core.store import Store

        title = GUIDED.get(name).title
        tell(f"Working out “{title}” from the models' answers", None)
        cards = [c for c in Store.default().list(DATASET).cards if c.split == loaded.split and not job_of(c)]
        there = views_of(cards)
        views = tuple(view for view in loaded.dataset.views if view in there)
        book = functools.cache(lambda view: open_book(loaded, view))
        bench = functools.cache(lambda view: Bench(book(view)))
        with threads(1):
            return Tour(title, told(name, Stage(DATASET, views, book, bench)))

    return Task(work)


def prepare(step: Step, root: str, stamp: str) -> None:
    """Let the answers that a step's page will need be worked out before one goes there."""
    view = step.choices.get("view")
    if view is not None:
        key = (DATASET, view, root, stamp, "")
        cached.bench_task(*key) if step.page == "whatif" else cached.book_task(*key)
