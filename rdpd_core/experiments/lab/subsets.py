"""What may be left at home: single channels or whole groups, and the subsets of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.types import Channel

MOST_SUBSETS = 2**12
"""Of more subsets than this, not all are trained."""
BY = ("channels", "groups")

Subset = tuple[int, ...]
"""Positions of units, ascending."""


class Unit(NamedTuple):
    """What is carried or left at home as one: a channel, or a group of them.

    Attributes:
        name: For people.
        rows: Positions of its channels in the data set.
    """

    name: str
    rows: tuple[int, ...]


def units_of(channels: Sequence[Channel], by: str, names: Sequence[str] = ()) -> tuple[Unit, ...]:
    """Give the units to choose from, in the order of the data set.

    Args:
        channels: Of the data set.
        by: "channels" or "groups".
        names: Those wanted; none takes all.

    Raises:
        UnknownNameError: No such channel or group.
        ParameterError: One is named twice, or there are fewer than two.
    """
    if by not in BY:
        raise UnknownNameError("unit of the lab", by, BY)
    rows: dict[str, list[int]] = {}
    for row, channel in enumerate(channels):
        rows.setdefault(channel.name if by == "channels" else channel.group, []).append(row)
    for name in names:
        if name not in rows:
            raise UnknownNameError(by[:-1], name, rows)
    if len(set(names)) < len(names):
        raise ParameterError(f"{by} {', '.join(names)}: one is named twice; name each once")
    found = tuple(Unit(name, tuple(own)) for name, own in rows.items() if not names or name in names)
    if len(found) < 2:
        raise ParameterError(f"{len(found)} of the {by} to choose from; name at least two of {', '.join(rows)}")
    return found


def count(units: int, largest: int) -> int:
    """Give how many subsets of 1 to `largest` of some units there are."""
    return sum(math.comb(units, size) for size in range(1, largest + 1))


def every(units: int, largest: int) -> list[Subset]:
    """Give every subset of 1 to `largest` units, small ones first.

    Raises:
        ParameterError: There are more than can be trained.
    """
    there = count(units, largest)
    if there > MOST_SUBSETS:
        raise ParameterError(
            f"{there:,} subsets of up to {largest} of {units} units; at most {MOST_SUBSETS:,} are trained one by one. "
            "Choose smaller subsets, fewer units or groups of channels, or search with a beam"
        )
    return [subset for size in range(1, largest + 1) for subset in itertools.combinations(range(units), size)]


def grown(kept: Iterable[Subset], units: int, known: Collection[Subset] = ()) -> list[Subset]:
    """Give the subsets that have one unit more than one of those that were kept, without those that are known."""
    found = {tuple(sorted({*subset, unit})) for subset in kept for unit in range(units) if unit not in subset}
    return sorted(found - set(known))


def costs_of(units: Sequence[str], given: Mapping[str, float] | None = None) -> tuple[float, ...]:
    """Give the cost of each unit, in their order; 1 each if none is given.

    Args:
        units: Names.
        given: Cost by name.

    Raises:
        ParameterError: One is missing, negative, or no number, or there is one for what is no unit.
    """
    if given is None:
        return (1.0,) * len(units)
    missing = [name for name in units if name not in given]
    strange = [name for name in given if name not in units]
    wrong = [f"{name}: {value}" for name, value in given.items() if not (math.isfinite(value) and value >= 0)]
    told = [f"no cost for {', '.join(missing)}"] if missing else []
    told += [f"{', '.join(strange)} is not among the units"] if strange else []
    told += [f"{', '.join(wrong)} is no cost"] if wrong else []
    if told:
        raise ParameterError(f"costs: {'; '.join(told)}; give a number of at least 0 for each of {', '.join(units)}")
    return tuple(float(given[name]) for name in units)
