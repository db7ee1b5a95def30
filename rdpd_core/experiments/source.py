"""What an analysis looks at: chosen windows, what the stored models of one view say about them, and the models themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from rdpd_core.errors import UnknownNameError
from rdpd_core.experiments.cases import ArmBook, CaseBook, open_book, views_of
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.subjects import places_of
from rdpd_core.files import digest_bytes
from rdpd_core.models import Model
from rdpd_core.store import ModelCard, Store

PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Asked:
    """Which models, and which windows.

    Attributes:
        dataset: Identifier of the data set.
        view: Which channels the students read; empty takes the first view for which there are students.
        split: Name of the split; empty takes the data set's first.
        job: Whose models; empty takes those that no job made.
        subjects: Test subjects to look at; empty takes all.
        arms: Students to look at; empty takes all. The teacher is always there.
        models: Names of single models, for analyses that look at some; empty leaves the choice to the analysis.
    """

    dataset: str
    view: str = ""
    split: str = ""
    job: str = ""
    subjects: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


class Source:
    """Windows and models, opened when they are asked for."""

    def __init__(self, asked: Asked, opened: Callable[[str], CaseBook], store: Store | None = None) -> None:
        """Remember how to open.

        Args:
            asked: Which models, and which windows.
            opened: Gives the answers of all models about all windows of a part: "train", "valid" or "test".
            store: Where the models are; None takes the default store.
        """
        self.asked, self._opened, self._store = asked, opened, store
        self._books: dict[str, CaseBook] = {}

    @property
    def store(self) -> Store:
        """Where the models are."""
        self._store = self._store or Store.default()
        return self._store

    def book(self, part: str = "test") -> CaseBook:
        """Give the windows of a part and what every arm says about them: of the chosen subjects in "test", else of all.

        Raises:
            UnknownNameError: No such part, subject or arm.
        """
        if part not in PARTS:
            raise UnknownNameError("part", part, PARTS)
        if part not in self._books:
            self._books[part] = _chosen(self._opened(part), self.asked, part)
        return self._books[part]

    @property
    def loaded(self) -> Loaded:
        """The data set; its test windows are those of the chosen subjects."""
        return self.book().loaded

    def cards(self) -> list[ModelCard]:
        """Give the cards of all models, arm after arm."""
        return [card for arm in self.book().arms for card in arm.cards]

    def card(self, name: str) -> ModelCard:
        """Give the card of one of the models by its name.

        Raises:
            UnknownNameError: No such model here.
        """
        found = {card.name: card for card in self.cards()}
        if name not in found:
            raise UnknownNameError("model of this view", name, found)
        return found[name]

    def model(self, card: ModelCard) -> Model:
        """Give a network with its weights, in evaluation mode."""
        return self.store.open(card.dataset, card.name)[0]

    def key(self) -> list[Any]:
        """Give plain values that change whenever models, windows or the choice of them change."""
        book = self.book()
        parts = [[part.digest, digest_bytes(np.ascontiguousarray(part.start).tobytes())] for part in book.loaded.splits]
        return [self.asked.to_dict(), book.view, book.loaded.split, parts, [card.to_dict() for card in self.cards()]]


def open_source(asked: Asked, loaded: Loaded, store: Store | None = None) -> Source:
    """Give the source of what was asked for.

    Args:
        asked: Which models, and which windows.
        loaded: The data set under the split.
        store: Where the models are; None takes the default store.

    Raises:
        UnknownNameError: No such view.
    """
    store = store or Store.default()
    view = asked.view or _first_view(loaded, store)
    loaded.dataset.view(view)

    def opened(part: str) -> CaseBook:
        windows = getattr(loaded.splits, part)
        return open_book(replace(loaded, splits=loaded.splits._replace(test=windows)), view, store, asked.job)

    return Source(replace(asked, view=view, split=loaded.split), opened, store)


def _first_view(loaded: Loaded, store: Store) -> str:
    with_students = views_of([c for c in store.list(loaded.dataset.name).cards if c.split == loaded.split])
    return next((v for v in loaded.dataset.views if v in with_students), next(iter(loaded.dataset.views)))


def _chosen(book: CaseBook, asked: Asked, part: str) -> CaseBook:
    known = [arm.arm for arm in book.arms]
    for name in asked.arms:
        if name not in known:
            raise UnknownNameError("arm", name, known)
    arms = tuple(a for a in book.arms if not asked.arms or a.arm in asked.arms or a.arm == "teacher")
    if part != "test" or not asked.subjects:
        return replace(book, arms=arms)
    places = np.sort(places_of(book, tuple(dict.fromkeys(asked.subjects))))
    splits = book.loaded.splits._replace(test=book.windows.select(places))
    return replace(book, loaded=replace(book.loaded, splits=splits), arms=tuple(_part(arm, places) for arm in arms))


def _part(arm: ArmBook, places: np.ndarray) -> ArmBook:
    def own(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[:, places]

    chance = None if arm.overlap_chance is None else arm.overlap_chance[places]
    return replace(
        arm,
        probability=arm.probability[:, places],
        attention=own(arm.attention),
        overlap=own(arm.overlap),
        overlap_chance=chance,
    )
