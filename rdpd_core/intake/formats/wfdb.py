"""WFDB records: the header is checked before a sample is read, and nothing outside what was given is ever opened."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rdpd_core.intake.formats.base import FORMATS, Column, Format, Given, Options, Piece, Table, check_names, check_size

MOST_SIGNALS, LARGEST_HEADER = 1000, 1 << 20
DEFAULT_GAIN = 200.0
WIDTH = {"8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 1.5}
"""Bytes of a sample, by the number of the format."""
INVALID = {"16": -32768, "24": -(1 << 23), "32": -(1 << 31), "61": -32768, "80": -128, "160": -32768, "212": -2048}
FORM = re.compile(r"^(?P<form>\d{1,4})(?P<frame>x\d{1,12})?(?P<skew>:\d{1,12})?(?P<offset>\+\d{1,12})?$")
GAIN = re.compile(r"^(?P<gain>[-+.\deE]+|nan|inf)(\((?P<baseline>[-+]?\d+)\))?(/(?P<unit>\S+))?$", re.IGNORECASE)
STRIPPED = "Left out of what is kept: the header's comments, date and time."


class Signal(NamedTuple):
    """What the header says about one signal.

    Attributes:
        file: Name of the file with its samples.
        form: Number of their format.
        offset: Byte at which they begin.
        gain: Digital steps per physical unit.
        baseline: Digital value of physical zero.
        unit: Physical unit.
        name: Of the signal.
    """

    file: str
    form: str
    offset: int
    gain: float
    baseline: float
    unit: str
    name: str


@FORMATS.register
class Wfdb(Format):
    """Records of one segment: a .hea file, given together with the files of samples that it names."""

    name = "wfdb"
    title = "WFDB (.hea with .dat or .mat)"
    endings = (".hea", ".dat", ".mat")

    @staticmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether it is called a header."""
        return name.endswith(".hea")

    @staticmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Read all signals; see `Format.read`."""
        count, rate, length, lines, notices = _header(given)
        signals = [_signal(given, number, fields, options) for number, fields in lines]
        if len(signals) != count:
            raise given.refuse(f"{len(signals)} signal lines, its first line says {count}; get the file again")
        check_names(given, [signal.name for signal in signals])
        files = {other.name.replace("\\", "/").rpartition("/")[2]: other for other in beside}
        groups: dict[str, list[int]] = {}
        for at, signal in enumerate(signals):
            groups.setdefault(signal.file, []).append(at)
        values: dict[int, np.ndarray] = {}
        for file, members in groups.items():
            if file not in files:
                raise given.refuse(f"the samples lie in a file {file!r}, which was not given; give both together")
            block = _samples(given, files[file], [signals[at] for at in members], length)
            for at, row in zip(members, block, strict=True):
                values[at] = row
        rows = len(values[0])
        check_size(given, rows, count)
        columns = tuple(Column(s.name, values[at], unit=s.unit) for at, s in enumerate(signals))
        return Table(Wfdb.name, columns, (Piece(rows),), rate, (STRIPPED, *notices))


def _header(given: Given) -> tuple[int, float, int | None, list[tuple[int, list[str]]], list[str]]:
    """Give number of signals, Hz, samples or None, the numbered signal lines, and what should be said."""
    if given.size > LARGEST_HEADER:
        raise given.refuse("a header of more than 1 MB; get the file again")
    try:
        text = given.path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise given.refuse("the header is not text; get the file again") from error
    lines = [(n, x.split()) for n, x in enumerate(text.splitlines(), start=1) if x.strip() and not x.lstrip().startswith("#")]
    if not lines:
        raise given.refuse("the header is empty; get the file again")
    where, fields = f"line {lines[0][0]}", lines[0][1]
    if len(fields) < 2 or not fields[1].isascii() or not fields[1].isdigit() or len(fields[1]) > 12:
        raise given.refuse(f"{where}: expected record name and number of signals")
    if "/" in fields[0]:
        raise given.refuse(f"{where}: a record of several segments; give its segments one by one")
    count = int(fields[1])
    if not 1 <= count <= MOST_SIGNALS:
        raise given.refuse(f"{where}: {count} signals; from 1 to {MOST_SIGNALS} are read")
    rate = _number(fields[2].split("/")[0].split("(")[0]) if len(fields) > 2 else 250.0
    if not 0 < rate < 1e6:
        raise given.refuse(f"{where}: the sampling rate must be a number of Hz above 0, not {fields[2][:20]!r}")
    said = [] if len(fields) > 2 else ["The header gives no sampling rate; 250 Hz is what the format says then."]
    length = None
    if len(fields) > 3:
        if not fields[3].isascii() or not fields[3].isdigit() or len(fields[3]) > 15:
            raise given.refuse(f"{where}: the number of samples must be a whole number")
        length = int(fields[3]) or None
    return count, rate, length, lines[1:], said


def _signal(given: Given, number: int, fields: list[str], options: Options) -> Signal:
    where = f"line {number}"
    if len(fields) < 2:
        raise given.refuse(f"{where}: expected file name and format of a signal")
    file, form = fields[0], FORM.match(fields[1])
    if any(sign in file for sign in ("/", "\\", ":", "..", "~")):
        raise given.refuse(f"{where}: the samples must lie in a file beside the header, not in {file[:60]!r}")
    if form is None or form["form"] not in WIDTH:
        raise given.refuse(f"{where}: sample format {fields[1][:20]!r}; {', '.join(WIDTH)} are read")
    if int((form["frame"] or "x1")[1:]) != 1:
        raise given.refuse(f"{where}: {form['frame'][1:]} samples of one signal in a frame; 1 is read")
    if int((form["skew"] or ":0")[1:]):
        raise given.refuse(f"{where}: signals that are shifted against each other are not read")
    gain = GAIN.match(fields[2]) if len(fields) > 2 else None
    value = _number(gain["gain"]) if gain else math.nan
    if len(fields) > 2 and not math.isfinite(value):
        raise given.refuse(f"{where}: the gain must be a number, not {fields[2][:20]!r}")
    if not value or not math.isfinite(value):
        if not options.default_gain:
            raise given.refuse(
                f"{where}: the gain is 0 or missing, so samples have no unit; if 200 steps per mV, as the format says "
                "then, is right, say so (default gain)"
            )
        value = DEFAULT_GAIN
    zero = _number(fields[4]) if len(fields) > 4 else 0.0
    baseline = float(gain["baseline"]) if gain and gain["baseline"] else zero
    if not math.isfinite(baseline):
        raise given.refuse(f"{where}: the value of zero is not a number")
    name = " ".join(fields[8:]) or f"signal {number - 1}"
    offset = int((form["offset"] or "+0")[1:])
    return Signal(file, form["form"], offset, value, baseline, (gain["unit"] if gain else None) or "mV", name)


def _samples(given: Given, file: Given, signals: list[Signal], length: int | None) -> np.ndarray:
    """Give the values (signals, time) of one file of samples, whose size must be what the header says."""
    form, offset, many = signals[0].form, signals[0].offset, len(signals)
    if any((s.form, s.offset) != (form, offset) for s in signals):
        raise given.refuse("the signals of one file have several formats; one is read")
    have = file.size - offset
    frames = length if length is not None else int(have / (WIDTH[form] * many))
    need = math.ceil(frames * many / 2) * 3 if form == "212" else int(frames * many * WIDTH[form])
    if have != need or frames < 1:
        raise given.refuse(f"its file of samples has {max(have, 0)} bytes, {need} are expected; get the files again")
    check_size(given, frames, many)
    with file.path.open("rb") as stream:
        stream.seek(offset)
        raw = _decoded(stream.read(need), form)[: frames * many].reshape(frames, many)
    if form == "8":
        raw = np.cumsum(raw, axis=0)
    out = np.empty((many, frames))
    for at, signal in enumerate(signals):
        row = raw[:, at].astype(np.float64)
        out[at] = (np.where(row == INVALID.get(form, math.inf), np.nan, row) - signal.baseline) / signal.gain
    return out


def _decoded(data: bytes, form: str) -> np.ndarray:
    """Give the samples of a file, as whole numbers; see signal(5) of the WFDB Applications Guide for the formats."""
    simple = {"8": "i1", "16": "<i2", "32": "<i4", "61": ">i2"}
    if form in simple:
        return np.frombuffer(data, dtype=simple[form]).astype(np.int64)
    if form == "80":
        return np.frombuffer(data, dtype=np.uint8).astype(np.int64) - 128
    if form == "160":
        return np.frombuffer(data, dtype="<u2").astype(np.int64) - 32768
    parts = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3).astype(np.int64)
    if form == "24":
        value = parts[:, 0] | (parts[:, 1] << 8) | (parts[:, 2] << 16)
        return np.where(value >= 1 << 23, value - (1 << 24), value)
    pairs = np.stack([parts[:, 0] | ((parts[:, 1] & 0x0F) << 8), parts[:, 2] | ((parts[:, 1] & 0xF0) << 4)], axis=1).reshape(-1)
    return np.where(pairs >= 2048, pairs - 4096, pairs)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
