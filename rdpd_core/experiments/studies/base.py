"""What a named study is: which experiments it asks for, and which statements it can decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

from rdpd_core.datasets import DATASETS, Dataset
from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.arms import pick_arms
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.evidence.cell import Cell
from rdpd_core.experiments.experiment import ALL_SPLITS, SEVERAL, Experiment
from rdpd_core.experiments.networks import words_of_setting
from rdpd_core.experiments.published import Published, rows_of
from rdpd_core.experiments.statements import Checked, Statement
from rdpd_core.registry import Registry

_NAMED = ("dataset", "view", "seeds", "first_seed", "split", "arms", "recipe")
"""Settings that stand in a study's results by themselves; others make a tag."""


class Wanted(NamedTuple):
    """One experiment of a study.

    Attributes:
        at: Where it stands: the view, and values of other axes.
        experiment: What to train.
    """

    at: dict[str, Any]
    experiment: Experiment


@dataclass(frozen=True)
class Asked:
    """What is asked of a study.

    Attributes:
        dataset: Name of the data set.
        recipe: Name of the recipe.
        views: Views; empty takes those that the study chooses for the data set.
        seeds: How many; 0 leaves it to the study.
        splits: Names of splits; empty takes all of measured data, and the first of simulated ones.
        values: Values of the study's axis; empty takes its own.
        others: Other settings of an experiment that all have in common, by name.
    """

    dataset: str
    recipe: str = "tuned"
    views: tuple[str, ...] = ()
    seeds: int = 0
    splits: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict)


class Study:
    """One table or figure. Class attributes describe it.

    Attributes:
        name: Identifier.
        title: For people.
        source: Where it stands in the paper; empty for a question of our own.
        arms: Rows.
        axis: The setting that varies beside the view; empty if none does.
        values: Its values.
        several: Whether it looks at several views, or only at the first.
        statements: What it can decide.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str] = ""
    arms: ClassVar[tuple[str, ...]] = ("teacher", "direct", "distill", "rdpd_r1", "rdpd_r2", "rdpd", "forest")
    axis: ClassVar[str] = ""
    values: ClassVar[tuple[Any, ...]] = ()
    several: ClassVar[bool] = True
    statements: ClassVar[tuple[Statement, ...]] = ()
    seeds: ClassVar[int] = 5

    @property
    def axes(self) -> tuple[str, ...]:
        """Give the names of the axes, "view" first."""
        return ("view", self.axis) if self.axis else ("view",)

    def views(self, kind: type[Dataset]) -> tuple[str, ...]:
        """Give the views to look at where none is named: those that are one sensor or body place, else all named ones.

        A study of one view looks at the data set's first: lead I of an electrocardiogram, as in the paper.
        """
        if not self.several:
            return tuple(kind.views)[:1]
        groups = {c.group for c in kind.channels}
        whole = {g: tuple(c.name for c in kind.channels if c.group == g) for g in groups}
        places = tuple(name for name, members in kind.views.items() if tuple(members) in whole.values())
        return places if len(places) > 1 else tuple(kind.views)

    def wanted(self, asked: Asked) -> list[Wanted]:
        """Give the experiments, view by view.

        Raises:
            UnknownNameError: A data set, view, split, arm or setting is unknown.
            ParameterError: A value is out of range, or there are values but no axis.
        """
        base = self.base(asked)
        kind = DATASETS.get(asked.dataset)
        if asked.values and not self.axis:
            raise ParameterError(f"the study {self.name} has no axis of values; leave out --values")
        values = asked.values or self.values
        found = []
        for view in asked.views or self.views(kind):
            for value in values if self.axis else (None,):
                settings = {"view": view} | ({self.axis: value} if self.axis else {})
                experiment = Experiment.from_dict({**vars(base), **settings})
                at = {"view": experiment.view} | ({self.axis: getattr(experiment, self.axis)} if self.axis else {})
                found.append(Wanted(at, experiment))
        return found

    def base(self, asked: Asked) -> Experiment:
        """Give what all experiments have in common."""
        kind = DATASETS.get(asked.dataset)
        split = SEVERAL.join(asked.splits) or (kind.splits[0] if kind.simulated or len(kind.splits) == 1 else ALL_SPLITS)
        arms = tuple(arm.name for arm in pick_arms(asked.others.get("arms") or self.arms))
        others = {name: value for name, value in asked.others.items() if name != "arms"}
        known = set(Experiment.__dataclass_fields__)
        for name in others:
            if name not in known:
                raise UnknownNameError("setting of an experiment", name, known)
            if name in self.axes:
                raise ParameterError(f"{name} is what the study {self.name} varies; give its values with --values")
        given = {"dataset": asked.dataset, "recipe": asked.recipe, "split": split, "seeds": asked.seeds or self.seeds}
        return Experiment.from_dict({**others, **given, "arms": arms})

    def tag(self, asked: Asked) -> str:
        """Give what sets the results apart from those of the study as it is by default; empty if nothing does."""
        base = self.base(asked)
        own = {name: value for name, value in base.departures().items() if name not in _NAMED and value}
        words = [f"{name}_{'-'.join(words_of_setting(name, value))}" for name, value in own.items()]
        words += [] if not asked.views else ["-".join(asked.views)]
        text = ".".join(words)
        return "".join(c if c.isalnum() or c in "._-+" else "_" for c in text)[:80]

    def book(self, asked: Asked, wanted: Sequence[Wanted], cells: Mapping[str, Cell], command: str) -> Book:
        """Put records together.

        Args:
            asked: What was asked.
            wanted: The experiments.
            cells: The records there are, by key.
            command: The command line that repeats it.
        """
        from rdpd_core.experiments.evidence.shelf import key_of

        keys = [key_of(one.experiment) for one in wanted]
        there = tuple(replace(cells[k], at=one.at) for k, one in zip(keys, wanted, strict=True) if k in cells)
        missing = tuple(_words(one.at) for k, one in zip(keys, wanted, strict=True) if k not in cells)
        return Book(self.name, asked.dataset, asked.recipe, self.tag(asked), command, self.axes, there, missing)

    def published(self) -> list[Published]:
        """Give what the paper reports; none where it reports no numbers."""
        return rows_of(self.name)

    def checked(self, book: Book) -> list[Checked]:
        """Give what became of each statement that the results speak of."""
        return [found for statement in self.statements if (found := statement.check(book)) is not None]


def _words(at: Mapping[str, Any]) -> str:
    return ", ".join(str(value) if name == "view" else f"{name.replace('_', ' ')} {value}" for name, value in at.items())


STUDIES: Registry[Study] = Registry("study")
