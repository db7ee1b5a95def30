"""Numbers of the signal viewer that other things may change as well: the address, a step, another window."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import free_choice
from app.components.fresh_key import is_fresh
from app.components.viewer_source import Clock
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.errors import ParameterError


def kept(link: Link, notes: DeltaGenerator, name: str, low: float, high: float) -> float | None:
    """Give a number that the address or an earlier choice asks for; None if there is none, or none that fits here.

    Args:
        link: Of the page.
        notes: Where it is said that a link asks for what cannot be had.
        name: Of the choice.
        low: Least.
        high: Greatest.
    """
    room = 1e-6

    def read(text: str) -> float | None:
        value = _read(text)
        if value is not None and not low - room <= value <= high + room:
            raise ParameterError(f"{value:g} lies outside of {low:g} to {high:g}")
        return value

    offered = free_choice.offer(link, name, read, None)
    value = st.session_state[offered.key]
    if offered.refused:
        notes.warning(f"The link's “{name}” is not used: {in_markdown(offered.refused[1], 200)}", icon=":material/link_off:")
    value = min(max(value, low), high) if value is not None and low - room <= value <= high + room else None
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


def number(
    link: Link, name: str, label: str, clock: Clock, value: float | None, ends: tuple[float | None, float | None], step: float
) -> None:
    """Show a number that other things may change as well; one that may be left out has no ends."""
    key = f"{link.page}.{name}"
    box = _fresh(f"{key}.box", None if value is None else value / clock.size)
    low, high = (None if end is None else end / clock.size for end in ends)
    given = {"value": None, "placeholder": "auto"} if low is None else {"min_value": low, "max_value": max(low, high)}
    how = {"step": step / clock.size, "format": clock.form, "width": 140, **given}
    st.number_input(f"{label} ({clock.unit})", key=box, on_change=take, args=(box, key, clock.size), **how)


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


def take(box: str, key: str, size: float | None = None) -> None:
    """Take over what a widget was set to."""
    if is_fresh(box):
        value = st.session_state[box]
        st.session_state[key] = value if size is None or value is None else round(value * size, 6)


def put(state: dict[str, Any]) -> None:
    """Write choices."""
    for key, value in state.items():
        st.session_state[key] = value
