"""WFDB records of one segment in format 16, the form of the PTB databases and of the PhysioNet challenges.

Nothing that a header claims is believed before it is compared with the files: a rate, a gain or a count that cannot be right is
refused by name, and memory is asked for only after the sample file was found to have the size that the header promises.

Reference: G. Moody et al., WFDB Applications Guide, header(5) and signal(5).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import DataError

LARGEST_HEADER = 1 << 20
MOST_SIGNALS = 1000
FORMAT, SAMPLE_BYTES = "16", 2
INVALID = -(1 << 15)
"""Stands where a sample could not be taken."""
_GAIN = re.compile(r"^(?P<gain>[-+.0-9eE]{1,30})(\((?P<baseline>-?[0-9]{1,6})\))?(/(?P<unit>\S+))?$")
_WHOLE = re.compile(r"[0-9]{1,15}")
_FORM = re.compile(r"^(?P<form>[0-9]{1,3})(x1)?(\+(?P<offset>[0-9]{1,6}))?$")


class Signal(NamedTuple):
    """What a header says of one signal.

    Attributes:
        name: Such as "avr".
        unit: Of the values: (sample - baseline) / gain.
        gain: Samples' units per `unit`, not 0.
        baseline: The sample that means 0.
        file: Name of the file beside the header.
        offset: Bytes before its first sample.
    """

    name: str
    unit: str
    gain: float
    baseline: int
    file: str
    offset: int


class Header(NamedTuple):
    """What a header says, checked.

    Attributes:
        sampling_rate: Hz.
        samples: Of each signal.
        signals: In order.
        comments: Lines after a "#", without it.
    """

    sampling_rate: float
    samples: int
    signals: tuple[Signal, ...]
    comments: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the signals, in order."""
        return tuple(s.name for s in self.signals)

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the signals, in order."""
        return tuple(s.unit for s in self.signals)

    def comment(self, field: str) -> str:
        """Give what the comments say after "field:", or empty text; the case of the field does not matter."""
        for line in self.comments:
            name, colon, value = line.partition(":")
            if colon and name.strip().lower() == field.lower():
                return value.strip()
        return ""


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


def read_record(record: Path, root: Path, names: Sequence[str] | None = None) -> tuple[Header, np.ndarray]:
    """Read one record.

    Args:
        record: Path without ending.
        root: Folder whose name is left out of messages.
        names: Signals to read, as the header calls them; None reads all. The files of the others may be missing.

    Returns:
        The header, and the signal (C, time), float32, in the header's units; NaN where a sample is marked invalid.

    Raises:
        DataError: The header or the samples are not what they should be; the message names file and line.
    """
    path = record.with_name(record.name + ".hea")
    header = read_header(path, root)
    wanted = header.names if names is None else tuple(names)
    missing = [name for name in wanted if name not in header.names]
    if missing:
        raise DataError(f"{path.relative_to(root).as_posix()}: no signal {missing[0]}; there are {', '.join(header.names)}")
    needed = dict.fromkeys(s.file for s in header.signals if s.name in wanted)
    together = {file: [s for s in header.signals if s.file == file] for file in needed}
    opened = {
        file: _open_samples(path, file, signals[0].offset, (header.samples, len(signals)), root)
        for file, signals in together.items()
    }
    out = np.empty((len(wanted), header.samples), dtype=np.float32)
    for file, signals in together.items():
        for column, signal in enumerate(signals):
            if signal.name in wanted:
                raw = np.array(opened[file][:, column])
                values = (raw.astype(np.float32) - signal.baseline) / np.float32(signal.gain)
                out[wanted.index(signal.name)] = np.where(raw == INVALID, np.float32(np.nan), values)
    return header, out


def _open_samples(path: Path, file: str, offset: int, shape: tuple[int, int], root: Path) -> np.ndarray:
    """Map a sample file that has exactly the size its header promises."""
    data, need = path.with_name(file), offset + shape[0] * shape[1] * SAMPLE_BYTES
    where = path.relative_to(root).as_posix()
    have = data.stat().st_size if data.is_file() else 0
    if have != need:
        raise DataError(f"{where}: its sample file has {have} bytes, {need} are expected; get the files again")
    try:
        return np.memmap(data, dtype="<i2", mode="r", offset=offset, shape=shape)
    except (OSError, ValueError) as error:
        raise DataError(f"{where}: the samples cannot be read; get the files again") from error


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
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{where}: missing or cannot be read; get the file again") from error
    if b"\0" in content:
        raise DataError(f"{where}: not text; get the file again")
    text = content.decode("utf-8", errors="replace")  # old comments are written in other encodings
    comments = tuple(line[1:].strip() for line in text.splitlines() if line.startswith("#"))
    lines = [(n, line.split()) for n, line in enumerate(text.splitlines(), start=1) if line.strip() and line[0] != "#"]
    if not lines:
        raise DataError(f"{where}: empty; get the file again")
    count, rate, samples = _first_line(lines[0][1], f"{where}, line {lines[0][0]}", path.stem)
    if len(lines) != count + 1:
        raise DataError(f"{where}: {len(lines) - 1} signal lines, its first line says {count}; get the file again")
    signals = tuple(_signal_line(fields, f"{where}, line {n}") for n, fields in lines[1:])
    header = Header(rate, samples, signals, comments)
    if len(set(header.names)) != len(signals):
        raise DataError(f"{where}: a signal name stands twice; get the file again")
    if len({(s.file, s.offset) for s in signals}) != len({s.file for s in signals}):
        raise DataError(f"{where}: one sample file is said to begin at two places; get the file again")
    return header


def _first_line(fields: list[str], where: str, stem: str) -> tuple[int, float, int]:
    if len(fields) < 4 or not _WHOLE.fullmatch(fields[1]) or not _WHOLE.fullmatch(fields[3]):
        raise DataError(f"{where}: expected record name, number of signals, rate and number of samples")
    if fields[0] not in (stem, f"{stem}.mat"):  # so written in some headers of the 2021 challenge
        raise DataError(f"{where}: names another record than its file; records of several segments are not read")
    if not 1 <= int(fields[1]) <= MOST_SIGNALS:
        raise DataError(f"{where}: {fields[1]} signals; from 1 to {MOST_SIGNALS} are read")
    rate = _number(fields[2].split("/")[0].split("(")[0])
    if not 0 < rate < 1e6:
        raise DataError(f"{where}: the sampling rate must be a number of Hz above 0")
    if not int(fields[3]):
        raise DataError(f"{where}: 0 samples")
    return int(fields[1]), rate, int(fields[3])


def _signal_line(fields: list[str], where: str) -> Signal:
    if len(fields) < 9:
        raise DataError(f"{where}: expected nine fields or more, from file name to signal name")
    file, form, gain = fields[0], _FORM.match(fields[1]), _GAIN.match(fields[2])
    if any(sign in file for sign in ("/", "\\", ":", "..")):
        raise DataError(f"{where}: the samples must lie in a file beside the header")
    if form is None or form["form"] != FORMAT:
        raise DataError(f"{where}: sample format {fields[1]!r}; only {FORMAT} is read, one sample at a time")
    if gain is None or not math.isfinite(_number(gain["gain"])) or _number(gain["gain"]) == 0:
        raise DataError(f"{where}: the gain must be a number other than 0, so that samples have a unit")
    zero = gain["baseline"] or fields[4]
    if not re.fullmatch(r"-?[0-9]{1,6}", zero):
        raise DataError(f"{where}: the baseline, or the zero level in field 5, must be a whole number")
    offset = int(form["offset"] or 0)
    return Signal(" ".join(fields[8:]), gain["unit"] or "mV", _number(gain["gain"]), int(zero), file, offset)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
