"""Choosing what is explained: which model, by which method, against which baseline, and which class."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from app.components import analysis, case_choice
from app.components.case_find import LIKED
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.evaluation.attributions import ATTRIBUTORS, BASELINES
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.explain import PREDICTED, TRUE, How
from rdpd_core.experiments.source import Asked
from rdpd_core.store import ModelCard

CLASSES = {PREDICTED: "the class the model gives", TRUE: "the true class"}


class Chosen(NamedTuple):
    """What is asked.

    Attributes:
        card: Of the model.
        other: Of the teacher that a student is compared with, or of the student where the teacher is explained; or None.
        how: Method and baseline.
        target: "predicted" or "true".
    """

    card: ModelCard
    other: ModelCard | None
    how: How
    target: str

    @property
    def told(self) -> dict[str, str]:
        """Give what belongs into the address."""
        return {"model": self.card.name, "method": self.how.method, "baseline": self.how.baseline, "target": self.target}


def choose(link: Link, book: CaseBook, student: str) -> Chosen:
    """Ask for model, method, baseline and class.

    Args:
        link: Of the page.
        book: The answers.
        student: Arm that the teacher is compared with.
    """
    cards = {card.name: card for arm in book.arms for card in arm.cards}
    places = st.grid(4, min_column_width=200, gap="medium")
    first = next((c.name for c in cards.values() if c.arm == LIKED), next(reversed(cards)))
    key = link.offer("model", list(cards), first)
    name = places.cell().selectbox("Model explained", list(cards), format_func=lambda n: cards[n].title, key=key)
    methods = {method: ATTRIBUTORS.get(method).title for method in ATTRIBUTORS.names()}
    told = " ".join(f"**{kind.title}**: {kind.help}" for kind in ATTRIBUTORS)
    key = link.offer("method", list(methods), How().method)
    method = places.cell().selectbox("Method", list(methods), format_func=methods.get, key=key, help=told)
    titles = {base: found.title for base, found in BASELINES.items()}
    told = "What stands for nothing there. " + " ".join(f"**{b.title.capitalize()}**: {b.help}" for b in BASELINES.values())
    key = link.offer("baseline", list(titles), How().baseline)
    baseline = places.cell().selectbox("Baseline", list(titles), format_func=titles.get, key=key, help=told)
    key = link.offer("target", list(CLASSES), PREDICTED)
    target = places.cell().selectbox("Evidence for", list(CLASSES), format_func=CLASSES.get, key=key)
    return Chosen(cards[name], other_of(book, cards[name], student), How(method, baseline), target)


def other_of(book: CaseBook, card: ModelCard, student: str) -> ModelCard | None:
    """Give the teacher that a student learned from, or one of its seed; for a teacher, a student of an arm; or None."""
    arms = {arm.arm: arm.cards for arm in book.arms}
    if card.role != "teacher":
        teachers = arms.get("teacher", ())
        order = [
            [c for c in teachers if c.weights_sha256 == card.teacher],
            [c for c in teachers if c.seed == card.seed],
            teachers,
        ]
        return next((found[0] for found in order if found), None)
    students = [c for c in arms.get(student, ()) if c.role != "teacher"]
    taught = [c for c in students if c.teacher == card.weights_sha256] or [c for c in students if c.seed == card.seed]
    return next(iter(taught or students), None)


def command(book: CaseBook, models: str, chosen: Chosen, subject: str, position: int) -> str:
    """Give the command line that explains the same window by the same models.

    Args:
        book: The answers.
        models: Whose, as the address says.
        chosen: What is asked.
        subject: The person.
        position: Which of the subject's windows, from 1.
    """
    job = "" if models == case_choice.KEPT else models
    names = tuple(c.name for c in (chosen.card, chosen.other) if c is not None)
    asked = Asked(book.loaded.dataset.name, book.view, book.loaded.split, job, (subject,), models=names)
    how = {"method": chosen.how.method, "baseline": chosen.how.baseline, "target": chosen.target}
    return analysis.command_line("attribution", asked, {"window": position, **how})


def words_of(chosen: Chosen) -> str:
    """Say what the method's values mean, and what stands for nothing, as Markdown."""
    kind, base = ATTRIBUTORS.get(chosen.how.method), BASELINES[chosen.how.baseline]
    signed = " Evidence is the logit of a class minus the mean of all logits, in nat; below 0 it speaks against the class."
    against = f" Nothing there means: {base.help}" if kind.compares else " It compares with no baseline."
    return in_markdown(f"{kind.title}: {kind.help}{signed if kind.signed else ''}{against} ({kind.reference})", 900)
