"""Going through signals by keyboard: to the next window, stretch, beat or segment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from app.components.case_find import keep
from app.components.viewer_numbers import put
from app.components.viewer_source import Source, Stretch
from app.figures import viewer
from app.state import Link

OFF = "off"
WINDOW, STRETCH, BEAT, SEGMENT = "window", "stretch", "beat", "segment"
AROUND_S = 5.0
"""So far around what is shown beats are looked for, in s."""


class Walk(NamedTuple):
    """How one goes from window to window.

    Attributes:
        go: Goes so many windows on.
        back: Whether there is a window before this one.
        on: Whether there is one after it.
    """

    go: Callable[[int], None]
    back: bool
    on: bool


class Look(NamedTuple):
    """What is looked at now.

    Attributes:
        source: The signals.
        stretch: Of them.
        names: Of the channels that are shown.
        on: Channel that is measured, or `OFF`.
        spots: Two times between which is measured, in s; None where nothing is.
    """

    source: Source
    stretch: Stretch
    names: tuple[str, ...]
    on: str
    spots: tuple[float, float] | None


def choose(link: Link, look: Look, walk: Walk | None, asked: bool) -> str | None:
    """Ask by what the buttons and keys go on, and offer these; None where there is nothing to go on to."""
    source = look.source
    whole = look.stretch.length_s >= source.duration_s - 0.5 / source.rate
    segments = source.segment_s is not None
    there = {WINDOW: walk is not None, STRETCH: not whole, BEAT: source.has_leads, SEGMENT: segments}
    steps = [step for step, given in there.items() if given]
    if not steps:
        return None
    key = link.offer("step", steps, steps[0])
    if not asked:
        return keep(key)
    step = st.segmented_control("Step by", steps, required=True, key=key)
    for sign, label, shortcut in ((-1, "Previous", "P"), (1, "Next", "N")):
        if step == WINDOW:
            action, args, possible = walk.go, (sign,), walk.back if sign < 0 else walk.on
        else:
            action, args = _go, (link.page, look, step, sign)
            possible = bool(_moved(*args))
        how = {"on_click": action, "args": args, "shortcut": shortcut}
        st.button(label, key=f"{link.page}.{label.lower()}", disabled=not possible, **how)
    return step


def _go(page: str, look: Look, step: str, sign: int) -> None:
    """Take a step from where the last one led, also if a quick second click was made before that was drawn."""
    now = {name: st.session_state[f"{page}.{name}"] for name in ("from", "on", "t0", "t1")}
    spots = (now["t0"], now["t1"]) if None not in (now["t0"], now["t1"]) else look.spots
    begin = look.source.start_s if now["from"] is None else now["from"]
    on = OFF if spots is None else now["on"]
    put(_moved(page, look._replace(stretch=look.stretch._replace(from_s=begin), on=on, spots=spots), step, sign))


def _moved(page: str, look: Look, step: str, sign: int) -> dict[str, Any]:
    """Give the state after a step: another stretch, or calipers around the next beat or segment; nothing if there is none."""
    source, stretch = look.source, look.stretch
    latest = source.end_s - stretch.length_s
    if step == STRETCH:
        begin = min(max(stretch.from_s + sign * stretch.length_s, source.start_s), latest)
        return {} if abs(begin - stretch.from_s) < 0.5 / source.rate else {f"{page}.from": begin}
    pairs = list(itertools.pairwise(_marks(source, stretch, step)))
    at = sorted(look.spots)[0] if look.on != OFF else stretch.from_s - 1 / source.rate
    near = 0.5 / source.rate
    found = [p for p in pairs if p[0] > at + near] if sign > 0 else [p for p in reversed(pairs) if p[0] < at - near]
    if not found:
        return {}
    t0, t1 = (round(float(time), 6) for time in found[0])
    state = {f"{page}.t0": t0, f"{page}.t1": t1}
    if look.on == OFF:
        state[f"{page}.on"] = next((name for name in look.names if name in source.poor), look.names[0])
    if not stretch.from_s <= t0 <= t1 <= stretch.from_s + stretch.length_s:
        state[f"{page}.from"] = min(max(t0 - (stretch.length_s - (t1 - t0)) / 2, source.start_s), latest)
    return state


def _marks(source: Source, stretch: Stretch, step: str) -> np.ndarray:
    """Give the times of beats near the stretch, or all edges of segments."""
    if step == SEGMENT:
        return source.edges()
    rows = [row for row, channel in enumerate(source.channels) if viewer.is_lead(channel, source.rate)]
    begin = max(stretch.from_s - AROUND_S, source.start_s)
    near, start = viewer.cut(source.signal, source.rate, source.start_s, begin, stretch.length_s + 2 * AROUND_S)
    return viewer.beats(near[rows], source.rate, start)
