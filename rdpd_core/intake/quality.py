"""What is good and bad about recordings: gaps, flat and clipped stretches, values that cannot be, and what leaks."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from rdpd_core.intake.building import Made
from rdpd_core.intake.mapping import Trace

PLAUSIBLE = {
    "1/min": (10.0, 300.0), "%": (0.0, 100.0), "degC": (25.0, 45.0), "mmHg": (0.0, 350.0), "mV": (-50.0, 50.0),
    "m/s^2": (-200.0, 200.0), "g": (-20.0, 20.0), "rad/s": (-60.0, 60.0), "deg/s": (-3500.0, 3500.0),
}  # fmt: skip
"""What living people and their sensors can show, generously; in the unit that is the key."""
FLAT_S, CLIP_RUN = 2.0, 3
"""A sensor that moves by nothing for so long is flat; so many equal extremes in a row are clipped."""
WORTH_SAYING = 0.01


class Quality:
    """Gathers, recording by recording."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        """Start empty."""
        self.traces = traces
        count = len(traces)
        self.samples = 0
        self.seconds = 0.0
        self.there, self.flat, self.clipped, self.odd = (np.zeros(count, dtype=np.int64) for _ in range(4))
        self.low, self.high = np.full(count, np.inf), np.full(count, -np.inf)
        self.sums, self.squares = np.zeros(count), np.zeros(count)
        self.seen: dict[bytes, tuple[str, str | None]] = {}
        self.twice = self.leaks = 0
        self.silent: Counter[str] = Counter()
        self.by_class: dict[str, dict[str, Any]] = {}
        self.means: dict[str, list[np.ndarray]] = {}

    def add(self, made: Made) -> None:
        """Look at one recording."""
        length = made.signal.shape[1]
        self.samples += length
        self.seconds += length / made.rate_hz
        for at, row in enumerate(made.signal):
            self._channel(at, row, made.rate_hz)
        print_of = hashlib.sha256(made.signal.tobytes()).digest()
        if print_of in self.seen:
            self.twice += 1
            self.leaks += self.seen[print_of][0] != made.subject
        self.seen.setdefault(print_of, (made.subject, made.label))
        if made.label is not None:
            entry = self.by_class.setdefault(made.label, {"recordings": 0, "seconds": 0.0, "subjects": set()})
            entry["recordings"] += 1
            entry["seconds"] += length / made.rate_hz
            entry["subjects"].add(made.subject)
            low, high = np.nanmin(made.signal, axis=1, initial=np.inf), np.nanmax(made.signal, axis=1, initial=-np.inf)
            self.means.setdefault(made.label, []).append(np.stack([low, high]))

    def _channel(self, at: int, row: np.ndarray, rate_hz: float) -> None:
        there = np.isfinite(row)
        values = row[there].astype(np.float64)
        if not len(values):
            self.silent[self.traces[at].name] += 1
            return
        self.there[at] += len(values)
        self.low[at], self.high[at] = min(self.low[at], values.min()), max(self.high[at], values.max())
        self.sums[at] += values.sum()
        self.squares[at] += (values**2).sum()
        self.flat[at] += _in_runs(values, max(2, round(FLAT_S * rate_hz)))
        if values.min() < values.max():
            self.clipped[at] += _in_runs(values, CLIP_RUN, (values.min(), values.max()))
        limits = PLAUSIBLE.get(self.traces[at].unit)
        if limits is not None:
            self.odd[at] += int(((values < limits[0]) | (values > limits[1])).sum())

    def report(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        channels = [self._told(at) for at in range(len(self.traces))]
        classes = {
            name: {"recordings": e["recordings"], "seconds": round(e["seconds"], 3), "subjects": len(e["subjects"])}
            for name, e in sorted(self.by_class.items())
        }
        subjects = len({subject for subject, _ in self.seen.values()})
        return {
            "samples": self.samples, "seconds": round(self.seconds, 3), "subjects": subjects, "channels": channels,
            "silent": dict(self.silent),
            "classes": classes, "warnings": self._warnings(channels, classes),
        }  # fmt: skip

    def _told(self, at: int) -> dict[str, Any]:
        n, all_of = int(self.there[at]), max(self.samples, 1)
        mean = self.sums[at] / n if n else None
        spread = float(np.sqrt(max(self.squares[at] / n - mean**2, 0.0))) if n else None
        return {
            "name": self.traces[at].name, "unit": self.traces[at].unit, "missing": 1 - n / all_of,
            "flat": self.flat[at] / all_of, "clipped": self.clipped[at] / all_of, "implausible": self.odd[at] / all_of,
            "low": float(self.low[at]) if n else None, "high": float(self.high[at]) if n else None,
            "mean": None if mean is None else float(mean), "std": spread,
        }  # fmt: skip

    def _warnings(self, channels: Sequence[dict[str, Any]], classes: dict[str, Any]) -> list[str]:
        said = []
        for told in channels:
            name, unit = told["name"], told["unit"]
            if told["low"] is None:
                said.append(f"Channel {name} holds no value at all.")
            elif told["low"] == told["high"]:
                said.append(f"Channel {name} is constant ({told['low']:g} {unit}).")
            elif told["flat"] > WORTH_SAYING:
                said.append(f"Channel {name} does not move for {FLAT_S:g} s or more during {told['flat']:.0%} of the time.")
            if told["clipped"] > WORTH_SAYING:
                said.append(
                    f"Channel {name} stands at its smallest or largest value during {told['clipped']:.0%}: perhaps clipped."
                )
            if told["missing"] > WORTH_SAYING:
                said.append(f"Channel {name} is missing during {told['missing']:.0%} of the time.")
            if told["implausible"] > 0:
                low, high = PLAUSIBLE[unit]
                said.append(
                    f"Channel {name}: {told['implausible']:.2%} of its values lie outside {low:g} to {high:g} {unit}; "
                    "look at its unit. Nothing was changed."
                )
        if len(classes) == 1:
            said.append(f"There is one class only ({next(iter(classes))}); nothing can be learned from that.")
        said += [f"Class {n} comes from {c['subjects']} subject only." for n, c in classes.items() if c["subjects"] == 1]
        if self.twice:
            said.append(f"{self.twice} recordings are copies of another one, {self.leaks} of them under another subject.")
        return [*said, *self._telling()]

    def _telling(self) -> list[str]:
        """Name channels whose value alone is the label: each class has one constant of its own."""
        if len(self.means) < 2:
            return []
        low = np.stack([np.min([m[0] for m in parts], axis=0) for parts in self.means.values()])
        high = np.stack([np.max([m[1] for m in parts], axis=0) for parts in self.means.values()])
        said = []
        for at, trace in enumerate(self.traces):
            constant = np.isfinite(low[:, at]) & (low[:, at] == high[:, at])
            if constant.all() and len(set(low[:, at].tolist())) == len(low):
                said.append(f"Channel {trace.name} has one constant value in each class: it is the label, so leave it out.")
        return said


def _in_runs(values: np.ndarray, least: int, only: tuple[float, ...] = ()) -> int:
    """Give how many values stand in runs of at least `least` equal ones; of all values, or only of some."""
    edges = np.flatnonzero(np.diff(values) != 0) + 1
    lengths = np.diff(np.concatenate([[0], edges, [len(values)]]))
    counted = lengths >= least
    if only:
        counted &= np.isin(values[np.concatenate([[0], edges])], only)
    return int(lengths[counted].sum())
