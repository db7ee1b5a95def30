"""Recordings that stored students are to read although the students learned from another data set."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rdpd_core.datasets import DATASETS, found_and
from rdpd_core.errors import IncompatibleError, ParameterError, UnknownNameError
from rdpd_core.experiments.cases import job_of, views_of
from rdpd_core.intake.keeping import Plan
from rdpd_core.intake.mapping import Mapping, Trace, conversion
from rdpd_core.store import ModelCard, Store
from rdpd_core.types import Channel


@dataclass(frozen=True)
class Reader:
    """The students of one view of a data set.

    Attributes:
        dataset: Which they learned from.
        view: Name of the channels they read.
        split: Under which they were trained.
        channels: What they read, with the units they want.
        classes: What they tell apart.
        means: Of each channel, in these units, over the subjects they learned from.
        titles: Of their arms.
    """

    dataset: str
    view: str
    split: str
    channels: tuple[Channel, ...]
    classes: tuple[str, ...]
    means: tuple[float, ...]
    titles: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name among others."""
        return f"{self.dataset}/{self.view}"


def readers(cards: Sequence[ModelCard] | None = None) -> dict[str, Reader]:
    """Give all groups of students that could read recordings from elsewhere, by "DATASET/VIEW".

    Args:
        cards: Of the store; None asks the default store.
    """
    cards = Store.default().list().cards if cards is None else cards
    found = {}
    for kind in found_and(card.dataset for card in cards):
        mine = [c for c in cards if c.dataset == kind.name and not job_of(c) and c.split == kind.splits[0]]
        for view in [] if kind.own else views_of(mine):
            found[f"{kind.name}/{view}"] = _reader(kind.name, view, [c for c in mine if c.role == "student" and c.view == view])
    return found


def _reader(dataset: str, view: str, cards: Sequence[ModelCard]) -> Reader:
    first, declared = cards[0], {c.name: c for c in DATASETS.get(dataset).channels}
    channels = tuple(declared[c.name] for c in first.channels)
    means = tuple(float(value) for value in first.normalization["mean"])
    return Reader(dataset, view, first.split, channels, first.classes, means, tuple(dict.fromkeys(c.arm for c in cards)))


def plan_for(
    name: str,
    reader: Reader,
    columns: AnyMapping[str, str],
    units: AnyMapping[str, str],
    said: AnyMapping[str, Any],
    mask: bool = False,
    title: str = "",
) -> Plan:
    """Give the plan by which recordings become readable for students.

    Args:
        name: Of the data set to make.
        reader: The students.
        columns: Channel of the students to column of the file; a channel that was not measured is left out.
        units: Column to unit of its values.
        said: Further fields of `Mapping`: time, time_unit, subject, label and so on.
        mask: Whether channels that were not measured may stand at the mean of those the students learned from.
        title: For people.

    Raises:
        IncompatibleError: Channels are missing and may not be masked, or all are missing.
        ParameterError: A unit cannot become the one the students want.
        UnknownNameError: The students read no channel of that name.
    """
    names = [c.name for c in reader.channels]
    for channel in columns:
        if channel not in names:
            raise UnknownNameError(f"channel of {reader.key}", channel, names)
    missing = [c for c in names if c not in columns]
    if missing and not (mask and columns):
        allowed = "; or say that they may be masked: they then stand at the training mean and are marked as not measured"
        raise IncompatibleError(
            f"students of {reader.key} read {', '.join(names)}; nothing was given for {', '.join(missing)}. "
            f"Give a column for each, or choose students that read fewer channels{allowed if columns else ''}"
        )
    traces = []
    for channel in reader.channels:
        if channel.name in columns:
            column = columns[channel.name]
            factor, offset = conversion(units.get(column, "") or channel.unit, channel.unit, channel.name)
            traces.append(Trace(column, channel.name, channel.unit, channel.group, factor, offset))
    masked = {c.name: mean for c, mean in zip(reader.channels, reader.means, strict=True) if c.name in missing}
    order = tuple(replace(c, group="not measured") if c.name in masked else c for c in reader.channels)
    return Plan(
        name, Mapping(tuple(traces), **said), title, reader.dataset, reader.split, order, {reader.view: tuple(names)},
        reader.classes, masked, DATASETS.get(reader.dataset).preparation,
    )  # fmt: skip


def reader_named(key: str) -> Reader:
    """Give students by "DATASET/VIEW", or by DATASET if they have one view.

    Raises:
        UnknownNameError: There are none.
    """
    known = readers()
    if key in known:
        return known[key]
    of_set = [found for found in known.values() if found.dataset == key]
    if len(of_set) == 1:
        return of_set[0]
    if of_set:
        raise ParameterError(f"{key} has students of several views; name one of {', '.join(found.key for found in of_set)}")
    raise UnknownNameError("students", key, known)
