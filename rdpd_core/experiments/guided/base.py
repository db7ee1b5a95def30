"""What a guided case is made of: claims that must hold before they are said, steps that name a page and its choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from rdpd_core.errors import DataError
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.whatif import Bench
from rdpd_core.registry import Registry

NEEDED = ("teacher", "direct", "rdpd")
"""Arms that the cases speak of."""


@dataclass(frozen=True)
class Claim:
    """A statement about the stored models, and whether it is true.

    Attributes:
        name: Identifier, for messages.
        text: The statement, with the names of values in braces.
        holds: Whether it is true, worked out from the models' answers.
        values: What stands in the braces, worked out too.
    """

    name: str
    text: str
    holds: bool
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self) -> str:
        """Give the statement in words.

        Raises:
            DataError: It is not true.
        """
        words = self.text.format(**self.values)
        if not self.holds:
            raise DataError(
                f"the claim {self.name!r} does not hold for the models stored here, so it is not shown: {words!r}; "
                "the case must look for another window, or say what holds instead"
            )
        return words


def claim(name: str, text: str, holds: object, **values: object) -> Claim:
    """Give a claim from its parts."""
    return Claim(name, text, bool(holds), values)


def one_of(*claims: Claim) -> Claim:
    """Give the first claim that holds.

    Raises:
        DataError: None does.
    """
    for one in claims:
        if one.holds:
            return one
    raise DataError(f"none of the claims {', '.join(repr(c.name) for c in claims)} holds for the models stored here")


@dataclass(frozen=True)
class Step:
    """One stop of a tour.

    Attributes:
        page: File name of the page, without ending.
        choices: What is chosen there, as it stands in the address after the page's prefix.
        claims: What is said; each was found to hold.
    """

    page: str
    choices: Mapping[str, str]
    claims: tuple[Claim, ...]

    def __post_init__(self) -> None:
        """Refuse what is not true, as `Claim.said` does."""
        object.__setattr__(self, "_sentence", " ".join(c.said() for c in self.claims))

    @property
    def sentence(self) -> str:
        """What is said, as plain text."""
        return self._sentence


@dataclass(frozen=True)
class Stage:
    """Where a case is played: the answers of the stored models of one data set.

    Attributes:
        dataset: Identifier of the data set.
        views: Views that have students, in the order in which pages offer them.
        book: Gives the answers of a view.
        bench: Gives the models of a view, to be asked about edited windows.
    """

    dataset: str
    views: tuple[str, ...]
    book: Callable[[str], CaseBook]
    bench: Callable[[str], Bench]

    def check(self) -> None:
        """Raise DataError unless every view has the arms that the cases speak of."""
        if not self.views:
            raise DataError(f"no students of {self.dataset} are stored; python -m rdpd_core pretrain makes them")
        for view in self.views:
            missing = set(NEEDED) - {arm.arm for arm in self.book(view).arms}
            if missing:
                raise DataError(f"guided cases speak of {', '.join(NEEDED)}; view {view} has no {', '.join(sorted(missing))}")


class Guided:
    """One guided case.

    Attributes:
        name: Identifier, in the address.
        title: For people.
        question: What it is about, one or two sentences.
        order: Place among the cases; small comes first.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    order: ClassVar[int] = 100

    def steps(self, stage: Stage) -> Sequence[Step]:
        """Give the stops of the tour."""
        raise TypeError(f"{type(self).__name__} does not say what its steps are")


GUIDED: Registry[Guided] = Registry("guided case")


def told(name: str, stage: Stage) -> tuple[Step, ...]:
    """Give the steps of a case.

    Raises:
        UnknownNameError: No such case.
        DataError: The stored models cannot carry it, or a claim does not hold.
    """
    case = GUIDED.get(name)()
    stage.check()
    return tuple(case.steps(stage))
