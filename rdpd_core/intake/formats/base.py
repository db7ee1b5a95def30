"""What every kind of file becomes: a table of columns, cut into pieces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.registry import Registry
from rdpd_core.terminal import plain

HEAD_BYTES = 4096
MOST_COLUMNS, MOST_CELLS, MOST_BYTES = 4096, 64_000_000, 2 << 30
"""More than these would not fit the memory that reading is given."""
LONGEST_NAME = 120


@dataclass(frozen=True)
class Given:
    """A file, where it lies and what it is called.

    Attributes:
        path: Where it lies.
        name: As shown in messages; it is never used as a path.
    """

    path: Path
    name: str

    @property
    def size(self) -> int:
        """Its length, in bytes."""
        return self.path.stat().st_size

    def head(self, count: int = HEAD_BYTES) -> bytes:
        """Give its first bytes."""
        with self.path.open("rb") as file:
            return file.read(count)

    def refuse(self, why: str) -> DataError:
        """Give the error that says what is wrong with this file."""
        return DataError(f"{plain(self.name)[:LONGEST_NAME]}: {why}")


class Column:
    """One column: text, or numbers, or text that can be read as numbers."""

    def __init__(self, name: str, numbers: np.ndarray | None = None, words: Any = None, unit: str = "") -> None:
        """Hold what was read.

        Args:
            name: Of the column, cleaned of what controls a terminal.
            numbers: (n,), NaN where nothing was measured.
            words: n texts as they stand in the file: a list, an array, or an Arrow array.
            unit: As the file says; empty if it does not.
        """
        self.name, self.unit = plain(name).strip()[:LONGEST_NAME], plain(unit).strip()[:20]
        self.numbers, self._words = numbers, words

    def __len__(self) -> int:
        return len(self._words if self.numbers is None else self.numbers)

    def words(self) -> np.ndarray:
        """Give the cells as text: those of the file where it is text, so that "007" stays "007"."""
        if self._words is not None:
            found = self._words.to_pylist() if hasattr(self._words, "to_pylist") else self._words
            return np.array(["" if w is None else str(w).strip() for w in found], dtype=object)
        return np.array([_as_text(value) for value in self.numbers.tolist()], dtype=object)


def _as_text(value: float) -> str:
    if np.isnan(value):
        return ""
    return str(int(value)) if np.isfinite(value) and value == int(value) and abs(value) < 2**53 else repr(value)


@dataclass(frozen=True)
class Piece:
    """Rows that belong together: one recording of a file of several.

    Attributes:
        rows: How many.
        label: Class, or None if the file does not say.
        subject: Person, or None if the file does not say.
        file: Words of the file's name and of its folder, from which subject or label may be taken if somebody asks for it.
    """

    rows: int
    label: str | None = None
    subject: str | None = None
    file: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """What was read.

    Attributes:
        kind: Name of the format.
        columns: Of one length, in the order of the file.
        pieces: Consecutive rows; together all of them.
        rate_hz: As the file says, or None.
        notices: What should be said about it.
    """

    kind: str
    columns: tuple[Column, ...]
    pieces: tuple[Piece, ...]
    rate_hz: float | None = None
    notices: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(piece.rows for piece in self.pieces)

    def column(self, name: str, what: str) -> Column:
        """Give a column by name.

        Raises:
            ParameterError: There is none of that name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        names = ", ".join(c.name for c in self.columns[:30])
        raise ParameterError(f"{what}: there is no column {plain(name)!r}; the file has {names}")


@dataclass(frozen=True)
class Options:
    """What a reader may be told; empty values are found out.

    Attributes:
        delimiter: Between the cells of a text file.
        decimal: "." or ",".
        default_gain: Whether a WFDB gain of 0 is read as 200 units per mV, as the format says.
    """

    delimiter: str = ""
    decimal: str = ""
    default_gain: bool = False


class Format(ABC):
    """One kind of file.

    Attributes:
        name: Identifier.
        title: For people.
        endings: Usual endings of file names, for the help only; files are told by what they hold.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]

    @staticmethod
    @abstractmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether a file that begins like this is of the kind."""

    @staticmethod
    @abstractmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Read a file.

        Args:
            given: The file.
            options: What was said about it.
            beside: Other files that came with it, for kinds that need several.

        Raises:
            DataError: It is not what it should be; the message names the file and the place in it.
        """


FORMATS: Registry[Format] = Registry("kind of file")
ORDER = ("refused", "parquet", "numpy", "edf", "wfdb", "uea", "delimited")
"""In which kinds are asked whether a file is theirs; text comes last."""


def kind_of(given: Given) -> type[Format]:
    """Give the kind of a file, told by its first bytes.

    Raises:
        DataError: It is empty, too large, or of no kind that is read.
    """
    if not given.size:
        raise given.refuse("the file is empty (0 bytes, no rows); give the file again")
    if given.size > MOST_BYTES:
        raise given.refuse(f"{given.size / 2**30:.1f} GB; files of up to {MOST_BYTES / 2**30:g} GB are read, so split it")
    head = given.head()
    for name in ORDER:
        if FORMATS.get(name).fits(head, given.name.lower()):
            return FORMATS.get(name)
    titles = ", ".join(kind.title for kind in FORMATS if kind.endings)
    raise given.refuse(f"of a kind that is not read; known: {titles}")


def check_size(given: Given, rows: int, columns: int) -> None:
    """Refuse a table that is too large, before it is read.

    Raises:
        DataError: It has too many columns or cells, or none.
    """
    if not 1 <= columns <= MOST_COLUMNS:
        raise given.refuse(f"{columns} columns; from 1 to {MOST_COLUMNS} are read")
    if rows < 1:
        raise given.refuse("no rows: there is nothing below the names of the columns")
    if rows * columns > MOST_CELLS:
        raise given.refuse(
            f"{rows} rows of {columns} columns are more than {MOST_CELLS / 1e6:g} million values; split the file"
        )


def check_names(given: Given, names: Sequence[str]) -> None:
    """Refuse a table in which two columns have one name.

    Raises:
        DataError: So it is; the name is said.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise given.refuse(f"two columns are named {plain(name)[:60]!r}; every column needs a name of its own")
        seen.add(name)


def joined(tables: Sequence[Table]) -> Table:
    """Give several tables of the same columns as one.

    Raises:
        DataError: Their columns or rates differ.
    """
    first = tables[0]
    for at, table in enumerate(tables[1:], start=2):
        if [c.name for c in table.columns] != [c.name for c in first.columns]:
            raise DataError(f"file 1 and file {at} have other columns; give files of one form at a time")
        if table.rate_hz != first.rate_hz:
            raise DataError(
                f"file 1 has {first.rate_hz} Hz, file {at} has {table.rate_hz} Hz; give files of one rate at a time"
            )
    columns = []
    for at, column in enumerate(first.columns):
        parts = [table.columns[at] for table in tables]
        numbers = None if any(p.numbers is None for p in parts) else np.concatenate([p.numbers for p in parts])
        told = all(p._words is not None for p in parts) or numbers is None
        columns.append(Column(column.name, numbers, np.concatenate([p.words() for p in parts]) if told else None, column.unit))
    notices = tuple(dict.fromkeys(n for table in tables for n in table.notices))
    return replace(first, columns=tuple(columns), pieces=tuple(p for t in tables for p in t.pieces), notices=notices)
