"""Suggestions of what columns mean, from a first look at them: shown to a person, who decides."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from typing import Any, NamedTuple

from rdpd_core.intake.mapping import FACTORS, unit_of
from rdpd_core.types import Channel

TIME_NAMES = (
    "time",
    "timestamp",
    "t",
    "seconds",
    "elapsed",
    "millis",
    "ms",
    "date",
    "datetime",
    "zeit",
    "zeitstempel",
    "uhrzeit",
    "charttime",
    "sec",
)
SUBJECT_NAMES = ("subject", "subject_id", "patient", "patient_id", "person", "participant", "user", "id", "proband")
LABEL_NAMES = ("label", "class", "activity", "target", "y", "diagnosis", "condition", "state", "annotation")
RECORDING_NAMES = ("recording", "record", "session", "trial", "series", "window", "run")
EVEN_RATES = (1.0, 2000.0)
SENSORS = {
    "acc": ("acc", "linear"),
    "gyro": ("gyro", "rotation", "angular", "rot"),
    "mag": ("mag", "compass"),
}
SHORT = {"acc": {"ax", "ay", "az"}, "gyro": {"gx", "gy", "gz"}, "mag": {"mx", "my", "mz"}}
UNITS_OF = {"acc": "m/s^2", "gyro": "rad/s", "mag": "uT"}
G_BELOW, MG_FROM = 3.0, 200.0
"""All axes of an accelerometer together show about 1 in g, 10 in m/s^2 and 1000 in mg: the earth pulls at it."""


class Suggested(NamedTuple):
    """What a file's columns probably mean.

    Attributes:
        time: Column of time, or empty.
        time_unit: Its unit.
        subject: Column, or empty.
        label: Column, or empty.
        recording: Column, or empty.
        signals: Columns that may be channels, each with its unit.
        why: In words.
    """

    time: str
    time_unit: str
    subject: str
    label: str
    recording: str
    signals: dict[str, str]
    why: tuple[str, ...]


def suggest(told: AnyMapping[str, Any]) -> Suggested:
    """Give what the columns of a first look probably mean."""
    columns = told["columns"]
    why: list[str] = []
    time, unit = _time(columns, why) if told["rate_hz"] is None else ("", "s")
    rest = [c for c in columns if c["name"] != time]
    named = {}
    for what, names in (("subject", SUBJECT_NAMES), ("label", LABEL_NAMES), ("recording", RECORDING_NAMES)):
        taken = set(named.values())
        few = [c for c in rest if c["name"] not in taken and _word(c["name"]) in names and 0 < c.get("different", 0) <= 500]
        named[what] = few[0]["name"] if few else ""
        if few:
            why.append(f"{what}: column “{few[0]['name']}”, by its name ({few[0]['different']} different)")
    others = set(named.values())
    free = [c for c in rest if c["numeric"] and c["name"] not in others and not _is_clock(c)]
    pulled = _unit_by_gravity(free, why)
    signals = {c["name"]: guess_unit(c, pulled) for c in free}
    return Suggested(time, unit, named["subject"], named["label"], named["recording"], signals, tuple(why))


def _time(columns: Sequence[AnyMapping[str, Any]], why: list[str]) -> tuple[str, str]:
    by_name = [c for c in columns if _word(c["name"]) in TIME_NAMES or set(_words(c["name"])) & set(TIME_NAMES[:6])]
    rising = [c for c in columns if c.get("rising")]
    for column in [*(c for c in rising if c in by_name), *by_name, *rising[:1]]:
        unit = _time_unit(column)
        if unit:
            rate = f"about {column['per_unit'] / _scale(unit):.3g} rows a second" if column.get("per_unit") else "as dates"
            why.append(f"time: column “{column['name']}” in {unit} ({rate})")
            return column["name"], unit
    return "", "s"


def _scale(unit: str) -> float:
    return {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}.get(unit, 1.0)


def _time_unit(column: AnyMapping[str, Any]) -> str:
    """Give the unit that its name says, or that gives a usual rate."""
    if not column["numeric"]:
        first = next((w for w in column.get("words", []) if w), "")
        return "date" if re.match(r"^(\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2})", first) else ""
    words = _words(column["name"] + " " + column.get("unit", ""))
    for unit in ("ms", "us", "ns"):
        if unit in words:
            return unit
    if "s" in words or "seconds" in words or "sec" in words:
        return "s"
    rate = column.get("per_unit") or 0.0
    fitting = [unit for unit in ("s", "ms", "us", "ns") if EVEN_RATES[0] <= rate / _scale(unit) <= EVEN_RATES[1]]
    return fitting[0] if fitting and rate > 0 else ("s" if rate > 0 else "")


def _is_clock(column: AnyMapping[str, Any]) -> bool:
    """Say whether a column is another clock or a counter of rows."""
    return bool(column.get("rising")) and (column.get("whole", False) or bool(set(_words(column["name"])) & set(TIME_NAMES)))


def _unit_by_gravity(columns: Sequence[AnyMapping[str, Any]], why: list[str]) -> dict[str, str]:
    """Give the unit of accelerometers that do not say it, told by the size of all their axes together."""
    sensors: dict[str, list[AnyMapping[str, Any]]] = {}
    for column in columns:
        words = _words(column["name"])
        if (
            not column.get("unit")
            and sensor_of(column["name"]) == "acc"
            and "linear" not in words
            and column.get("mean") is not None
        ):
            axis = axis_of(column["name"])
            sensors.setdefault("_".join(word.replace(axis, "") if axis else word for word in words), []).append(column)
    found = {}
    for axes in sensors.values():
        size = sum(column["mean"] ** 2 + column["std"] ** 2 for column in axes) ** 0.5
        unit = "g" if size < G_BELOW else "m/s^2" if size < MG_FROM else "mg"
        found |= {column["name"]: unit for column in axes}
        why.append(f"unit of {', '.join(c['name'] for c in axes)}: {unit}, as all axes together show {size:.3g}")
    return found


def guess_unit(column: AnyMapping[str, Any], pulled: AnyMapping[str, str]) -> str:
    """Give the unit a column says it has, or probably has; empty if nothing tells.

    Args:
        column: Of a first look.
        pulled: Units of accelerometers, told by gravity.
    """
    if column.get("unit"):
        return unit_of(column["unit"])
    return pulled.get(column["name"]) or UNITS_OF.get(sensor_of(column["name"]), "")


def sensor_of(name: str) -> str:
    """Give the kind of sensor that a name speaks of: "acc", "gyro", "mag"; empty if none."""
    words = _words(name)
    for kind, said in SENSORS.items():
        if any(word.startswith(said) or word.endswith(kind) for word in words):
            return kind
    return next((kind for kind, said in SHORT.items() if said & set(words)), "")


def axis_of(name: str) -> str:
    """Give the axis that a name ends or begins with: "x", "y", "z"; empty if none."""
    words = _words(name)
    for word in reversed(words):
        if word in ("x", "y", "z"):
            return word
    for word in words:
        found = re.match(r"^([xyz])(acc|gyro|mag)", word) or re.match(r"^(?:a|g|m|acc|gyro|mag|accel|rot)([xyz])$", word)
        if found:
            return found[1]
    return ""


def match(signals: AnyMapping[str, str], wanted: Sequence[Channel]) -> dict[str, str]:
    """Give for each channel of a model the column that is probably it: of the same name, or of the same sensor and axis.

    Args:
        signals: Columns and their units.
        wanted: Channels of the model.

    Returns:
        Channel name to column; what nothing fits is left out.
    """
    found: dict[str, str] = {}
    plain_names = {re.sub(r"[^a-z0-9]", "", name.lower()).removeprefix("lead"): name for name in signals}
    for channel in wanted:
        same = plain_names.get(re.sub(r"[^a-z0-9]", "", channel.name.lower()).removeprefix("lead"))
        if same:
            found[channel.name] = same
            continue
        kind, axis = sensor_of(channel.name), axis_of(channel.name)
        if not kind or not axis:
            continue
        fits = [n for n in signals if sensor_of(n) == kind and axis_of(n) == axis and n not in found.values()]
        only = [n for n in signals if not sensor_of(n) and axis_of(n) == axis] if kind == "acc" and not fits else []
        if chosen := next((n for n in [*fits, *only] if convertible(signals[n], channel.unit)), ""):
            found[channel.name] = chosen
    return found


def convertible(given: str, wanted: str) -> bool:
    """Say whether values of one unit can be given in another; an unknown unit may be."""
    ours, theirs = unit_of(given), unit_of(wanted)
    return not ours or ours == theirs or (ours, theirs) in FACTORS or (ours, theirs) == ("degF", "degC")


def _words(name: str) -> list[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return [w for w in re.split(r"[^a-z0-9]+", spaced.lower()) if w]


def _word(name: str) -> str:
    return "_".join(_words(name))
