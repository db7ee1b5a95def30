"""Scores against a setting in which experiments of a grid differ: noise, temperature, amount of data, labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.arms import Row
from rdpd_core.evaluation.scores import cell, people
from rdpd_core.experiments.compared.chart import Axis, Chart, Ends, Series
from rdpd_core.experiments.compared.entry import BESIDE, Entry, title_of
from rdpd_core.experiments.compared.selection import BANDS, Selection
from rdpd_core.experiments.experiment import WITHOUT_EFFECT

AXES = {
    "noise": "noise amplitude (standard deviations of a channel)",
    "temperature": "temperature of the soft labels",
    "share": "share of the training windows (%)",
    "wrong_labels": "training windows with a wrong label (%)",
    "unlabeled": "training windows without label (%)",
    "rich_share": "training subjects recorded richly (%)",
    "epochs": "most epochs",
}
PERCENT = ("share", "rich_share", "wrong_labels", "unlabeled")
SNR = "signal-to-noise ratio of a channel (dB)"
POWER = {"uniform": 1 / 3, "normal": 1.0}
"""Mean square of noise of amplitude 1; a standardized channel has a mean square of 1."""


@dataclass(frozen=True)
class Course:
    """Experiments that differ in one setting only.

    Attributes:
        label: What they have in common, as far as other courses differ in it.
        axis: Name of the setting.
        values: (V,), ascending.
        entries: (V,), the experiments.
        left_out: Sentences about experiments that have no place on the axis.
    """

    label: str
    axis: str
    values: tuple[float, ...]
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()


def axes_of(entries: Sequence[Entry]) -> list[str]:
    """Give the settings along which at least one course of two experiments or more runs."""
    return [axis for axis in AXES if any(len(course.values) > 1 for course in courses(entries, axis))]


def courses(entries: Sequence[Entry], axis: str) -> list[Course]:
    """Give the courses along a setting.

    Args:
        entries: Experiments.
        axis: One of AXES.

    Raises:
        UnknownNameError: There is no such setting to go along.
    """
    if axis not in AXES:
        raise UnknownNameError("setting to go along", axis, AXES)
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(repr(_others(entry, axis)), []).append(entry)
    kept = [_others(own[0], axis) for own in groups.values()]
    apart = [name for name in (kept[0] if kept else {}) if len({repr(other.get(name)) for other in kept}) > 1]
    found = []
    for own in groups.values():
        label = ", ".join(_named(name, own[0].value(name)) for name in apart)
        found.append(_course(own, axis, label))
    return [course for course in found if course.values]


def _others(entry: Entry, axis: str) -> dict[str, Any]:
    """Give all settings but the one gone along, those that need not agree, and those without effect."""
    beside = {*BESIDE, axis}
    for amount, (none, names) in WITHOUT_EFFECT.items():
        beside |= set(names) if axis != amount and entry.value(amount) in (None, none) else set()
    return {name: value for name, value in entry.settings.items() if name not in beside}


def _named(name: str, value: Any) -> str:
    return str(value) if name in ("view", "dataset", "recipe") else f"{name.replace('_', ' ')} {value}"


def _course(entries: Sequence[Entry], axis: str, label: str) -> Course:
    found: dict[float, Entry] = {}
    left_out = []
    for entry in entries:
        value = entry.value(axis)
        if axis in ("temperature", "epochs") and not value:
            left_out.append(f"{entry.key} leaves the {axis} to its recipe, so it has no place on this axis.")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if value in found:
                left_out.append(f"{entry.key} asks for the same as {found[value].key}, which is drawn.")
            found.setdefault(float(value), entry)
    order = sorted(found)
    return Course(label, axis, tuple(order), tuple(found[v] for v in order), tuple(left_out))


def snr_db(amplitude: float, kind: str) -> float:
    """Give the signal-to-noise ratio of a standardized channel under noise, in dB; infinite without noise.

    Args:
        amplitude: Of Equation 16 of RDPD (Hong et al., IJCAI 2019), on a channel of variance 1.
        kind: "uniform" in (-1, 1), or "normal".

    Raises:
        UnknownNameError: No such kind of noise.
    """
    if kind not in POWER:
        raise UnknownNameError("kind of noise", kind, POWER)
    return math.inf if amplitude == 0 else -10 * math.log10(amplitude**2 * POWER[kind])


def curve_chart(course: Course, selection: Selection) -> Chart:
    """Give the picture of one course: a line per arm, with a band.

    Raises:
        ParameterError: There is only one experiment.
    """
    if len(course.values) < 2:
        raise ParameterError(
            f"one value of {course.axis} makes no curve; start a grid: jobs start ... --grid {course.axis}=A,B,C"
        )
    metric, axis, places = METRICS[selection.score], *_across(course, selection.snr)
    rows = [_rows(entry, selection) for entry in course.entries]
    arms = list(dict.fromkeys(arm for own in rows for arm in own))
    series, told, table = [], [], []
    for arm in arms:
        own = [(x, value, row[arm]) for x, value, row in zip(places, course.values, rows, strict=True) if arm in row]
        series.append(_line(arm, own, selection.band))
        told.append(f"{title_of(arm)}: {', '.join(f'{r.mean:.3f} at {_shown(v, course.axis)}' for _, v, r in own)}")
        table += [_plain(course, arm, v, r, selection) for _, v, r in own]
    c = course.entries[0].comparison
    seeds = sorted({row.n_seeds for own in rows for row in own.values()})
    n = f"{people(c.n_windows, c.n_subjects)}, n = {' to '.join(map(str, dict.fromkeys((seeds[0], seeds[-1]))))} seeds"
    where = f", {course.label}" if course.label else ""
    return Chart(
        name=f"against-{course.axis}",
        title=f"{metric.title} against {axis.title.partition(' (')[0]}{where}",
        x=axis,
        y=Axis(metric.title),
        series=tuple(series),
        words=f"{metric.title} against {axis.title}{where}. {'; '.join(told)}.",
        note=f"{n}. Bands: {BANDS[selection.band]}.",
        rows=tuple(table),
    )


def _rows(entry: Entry, selection: Selection) -> dict[str, Row]:
    rows = entry.comparison.rows.get(selection.score, ())
    return {row.arm: row for row in rows if not selection.arms or row.arm in selection.arms}


def _across(course: Course, snr: bool) -> tuple[Axis, list[float]]:
    """Give the axis, and the place of every value on it."""
    if course.axis == "noise" and snr:
        kind = str(course.entries[0].value("noise_kind") or "uniform")
        values = [snr_db(v, kind) for v in course.values]
        finite = [v for v in values if math.isfinite(v)]
        clean = max(finite) + 6.0
        ticks = tuple((v, f"{v:.1f}") for v in sorted(finite)) + (((clean, "no noise"),) if len(finite) < len(values) else ())
        return Axis(SNR, ticks), [v if math.isfinite(v) else clean for v in values]
    if course.axis == "share":
        by = str(course.entries[0].value("share_by") or "windows")
        title = "share of the training subjects (%)" if by == "subjects" else AXES["share"]
    elif course.axis == "rich_share" and course.entries[0].value("rich_by") == "windows":
        title = "training windows recorded richly (%)"
    else:
        title = AXES[course.axis]
    factor = 100.0 if course.axis in PERCENT else 1.0
    places = [factor * v for v in course.values]
    return Axis(title, tuple((v, f"{v:g}") for v in places)), places


def _line(arm: str, own: Sequence[tuple[float, float, Row]], band: str) -> Series:
    return Series(
        name=title_of(arm),
        arm=arm,
        x=tuple(x for x, _, _ in own),
        y=tuple(row.mean for _, _, row in own),
        ends=tuple(_ends(row, band) for _, _, row in own),
        hover=tuple(
            f"{title_of(arm)}: {cell(row.mean, row.interval, row.spread)} (n = {row.n_seeds} seeds)" for _, _, row in own
        ),
    )


def _ends(row: Row, band: str) -> Ends:
    if band == "seeds":
        return None if row.spread is None else (row.mean - row.spread, row.mean + row.spread)
    return None if row.interval is None else (row.interval.low, row.interval.high)


def _shown(value: float, axis: str) -> str:
    return f"{100 * value:g}%" if axis in PERCENT else f"{value:g}"


def _plain(course: Course, arm: str, value: float, row: Row, selection: Selection) -> dict[str, Any]:
    entry = course.entries[course.values.index(value)]
    found: dict[str, Any] = {"experiment": entry.key, "course": course.label, "arm": arm, course.axis: value}
    if course.axis == "noise":
        db = snr_db(value, str(entry.value("noise_kind") or "uniform"))
        found["snr_db"] = db if math.isfinite(db) else None
    ends: Mapping[str, Any] = {"low": row.interval and row.interval.low, "high": row.interval and row.interval.high}
    return {**found, "score": selection.score, "mean": row.mean, **ends, "sd": row.spread, "n_seeds": row.n_seeds}


def curve_sentences(course: Course, selection: Selection, corrected: Mapping[str, Sequence[Row]]) -> list[str]:
    """Say at which values an arm differs from the reference, and what was left out.

    Args:
        course: What is drawn.
        selection: What is looked at.
        corrected: Rows by experiment, p corrected over all of them, as `table.corrected` gives.
    """
    told = []
    wanted = selection.arms
    rows = [{r.arm: r for r in corrected[e.key] if not wanted or r.arm in wanted} for e in course.entries]
    for arm in dict.fromkeys(arm for own in rows for arm in own):
        given = [
            (v, own[arm].difference) for v, own in zip(course.values, rows, strict=True) if arm in own and own[arm].difference
        ]
        if not given:
            continue
        reference = title_of(course.entries[0].comparison.reference)
        parts = []
        for claim, words in (("better", f"better than {reference}"), ("worse", f"worse than {reference}")):
            if at := [_shown(v, course.axis) for v, d in given if d.claim == claim]:
                parts.append(f"{words} at {', '.join(at)}")
        few = [_shown(v, course.axis) for v, d in given if d.claim == "none" and "too few seeds" in d.verdict]
        none = [_shown(v, course.axis) for v, d in given if d.claim == "none" and "too few seeds" not in d.verdict]
        parts += [f"no difference shown at {', '.join(none)}"] if none else []
        parts += [f"too few seeds to say at {', '.join(few)}"] if few else []
        told.append(f"{title_of(arm)}: {'; '.join(parts)} ({course.axis.replace('_', ' ')}).")
    return [*told, *course.left_out]
