"""WFDB records, read with the wfdb package after their header was checked.

The package trusts a header: it takes 250 Hz for a rate it cannot read, 200 for a gain of 0, and asks for as much memory as a
header claims. So the header is looked at first, and anything odd is refused by name.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import DataError

LARGEST_HEADER = 1 << 20
MOST_SIGNALS = 1000
BYTES_PER_SAMPLE = {"16": 2}
_GAIN = re.compile(r"^(?P<gain>[-+.\deE]+)(\((?P<baseline>-?\d+)\))?(/(?P<unit>\S+))?$")


class Header(NamedTuple):
    """What a header says, checked.

    Attributes:
        sampling_rate: Hz.
        samples: Of each signal.
        names: Of the signals, in order.
        units: One per signal.
    """

    sampling_rate: float
    samples: int
    names: tuple[str, ...]
    units: tuple[str, ...]


def inside(root: Path, relative: str, where: str) -> Path:
    """Give the path of a file that a table names, which must lie below `root`.

    Args:
        root: Folder that must not be left.
        relative: As the table says it.
        where: Table and line, for the message.

    Raises:
        DataError: It is a web address, an absolute path, or leads upward.
    """
    if not relative or relative.startswith("/") or any(sign in relative for sign in (":", "\\", "..", "\0")):
        raise DataError(f"{where}: a file name must be a path inside the data set's folder")
    return root / relative


def read_record(record: Path, root: Path) -> tuple[Header, np.ndarray]:
    """Read one single-segment record in format 16.

    Args:
        record: Path without ending.
        root: Folder whose name is left out of messages.

    Returns:
        The header, and the signal (C, time), float32, in the header's units; NaN where a sample is marked invalid.

    Raises:
        DataError: The header or the samples are not what they should be; the message names file and line.
    """
    import wfdb

    header = read_header(record.with_name(record.name + ".hea"), root)
    try:
        physical = wfdb.rdrecord(str(record.resolve())).p_signal
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise DataError(f"{record.relative_to(root)}: the samples cannot be read; get the files again") from error
    if physical is None or physical.shape != (header.samples, len(header.names)):
        raise DataError(f"{record.relative_to(root)}: other samples than the header says; get the files again")
    return header, np.ascontiguousarray(physical.T, dtype=np.float32)


def read_header(path: Path, root: Path) -> Header:
    """Read and check a header.

    Args:
        path: The .hea file.
        root: Folder whose name is left out of messages.

    Raises:
        DataError: Missing, too large, not text, or anything in it that cannot be right.
    """
    where = path.relative_to(root).as_posix()
    try:
        if path.stat().st_size > LARGEST_HEADER:
            raise DataError(f"{where}: a header of more than 1 MB; get the file again")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: missing or not text; get the file again") from error
    lines = [(n, line.split()) for n, line in enumerate(text.splitlines(), start=1) if line.strip() and line[0] != "#"]
    if not lines:
        raise DataError(f"{where}: empty; get the file again")
    count, rate, samples = _first_line(lines[0][1], f"{where}, line {lines[0][0]}", path.stem)
    if len(lines) != count + 1:
        raise DataError(f"{where}: {len(lines) - 1} signal lines, its first line says {count}; get the file again")
    signals = [_signal_line(fields, f"{where}, line {n}") for n, fields in lines[1:]]
    names = tuple(name for _, name, _ in signals)
    if len(set(names)) != len(names):
        raise DataError(f"{where}: a signal name stands twice; get the file again")
    _check_sizes(path, [file for file, _, _ in signals], samples, where)
    return Header(rate, samples, names, tuple(unit for _, _, unit in signals))


def _first_line(fields: list[str], where: str, stem: str) -> tuple[int, float, int]:
    if len(fields) < 4 or not fields[1].isdigit() or not fields[3].isdigit():
        raise DataError(f"{where}: expected record name, number of signals, rate and number of samples")
    if fields[0] != stem:
        raise DataError(f"{where}: names another record than its file; records of several segments are not read")
    if not 1 <= int(fields[1]) <= MOST_SIGNALS:
        raise DataError(f"{where}: {fields[1]} signals; from 1 to {MOST_SIGNALS} are read")
    rate = _number(fields[2].split("/")[0].split("(")[0])
    if not 0 < rate < 1e6:
        raise DataError(f"{where}: the sampling rate must be a number of Hz above 0")
    if not int(fields[3]):
        raise DataError(f"{where}: 0 samples")
    return int(fields[1]), rate, int(fields[3])


def _signal_line(fields: list[str], where: str) -> tuple[str, str, str]:
    """Give the file, the name and the unit of one signal."""
    if len(fields) < 9:
        raise DataError(f"{where}: expected nine fields or more, from file name to signal name")
    file, form, gain = fields[0], fields[1], _GAIN.match(fields[2])
    if any(sign in file for sign in ("/", "\\", ":", "..")):
        raise DataError(f"{where}: the samples must lie in a file beside the header")
    if form not in BYTES_PER_SAMPLE:
        raise DataError(f"{where}: sample format {form!r}; only {', '.join(BYTES_PER_SAMPLE)} is read")
    if gain is None or not math.isfinite(_number(gain["gain"])) or _number(gain["gain"]) == 0:
        raise DataError(f"{where}: the gain must be a number other than 0, so that samples have a unit")
    return file, " ".join(fields[8:]), gain["unit"] or "mV"


def _check_sizes(path: Path, files: list[str], samples: int, where: str) -> None:
    for file in set(files):
        need = samples * files.count(file) * BYTES_PER_SAMPLE["16"]
        data = path.with_name(file)
        have = data.stat().st_size if data.is_file() else 0
        if have != need:
            raise DataError(f"{where}: its sample file has {have} bytes, {need} are expected; get the files again")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
