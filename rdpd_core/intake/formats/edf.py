"""EDF, EDF+ and BDF. Fields that say who was measured, when and where are never given on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rdpd_core.intake.formats.base import FORMATS, Column, Format, Given, Options, Piece, Table, check_names, check_size

EDF, BDF = b"0       ", b"\xffBIOSEMI"
FIXED, PER_SIGNAL = 256, 256
MOST_SIGNALS = 1024
WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
"""Bytes of label, sensor, unit, physical minimum and maximum, digital minimum and maximum, filter, samples, reserve."""
ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
STRIPPED = "Left out of what is kept: the file's fields for patient, recording, date and time."


class Signal(NamedTuple):
    """What the header says about one signal.

    Attributes:
        name: Label.
        unit: Physical dimension.
        low: Physical value of the digital minimum.
        step: Physical units per digital step.
        zero: Digital minimum.
        samples: In each record.
    """

    name: str
    unit: str
    low: float
    step: float
    zero: float
    samples: int


@FORMATS.register
class Edf(Format):
    """Signals of European Data Format with 16 bits, and BioSemi's with 24."""

    name = "edf"
    title = "EDF/BDF"
    endings = (".edf", ".bdf")

    @staticmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether it begins as EDF or BDF."""
        return head.startswith(BDF) or (head.startswith(EDF) and (name.endswith((".edf", ".rec")) or len(head) > FIXED))

    @staticmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Read all signals; those of a lower rate hold each value until the next; see `Format.read`."""
        head = given.head(FIXED + MOST_SIGNALS * PER_SIGNAL)
        signals, start, records, seconds = _header(given, head)
        width = 3 if head.startswith(BDF) else 2
        size = sum(s.samples for s in signals)
        have = given.size - start
        if records == -1:
            records = have // (size * width)
        if records * size * width != have:
            raise given.refuse(
                f"its header says {records} records of {size * width} bytes, the file holds {have} bytes of them"
            )
        kept = [s for s in signals if s.name not in ANNOTATIONS]
        if not kept:
            raise given.refuse("it holds annotations only, no signal")
        most = max(s.samples for s in kept)
        check_size(given, records * most, len(kept))
        check_names(given, [s.name for s in kept])
        raw = _samples(given, start, width).reshape(records, size)
        columns, at, slow = [], 0, []
        for signal in signals:
            block, at = raw[:, at : at + signal.samples], at + signal.samples
            if signal.name in ANNOTATIONS:
                continue
            if most % signal.samples:
                raise given.refuse(f"signal {signal.name!r}: {signal.samples} samples in a record do not divide {most}")
            slow += [signal.name] if signal.samples != most else []
            values = (block.reshape(-1).astype(np.float64) - signal.zero) * signal.step + signal.low
            columns.append(Column(signal.name, np.repeat(values, most // signal.samples), unit=signal.unit))
        held = (f"Signals of a lower rate hold each value until the next: {', '.join(slow[:8])}.",) if slow else ()
        return Table(Edf.name, tuple(columns), (Piece(records * most),), most / seconds, (STRIPPED, *held))


def _samples(given: Given, start: int, width: int) -> np.ndarray:
    with given.path.open("rb") as file:
        file.seek(start)
        data = file.read()
    if width == 2:
        return np.frombuffer(data, dtype="<i2")
    parts = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
    value = parts[:, 0] | (parts[:, 1] << 8) | (parts[:, 2] << 16)
    return np.where(value >= 1 << 23, value - (1 << 24), value)


def _header(given: Given, head: bytes) -> tuple[list[Signal], int, int, float]:
    """Give signals, the byte at which samples begin, the number of records (-1 if unknown), and their length in s."""
    if len(head) < FIXED:
        raise given.refuse("the header is cut off; get the file again")
    if head[192:236].strip().startswith((b"EDF+D", b"BDF+D")):
        raise given.refuse("its recording is interrupted (EDF+D); save it as continuous parts")
    count = _whole(given, head[252:256], "number of signals")
    if not 1 <= count <= MOST_SIGNALS:
        raise given.refuse(f"header: {count} signals; from 1 to {MOST_SIGNALS} are read")
    start = FIXED + count * PER_SIGNAL
    if _whole(given, head[184:192], "length of the header") != start or len(head) < start:
        raise given.refuse(f"header: its length must be {start} bytes for {count} signals; the file is damaged or cut off")
    records = _whole(given, head[236:244], "number of records")
    seconds = _real(given, head[244:252], "length of a record")
    if records < -1 or records == 0 or not 0 < seconds < 1e6:
        raise given.refuse(f"header: {records} records of {seconds:g} s; both must be above 0")
    fields, at = [], FIXED
    for width in WIDTHS:
        fields.append([head[at + n * width : at + (n + 1) * width] for n in range(count)])
        at += width * count
    return [_signal(given, n, [f[n] for f in fields]) for n in range(count)], start, records, seconds


def _signal(given: Given, at: int, fields: Sequence[bytes]) -> Signal:
    name = fields[0].decode("latin-1").strip() or f"signal {at + 1}"
    low, high = (_real(given, fields[n], f"physical range of signal {at + 1}") for n in (3, 4))
    zero, full = (_real(given, fields[n], f"digital range of signal {at + 1}") for n in (5, 6))
    samples = _whole(given, fields[8], f"samples of signal {at + 1}")
    if not 1 <= samples <= 1 << 22:
        raise given.refuse(f"header: signal {at + 1} has {samples} samples in a record; from 1 to {1 << 22} are read")
    if full == zero or high == low:
        if name in ANNOTATIONS:
            return Signal(name, "", 0.0, 1.0, 0.0, samples)
        raise given.refuse(f"header: signal {at + 1} has an empty range of values, so they have no unit")
    unit = fields[2].decode("latin-1").strip()
    return Signal(name, unit, low, (high - low) / (full - zero), zero, samples)


def _whole(given: Given, data: bytes, what: str) -> int:
    value = _real(given, data, what)
    if value != int(value):
        raise given.refuse(f"header: the {what} is not a whole number")
    return int(value)


def _real(given: Given, data: bytes, what: str) -> float:
    try:
        value = float(data.decode("ascii"))
    except (ValueError, UnicodeDecodeError) as error:
        raise given.refuse(f"header: the {what} is not a number") from error
    if not np.isfinite(value):
        raise given.refuse(f"header: the {what} is not finite")
    return value
