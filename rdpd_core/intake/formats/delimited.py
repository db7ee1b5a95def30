"""CSV and its kin: delimiter, decimal sign and head are found out, and every line must have as many fields as the first."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import numpy as np

from rdpd_core.errors import ParameterError
from rdpd_core.intake.formats._text import GZIP, text_of
from rdpd_core.intake.formats.base import (
    FORMATS,
    MOST_COLUMNS,
    Column,
    Format,
    Given,
    Options,
    Piece,
    Table,
    check_names,
    check_size,
)

DELIMITERS = {";": "semicolon", "\t": "tab", ",": "comma", "|": "bar", " ": "space"}
SEEN = 60
"""Lines that are looked at to find out how a file is written."""
MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "-", "?", "nil"))
PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?$")
UNIT = re.compile(r"^(?P<name>.*?)\s*[\[(](?P<unit>[^\[\]()]{1,20})[\])]\s*$")


@FORMATS.register
class Delimited(Format):
    """A table in text, plain or compressed by gzip."""

    name = "delimited"
    title = "CSV"
    endings = (".csv", ".tsv", ".txt", ".dat", ".gz")

    @staticmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether it may be text."""
        return head.startswith((GZIP, b"\xff\xfe", b"\xfe\xff")) or sum(b < 9 or 13 < b < 32 for b in head) < max(
            8, len(head) // 20
        )

    @staticmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Read all columns; see `Format.read`."""
        text, notices = text_of(given)
        skipped, body = _without_preamble(text)
        first = [line for line in body[: 4 << 20].split("\n")[: SEEN + 1] if line.strip()]
        if not first:
            raise given.refuse("no rows: the file holds no line with values")
        delimiter = _delimiter(given, first, options.delimiter)
        rows = _rectangle(given, body, delimiter, skipped)
        cells = [_cells(line, delimiter) for line in first]
        decimal = _decimal(given, cells, delimiter, options.decimal)
        headed = _has_head(cells, decimal)
        names = [c.strip() or f"column {n}" for n, c in enumerate(cells[0], 1)] if headed else _numbered(len(cells[0]))
        check_names(given, names)
        check_size(given, rows - headed, len(names))
        parsed = _parse(given, body, delimiter, headed, len(names))
        columns = tuple(_column(name, words, decimal) for name, words in zip(names, parsed, strict=True))
        said = (
            f"Read as text with {DELIMITERS[delimiter]}s between fields and decimal {'commas' if decimal == ',' else 'points'}"
        )
        said += f"; {skipped} lines before the table were left out." if skipped else "."
        unnamed = () if headed else ("There are no names of columns, so they are numbered.",)
        return Table(Delimited.name, columns, (Piece(rows - headed),), None, (*notices, said, *unnamed))


def _without_preamble(text: str) -> tuple[int, str]:
    """Give how many lines of remarks stand at the top, and the text below them."""
    at = count = 0
    while at < len(text):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)].strip()
        if line and not line.startswith(("#", "%", "//")) and not line.lower().startswith("sep="):
            break
        at, count = (end + 1 if end >= 0 else len(text)), count + bool(line)
    return count, text[at:].rstrip("\n ") if at < len(text) else ""


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _delimiter(given: Given, lines: Sequence[str], asked: str) -> str:
    if asked:
        found = {"semicolon": ";", "tab": "\t", "comma": ",", "bar": "|", "space": " "}.get(asked, asked)
        if found not in DELIMITERS:
            raise ParameterError(f"delimiter {asked!r}: give one of {', '.join(DELIMITERS.values())}")
        return found
    if (wide := max(lines[0].count(sign) for sign in DELIMITERS) + 1) > MOST_COLUMNS:
        raise given.refuse(f"line 1: {wide} columns; up to {MOST_COLUMNS} are read")
    scores = {}
    for sign in DELIMITERS:
        try:
            widths = [len(_cells(line, sign)) for line in lines]
        except csv.Error as error:
            raise given.refuse("line 1: a field is longer than 131072 characters; it is no table of values") from error
        usual = max(set(widths), key=widths.count)
        numbers = sum(bool(PLAIN.match(c) or COMMA.match(c)) for line in lines[1:] for c in _cells(line, sign))
        scores[sign] = (widths.count(usual) / len(widths) if usual > 1 else 0.0, numbers * (usual > 1))
    best = max(scores, key=lambda sign: (round(scores[sign][0], 1), scores[sign][1]))
    return best if scores[best][0] > 0 else ","


def _decimal(given: Given, cells: Sequence[Sequence[str]], delimiter: str, asked: str) -> str:
    if asked:
        if asked not in (".", ",") or asked == delimiter:
            raise ParameterError(f"decimal sign {asked!r}: give . or , and another sign than between fields")
        return asked
    flat = [cell for line in cells[1:] for cell in line]
    commas, points = sum(bool(COMMA.match(c)) for c in flat), sum("." in c and bool(PLAIN.match(c)) for c in flat)
    if commas and points and delimiter != ",":
        raise given.refuse(
            'some numbers are written with a decimal comma and some with a point; say which is right ("decimal")'
        )
    return "," if commas > points and delimiter != "," else "."


def _is_number(cell: str, decimal: str) -> bool:
    return bool(PLAIN.match(cell.replace(decimal, "."))) or cell.lower().lstrip("+-") in ("inf", "infinity", "nan")


def _has_head(cells: Sequence[Sequence[str]], decimal: str) -> bool:
    return not all(_is_number(cell, decimal) or cell.lower() in MISSING for cell in cells[0])


def _numbered(count: int) -> list[str]:
    return [f"column {n}" for n in range(1, count + 1)]


def _rectangle(given: Given, body: str, delimiter: str, skipped: int) -> int:
    """Give the number of lines, after checking that all have as many fields as the first."""
    if '"' in body:
        return _quoted_rectangle(given, body, delimiter, skipped)
    wanted, rows = 0, 0
    for number, line in enumerate(io.StringIO(body), start=1 + skipped):
        found = len(line.split()) if delimiter == " " else line.count(delimiter) + 1
        if not line.strip():
            continue
        wanted = wanted or found
        _check_width(given, number, found, wanted)
        rows += 1
    return rows


def _quoted_rectangle(given: Given, body: str, delimiter: str, skipped: int) -> int:
    wanted, rows, last = 0, 0, 1 + skipped
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    try:
        for fields in reader:
            if fields:
                wanted = wanted or len(fields)
                _check_width(given, last, len(fields), wanted)
                rows += 1
            if reader.line_num + skipped > last + 200:
                raise given.refuse(f"line {last}: a quotation mark is not closed within 200 lines")
            last = reader.line_num + 1 + skipped
    except csv.Error as error:
        raise given.refuse(
            f"line {last}: a quotation mark is not closed, or stands where none may; correct the line"
        ) from error
    return rows


def _check_width(given: Given, number: int, found: int, wanted: int) -> None:
    if wanted > MOST_COLUMNS:
        raise given.refuse(f"line {number}: {wanted} columns; up to {MOST_COLUMNS} are read")
    if found != wanted:
        raise given.refuse(
            f"line {number}: {found} fields, the first line has {wanted}; correct the line, or say the delimiter"
        )


def _parse(given: Given, body: str, delimiter: str, headed: bool, count: int) -> Sequence[object]:
    """Give the cells of each column as text."""
    if delimiter == " ":
        lines = [line.split() for line in body.split("\n") if line.strip()][headed:]
        return list(zip(*lines, strict=True))
    import pyarrow as pa
    from pyarrow import csv as arrow

    names = _numbered(count)
    try:
        table = arrow.read_csv(
            pa.BufferReader(body.encode()),
            arrow.ReadOptions(use_threads=False, column_names=names, skip_rows_after_names=int(headed), block_size=16 << 20),
            arrow.ParseOptions(delimiter=delimiter, ignore_empty_lines=True, newlines_in_values='"' in body),
            arrow.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowException as error:
        raise given.refuse("it is no table of values; look at its quotation marks and line ends") from error
    return [table[name] for name in names]


def _column(name: str, words: object, decimal: str) -> Column:
    """Give a column with its numbers, if every cell that is not empty is one; a unit in brackets belongs to the name."""
    unit = UNIT.match(name)
    numbers = _numbers(words, decimal)
    return Column(name, numbers, words, unit["unit"] if unit and numbers is not None else "")


def _numbers(words: object, decimal: str) -> np.ndarray | None:
    import pyarrow as pa
    from pyarrow import compute

    cells = words if hasattr(words, "type") else pa.chunked_array([pa.array(words, pa.string())])
    cells = compute.utf8_trim_whitespace(cells)
    if decimal == ",":
        cells = compute.replace_substring(cells, ",", ".")
    there = compute.invert(compute.is_in(compute.utf8_lower(cells), value_set=pa.array(sorted(MISSING))))
    try:
        found = compute.cast(compute.if_else(there, cells, None), pa.float64())
    except pa.ArrowInvalid:
        return None
    return np.concatenate([np.empty(0), *(part.to_numpy(zero_copy_only=False) for part in found.chunks)])
