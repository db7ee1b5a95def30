"""What the columns of a file mean: a record that can be kept, shown and read again."""

from __future__ import annotations

import math
from collections.abc import Mapping as AnyMapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from rdpd_core.errors import ParameterError

TIME_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "date": 1.0}
FILE, FOLDER = "@file", "@folder"
"""Stand for the name of the file, and of its folder, where a column could be named."""
FACTORS = {
    ("g", "m/s^2"): 9.80665, ("mg", "m/s^2"): 9.80665e-3, ("deg/s", "rad/s"): math.pi / 180, ("mdps", "rad/s"): math.pi / 180e3,
    ("uV", "mV"): 1e-3, ("V", "mV"): 1e3, ("m/s^2", "g"): 1 / 9.80665, ("rad/s", "deg/s"): 180 / math.pi, ("nV", "mV"): 1e-6,
}  # fmt: skip
SPELLINGS = {
    "m/s²": "m/s^2", "m/s2": "m/s^2", "m/s/s": "m/s^2", "m.s-2": "m/s^2", "m·s⁻²": "m/s^2", "ms-2": "m/s^2", "°/s": "deg/s",
    "dps": "deg/s", "degree/s": "deg/s", "µv": "uV", "μv": "uV", "uv": "uV", "mv": "mV", "µt": "uT", "μt": "uT", "ut": "uT",
    "bpm": "1/min", "1/min": "1/min", "hz": "Hz", "°c": "degC", "°f": "degF", "g": "g", "v": "V",
}  # fmt: skip


def unit_of(text: str) -> str:
    """Give a unit as it is spelled here."""
    text = text.strip()
    return SPELLINGS.get(text.lower(), text)


def conversion(given: str, wanted: str, channel: str) -> tuple[float, float]:
    """Give factor and offset by which values of one unit become values of another.

    Raises:
        ParameterError: The one does not measure what the other does, or the file's unit is not known.
    """
    ours, theirs = unit_of(given), unit_of(wanted)
    if ours == theirs:
        return 1.0, 0.0
    if (ours, theirs) == ("degF", "degC"):
        return 5 / 9, -160 / 9
    if (ours, theirs) not in FACTORS:
        known = sorted({a for a, b in FACTORS if b == theirs} | {theirs})
        raise ParameterError(
            f"channel {channel}: from {given or 'no unit'} to {wanted} there is no way; give {', '.join(known)}"
        )
    return FACTORS[ours, theirs], 0.0


@dataclass(frozen=True)
class Trace:
    """One channel, and the column it comes from.

    Attributes:
        column: Name of the column; in a long table, what stands in the column of names.
        name: Of the channel.
        unit: After conversion.
        group: Sensor or body place.
        factor: By which the column's values are multiplied.
        offset: Added then.
    """

    column: str
    name: str
    unit: str = "a.u."
    group: str = "sensors"
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Mapping:
    """What the columns of a file mean.

    Attributes:
        traces: The channels.
        time: Column of time; empty if there is none.
        time_unit: One of `TIME_UNITS`.
        rate_hz: Samples per second; 0 finds it out from the times, or from the file.
        subject: Column of the person, `FILE`, `FOLDER`, or empty.
        label: Column of the class, `FILE`, `FOLDER`, or empty.
        recording: Column that tells recordings of one person apart, or empty.
        names: In a long table, the column that says which channel a row is of.
        values: In a long table, the column of the values.
        labels: What stands in the file, and the class it means; others keep their names.
        gap_s: A longer gap ends a recording; a shorter one is bridged by a straight line. In s; 0 takes 1 s,
            or three samples if these are longer.
    """

    traces: tuple[Trace, ...]
    time: str = ""
    time_unit: str = "s"
    rate_hz: float = 0.0
    subject: str = ""
    label: str = ""
    recording: str = ""
    names: str = ""
    values: str = ""
    labels: AnyMapping[str, str] = field(default_factory=dict)
    gap_s: float = 0.0

    def __post_init__(self) -> None:
        if not self.traces:
            raise ParameterError("no channel was chosen; choose at least one column")
        said = [trace.name for trace in self.traces]
        twice = next((name for name in said if said.count(name) > 1), None)
        if twice is not None:
            raise ParameterError(f"two channels are named {twice!r}; give each a name of its own")
        if self.time_unit not in TIME_UNITS:
            raise ParameterError(f"unit of time {self.time_unit!r}: give one of {', '.join(TIME_UNITS)}")
        if not (math.isfinite(self.rate_hz) and 0 <= self.rate_hz <= 1e5):
            raise ParameterError(f"rate {self.rate_hz}: give Hz from 0 to 100000; 0 finds it out")
        if not (math.isfinite(self.gap_s) and self.gap_s >= 0):
            raise ParameterError(f"gap {self.gap_s}: give a length in s; 0 chooses it")
        if bool(self.names) != bool(self.values):
            raise ParameterError("a long table needs both the column of names and the column of values")

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self) | {"labels": dict(self.labels)}

    @classmethod
    def from_dict(cls, value: AnyMapping[str, Any]) -> Self:
        """Read what `to_dict` gave.

        Raises:
            ParameterError: A field is missing, unknown or of another kind.
        """
        try:
            known = {f.name for f in fields(cls)}
            strange = sorted(set(value) - known)
            if strange:
                raise ParameterError(f"mapping: unknown field {strange[0]!r}; known: {', '.join(sorted(known))}")
            traces = tuple(_trace(given) for given in value["traces"])
            labels = {str(k): str(v) for k, v in dict(value.get("labels", {})).items()}
            numbers = {name: float(value[name]) for name in ("rate_hz", "gap_s") if name in value}
            words = ("time", "time_unit", "subject", "label", "recording", "names", "values")
            texts = {name: str(value[name]) for name in words if name in value}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, ParameterError):
                raise
            raise ParameterError(f"mapping: a field is missing or of another kind ({error})") from error
        return cls(traces, labels=labels, **numbers, **texts)


def _trace(given: AnyMapping[str, Any]) -> Trace:
    factor, offset = float(given.get("factor", 1.0)), float(given.get("offset", 0.0))
    if not (math.isfinite(factor) and math.isfinite(offset)) or factor == 0:
        raise ParameterError("mapping: factor and offset must be numbers, the factor not 0")
    texts = {name: str(given[name]) for name in ("unit", "group") if name in given}
    return Trace(str(given["column"]), str(given["name"]), factor=factor, offset=offset, **texts)
