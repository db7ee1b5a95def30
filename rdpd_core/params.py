"""Settings declared once, read by validation, the app's forms, the command line and the model card."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from rdpd_core.errors import ParameterError, UnknownNameError


def number(default: float, low: float, high: float, help: str, *, unit: str = "", step: float | None = None) -> Any:
    """Declare a number and its range, both ends included; whole if `default` is an int.

    Args:
        default: Value when nothing is said.
        low: Smallest allowed value.
        high: Largest allowed value.
        help: One sentence for the form and the command line.
        unit: Unit of the value, empty if it has none.
        step: Increment a form should offer; None leaves it to the form.
    """
    kind = int if isinstance(default, int) else float
    return field(default=default, metadata={"kind": kind, "low": low, "high": high, "help": help, "unit": unit, "step": step})


def choice(default: str, options: Sequence[str], help: str) -> Any:
    """Declare one of a few words."""
    return field(default=default, metadata={"kind": str, "options": tuple(options), "help": help})


def flag(default: bool, help: str) -> Any:
    """Declare a switch."""
    return field(default=default, metadata={"kind": bool, "help": help})


@dataclass(frozen=True)
class Params:
    """Base of all setting records: frozen, validated, JSON-friendly.

    Raises:
        ParameterError: On construction; names every wrong setting at once.
    """

    def __post_init__(self) -> None:
        problems = [p for f in dataclasses.fields(self) if (p := _problem(f, getattr(self, f.name)))]
        if problems:
            raise ParameterError(f"{type(self).__qualname__}: " + "; ".join(problems))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values; numbers and switches may be text, as from a command line.

        Raises:
            UnknownNameError: A key is not a setting of this record.
            ParameterError: A value cannot be read, or lies outside its range.
        """
        known = {f.name: f for f in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise UnknownNameError(f"{cls.__qualname__} setting", name, known)
        return cls(**{name: _read(known[name], value) for name, value in values.items()})

    @classmethod
    def numbers(cls) -> list[str]:
        """Give the names of the real-valued settings: those in which members of a cohort may differ."""
        return [f.name for f in dataclasses.fields(cls) if f.metadata.get("kind") is float]

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """Give a copy that holds `values` unchecked, for example tensors with one entry per member."""
        copy = object.__new__(type(self))
        for f in dataclasses.fields(self):
            object.__setattr__(copy, f.name, values.get(f.name, getattr(self, f.name)))
        return copy


def _problem(f: dataclasses.Field, value: Any) -> str | None:
    meta = f.metadata
    unit = f" {meta['unit']}" if meta.get("unit") else ""
    if "options" in meta and value not in meta["options"]:
        return f"{f.name}={value!r} is not one of {', '.join(meta['options'])}"
    if meta.get("kind") is bool and not isinstance(value, bool):
        return f"{f.name}={value!r} is neither True nor False"
    if "low" in meta:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"{f.name}={value!r} is not a number"
        if meta["kind"] is int and value != int(value):
            return f"{f.name}={value!r} is not a whole number"
        if not meta["low"] <= value <= meta["high"]:
            return f"{f.name}={value!r}{unit} is outside [{meta['low']}, {meta['high']}]{unit}"
    return None


def _read(f: dataclasses.Field, value: Any) -> Any:
    if not isinstance(value, str) or f.metadata.get("kind") in (str, None):
        return float(value) if f.metadata.get("kind") is float and type(value) is int else value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return words[value.lower()] if f.metadata["kind"] is bool else f.metadata["kind"](value)
    except (KeyError, ValueError):
        raise ParameterError(f"{f.name}={value!r} cannot be read as {f.metadata['kind'].__name__}") from None
