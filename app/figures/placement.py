"""Where channels are measured and which of them are chosen: on a body, among ECG leads, or as a plain list of marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.figures._placement_body import add_body, place_of
from app.figures._placement_chips import add_chips
from app.figures._placement_leads import add_leads, lead_of
from app.figures._placement_marks import HALF, Unit
from app.figures.canvas import Parts
from app.figures.text import in_plotly, listed

if TYPE_CHECKING:
    from rdpd_core.types import Channel

BODY, LEADS, LIST = KINDS = ("body", "leads", "list")
PIXELS_PER_UNIT = 3.6
"""At a width of 360 pixels."""


def placement_kind(channels: Sequence[Channel]) -> str:
    """Give the picture that fits channels: "leads" or "body" if at least half of them have a place there, else "list"."""
    if not channels:
        return LIST
    if 2 * sum(lead_of(c.name) is not None for c in channels) >= len(channels):
        return LEADS
    return BODY if 2 * sum(_placed(c) is not None for c in channels) >= len(channels) else LIST


def placement_figure(channels: Sequence[Channel], chosen: Collection[str], kind: str | None = None) -> go.Figure:
    """Draw where channels are measured; filled marks are chosen, hollow ones are not.

    Args:
        channels: All channels there are.
        chosen: Names of those that are chosen.
        kind: One of `KINDS`; None takes the one that fits.

    Returns:
        A figure of fixed proportions for 300 to 420 pixels, in which each mark's customdata is ("group" or "channel", name).
    """
    placed, groups = units_of(channels, kind)
    parts, bottom = Parts([], [], []), 0.0
    if placed:
        bottom = {BODY: add_body, LEADS: add_leads}[kind or placement_kind(channels)](parts, placed, chosen, bottom)
    if groups:
        headed = {in_plotly(name.replace("_", " ")): units for name, units in groups.items()}
        bottom = add_chips(parts, headed, chosen, bottom - 2)
    still = {"visible": False, "fixedrange": True}
    return parts.figure(
        height=round(-bottom * PIXELS_PER_UNIT),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis={**still, "range": [-HALF, HALF]},
        yaxis={**still, "range": [bottom, 0], "scaleanchor": "x", "scaleratio": 1},
        dragmode=False,
        hovermode="closest",
        hoverdistance=14,
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
    )


def units_of(channels: Sequence[Channel], kind: str | None = None) -> tuple[list[Unit], dict[str, list[Unit]]]:
    """Give what the marks of a picture stand for.

    Args:
        channels: All channels there are.
        kind: One of `KINDS`; None takes the one that fits.

    Returns:
        Units with a place in the picture, and those without one by group.
    """
    kind = kind or placement_kind(channels)
    members: dict[tuple[str, str], list[str]] = {}
    loose: dict[str, list[Unit]] = {}
    leads: set[str | None] = {None}
    for channel in channels:
        found, lead = (_placed(channel) if kind == BODY else None), lead_of(channel.name)
        if kind == LEADS and lead not in leads:
            found = "channel", channel.name
            leads.add(lead)
        if found is None:
            loose.setdefault(channel.group, []).append(Unit("channel", channel.name, (channel.name,)))
        else:
            members.setdefault(found, []).append(channel.name)
    return [Unit(what, name, tuple(names)) for (what, name), names in members.items()], loose


def members_of(channels: Sequence[Channel], picked: Sequence[str]) -> tuple[str, ...]:
    """Give the channels that a mark stands for; empty if there is no such mark.

    Args:
        channels: All channels there are.
        picked: The mark's customdata: "group" or "channel", and a name.
    """
    what, name = picked
    return tuple(c.name for c in channels if (c.group if what == "group" else c.name) == name)


def describe_placement(channels: Sequence[Channel], chosen: Collection[str], kind: str | None = None) -> str:
    """Give the text alternative: how many channels are chosen, and what of each unit or group."""
    kind = kind or placement_kind(channels)
    shown = {
        BODY: "Outline of a person seen from the front, with a mark for each measuring unit",
        LEADS: "Directions of the limb leads, and the places of electrodes on a chest seen from the front",
        LIST: "Channels by group, a mark for each",
    }[kind]
    by_group: dict[str, list[str]] = {}
    for channel in channels:
        by_group.setdefault(channel.group, []).append(channel.name)
    told = "; ".join(f"{name.replace('_', ' ')}: {_some(names, chosen)}" for name, names in by_group.items())
    count = sum(c.name in chosen for c in channels)
    return f"{shown}, filled where chosen. {count} of {len(channels)} channels are chosen. {told}."


def _some(names: Sequence[str], chosen: Collection[str]) -> str:
    """Say which of the channels of a group are chosen."""
    taken = [name for name in names if name in chosen]
    if len(taken) == len(names):
        return f"all {len(names)}" if len(names) > 1 else f"{names[0]}"
    return f"{len(taken)} of {len(names)} ({listed(taken)})" if taken else "none"


def _placed(channel: Channel) -> tuple[str, str] | None:
    """Give what stands on the body for a channel: its group, or itself where only its own name tells a place."""
    if place_of(channel.group):
        return "group", channel.group
    return ("channel", channel.name) if place_of(channel.name) else None
