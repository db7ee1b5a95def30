"""Signals to look at closely: paper, stretch, steps by keyboard, and calipers; every choice is kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import viewer_steps
from app.components.case_find import keep
from app.components.charts import chart
from app.components.fresh_key import fresh_key
from app.components.viewer_numbers import kept, number, put, take
from app.components.viewer_source import SHEET_S, Clock, Source, Stretch
from app.components.viewer_steps import BEAT, OFF, Look, Walk
from app.figures import viewer
from app.figures.about import About
from app.figures.text import in_markdown, listed
from app.state import Link
from rdpd_core.types import Channel

ALL, NEAR = "all", "near"
PILLS = 6


class Chosen(NamedTuple):
    """What is shown, and how.

    Attributes:
        look: Signals, stretch and channels.
        paper: Speed, gain and layout, as far as there is paper.
        levels: Two amplitudes that are measured, or None.
        width_px: Width of the figure, in pixels.
        told: What belongs into the address, by name.
    """

    look: Look
    paper: Mapping[str, Any]
    levels: tuple[float, float] | None
    width_px: int
    told: dict[str, Any]


def choose(
    link: Link,
    source: Source,
    walk: Walk | None = None,
    row: DeltaGenerator | None = None,
    steps: DeltaGenerator | None = None,
    width_px: int = 1200,
    asked: bool = True,
) -> Chosen:
    """Ask for all that is needed to look at signals; names of the choices in the address: layout, channels, speed, gain, from,
    length, step, on, t0, t1, a0, a1.

    Args:
        link: Of the page, which closes it with `told`.
        source: The signals.
        walk: How one goes to other windows; None if there is only one.
        row: Where the choices stand; None makes a place.
        steps: Where the buttons for going on stand; None puts them below the other choices.
        width_px: Width of the figure, in pixels.
        asked: Whether the widgets stand on the page; if not, choices are kept.
    """
    row = bar() if row is None else row
    notes, lower = st.container(), bar()
    with row:
        layout = _layout(link, source, asked)
        group = _group(link, source, layout.get("layout"), asked)
        names = shown_names(source, group["channels"], layout.get("layout"))
        on = _measured(link, names, asked)
        fine = st.popover("Paper and time", icon=":material/straighten:", key=f"{link.page}.fine") if asked else row
        with fine:
            paper = _paper(link, source, width_px, asked) | layout
            stretch, times = _times(link, source, notes, asked)
    if layout.get("layout") == viewer.STANDARD:
        stretch = stretch._replace(length_s=min(stretch.length_s, SHEET_S))
    with lower:
        spots, levels, calipers = _calipers(link, source, stretch, on, notes, asked)
    look = Look(source, stretch, names, on, spots)
    with lower if steps is None else bar(steps):
        step = viewer_steps.choose(link, look, walk, asked)
    told = {**paper, **group, **times, "on": on, **calipers, **({} if step is None else {"step": step})}
    return Chosen(look, paper, levels, width_px, told)


def bar(place: DeltaGenerator | None = None) -> DeltaGenerator:
    """Make room for widgets beside each other."""
    return (place or st).container(horizontal=True, gap="small", vertical_alignment="bottom")


def shown_names(source: Source, group: str, layout: str | None) -> tuple[str, ...]:
    """Give the names of the channels that are drawn: those of a group, and always those that students read."""
    if layout == viewer.STANDARD:
        return tuple(c.name for c in source.channels if c.name.casefold() in viewer.STANDARD_LEADS)
    groups = _near(source) if group == NEAR else [group]
    return tuple(c.name for c in source.channels if group == ALL or c.group in groups or c.name in source.poor)


def _near(source: Source) -> list[str]:
    """Give the groups of the channels that students read."""
    return list(dict.fromkeys(channel.group for channel in source.channels if channel.name in source.poor))


def _layout(link: Link, source: Source, asked: bool) -> dict[str, str]:
    """Ask for the arrangement of an ECG, where there are all leads for the standard one."""
    if not (source.has_leads and viewer.has_standard_leads(source.channels)):
        return {}
    key = link.offer("layout", list(viewer.LAYOUTS), viewer.STACKED)
    if not asked:
        return {"layout": keep(key)}
    return {"layout": st.segmented_control("Layout", list(viewer.LAYOUTS), required=True, key=key)}


def _group(link: Link, source: Source, layout: str | None, asked: bool) -> dict[str, str]:
    """Ask for a group of channels."""
    groups, near = list(dict.fromkeys(channel.group for channel in source.channels)), _near(source)
    others = [group for group in groups if group not in near]
    offered = [NEAR, *others, ALL] if near and others else [ALL, *(groups if len(groups) > 1 else [])]
    key = link.offer("channels", offered, offered[0])
    if not asked or len(offered) == 1:
        return {"channels": keep(key)}
    names = {group: group.replace("_", " ") for group in offered} | {NEAR: f"▸ {listed([g.replace('_', ' ') for g in near])}"}
    how = {"format_func": names.get, "key": key, "disabled": layout == viewer.STANDARD}
    how["help"] = "▸ marks what the students read; it is always drawn."
    if len(offered) > PILLS:
        return {"channels": st.selectbox("Channels", offered, width=220, **how)}
    return {"channels": st.segmented_control("Channels", offered, required=True, **how)}


def _measured(link: Link, names: Sequence[str], asked: bool) -> str:
    """Ask on which channel calipers measure."""
    offered = [OFF, *names]
    key = link.offer("on", offered, OFF)
    if asked:
        box = fresh_key(f"{key}.box", st.session_state[key])
        st.selectbox("Measure on", offered, key=box, on_change=take, args=(box, key), width=140)
    return st.session_state[key]


def _paper(link: Link, source: Source, width_px: int, asked: bool) -> dict[str, float]:
    """Ask for speed and gain of the paper of an ECG."""
    chosen: dict[str, float] = {}
    if not source.has_leads:
        return chosen
    usual = {"speed": viewer.usual_speed(source.first_s, width_px), "gain": viewer.Settings().gain}
    for name, values, unit in (("speed", viewer.SPEEDS, "mm/s"), ("gain", viewer.GAINS, "mm/mV")):
        key = link.offer(name, values, usual[name])
        how = {"required": True, "format_func": "{:g}".format, "key": key}
        chosen[name] = st.segmented_control(f"{name.title()} ({unit})", list(values), **how) if asked else keep(key)
    return chosen


def _times(link: Link, source: Source, notes: DeltaGenerator, asked: bool) -> tuple[Stretch, dict[str, float | None]]:
    """Ask for the stretch; times outside of what is looked at now are given up."""
    shortest = min(source.duration_s, max(4 / source.rate, 0.2))
    length = kept(link, notes, "length", shortest, source.duration_s)
    begin = kept(link, notes, "from", source.start_s, source.end_s)
    told = {"length": None if length == source.first_s else length}
    length = length or source.first_s
    latest = source.end_s - length
    begin = source.start_s if begin is None else max(min(begin, latest), source.start_s)
    told["from"] = st.session_state[f"{link.page}.from"] = None if begin == source.start_s else begin
    if asked:
        step = source.segment_s or max(length / 2, 1 / source.rate)
        number(link, "from", "From", source.clock, begin, (source.start_s, latest), step)
        number(link, "length", "Length", source.clock, length, (shortest, source.duration_s), step)
        if length < source.duration_s:
            whole = {f"{link.page}.from": None, f"{link.page}.length": source.duration_s}
            st.button("Show all", key=f"{link.page}.whole", on_click=put, args=(whole,), icon=":material/fit_width:")
    return Stretch(begin, length), told


def _calipers(
    link: Link, source: Source, stretch: Stretch, on: str, notes: DeltaGenerator, asked: bool
) -> tuple[tuple[float, float] | None, tuple[float, float] | None, dict[str, float | None]]:
    """Ask what is to be measured; give the times, the amplitudes, and what belongs into the address."""
    first, last = source.start_s, source.end_s
    middle, quarter = stretch.from_s + stretch.length_s / 2, stretch.length_s / 8
    times = [kept(link, notes, name, first, last) for name in ("t0", "t1")]
    levels = [kept(link, notes, name, -np.inf, np.inf) for name in ("a0", "a1")]
    if on == OFF:
        return None, None, dict.fromkeys(("t0", "t1", "a0", "a1"))
    spots = [middle - quarter if times[0] is None else times[0], middle + quarter if times[1] is None else times[1]]
    spots = [round(min(max(spot, first), last), 6) for spot in spots]
    if asked:
        unit = Clock(next(c.unit for c in source.channels if c.name == on), 1.0, "%.2f")
        for name, label, spot in zip(("t0", "t1"), ("First time", "Second time"), spots, strict=True):
            number(link, name, label, source.clock._replace(form="%.3f"), spot, (first, last), max(1 / source.rate, 0.01))
        for name, label, level in zip(("a0", "a1"), ("First level", "Second level"), levels, strict=True):
            number(link, name, label, unit, level, (None, None), 0.1)
    told = dict(zip(("t0", "t1", "a0", "a1"), (*times, *levels), strict=True))
    return (spots[0], spots[1]), None if None in levels else (levels[0], levels[1]), told


def draw(
    page: str,
    chosen: Chosen,
    below: Sequence[viewer.Below] = (),
    behind: Mapping[str, Callable[[], pd.DataFrame]] | None = None,
    more: str = "",
    *,
    about: About,
) -> None:
    """Draw what is chosen, and say what is measured.

    Args:
        page: Prefix of keys.
        chosen: As `choose` gives.
        below: Further rows under the signals.
        behind: Tables of the further rows.
        more: What the further rows show, in words.
        about: Record and models.
    """
    source, stretch, names, _, _ = chosen.look
    signal, start = viewer.cut(source.signal, source.rate, source.start_s, *stretch)
    rows = [row for row, channel in enumerate(source.channels) if channel.name in names]
    channels, signal = [source.channels[row] for row in rows], signal[rows]
    end = start + signal.shape[1] / source.rate
    measured = _measure(chosen, rows, channels, (start, end))
    title = f"{source.title}, {source.times(start, end)}"
    marks = {"window": source.window, "edges": tuple(source.edges().tolist())}
    paper = {**chosen.paper, **marks, "poor": tuple(source.poor), "width_px": chosen.width_px, "title": title}
    settings = viewer.Settings(calipers=measured, **paper)
    fig = viewer.viewer_figure(channels, signal, source.rate, settings, start, below)
    tables = {"Signal": lambda: viewer.viewer_table(channels, signal, source.rate, start), **(behind or {})}
    name = f"{source.filename}_{start:.6g}-{end:.6g}s".replace(".", "-")
    alt = viewer.describe_viewer(channels, signal, source.rate, start, source.title, source.poor)
    chart(fig, f"{page}.viewer", name, f"{alt} {more}".strip(), tables, about=about)
    told = []
    if viewer.sheet_of(channels, end - start, source.rate, settings) is None and source.has_leads:
        told.append("Too long for ECG paper: in strips, each on its own scale. A shorter length or a lower speed has paper.")
    if chosen.told.get("step") == BEAT:
        told.append("Beats are found by their steepness, for going from one to the next only.")
    if told:
        st.caption(" ".join(told))


def _measure(
    chosen: Chosen, rows: Sequence[int], channels: Sequence[Channel], shown: tuple[float, float]
) -> viewer.Calipers | None:
    """Say what is measured; give the calipers if they lie in what is shown."""
    source, _, _, on, spots = chosen.look
    if on == OFF or spots is None:
        return None
    calipers = viewer.Calipers(*spots, on, chosen.levels)
    row = next(place for place, channel in enumerate(channels) if channel.name == on)
    found = viewer.measure(source.signal[rows], source.rate, *spots, row, source.start_s)
    inside = shown[0] <= min(spots) and max(spots) <= shown[1]
    words = in_markdown(viewer.describe_measurement(calipers, found, channels[row].unit), 300)
    st.markdown(f"**{words}**" + ("" if inside else " Not all of it lies in what is shown."))
    return calipers if inside else None


def show(link: Link, source: Source, below: Sequence[viewer.Below] = (), walk: Walk | None = None) -> dict[str, Any]:
    """Ask and draw in one place; give the choices by name, with which the page closes its link."""
    chosen = choose(link, source, walk)
    draw(link.page, chosen, below, about=About((("record", source.title),)))
    return chosen.told
