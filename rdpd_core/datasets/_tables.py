"""Tables in comma-separated text, plain or gzip, read as text, so that no identifier changes on the way."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rdpd_core.errors import DataError, MissingDataError

LARGEST_TABLE = 1 << 30
"""Unpacked, in bytes, of a table that is read row by row."""
LONGEST_LINE = 1 << 20
_QUOTED = re.compile(rb'"[^"]*"')
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, OSError)


def find_table(folder: Path, name: str) -> Path:
    """Give the path of a table, plain or gzip.

    Raises:
        MissingDataError: Neither is there.
    """
    for ending in (".csv", ".csv.gz"):
        path = folder / f"{name}{ending}"
        if path.is_file():
            return path
    raise MissingDataError(f"{name}.csv or {name}.csv.gz is not in {folder}; get it with the other tables")


class Stream(io.RawIOBase):
    """Unpacked bytes of a table; a line or a table longer than any real one is refused while it is read."""

    def __init__(
        self,
        path: Path,
        most: int | None = LARGEST_TABLE,
        fields: int | None = None,
        on_bytes: Callable[[int, int], None] | None = None,
    ) -> None:
        """Open a table.

        Args:
            path: Ends in .gz if it is packed.
            most: Bytes that it may hold unpacked; None sets no limit.
            fields: How many every line must have; None leaves that to who reads. A reader that takes only some columns does
                not see a line with too many, whose values then stand under the wrong names.
            on_bytes: Told how far the file is read, and how long it is, in bytes as they lie on the disk.

        Raises:
            DataError: It cannot be opened.
        """
        super().__init__()
        self.name, self.most, self.on_bytes = path.name, most, on_bytes
        self.unpacked = self.line = 0
        self.widths = None if fields is None else _Widths(path.name, fields)
        try:
            self.file, self.size = path.open("rb"), path.stat().st_size
        except OSError as error:
            raise DataError(f"{path.name}: cannot be read: {error.strerror}") from error
        self.source = gzip.GzipFile(fileobj=self.file) if path.suffix == ".gz" else self.file

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Read what fits."""
        try:
            block = self.source.read(len(buffer))
        except BROKEN as error:
            raise DataError(f"{self.name}: cut short or damaged; get the file again") from error
        self.unpacked += len(block)
        last = block.rfind(b"\n")
        self.line = self.line + len(block) if last < 0 else len(block) - last - 1
        if self.line > LONGEST_LINE:
            raise DataError(f"{self.name}: a line of more than {LONGEST_LINE >> 20} MB; this is no table of this set")
        if self.most is not None and self.unpacked > self.most:
            raise DataError(f"{self.name}: more than {self.most >> 20} MB unpacked; this is no table of this set")
        if self.widths is not None:
            self.widths.add(block)
        if self.on_bytes is not None:
            self.on_bytes(self.file.tell(), self.size)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Close the file."""
        self.source.close()
        self.file.close()
        super().close()


class _Widths:
    """Counts the fields of lines as they come, by their commas outside quotes."""

    def __init__(self, name: str, fields: int) -> None:
        self.name, self.fields = name, fields
        self.lines, self.rest = 0, b""

    def add(self, block: bytes) -> None:
        """Check all lines that are whole with this block; an empty one tells that there are no more."""
        piece = self.rest + block
        end = piece.rfind(b"\n") + 1 if block else len(piece)
        whole_lines, self.rest = piece[:end], piece[end:]
        bare = whole_lines
        if b'"' in whole_lines:
            if whole_lines.count(b'"') % 2 and block:  # a quoted text goes on behind this block
                self.rest = piece
                return
            bare = _QUOTED.sub(b"", whole_lines)
        many = bare.count(b"\n") + (bool(bare) and not bare.endswith(b"\n"))
        if bare.count(b",") != many * (self.fields - 1):
            raise self._fault(whole_lines)
        self.lines += many

    def _fault(self, whole_lines: bytes) -> DataError:
        for number, line in enumerate(_QUOTED.sub(b"", whole_lines).split(b"\n"), start=self.lines + 1):
            if line.strip() and line.count(b",") != self.fields - 1:
                found = line.count(b",") + 1
                return DataError(f"{self.name}, line {number}: {found} fields, {self.fields} are expected; get the file again")
        return DataError(f"{self.name}, near line {self.lines + 1}: an empty line or a quote that does not end")


@contextmanager
def open_text(path: Path, most: int | None = LARGEST_TABLE) -> Iterator[io.TextIOWrapper]:
    """Open a table as text in UTF-8."""
    stream = Stream(path, most)
    try:
        yield io.TextIOWrapper(io.BufferedReader(stream, 1 << 16), encoding="utf-8", newline="")
    finally:
        stream.close()


def rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and row of a table; column names are compared without regard to case and given in capitals.

    Args:
        path: The table.
        needed: Columns that must be there, in capitals; only these are given.

    Raises:
        DataError: The table is malformed; the message names file, line and column.
    """
    try:
        with open_text(path) as text:
            reader = csv.reader(text, strict=True)
            at = columns_of(next(reader, []), needed, path.name)
            width = at.pop("")
            for row in reader:
                if len(row) != width:
                    raise DataError(f"{path.name}, line {reader.line_num}: {len(row)} fields, {width} are expected")
                yield reader.line_num, {name: row[place] for name, place in at.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} is not a table in UTF-8 with commas; get the file again") from error


def columns_of(header: Sequence[str], needed: Sequence[str], name: str) -> dict[str, int]:
    """Give where columns stand, and under "" how many there are.

    Raises:
        DataError: One is missing, or a name stands twice.
    """
    names = [column.strip().upper() for column in header]
    if len(set(names)) != len(names):
        raise DataError(f"{name}, line 1: a column name stands twice")
    missing = [column for column in needed if column not in names]
    if missing:
        raise DataError(f"{name}, line 1: column {missing[0]} is missing")
    return {"": len(names), **{column: names.index(column) for column in needed}}


def whole(text: str, where: str, field: str) -> int:
    """Read a whole number.

    Raises:
        DataError: It is none.
    """
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 18):
        raise DataError(f"{where}: {field} must be a whole number")
    return int(text)
