"""A table and what its columns mean, to recordings at an even rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.intake.formats.base import MOST_CELLS, Column, Table
from rdpd_core.intake.mapping import FILE, FOLDER, Mapping
from rdpd_core.intake.times import even, rate_of, seconds, stretches

ONE_PERSON = "s1"
GAP_S = 1.0
MOST_RECORDINGS = 100_000
MOST_CLASSES = 500


class Made(NamedTuple):
    """One recording.

    Attributes:
        subject: The person.
        label: Class, or None.
        signal: (C, time), float32, NaN where nothing was measured.
        rate_hz: Samples per second.
    """

    subject: str
    label: str | None
    signal: np.ndarray
    rate_hz: float


class Rows(NamedTuple):
    """The rows of one person, or of one recording of a person, in the order of time.

    Attributes:
        at: Positions in the table.
        times: In s, or None where rows follow at one rate.
    """

    at: np.ndarray
    times: np.ndarray | None


class Builder:
    """Makes recordings, and counts what should be said about them."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        """Look up the columns.

        Raises:
            ParameterError: A column is missing, holds no numbers, or no rate is known.
            DataError: Times cannot be read.
        """
        self.table, self.mapping, self.counts = table, mapping, Counter()
        self.long = bool(mapping.names)
        self._columns = self._values()
        self._time = seconds(table.column(mapping.time, "time"), mapping.time_unit) if mapping.time else None
        self._piece = np.repeat(np.arange(len(table.pieces)), [piece.rows for piece in table.pieces])
        self._subject = self._words(mapping.subject, "subject", [p.subject or ONE_PERSON for p in table.pieces])
        self._label = self._words(mapping.label, "label", [p.label or "" for p in table.pieces])
        self._part = self._words(mapping.recording, "recording", [""] * len(table.pieces))
        self.rate = self._rate()
        self.gap_s = mapping.gap_s or max(GAP_S, 3 / self.rate)
        self.total = 0

    def recordings(self) -> Iterator[Made]:
        """Yield the recordings one by one.

        Raises:
            DataError: There are too many, or they would be too long.
        """
        made = 0
        for rows in self._groups():
            for part in self._runs(rows):
                signal = self._signal(part)
                if signal is None:
                    self.counts["too short"] += 1
                    continue
                made += 1
                self.total += signal.size
                if made > MOST_RECORDINGS or self.total > MOST_CELLS:
                    raise DataError(
                        f"more than {MOST_RECORDINGS} recordings or {MOST_CELLS / 1e6:g} million values; look at the columns "
                        "of subject, recording, label and time, or take fewer"
                    )
                first = int(part.at[0])
                yield Made(self._subject[first], self._class(first), signal, self.rate)

    def notices(self) -> tuple[str, ...]:
        """Give sentences about what was counted, after all recordings were made."""
        said = {
            "back": "Rows were sorted by time, as it went back: {n} times.",
            "twice": "Rows with the time of an earlier one, left out: {n}.",
            "untimed": "Rows without a time, left out: {n}.",
            "gaps": f"Gaps of more than {self.gap_s:g} s, each of which ends a recording: {{n}}.",
            "infinite": "Values that were infinite or too large and count as missing: {n}.",
            "too short": "Stretches of a single sample, left out: {n}.",
        }
        return tuple(told.format(n=self.counts[name]) for name, told in said.items() if self.counts[name])

    def _values(self) -> list[np.ndarray]:
        if self.long:
            values = self._numbers(self.table.column(self.mapping.values, "values"))
            self._name = self.table.column(self.mapping.names, "names").words()
            known = set(self._name.tolist())
            for trace in self.mapping.traces:
                if trace.column not in known:
                    raise ParameterError(f"channel {trace.name}: nothing in the column of names is {trace.column!r}")
            return [values]
        return [self._numbers(self.table.column(trace.column, f"channel {trace.name}")) for trace in self.mapping.traces]

    def _numbers(self, column: Column) -> np.ndarray:
        if column.numbers is None:
            raise ParameterError(f"column {column.name!r} holds text; a channel needs numbers")
        values = np.array(column.numbers, dtype=np.float64)
        strange = np.isinf(values) | (np.abs(values) > 1e30)
        self.counts["infinite"] += int(strange.sum())
        values[strange] = np.nan
        return values

    def _words(self, column: str, what: str, otherwise: Sequence[str]) -> np.ndarray:
        if column in (FILE, FOLDER):
            otherwise = [(piece.file or ("", ""))[column == FOLDER] for piece in self.table.pieces]
        elif column:
            words = self.table.column(column, what).words()
            if what != "label" and (words == "").any():
                raise DataError(f"column {column!r}, row {int(np.argmax(words == '')) + 1}: no {what} is given; fill it in")
            return words
        return np.array(otherwise, dtype=object)[self._piece]

    def _class(self, row: int) -> str | None:
        word = self._label[row]
        return self.mapping.labels.get(word, word) or None

    def _rate(self) -> float:
        if self.mapping.rate_hz:
            return self.mapping.rate_hz
        if self._time is None:
            if self.table.rate_hz is None:
                raise ParameterError("neither a column of time nor a rate is known; give one of them")
            return self.table.rate_hz
        steps = [rows.times for rows in self._groups(counting=False)]
        rate = max((rate_of(np.unique(times)) for times in steps[:50]), default=0.0)
        if not 1e-4 <= rate <= 1e5:
            raise DataError(f"the times of column {self.mapping.time!r} give {rate:g} samples a second; look at its unit")
        return rate

    def _groups(self, counting: bool = True) -> Iterator[Rows]:
        """Yield the rows of each piece, person and recording, in the order in which they first appear."""
        if not (self.mapping.subject or self.mapping.recording):
            ends = np.cumsum([piece.rows for piece in self.table.pieces])
            for end, piece in zip(ends.tolist(), self.table.pieces, strict=True):
                yield self._in_time(np.arange(end - piece.rows, end), counting)
            return
        keys: dict[tuple[int, str, str], int] = {}
        tags = zip(self._piece.tolist(), self._subject.tolist(), self._part.tolist(), strict=True)
        which = np.fromiter((keys.setdefault(key, len(keys)) for key in tags), dtype=np.int64, count=len(self._piece))
        order = np.argsort(which, kind="stable")
        for at in np.split(order, np.cumsum(np.bincount(which))[:-1]):
            yield self._in_time(at, counting)

    def _in_time(self, at: np.ndarray, counting: bool) -> Rows:
        if self._time is None:
            return Rows(at, None)
        times = self._time[at]
        known = np.isfinite(times)
        at, times = at[known], times[known]
        order = np.argsort(times, kind="stable")
        if counting:
            self.counts["untimed"] += int((~known).sum())
            self.counts["back"] += int((np.diff(times) < 0).sum())
        return Rows(at[order], times[order])

    def _runs(self, rows: Rows) -> Iterator[Rows]:
        """Yield runs of one label without long gaps."""
        if not len(rows.at):
            return
        labels = self._label[rows.at]
        cuts = (np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist()
        for first, end in zip([0, *cuts], [*cuts, len(labels)], strict=True):
            part = Rows(rows.at[first:end], None if rows.times is None else rows.times[first:end])
            if part.times is None:
                yield part
                continue
            found = stretches(part.times, self.gap_s)
            self.counts["gaps"] += len(found) - 1
            for cut in found:
                yield Rows(part.at[cut], part.times[cut])

    def _signal(self, rows: Rows) -> np.ndarray | None:
        """Give (C, time), float32; None for less than two samples."""
        if rows.times is None:
            if len(rows.at) < 2 or self.long:
                return None
            raw = [values[rows.at] for values in self._columns]
        else:
            length = int(np.floor((rows.times[-1] - rows.times[0]) * self.rate * (1 + 1e-9))) + 1
            if length * len(self.mapping.traces) > MOST_CELLS:
                raise DataError(f"a recording of {length} samples; look at the column of time and its unit")
            if length < 2:
                return None
            raw = self._on_grid(rows, rows.times[0] + np.arange(length) / self.rate)
        scaled = [v * trace.factor + trace.offset for v, trace in zip(raw, self.mapping.traces, strict=True)]
        return np.stack(scaled).astype(np.float32)

    def _on_grid(self, rows: Rows, grid: np.ndarray) -> list[np.ndarray]:
        if not self.long:
            times, first = np.unique(rows.times, return_index=True)
            self.counts["twice"] += len(rows.times) - len(times)
            return [even(times, values[rows.at][first], grid, self.gap_s) for values in self._columns]
        out, names = [], self._name[rows.at]
        for trace in self.mapping.traces:
            mine = names == trace.column
            times, first = np.unique(rows.times[mine], return_index=True)
            self.counts["twice"] += int(mine.sum()) - len(times)
            out.append(even(times, self._columns[0][rows.at[mine]][first], grid, self.gap_s))
        return out


def classes_of(labels: Sequence[str | None]) -> tuple[str, ...]:
    """Give the names of classes, in the order of numbers if all are numbers, else of the alphabet.

    Raises:
        DataError: There are too many to be classes.
    """
    found = sorted({label for label in labels if label is not None})
    if len(found) > MOST_CLASSES:
        raise DataError(
            f"{len(found)} different labels; at most {MOST_CLASSES} can be classes, so choose another column of labels"
        )
    if found and all(label.lstrip("-").isdigit() for label in found):
        found.sort(key=int)
    return tuple(found)
