"""Signals to look at closely: paper, stretch, steps by keyboard, and calipers; every choice is kept in the address."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import free_choice
from app.components.charts import chart
from app.components.fresh_key import fresh_key, is_fresh
from app.figures import viewer
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.errors import ParameterError
from rdpd_core.experiments.cases import Case
from rdpd_core.types import Channel

ALL, OFF = "all", "off"
WINDOW, STRETCH, BEAT, SEGMENT = "window", "stretch", "beat", "segment"
SHEET_S, LONG_S = 10.0, 25.0
"""Time on a standard sheet, and the time from which on an ECG starts with one sheet of it; in s."""
AROUND_S = 5.0
"""So far around what is shown beats are looked for, in s."""
HOURS_FROM = 6 * 3600.0


class Clock(NamedTuple):
    """How numbers of a kind are asked for.

    Attributes:
        unit: As shown.
        size: Of the unit in what is kept.
        form: How a number is written.
    """

    unit: str
    size: float
    form: str


class Source(NamedTuple):
    """What is looked at.

    Attributes:
        channels: One per row of `signal`.
        signal: (C, T), in the units of the channels; NaN where a sensor was silent.
        rate: Hz.
        start_s: Time of the first sample in the recording, in s.
        title: Says which recording it is.
        filename: The same for downloads, without ending.
        poor: Names of the channels that students read.
        segment_s: Length of the segments that attention weighs, in s; None if there are none.
    """

    channels: Sequence[Channel]
    signal: np.ndarray
    rate: float
    start_s: float
    title: str
    filename: str
    poor: Sequence[str] = ()
    segment_s: float | None = None

    @property
    def duration_s(self) -> float:
        """Length, in s."""
        return self.signal.shape[1] / self.rate

    @property
    def end_s(self) -> float:
        """End, in s."""
        return self.start_s + self.duration_s

    @property
    def clock(self) -> Clock:
        """How times are asked for: in hours where there are many."""
        return Clock("h", 3600.0, "%.2f") if self.duration_s >= HOURS_FROM else Clock("s", 1.0, "%.2f")

    def times(self, start: float, end: float) -> str:
        """Give two times in words."""
        return f"{start / self.clock.size:.6g} to {end / self.clock.size:.6g} {self.clock.unit}"


def source_of(case: Case) -> Source:
    """Give a window to look at, with the segments that attention weighs."""
    found = [len(arm.attention) for arm in case.arms if arm.attention is not None]
    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}")
    segment = case.duration_s / found[0] if found else None
    title = f"{case.subject}, recording {case.recording}{', simulated' if case.simulated else ''}"
    return Source(case.channels, case.signal, case.sampling_rate, case.offset_s, title, name, case.poor, segment)


class Stretch(NamedTuple):
    """What is chosen of a source.

    Attributes:
        from_s: Start, in s.
        length_s: Length, in s.
    """

    from_s: float
    length_s: float


def show(
    link: Link,
    source: Source,
    below: Sequence[viewer.Below] = (),
    on_window: Callable[[int], None] | None = None,
    width_px: int = 1200,
) -> dict[str, Any]:
    """Show signals with all that is needed to look at them; names of its choices in the address: speed, gain, layout, group,
    from, length, step, on, t0, t1, a0, a1.

    Args:
        link: Of the page, which closes it with what is given back.
        source: The signals.
        below: Further rows under them.
        on_window: Goes so many windows on when the page's visitor steps by windows; None if there is only one.
        width_px: Width of the figure, in pixels.

    Returns:
        The choices by name.
    """
    leads = any(viewer.is_lead(channel, source.rate) for channel in source.channels)
    chosen = _paper(link, source, leads)
    notes = st.container()
    upper, lower = st.container(), st.container()
    with upper.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen |= _times(link, source, leads, notes)
        stretch = Stretch(chosen["from"], chosen["length"])
        if chosen.get("layout") == viewer.STANDARD:
            stretch = stretch._replace(length_s=min(stretch.length_s, SHEET_S))
        with lower:
            chosen |= _calipers(link, source, stretch, chosen["group"], notes)
        _steps(link, source, stretch, chosen, leads, on_window)
    if chosen.get("step") == BEAT:
        st.caption("Beats are found by their steepness, for going from one to the next only.")
    _draw(link, source, stretch, chosen, below, width_px)
    return {name: value for name, value in chosen.items() if name != "spots"}


def _paper(link: Link, source: Source, leads: bool) -> dict[str, Any]:
    """Ask for groups of channels, and for the paper of an ECG."""
    groups = [ALL, *dict.fromkeys(channel.group for channel in source.channels)]
    usual, chosen = viewer.Settings(), {"group": ALL}
    with st.container(horizontal=True, gap="medium"):
        if len(groups) > 2:
            key = link.offer("group", groups, ALL)
            names = {group: group.replace("_", " ") for group in groups}
            chosen["group"] = st.segmented_control("Channels", groups, required=True, format_func=names.get, key=key)
        if not leads:
            return chosen
        for name, values, unit in (("speed", viewer.SPEEDS, "mm/s"), ("gain", viewer.GAINS, "mm/mV")):
            key = link.offer(name, values, getattr(usual, name))
            label = f"{name.title()} ({unit})"
            chosen[name] = st.segmented_control(label, list(values), required=True, format_func="{:g}".format, key=key)
        shown = [c for c in source.channels if chosen["group"] in (ALL, c.group)]
        layouts = [one for one in viewer.LAYOUTS if one == viewer.STACKED or viewer.has_standard_leads(shown)]
        if len(layouts) > 1:
            key = link.offer("layout", layouts, viewer.STACKED)
            chosen["layout"] = st.segmented_control("Layout", layouts, required=True, key=key)
    return chosen


def _times(link: Link, source: Source, leads: bool, notes: DeltaGenerator) -> dict[str, Any]:
    """Ask for the stretch; times outside of what is looked at now are given up."""
    short = SHEET_S if leads and source.duration_s > LONG_S else source.duration_s
    shortest = min(source.duration_s, max(4 / source.rate, 0.2))
    length = _kept(link, notes, "length", short, shortest, source.duration_s)
    begin = _kept(link, notes, "from", source.start_s, source.start_s, source.end_s - length)
    step = source.segment_s or max(length / 2, 1 / source.rate)
    _number(link, "from", "From", source.clock, begin, (source.start_s, source.end_s - length), step)
    _number(link, "length", "Length", source.clock, length, (shortest, source.duration_s), step)
    if length < source.duration_s:
        whole = {f"{link.page}.from": source.start_s, f"{link.page}.length": source.duration_s}
        st.button("Show all", key=f"{link.page}.whole", on_click=_set, args=(whole,), icon=":material/fit_width:")
    return {"from": begin, "length": length}


def _calipers(link: Link, source: Source, stretch: Stretch, group: str, notes: DeltaGenerator) -> dict[str, Any]:
    """Ask what is to be measured."""
    names = [OFF, *(c.name for c in source.channels if group in (ALL, c.group))]
    key = link.offer("on", names, OFF)
    first, last = source.start_s, source.end_s
    middle, quarter = stretch.from_s + stretch.length_s / 2, stretch.length_s / 8
    times = [_kept(link, notes, name, None, first, last) for name in ("t0", "t1")]
    levels = [_kept(link, notes, name, None, -np.inf, np.inf) for name in ("a0", "a1")]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        box = fresh_key(f"{key}.box", st.session_state[key])
        st.selectbox("Measure on", names, key=box, on_change=_take, args=(box, key), width=140)
        on = st.session_state[key]
        if on == OFF:
            return {"on": OFF, "t0": None, "t1": None, "a0": None, "a1": None}
        unit = Clock(next(c.unit for c in source.channels if c.name == on), 1.0, "%.2f")
        spots = [middle - quarter if times[0] is None else times[0], middle + quarter if times[1] is None else times[1]]
        spots = [round(min(max(spot, first), last), 6) for spot in spots]
        step = max(1 / source.rate, 0.01)
        for name, label, spot in zip(("t0", "t1"), ("First time", "Second time"), spots, strict=True):
            _number(link, name, label, source.clock._replace(form="%.3f"), spot, (first, last), step)
        for name, label, level in zip(("a0", "a1"), ("First level", "Second level"), levels, strict=True):
            _number(link, name, label, unit, level, (None, None), 0.1)
    return {"on": on, "t0": times[0], "t1": times[1], "a0": levels[0], "a1": levels[1], "spots": spots}


def _steps(
    link: Link, source: Source, stretch: Stretch, chosen: dict[str, Any], leads: bool, on_window: Callable[[int], None] | None
) -> None:
    """Ask by what the buttons and keys go on, and offer these."""
    whole = stretch.length_s >= source.duration_s - 0.5 / source.rate
    there = {WINDOW: on_window is not None, STRETCH: not whole, BEAT: leads, SEGMENT: source.segment_s is not None}
    steps = [step for step, given in there.items() if given]
    if not steps:
        return
    step = st.segmented_control("Step by", steps, required=True, key=link.offer("step", steps, steps[0]))
    for sign, label, shortcut, icon in ((-1, "Previous", "P", "arrow_back"), (1, "Next", "N", "arrow_forward")):
        if step == WINDOW:
            action, args, possible = on_window, (sign,), True
        else:
            action, args = _go, (link.page, source, stretch, chosen, step, sign)
            possible = bool(_moved(*args))
        how = {"on_click": action, "args": args, "shortcut": shortcut, "icon": f":material/{icon}:"}
        st.button(label, key=f"{link.page}.{label.lower()}", disabled=not possible, **how)
    chosen["step"] = step


def _go(page: str, source: Source, stretch: Stretch, chosen: dict[str, Any], step: str, sign: int) -> None:
    """Take a step from where the last one led, also if a quick second click was made before that was drawn."""
    now = {name: st.session_state[f"{page}.{name}"] for name in ("from", "on", "t0", "t1")}
    spots = [now["t0"], now["t1"]] if None not in (now["t0"], now["t1"]) else chosen.get("spots")
    on = OFF if spots is None else now["on"]
    _set(_moved(page, source, stretch._replace(from_s=now["from"]), {**chosen, "on": on, "spots": spots}, step, sign))


def _moved(page: str, source: Source, stretch: Stretch, chosen: dict[str, Any], step: str, sign: int) -> dict[str, Any]:
    """Give the state after a step: another stretch, or calipers around the next beat or segment; nothing if there is none."""
    latest = source.end_s - stretch.length_s
    if step == STRETCH:
        begin = min(max(stretch.from_s + sign * stretch.length_s, source.start_s), latest)
        return {} if abs(begin - stretch.from_s) < 0.5 / source.rate else {f"{page}.from": begin}
    marks = _marks(source, stretch, step)
    pairs = list(itertools.pairwise(marks))
    at = sorted(chosen["spots"])[0] if chosen["on"] != OFF else stretch.from_s - 1 / source.rate
    near = 0.5 / source.rate
    found = [p for p in pairs if p[0] > at + near] if sign > 0 else [p for p in reversed(pairs) if p[0] < at - near]
    if not found:
        return {}
    t0, t1 = (round(float(time), 6) for time in found[0])
    state = {f"{page}.t0": t0, f"{page}.t1": t1}
    if chosen["on"] == OFF:
        names = [c.name for c in source.channels if chosen["group"] in (ALL, c.group)]
        state[f"{page}.on"] = next((name for name in names if name in source.poor), names[0])
    if not stretch.from_s <= t0 <= t1 <= stretch.from_s + stretch.length_s:
        state[f"{page}.from"] = min(max(t0 - (stretch.length_s - (t1 - t0)) / 2, source.start_s), latest)
    return state


def _marks(source: Source, stretch: Stretch, step: str) -> np.ndarray:
    """Give the times of beats near the stretch, or all edges of segments."""
    if step == SEGMENT:
        return source.start_s + np.arange(round(source.duration_s / source.segment_s) + 1) * source.segment_s
    rows = [row for row, channel in enumerate(source.channels) if viewer.is_lead(channel, source.rate)]
    begin = max(stretch.from_s - AROUND_S, source.start_s)
    near, start = viewer.cut(source.signal, source.rate, source.start_s, begin, stretch.length_s + 2 * AROUND_S)
    return viewer.beats(near[rows], source.rate, start)


def _draw(
    link: Link, source: Source, stretch: Stretch, chosen: dict[str, Any], below: Sequence[viewer.Below], width_px: int
) -> None:
    """Draw the stretch, and say what is measured."""
    signal, start = viewer.cut(source.signal, source.rate, source.start_s, *stretch)
    rows = [row for row, channel in enumerate(source.channels) if chosen["group"] in (ALL, channel.group)]
    channels, signal = [source.channels[row] for row in rows], signal[rows]
    calipers = _chosen_calipers(chosen)
    end = start + signal.shape[1] / source.rate
    inside = calipers is not None and start <= min(calipers[:2]) and max(calipers[:2]) <= end
    paper = {name: chosen[name] for name in ("speed", "gain", "layout") if name in chosen}
    title = f"{source.title}, {source.times(start, end)}"
    measured = calipers if inside else None
    settings = viewer.Settings(**paper, poor=tuple(source.poor), width_px=width_px, calipers=measured, title=title)
    if calipers is not None:
        row = next(place for place, channel in enumerate(channels) if channel.name == calipers.channel)
        found = viewer.measure(source.signal[rows], source.rate, calipers.t0, calipers.t1, row, source.start_s)
        words = viewer.describe_measurement(calipers, found, channels[row].unit)
        st.markdown(f"**{in_markdown(words, 300)}**" + ("" if inside else " Not all of it lies in what is shown."))
    fig = viewer.viewer_figure(channels, signal, source.rate, settings, start, below)
    tables = {"Signal": lambda: viewer.viewer_table(channels, signal, source.rate, start)}
    name = f"{source.filename}_{start:.6g}-{end:.6g}s".replace(".", "-")
    alt = viewer.describe_viewer(channels, signal, source.rate, start, source.title, source.poor)
    chart(fig, f"{link.page}.viewer", name, alt, tables)
    if viewer.sheet_of(channels, end - start, source.rate, settings) is None and any(c.unit == "mV" for c in channels):
        st.caption("Too long for ECG paper: shown in strips, each on its own scale. Choose a shorter length for the paper.")


def _chosen_calipers(chosen: dict[str, Any]) -> viewer.Calipers | None:
    if chosen["on"] == OFF:
        return None
    t0, t1 = chosen["spots"]
    levels = None if None in (chosen["a0"], chosen["a1"]) else (chosen["a0"], chosen["a1"])
    return viewer.Calipers(t0, t1, chosen["on"], levels)


def _kept(link: Link, notes: DeltaGenerator, name: str, default: float | None, low: float, high: float) -> float | None:
    """Give a number that the address or an earlier choice asks for, moved to where there is something to look at."""
    room, high = 1e-6, max(low, high)

    def read(text: str) -> float | None:
        value = _read(text)
        if value is not None and not low - room <= value <= high + room:
            raise ParameterError(f"{value:g} lies outside of {low:g} to {high:g}")
        return value

    offered = free_choice.offer(link, name, read, default)
    value = st.session_state[offered.key]
    if offered.refused:
        notes.warning(f"The link's “{name}” is not used: {in_markdown(offered.refused[1], 200)}", icon=":material/link_off:")
    inside = value is None or low - room <= value <= high + room
    if value is not None and (inside or default is not None):
        value = min(max(value, low), high)
    elif not inside:
        value = None
    st.session_state[offered.key] = value
    return value


def _read(text: str) -> float | None:
    """Give the number of a text in the address; None where it is left to the viewer."""
    if text == "None":
        return None
    try:
        value = float(text)
    except ValueError:
        raise ParameterError(f"“{text}” is no number") from None
    if not np.isfinite(value):
        raise ParameterError(f"“{text}” is no finite number")
    return value


def _number(
    link: Link, name: str, label: str, clock: Clock, value: float | None, ends: tuple[float | None, float | None], step: float
) -> None:
    """Show a number that other things may change as well; one that may be left out has no ends."""
    key = f"{link.page}.{name}"
    box = _fresh(f"{key}.box", None if value is None else value / clock.size)
    low, high = (None if end is None else end / clock.size for end in ends)
    given = {"value": None, "placeholder": "auto"} if low is None else {"min_value": low, "max_value": max(low, high)}
    how = {"step": step / clock.size, "format": clock.form, "width": 140, **given}
    st.number_input(f"{label} ({clock.unit})", key=box, on_change=_take, args=(box, key, clock.size), **how)


def _fresh(key: str, value: float | None) -> str:
    """Give the key of a number's widget, a new one where it has to show something else."""
    turn = st.session_state.setdefault(f"{key}.turn", 0)
    box = f"{key}.{turn}"
    if box not in st.session_state or st.session_state[box] != value:
        turn += 1
        st.session_state[f"{key}.turn"] = turn
        box = f"{key}.{turn}"
        st.session_state[box] = value
    return box


def _take(box: str, key: str, size: float | None = None) -> None:
    """Take over what a widget was set to."""
    if is_fresh(box):
        value = st.session_state[box]
        st.session_state[key] = value if size is None or value is None else round(value * size, 6)


def _set(state: dict[str, Any]) -> None:
    """Write choices."""
    for key, value in state.items():
        st.session_state[key] = value
