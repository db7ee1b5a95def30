"""Where a guided case stands: which case and step, in the session and in the address; the one place that moves it."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from app.state import went_back

GUIDE, PRESENT = "guide", "present"
JUMP, ARRIVED, HERE, BEFORE = "guide.jump", "guide.arrived", "guide.known", "guide.before"


class Place(NamedTuple):
    """A step of a guided case.

    Attributes:
        name: Of the case, as the address says; there may be none of that name.
        step: From 1.
    """

    name: str
    step: int

    @property
    def text(self) -> str:
        """The place as it stands in the address."""
        return f"{self.name}.{self.step}"


def read(text: str) -> Place | None:
    """Give the place that a text of the address means; None for an empty one."""
    name, _, step = text.rpartition(".")
    if name and step.isdecimal():
        return Place(name, max(1, int(step)))
    return Place(text, 1) if text else None


def current() -> Place | None:
    """Give where one stands; None if no guided case is on.

    A new session and the browser's Back take it from the address. Otherwise the session knows better: a second quick click
    carries the address of its moment, and the links between pages carry none.
    """
    state = st.session_state
    if HERE not in state or went_back():
        state[BEFORE] = state.get(GUIDE, "")
        state[HERE] = True
        state[GUIDE] = str(st.query_params.get(GUIDE, ""))
        state[PRESENT] = state.get(PRESENT, False) or PRESENT in st.query_params
        if not went_back() and state[GUIDE] and set(st.query_params) <= {GUIDE, PRESENT}:
            state[JUMP] = True  # a link that names a step and nothing else leads there
    return read(state[GUIDE])


def came_from_later(place: Place) -> bool:
    """Say whether the browser's Back, not Forward, led to a place: one stood there, or beyond, before."""
    before = read(st.session_state.get(BEFORE, ""))
    return before is not None and before.step >= place.step


def presenting() -> bool:
    """Say whether presenter mode is on."""
    return bool(st.session_state.get(PRESENT))


def begin(name: str) -> None:
    """Go to the first step of a case."""
    go(Place(name, 1))


def go(place: Place) -> None:
    """Go to a step, as soon as it is known what it asks for."""
    st.session_state[GUIDE], st.session_state[JUMP] = place.text, True


def move(by: int) -> None:
    """Go some steps on or back from where one stands."""
    place = read(st.session_state.get(GUIDE, ""))
    if place is not None:
        go(Place(place.name, max(1, place.step + by)))


def end() -> None:
    """End the guided case; the page stays as it is."""
    st.session_state[GUIDE] = ""
    st.session_state.pop(JUMP, None)
    st.query_params.pop(GUIDE, None)


def home() -> None:
    """End the guided case and go to the first page."""
    st.session_state[GUIDE], st.session_state[JUMP] = "", True


def present(on: bool) -> None:
    """Turn presenter mode on or off."""
    st.session_state[PRESENT] = on
    if on:
        st.query_params[PRESENT] = "1"
    else:
        st.query_params.pop(PRESENT, None)


def reset() -> None:
    """Forget every choice of the session, and go to the first step of the guided case, or to the first page without one."""
    place, presenting_now = read(st.session_state.get(GUIDE, "")), presenting()
    for key in list(st.session_state):
        del st.session_state[key]
    st.session_state[HERE], st.session_state[PRESENT] = True, presenting_now
    if place is None:
        home()
    else:
        begin(place.name)


def address(place: Place | None) -> dict[str, str]:
    """Give what stands in the address beside a page's choices."""
    told = {GUIDE: place.text} if place is not None else {}
    return {**told, PRESENT: "1"} if presenting() else told


def forget(page: str) -> None:
    """Forget what the address of a page was, so that the page takes every choice from the new one."""
    for key in (f"{page}.address", f"{page}.curve_for"):  # the second: for which edits a curve was asked for
        st.session_state.pop(key, None)
