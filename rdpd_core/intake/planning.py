"""A mapping for a data set of its own, from suggestions and from what somebody said."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from typing import Any

from rdpd_core.errors import ParameterError
from rdpd_core.intake.mapping import Mapping, Trace
from rdpd_core.intake.suggest import Suggested, sensor_of

LONGEST = 40
GROUPS = {"acc": "accelerometer", "gyro": "gyroscope", "mag": "magnetometer"}


def fields_of(found: Suggested) -> dict[str, Any]:
    """Give what is suggested beside channels, as fields of a mapping."""
    return {name: getattr(found, name) for name in ("time", "time_unit", "subject", "label", "recording")}


def free_mapping(
    told: AnyMapping[str, Any],
    found: Suggested,
    columns: AnyMapping[str, str] | None = None,
    units: AnyMapping[str, str] | None = None,
    said: AnyMapping[str, Any] | None = None,
) -> Mapping:
    """Give a mapping in which channels are called as somebody said, or as their columns.

    Args:
        told: A first look.
        found: What is suggested of it.
        columns: Channel to column; empty takes all columns that may be channels and are used for nothing else.
        units: Column to unit; empty takes the suggested ones.
        said: Fields of the mapping that somebody decided.

    Raises:
        ParameterError: No column may be a channel.
    """
    fields = fields_of(found) | dict(said or {})
    used = {fields[name] for name in ("time", "subject", "label", "recording")}
    names = columns or {channel_name(column): column for column in found.signals if column not in used}
    if not names:
        raise ParameterError("no column holds the numbers of a channel; look at the delimiter and the decimal sign")
    known = found.signals | dict(units or {})
    traces = tuple(
        Trace(column, channel_name(name), known.get(column) or "a.u.", GROUPS.get(sensor_of(column), "sensors"))
        for name, column in names.items()
    )
    return Mapping(traces, **fields)


def channel_name(column: str) -> str:
    """Give a name for a channel: without the unit in brackets, without signs that views and addresses are made of."""
    bare = re.sub(r"\s*[\[(][^\[\]()]*[\])]\s*$", "", column) or column
    return re.sub(r"[,\s]+", " ", bare).strip()[:LONGEST] or "channel"
