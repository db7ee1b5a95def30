"""The text files of PAMAP2: 54 columns separated by spaces, NaN where a sensor was silent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.files import BLOCK

COLUMNS = 54
TIME, ACTIVITY, HEART_RATE = 0, 1, 2
OTHER_ACTIVITIES = {0, 9, 10, 11, 18, 19, 20}
"""Transient, and those that belong to no protocol."""
STEP_S = 0.01
LARGEST_FILE = 1 << 30
"""Six times the largest file of the set, in bytes."""
LONGEST_LINE = 4096
_AT = re.compile(r"at row (\d+)(?:, column (\d+))?")
_CHANGED = re.compile(r"changed from \d+ to (\d+) at row (\d+)")


class Stretch(NamedTuple):
    """Consecutive lines of one activity, without a gap in time.

    Attributes:
        first: Line it begins with, counted from 0.
        end: Line after its last.
        order: Which stretch of this activity in the file it is, counted from 1.
        heart_rate: The last one measured before it, in 1/min; NaN if there is none.
    """

    first: int
    end: int
    order: int
    heart_rate: float


def read_table(path: Path, root: Path, known: Collection[int]) -> np.ndarray:
    """Read one file.

    Args:
        path: A .dat file.
        root: Folder whose name is left out of messages.
        known: Activities that are read; others must be among `OTHER_ACTIVITIES`.

    Returns:
        (lines, 54), float32; NaN and infinite values where there is no measurement.

    Raises:
        DataError: The file has another form; the message names file, line and field.
    """
    where = path.relative_to(root).as_posix()
    _check_beginning(path, where)
    try:
        table = np.loadtxt(path, dtype=np.float32, comments=None, ndmin=2)
    except (ValueError, OverflowError) as error:
        raise _fault(where, str(error)) from error
    if table.shape[1] != COLUMNS:
        raise DataError(f"{where}, line 1: {table.shape[1]} values, expected {COLUMNS}; get the file again")
    _check_time(table[:, TIME], where)
    _check_activities(table[:, ACTIVITY], where, known)
    return table


def stretches(table: np.ndarray) -> Iterator[Stretch]:
    """Yield the stretches of activities to be learned; a missing line or a change of activity ends one.

    Args:
        table: As `read_table` gives it.
    """
    activity, time = table[:, ACTIVITY], table[:, TIME]
    # Times near 4,000 s are known to 0.0005 s in float32, a missing line shows as a step of 0.02 s.
    breaks = np.flatnonzero((np.diff(activity) != 0) | (np.diff(time) > 1.5 * STEP_S)) + 1
    bounds = np.concatenate([[0], breaks, [len(table)]])
    measured = np.flatnonzero(np.isfinite(table[:, HEART_RATE]))
    order: Counter[int] = Counter()
    for first, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        number = int(activity[first])
        if number in OTHER_ACTIVITIES:
            continue
        order[number] += 1
        before = int(np.searchsorted(measured, first)) - 1
        held = float(table[measured[before], HEART_RATE]) if before >= 0 else float("nan")
        yield Stretch(first, end, order[number], held)


def count_lines(path: Path) -> int:
    """Give the number of lines of a file."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))


def _check_beginning(path: Path, where: str) -> None:
    """Refuse what is no such table before it is read whole."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            line = file.readline(LONGEST_LINE)
    except OSError as error:
        raise DataError(f"{where}: cannot be read: {error.strerror}") from error
    if not size:
        raise DataError(f"{where}: empty; get the file again")
    if size > LARGEST_FILE:
        raise DataError(f"{where}: {size} bytes, more than the {LARGEST_FILE} that a file of this set may have")
    if len(line.split()) != COLUMNS:
        raise DataError(f"{where}, line 1: {len(line.split())} values, expected {COLUMNS}; get the file again")


def _check_time(time: np.ndarray, where: str) -> None:
    bad = np.flatnonzero(~np.isfinite(time))
    if len(bad):
        raise DataError(f"{where}, line {bad[0] + 1}, field 1: the time is missing; get the file again")
    back = np.flatnonzero(np.diff(time) <= 0)
    if len(back):
        raise DataError(f"{where}, line {back[0] + 2}, field 1: time does not go on ({len(back)} such lines); sort them")


def _check_activities(activity: np.ndarray, where: str, known: Collection[int]) -> None:
    allowed = sorted({*known, *OTHER_ACTIVITIES})
    odd = np.flatnonzero(~np.isin(activity, allowed))
    if len(odd):
        raise DataError(f"{where}, line {odd[0] + 1}, field 2: the activity must be one of {', '.join(map(str, allowed))}")


def _fault(where: str, message: str) -> DataError:
    """Say in our words what NumPy found, without showing what the file holds."""
    if changed := _CHANGED.search(message):
        return DataError(f"{where}, line {changed[2]}: {changed[1]} values, expected {COLUMNS}; get the file again")
    if at := _AT.search(message):
        field = f", field {at[2]}" if at[2] else ""
        return DataError(f"{where}, line {int(at[1]) + 1}{field}: not a number; get the file again")
    return DataError(f"{where}: not text of {COLUMNS} numbers a line; get the file again")
