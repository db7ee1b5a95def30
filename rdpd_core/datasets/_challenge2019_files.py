"""The files of the 2019 challenge: one stay each, hours in rows, 41 columns separated by bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import DataError

DEMOGRAPHIC = ("Age", "Gender")
HOUR, LABEL = "ICULOS", "SepsisLabel"
LARGEST_FILE = 1 << 22
"""A stay of more than a year, in bytes."""
COLUMNS = 41


class Stay(NamedTuple):
    """One stay in intensive care.

    Attributes:
        signal: (C, hours), float32; NaN where nothing was measured.
        septic_from: First hour, from 0, that counts as septic; the number of hours if there is none.
        septic: Whether there is one.
        first_hour: Hour in intensive care of the first row, from 1.
        demographic: Value of each column of `DEMOGRAPHIC`.
    """

    signal: np.ndarray
    septic_from: int
    septic: bool
    first_hour: int
    demographic: dict[str, float]


def read_stay(path: Path, root: Path, channels: Sequence[str]) -> Stay:
    """Read one file.

    Args:
        path: A .psv file.
        root: Folder whose name is left out of messages.
        channels: Columns of the signal.

    Raises:
        DataError: The file has another form; the message names file, line and field.
    """
    where = path.relative_to(root).as_posix()
    lines = _lines(path, where)
    header = lines[0].split("|")
    _check_header(header, [*channels, *DEMOGRAPHIC, HOUR, LABEL], where)
    table = _numbers(lines[1:], header, where)
    at = {name: n for n, name in enumerate(header)}
    hours, label = table[:, at[HOUR]], table[:, at[LABEL]]
    if not np.isin(label, (0, 1)).all() or (np.diff(label) < 0).any():
        raise DataError(f"{where}: {LABEL} must be 0 in all hours up to some hour, and 1 from then on")
    if not np.isfinite(hours).all() or (np.diff(hours) != 1).any():
        bad = int(np.flatnonzero(np.diff(hours) != 1)[0]) if len(hours) > 1 else 0
        raise DataError(f"{where}, line {bad + 3}: {HOUR} must count the hours one by one")
    signal = np.ascontiguousarray(table[:, [at[name] for name in channels]].T, dtype=np.float32)
    septic = np.flatnonzero(label == 1)
    begins = int(septic[0]) if len(septic) else len(label)
    return Stay(signal, begins, bool(len(septic)), int(hours[0]), {name: float(table[0, at[name]]) for name in DEMOGRAPHIC})


def ends_septic(path: Path, root: Path) -> bool:
    """Say whether the last hour of a stay is septic, from the end of its file.

    Raises:
        DataError: The file does not end in 0 or 1.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        last = file.read().rstrip().rsplit(b"|")[-1]
    if last not in (b"0", b"1"):
        raise DataError(f"{path.relative_to(root).as_posix()}: the last value must be {LABEL}, 0 or 1; get the file again")
    return last == b"1"


def _lines(path: Path, where: str) -> list[str]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{where}: more than {LARGEST_FILE >> 20} MB, longer than any stay; get the file again")
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: cannot be read as text; get the file again") from error
    if len(lines) < 2:
        raise DataError(f"{where}: no rows; get the file again")
    return lines


def _check_header(header: list[str], needed: list[str], where: str) -> None:
    missing = [name for name in needed if name not in header]
    if missing or len(header) != COLUMNS or len(set(header)) != COLUMNS:
        what = f"column {missing[0]} is missing" if missing else f"{len(set(header))} different columns, expected {COLUMNS}"
        raise DataError(f"{where}, line 1: {what}; get the file again")


def _numbers(lines: list[str], header: list[str], where: str) -> np.ndarray:
    """Give the table (hours, columns), float64."""
    cells = [line.split("|") for line in lines]
    for number, row in enumerate(cells, start=2):
        if len(row) != len(header):
            raise DataError(f"{where}, line {number}: {len(row)} values, expected {len(header)}; get the file again")
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError as error:
        number, at = next((n, c) for n, row in enumerate(cells, start=2) for c, cell in enumerate(row) if not _is_number(cell))
        raise DataError(f"{where}, line {number}: {header[at]} is not a number; get the file again") from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
