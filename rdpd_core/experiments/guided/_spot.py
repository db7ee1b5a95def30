"""One window of a case book, and what the arms say about it, in the words of a guided case."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rdpd_core.experiments.cases import ArmBook, ArmCase, Case, CaseBook
from rdpd_core.experiments.guided.base import Claim, Stage, claim, one_of
from rdpd_core.experiments.subjects import decisions, title_of


class Spot:
    """A window of a book."""

    def __init__(self, book: CaseBook, at: int, arms: tuple[ArmCase, ...] | None = None) -> None:
        """Point at a window.

        Args:
            book: The answers.
            at: Position among the windows of the book.
            arms: What is said, if not what the book says: as after an edit.
        """
        self.book, self.at = book, int(at)
        self.subject = str(book.windows.subject[at])
        self.position = int(np.sum(book.windows.subject[:at] == self.subject)) + 1
        self.target = int(book.windows.target[at])
        self.arms = {arm.arm: arm for arm in (arms or tuple(own.at(self.at) for own in book.arms))}

    @property
    def case(self) -> Case:
        """The window in full."""
        return self.book.case(self.subject, self.position)

    @property
    def truth(self) -> str:
        """The true class."""
        return self.book.windows.classes[self.target]

    def decided(self, arm: str) -> int:
        """Give the class that an arm decides for."""
        return int(self.arms[arm].probability.argmax())

    def sure(self, arm: str) -> float:
        """Give the probability of the class that an arm decides for."""
        return float(self.arms[arm].probability.max())

    def right(self, arm: str) -> bool:
        """Say whether an arm decides for the true class."""
        return self.decided(arm) == self.target

    def says(self, arm: str, now: str = "") -> Claim:
        """Give a claim of what an arm says, right or wrong.

        Args:
            arm: Identifier.
            now: A word before the verb, such as "still".
        """
        told = {"title": title_of(arm), "class_": self.book.windows.classes[self.decided(arm)], "sure": percent(self.sure(arm))}
        told["now"] = f" {now}" if now else ""
        return one_of(
            claim(f"{arm} is right", "{title}{now} says {class_} with {sure}, which is right.", self.right(arm), **told),
            claim(f"{arm} is wrong", "{title}{now} says {class_} with {sure}, which is wrong.", not self.right(arm), **told),
        )

    def here(self, **more: str) -> dict[str, str]:
        """Give the choices that lead a page to this window."""
        return {"view": self.book.view, **more, "subject": self.subject, "window": str(self.position)}


def all_channels(spot: Spot) -> Claim:
    """Give the claim that the teacher reads every channel there is."""
    read, there = spot.arms["teacher"].channels, spot.book.windows.channels
    return claim("all channels", "It reads all {c} channels.", {c.name for c in there} == set(read), c=len(read))


def few_channels(spot: Spot) -> Claim:
    """Give the claim that every student reads the channels of the view, no others."""
    students = [arm.channels for name, arm in spot.arms.items() if name != "teacher"]
    view = set(spot.book.loaded.dataset.view(spot.book.view))
    same = all(set(channels) == view for channels in students)
    return claim("few channels", "It reads only {r}, like every student here.", same, r=reads(spot.book))


def percent(share: float) -> str:
    """Give a share in words."""
    return f"{share:.0%}"


def reads(book: CaseBook) -> str:
    """Give what the students of a book read."""
    names = list(book.loaded.dataset.view(book.view))
    return f"{'channel' if len(names) == 1 else 'channels'} {', '.join(names)}"


def books(stage: Stage) -> Iterator[CaseBook]:
    """Yield the answers of every view."""
    for view in stage.views:
        yield stage.book(view)


def arm_of(book: CaseBook, arm: str) -> ArmBook:
    """Give one arm of a book."""
    return next(own for own in book.arms if own.arm == arm)


def right_by(book: CaseBook, arm: str) -> np.ndarray:
    """Give which windows (N,) an arm gets right; those of unknown class count as not right."""
    target = book.windows.target
    return (decisions(arm_of(book, arm)) == target) & (target >= 0)


def wrong_by(book: CaseBook, arm: str) -> np.ndarray:
    """Give which windows (N,) an arm gets wrong; those of unknown class count as not wrong."""
    target = book.windows.target
    return (decisions(arm_of(book, arm)) != target) & (target >= 0)


def probability(book: CaseBook, arm: str) -> np.ndarray:
    """Give the probability (N, K) of each class, mean over seeds."""
    return arm_of(book, arm).probability.mean(axis=0)


def of_truth(book: CaseBook, arm: str) -> np.ndarray:
    """Give the probability (N,) of the true class, mean over seeds; 0 where it is unknown."""
    target, said = book.windows.target, probability(book, arm)
    return np.where(target >= 0, said[np.arange(len(target)), np.maximum(target, 0)], 0.0)


def seeds(book: CaseBook, arm: str) -> str:
    """Say over how many seeds an arm's probabilities are averaged."""
    models = len(arm_of(book, arm).cards)
    return f"mean of {models} seeds" if models > 1 else "one seed"
