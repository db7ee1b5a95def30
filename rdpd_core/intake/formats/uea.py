"""UEA and UCR time series archives (.ts): one line, one recording; channels stand between colons, the class last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdpd_core.intake.formats._text import text_of
from rdpd_core.intake.formats.base import FORMATS, Column, Format, Given, Options, Piece, Table, check_size

MARKS = ("@problemname", "@timestamps", "@univariate", "@data", "@classlabel", "@dimensions", "@missing", "@equallength")


@FORMATS.register
class Uea(Format):
    """Recordings of equal or other lengths, with a class each or without."""

    name = "uea"
    title = "UEA/UCR .ts"
    endings = (".ts",)

    @staticmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether one of its first lines is a head as these files have it."""
        lines = [line.strip().lower() for line in head.decode("latin-1").lstrip("\xef\xbb\xbf").splitlines()]
        first = next((line for line in lines if line and not line.startswith("#")), "")
        return first.startswith(MARKS)

    @staticmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Read all recordings; see `Format.read`."""
        text, notices = text_of(given)
        labeled, lines = _head(given, text)
        found = [_line(given, number, line, labeled) for number, line in lines]
        if not found:
            raise given.refuse("no rows: nothing stands below @data")
        wide = len(found[0][0])
        for (number, _), (values, _) in zip(lines, found, strict=True):
            if len(values) != wide:
                raise given.refuse(f"line {number}: {len(values)} channels, the first recording has {wide}")
        check_size(given, sum(values.shape[1] for values, _ in found), wide)
        joined = np.concatenate([values for values, _ in found], axis=1)
        pieces = tuple(Piece(values.shape[1], label) for values, label in found)
        names = [f"channel {n}" for n in range(1, wide + 1)]
        return Table(Uea.name, tuple(map(Column, names, joined)), pieces, None, notices)


def _head(given: Given, text: str) -> tuple[bool, list[tuple[int, str]]]:
    """Give whether classes are there, and the numbered lines below @data."""
    labeled = True
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        words = line.strip().lower().split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "@data":
            rest = enumerate(lines[number:], start=number + 1)
            return labeled, [(n, kept) for n, x in rest if (kept := x.strip()) and not kept.startswith("#")]
        if words[0] == "@timestamps" and words[1:2] == ["true"]:
            raise given.refuse(f"line {number}: files with time stamps in them are not read; give values at one rate")
        if words[0] == "@classlabel":
            labeled = words[1:2] != ["false"]
        if not words[0].startswith("@"):
            raise given.refuse(f"line {number}: a word that begins with @ is expected above @data")
    raise given.refuse("the line @data is missing; the file is cut off")


def _line(given: Given, number: int, line: str, labeled: bool) -> tuple[np.ndarray, str | None]:
    parts = line.split(":")
    label = parts.pop().strip() if labeled else None
    try:
        rows = [np.array([v.strip().replace("?", "nan") or "nan" for v in part.split(",")], dtype=np.float64) for part in parts]
    except ValueError as error:
        raise given.refuse(f"line {number}: a value is not a number") from error
    if not rows or len({len(row) for row in rows}) != 1:
        raise given.refuse(f"line {number}: its channels have other lengths, or there are none")
    return np.stack(rows), label
