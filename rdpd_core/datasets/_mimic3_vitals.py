"""Six vital signs hour by hour out of CHARTEVENTS, however long it is: read in pieces, kept as sums and counts."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rdpd_core.datasets._tables import Stream, columns_of, open_text
from rdpd_core.errors import DataError

if TYPE_CHECKING:
    import pandas as pd  # takes longer to load than all data sets together, and only this one needs it

HOURS = 48
PIECE = 500_000
"""Lines read at once."""
NEEDED = ("SUBJECT_ID", "ITEMID", "CHARTTIME", "VALUENUM", "VALUEUOM", "ERROR")
TYPES = {
    "SUBJECT_ID": "int32",
    "ITEMID": "int32",
    "CHARTTIME": "str",
    "VALUENUM": "float64",
    "VALUEUOM": "str",
    "ERROR": "float32",
}


class Vital(NamedTuple):
    """One vital sign.

    Attributes:
        name: Of its channel.
        unit: In which it is kept.
        carevue: Items of the older of the two ICU systems (item ids below 220,000).
        metavision: Items of the newer one.
        above: Values up to this one cannot be of a living person, in `unit`.
        below: Nor can greater ones, in `unit`.
        units: Spelling in VALUEUOM, in small letters, to what a value is multiplied by; empty text stands for none.
    """

    name: str
    unit: str
    carevue: tuple[int, ...]
    metavision: tuple[int, ...]
    above: float
    below: float
    units: Mapping[str, float]


_RATE = {"": 1.0, "bpm": 1.0, "/min": 1.0, "1/min": 1.0, "beats/min": 1.0, "insp/min": 1.0, "breaths/min": 1.0}
_PRESSURE = {"": 1.0, "mmhg": 1.0, "cmh2o": 0.735559, "kpa": 7.50062}
_SHARE = {"": 1.0, "%": 1.0, "fraction": 100.0}
# Items and limits as in the first-day vital signs of A. Johnson et al., The MIMIC Code Repository, JAMIA 25:32, 2018.
VITALS = (
    Vital("HR", "1/min", (211,), (220045,), 0, 300, _RATE),
    Vital("RR", "1/min", (615, 618), (220210, 224690), 0, 70, _RATE),
    Vital("BP_mean", "mmHg", (52, 443, 456, 6702), (220052, 220181, 225312), 0, 300, _PRESSURE),
    Vital("BP_systolic", "mmHg", (51, 442, 455, 6701), (220050, 220179), 0, 400, _PRESSURE),
    Vital("BP_diastolic", "mmHg", (8368, 8440, 8441, 8555), (220051, 220180), 0, 300, _PRESSURE),
    Vital("SpO2", "%", (646,), (220277,), 0, 100, _SHARE),
)
VITAL_OF = {item: at for at, vital in enumerate(VITALS) for item in (*vital.carevue, *vital.metavision)}


@dataclass
class Hourly:
    """What was charted of some stays, hour by hour.

    Attributes:
        total: (N, 6, 48), sums of values in the units of `VITALS`.
        count: (N, 6, 48), how many values.
        lines: Lines of CHARTEVENTS that were read.
        dropped: Why values of these vitals and hours were not used, and how many.
    """

    total: np.ndarray
    count: np.ndarray
    lines: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def mean(self, stay: int) -> np.ndarray:
        """Give the mean of each hour of one stay, (6, 48), float32; NaN where nothing was charted."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (self.total[stay] / self.count[stay]).astype(np.float32)


def read_hourly(path: Path, begins: Mapping[int, np.datetime64], on_bytes: Callable[[int, int], None] | None = None) -> Hourly:
    """Read CHARTEVENTS once.

    A value counts for a stay if it is of its subject and was charted in its first 48 hours; the row may name any stay or none.

    Args:
        path: CHARTEVENTS, plain or gzip.
        begins: Subject to the time at which the stay begins, to the second; one stay per subject.
        on_bytes: Told how far the file is read, and how long it is, in bytes as they lie on the disk; may raise to end it.

    Returns:
        The stays in the order of `begins`.

    Raises:
        DataError: The table is malformed; the message names file, line and column.
    """
    import pandas as pd

    subjects = np.array(sorted(begins), dtype=np.int64)
    place = {subject: at for at, subject in enumerate(begins)}
    at = np.array([place[s] for s in subjects.tolist()], dtype=np.int64)
    start = np.array([begins[s] for s in subjects.tolist()], dtype="datetime64[s]")
    shape = (len(begins), len(VITALS), HOURS)
    hourly = Hourly(np.zeros(shape), np.zeros(shape, dtype=np.int32))
    names, fields = _names(path)
    stream = Stream(path, None, fields, on_bytes)
    try:
        pieces = pd.read_csv(
            stream, usecols=list(names), dtype={spelt: TYPES[name] for spelt, name in names.items()}, chunksize=PIECE,
            engine="c", encoding="utf-8",
        )  # fmt: skip
        for piece in pieces:
            _add(hourly, piece.rename(columns=names), subjects, at, start)
            hourly.lines += len(piece)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        raise _fault(path, hourly.lines) from error
    finally:
        stream.close()
    if not hourly.lines:
        raise DataError(f"{path.name}: no rows; get the file again")
    return hourly


def _names(path: Path) -> tuple[dict[str, str], int]:
    """Give how the needed columns are spelt in the file and what they are called here, and how many there are."""
    with open_text(path, None) as text:
        try:
            reader = csv.reader(text, strict=True)
            header = next(reader, [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{path.name} is not a table in UTF-8 with commas; get the file again") from error
    at = columns_of(header, NEEDED, path.name)
    return {header[at[name]]: name for name in NEEDED}, len(header)


def _add(hourly: Hourly, piece: pd.DataFrame, subjects: np.ndarray, at: np.ndarray, start: np.ndarray) -> None:
    """Add the values of one piece that belong to a stay and a vital."""
    import pandas as pd

    items = piece["ITEMID"].to_numpy()
    rows = np.flatnonzero(np.isin(items, _ITEMS))
    who = piece["SUBJECT_ID"].to_numpy()[rows]
    found = np.minimum(np.searchsorted(subjects, who), len(subjects) - 1)
    own = subjects[found] == who
    rows, found = rows[own], found[own]
    if not len(rows):
        return
    part = piece.iloc[rows]
    charted = pd.to_datetime(part["CHARTTIME"], format="%Y-%m-%d %H:%M:%S", errors="raise").to_numpy().astype("datetime64[s]")
    hour = (charted - start[found]).astype(np.int64) // 3600
    there = (hour >= 0) & (hour < HOURS) & ~np.isnat(charted)
    part, found, hour, vital = part[there], found[there], hour[there], _VITALS[np.searchsorted(_ITEMS, items[rows][there])]
    value, reason = _converted(part, vital)
    for why in np.unique(reason[reason != ""]).tolist():
        hourly.dropped[why] = hourly.dropped.get(why, 0) + int((reason == why).sum())
    use = reason == ""
    cell = np.ravel_multi_index((at[found[use]], vital[use], hour[use]), hourly.total.shape)
    np.add.at(hourly.total.reshape(-1), cell, value[use])
    np.add.at(hourly.count.reshape(-1), cell, 1)


def _converted(part: pd.DataFrame, vital: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give values in the units of `VITALS`, and for each why it cannot be used, empty if it can."""
    value = part["VALUENUM"].to_numpy(dtype=np.float64, copy=True)
    spelt = part["VALUEUOM"].fillna("").astype(str).str.strip().str.lower().to_numpy(dtype=object)
    reason = np.full(len(value), "", dtype=object)
    for number, kind in enumerate(VITALS):
        mine = vital == number
        factor = np.array([kind.units.get(unit, np.nan) for unit in spelt[mine]], dtype=np.float64)
        value[mine] *= np.nan_to_num(factor, nan=1.0)
        odd = (value[mine] <= kind.above) | (value[mine] > kind.below)
        reason[mine] = np.where(np.isnan(factor), "in another unit", np.where(odd, "outside what a living person can have", ""))
    reason[~np.isfinite(value)] = "without a number"
    reason[part["ERROR"].to_numpy() == 1] = "marked as an error"
    return value, reason


def _fault(path: Path, lines: int) -> DataError:
    """Say which line is malformed, found the slow way behind the lines that were sound; of what it holds, nothing."""
    with open_text(path, None) as text:
        reader = csv.reader(text)
        at = columns_of(next(reader), NEEDED, path.name)
        for number, row in enumerate(reader):
            if number < lines:
                continue
            for column, kind in TYPES.items():
                if not _fits(row[at[column]], column, kind):
                    return DataError(f"{path.name}, line {number + 2}: {column} is not as it should be; get the file again")
    return DataError(f"{path.name}: not a table of this set; get the file again")


def _fits(text: str, column: str, kind: str) -> bool:
    if column == "CHARTTIME":
        return re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) is not None or not text
    try:
        return kind == "str" or (float(text or "nan") is not None and (kind != "int32" or -(2**31) <= int(text) < 2**31))
    except ValueError:
        return False


_ITEMS = np.array(sorted(VITAL_OF))
_VITALS = np.array([VITAL_OF[item] for item in sorted(VITAL_OF)])
