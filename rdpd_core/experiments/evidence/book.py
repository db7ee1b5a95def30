"""A study's results as one file: the records of its experiments, where each stands, and how to get them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from rdpd_core.errors import DataError, RdpdError, UnknownNameError
from rdpd_core.experiments.evidence.cell import Cell
from rdpd_core.experiments.evidence.shelf import read_sealed, write_sealed
from rdpd_core.files import work_root
from rdpd_core.store import store

T = TypeVar("T")
FORMAT = 1
FOLDER = "results"


@dataclass(frozen=True)
class Book:
    """Results of one study on one data set.

    Attributes:
        study: Name of the study.
        dataset: Name of the data set.
        recipe: Name of the recipe.
        tag: What sets it apart from the study as it is by default; empty if nothing does.
        command: The command line that repeats it.
        axes: Names of what its experiments differ in, "view" first.
        cells: Those that are done.
        missing: Titles of experiments that are not done.
        format: Of this record.
    """

    study: str
    dataset: str
    recipe: str
    tag: str
    command: str
    axes: tuple[str, ...]
    cells: tuple[Cell, ...]
    missing: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def name(self) -> str:
        """Give its name: data set, study, recipe and tag, joined by points."""
        return ".".join(filter(None, [self.dataset, self.study, self.recipe, self.tag]))

    @property
    def views(self) -> list[str]:
        """Give the views, in order."""
        return list(dict.fromkeys(cell.at["view"] for cell in self.cells))

    def values(self, axis: str) -> list[Any]:
        """Give the values of an axis, in order."""
        return list(dict.fromkeys(cell.at[axis] for cell in self.cells))

    def of(self, **at: Any) -> list[Cell]:
        """Give the experiments at these places: `of(view="torso")`."""
        return [cell for cell in self.cells if all(cell.at.get(name) == value for name, value in at.items())]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        lists = {name: list(getattr(self, name)) for name in ("axes", "missing")}
        return {**plain, **lists, "cells": [cell.to_dict() for cell in self.cells]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave, also after JSON.

        Raises:
            DataError: A part is missing or unknown, or it is from a newer version.
        """
        try:
            if values["format"] > FORMAT:
                raise DataError(f"these results have format {values['format']}, this version reads up to {FORMAT}")
            lists = {name: tuple(values[name]) for name in ("axes", "missing")}
            return cls(**{**values, **lists, "cells": tuple(map(Cell.from_dict, values["cells"]))})
        except (AttributeError, KeyError, TypeError) as error:
            raise DataError(f"these are not results of a study: {error}; run the study again") from error

    def write(self, folder: Path) -> Path:
        """Write it under its name; gives the path.

        Raises:
            DataError: The disk is full, or the folder cannot be written.
        """
        path = folder / f"{self.name}.json"
        write_sealed(path, self.to_dict())
        return path


@dataclass(frozen=True)
class Entry:
    """A file of results that was found.

    Attributes:
        name: Of the results.
        path: Of the file.
        shipped: Whether it came with the program.
    """

    name: str
    path: Path
    shipped: bool

    def read(self) -> Book:
        """Give the results.

        Raises:
            DataError: The file cannot be read, or is not as it was written.
        """
        return Book.from_dict(read_sealed(self.path))


def own_folder() -> Path:
    """Give the folder of results that were made here."""
    return work_root() / FOLDER


def shipped_folder() -> Path:
    """Give the folder of results that come with the program."""
    return store.pretrained_root() / FOLDER


def entries(folders: Sequence[tuple[Path, bool]] | None = None) -> list[Entry]:
    """Give what results there are, by name; those made here hide those of the same name that came with the program."""
    places = [(shipped_folder(), True), (own_folder(), False)] if folders is None else folders
    found = {e.name: e for folder, shipped in places for e in _in(folder, shipped)}
    return [found[name] for name in sorted(found)]


def find(name: str) -> Entry:
    """Give results by name.

    Raises:
        UnknownNameError: There are none of that name.
    """
    known = {entry.name: entry for entry in entries()}
    if name not in known:
        raise UnknownNameError("results", name, known)
    return known[name]


def each(found: Iterable[Entry], make: Callable[[Entry], T]) -> tuple[list[T], list[str]]:
    """Give what is made of every file of results, and why the others were refused."""
    made, refused = [], []
    for entry in found:
        try:
            made.append(make(entry))
        except RdpdError as error:  # a damaged file, or a study of a newer version
            refused.append(str(error))
    return made, refused


def shipped_cells() -> Iterator[Cell]:
    """Yield the records in all results that come with the program.

    Raises:
        DataError: A file is not as it came.
    """
    for entry in _in(shipped_folder(), True):
        yield from (replace(cell, at={}) for cell in entry.read().cells)


def _in(folder: Path, shipped: bool) -> list[Entry]:
    return [Entry(path.stem, path, shipped) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
