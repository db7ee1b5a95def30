"""The edits of the what-if page: what was done, its settings under the hand, one more, undo and redo."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from app.components import free_choice
from app.components.whatif_history import END, History
from app.figures.text import in_markdown
from app.figures.whatif_words import edit_words
from app.state import Link
from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.edits import EDITS, EVERY, MOST, Edit, Ground, Noise, Swap, checked, from_text, to_text

KINDS = ("noise", "drop", "flatten", "scale", "swap", "shift", "burst", "cut")
LIST, PLACE = "whatif.edits", "whatif.at"


def offer(link: Link, ground: Ground) -> History:
    """Give the edits that the address or the last click asks for."""
    read = checked(ground)
    listed = free_choice.offer(link, "edits", lambda text: to_text(read(text)), "")
    placed = free_choice.offer(link, "at", _place, END)
    for what, (asked, why) in ((n, o.refused) for n, o in (("edits", listed), ("place", placed)) if o.refused):
        st.warning(f"The {what} “{in_markdown(asked)}” cannot be had here: {in_markdown(why, 300)}", icon=":material/link_off:")
    return current()


def current() -> History:
    """Give the edits as they stand."""
    edits = from_text(st.session_state.get(LIST, ""))
    at = st.session_state.get(PLACE, END)
    return History(edits, at if at < len(edits) else END)


def keep(history: History) -> None:
    """Make these the edits."""
    st.session_state[LIST], st.session_state[PLACE] = to_text(history.edits), history.at


def forget() -> None:
    """Begin with an empty list, as for other data."""
    keep(History())


def _place(text: str) -> int:
    if not text.isdecimal() and text != str(END):
        raise ParameterError(f"{text!r} is no place in the list of edits; give a whole number")
    return int(text)


def bar(history: History, ground: Ground, poor: tuple[str, ...]) -> None:
    """Show what can be added, and undo, redo and clear."""
    first = next(name for name in poor)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        titles = {kind: EDITS.get(kind).title for kind in KINDS}
        told = " ".join(f"**{EDITS.get(k).title}**: {EDITS.get(k).meaning}" for k in KINDS)
        kind = st.selectbox("Edit", KINDS, format_func=titles.get, key="whatif.new", help=told, width=170)
        names = _names(kind, ground, poor)
        shown = {**{n: n for n in names}, EVERY: "all channels"}
        channel = st.selectbox("Channel", names, format_func=shown.get, key=f"whatif.new.{kind == 'swap'}", width=170)
        full = len(history.active) >= MOST
        what = {"on_click": _add, "args": (kind, channel or first, ground)}
        st.button("Add", key="whatif.add", icon=":material/add:", type="primary", disabled=full, **what)
        _button("Undo", "undo", history, not history.active)
        _button("Redo", "redo", history, not history.undone)
        _button("Clear", "clear", history, not history.active)


def _names(kind: str, ground: Ground, poor: tuple[str, ...]) -> list[str]:
    """Give the channels, those students read first; for a swap, those that have a partner."""
    others = [c.name for c in ground.channels if c.name not in poor]
    if kind != "swap":
        return [*poor, EVERY, *others]
    return [name for name in (*poor, *others) if partners(name, ground)]


def partners(name: str, ground: Ground) -> list[str]:
    """Give the other channels of the same unit."""
    units = {c.name: c.unit for c in ground.channels}
    return [other for other, unit in units.items() if unit == units.get(name) and other != name]


def _button(label: str, act: str, history: History, idle: bool) -> None:
    icons = {"undo": ":material/undo:", "redo": ":material/redo:", "clear": ":material/clear_all:"}
    st.button(label, key=f"whatif.{act}", icon=icons[act], disabled=idle, on_click=_act, args=(act,))


def _act(act: str) -> None:
    keep(getattr(current(), act)())


def _add(kind: str, channel: str, ground: Ground) -> None:
    made = Swap(channel, partners(channel, ground)[0]) if kind == "swap" else EDITS.get(kind)(channel)
    keep(current().add(made))


def rows(history: History, ground: Ground, duration_s: float, notes: list[str]) -> None:
    """Show a row for every edit in force, with its settings, what it means here, and a button that takes it away.

    Args:
        history: The edits.
        ground: Of the channels.
        duration_s: Length of a window.
        notes: One for each edit in force, or empty.
    """
    for at, (edit, note) in enumerate(zip(history.active, notes, strict=True)):
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
            more = f"  \n{in_markdown(note)}" if note else ""
            st.markdown(f"**{at + 1}. {in_markdown(edit_words(edit))}**{more}", width=300)
            for name in _settings(edit):
                _setting(at, edit, name, ground, duration_s)
            what = {"key": f"whatif.remove.{at}", "on_click": _remove, "args": (at,), "type": "tertiary"}
            st.button("Remove", icon=":material/close:", help=edit.meaning, **what)


def _remove(at: int) -> None:
    keep(current().remove(at))


def _settings(edit: Edit) -> list[str]:
    return [f.name for f in dataclasses.fields(edit) if f.name != "channel"]


def _setting(at: int, edit: Edit, name: str, ground: Ground, duration_s: float) -> None:
    """Show one setting; a move of its hand changes the list at once."""
    field, value = next(f for f in dataclasses.fields(edit) if f.name == name), getattr(edit, name)
    key = f"whatif.edit.{at}.{edit.name}.{name}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    unit = f" ({field.metadata['unit']})" if field.metadata.get("unit") else ""
    label = f"{field.metadata['help'].split(' (')[0].capitalize()}{unit}"
    how: dict[str, Any] = {"key": key, "on_change": _changed, "args": (at, name, key)}
    if name == "other":
        st.selectbox(label, partners(edit.channel, ground), width=170, **how)
    elif "options" in field.metadata:
        st.segmented_control("Distribution", field.metadata["options"], required=True, **how)
    elif isinstance(value, int):
        st.number_input("Draw", 0, field.metadata["high"], step=1, help="Another number draws other values.", width=130, **how)
    else:
        low, high = _range(edit, name, value, duration_s)
        st.slider(label, low, high, step=field.metadata["step"], width=260, **how)


def _range(edit: Edit, name: str, value: float, duration_s: float) -> tuple[float, float]:
    """Give the ends of a slider: those of the setting, or of the window for times; a value from a link stays inside."""
    if name in ("start_s", "length_s"):
        return 0.0, max(duration_s, value)
    if name == "seconds":
        return min(-duration_s / 2, value), max(duration_s / 2, value)
    field = next(f for f in dataclasses.fields(edit) if f.name == name)
    most = 4.0 if isinstance(edit, Noise) else field.metadata["high"]
    return field.metadata["low"], max(most, value)


def _changed(at: int, name: str, key: str) -> None:
    history = current()
    if at < len(history.active) and hasattr(history.edits[at], name):
        keep(history.replace(at, dataclasses.replace(history.edits[at], **{name: st.session_state[key]})))
