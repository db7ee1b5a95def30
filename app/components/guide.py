"""The bar above every page while a guided case or presenter mode is on, and the cards that begin a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.components import guide_look, guide_place, guide_tasks, waiting
from app.components.guide_place import Place
from app.components.guide_tasks import Tour
from app.figures.text import in_markdown
from app.state import went_back

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

    from rdpd_core.experiments.guided import Step

START, LONGEST = "start", 700


def bar(here: str, pages: Mapping[str, Page]) -> None:
    """Show where the guided case stands, and go where it was asked to go; nothing is shown if none is on.

    Args:
        here: Name of the page that is about to be shown.
        pages: All pages by name.
    """
    place, presenting = guide_place.current(), guide_place.presenting()
    if place is None and st.session_state.pop(guide_place.JUMP, False):
        guide_place.forget(START)
        st.switch_page(pages[START], query_params=guide_place.address(None))
    if presenting:
        guide_look.large()
    if place is None and not presenting:
        return
    guide_look.bar()
    with st.container(border=True, key="guide", gap="xsmall"):
        if place is None:
            _presenter(None)
        else:
            _tour(place, here, pages)
        guide_look.keys()


def _tour(place: Place, here: str, pages: Mapping[str, Page]) -> None:
    key = (place.name, cached.data_root(), cached.store_stamp())
    tour = waiting.result_of(guide_tasks.tour_task(*key), lambda: guide_tasks.tour_task.clear(*key), "guide.tour")
    if tour is None:
        _presenter(place)
        return
    if place.step > len(tour.steps):
        place = Place(place.name, len(tour.steps))
        st.session_state[guide_place.GUIDE] = place.text
    step = tour.steps[place.step - 1]
    jumped = st.session_state.pop(guide_place.JUMP, False)
    if jumped:
        _go(step, place, here, pages)
    elif here != step.page and went_back() and any(str(key).startswith(f"{step.page}.") for key in st.query_params):
        guide_look.travel(guide_place.came_from_later(place))
        st.stop()
    for other in tour.steps[place.step - 1 : place.step + 1]:
        guide_tasks.prepare(other, *key[1:])
    arrived = st.session_state.pop(guide_place.ARRIVED, False)  # what the session holds is still from before
    _show(tour, place, strayed=not arrived and _strayed(step, here))
    if arrived:
        guide_look.to_picture()


def _go(step: Step, place: Place, here: str, pages: Mapping[str, Page]) -> None:
    """Open the page of a step with its choices; on the page itself, that is one change of the address."""
    guide_place.forget(step.page)
    st.session_state[guide_place.ARRIVED] = True
    choices = {f"{step.page}.{name}": value for name, value in step.choices.items()}
    asked = {**guide_place.address(place), **choices}
    if here == step.page:
        st.query_params.from_dict(asked)
    else:
        st.switch_page(pages[step.page], query_params=asked)


def _strayed(step: Step, here: str) -> bool:
    """Say whether the page shows something else than the step asks for; what was just clicked stands in the session."""
    if here != step.page:
        return True
    keys = {f"{step.page}.{name}": value for name, value in step.choices.items()}
    shown = {key: st.session_state.get(key, st.query_params.get(key)) for key in keys}
    return any(str(shown[key]) != value for key, value in keys.items())


def _show(tour: Tour, place: Place, strayed: bool) -> None:
    """Show a step: where one is, what is said, and the way on."""
    n, last = len(tour.steps), place.step == len(tour.steps)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.markdown(f"**{in_markdown(tour.title)}** :gray[· step {place.step} of {n}]", width="content")
        with st.container(horizontal=True, width="content", gap="small", key="guide_buttons"):
            if strayed:
                what = {"type": "tertiary", "icon": ":material/undo:", "on_click": guide_place.go, "args": (place,)}
                st.button("Back to this step", key="guide_return", **what)
            _button("Back", "back", "arrow_back", "Left", -1, disabled=place.step == 1)
            if last:
                st.button(
                    "Finish",
                    key="guide_next",
                    icon=":material/check:",
                    type="primary",
                    shortcut="Right",
                    on_click=guide_place.home,
                )
            else:
                _button("Next", "next", "arrow_forward", "Right", 1, type="primary")
            _controls(place)
    with st.container(key="guide_words"):
        st.markdown(in_markdown(tour.steps[place.step - 1].sentence, LONGEST))


def _button(label: str, name: str, icon: str, shortcut: str, by: int, **more: object) -> None:
    how = {"icon": f":material/{icon}:", "shortcut": shortcut, "on_click": guide_place.move, "args": (by,)}
    st.button(label, key=f"guide_{name}", **how, **more)


def _presenter(place: Place | None) -> None:
    """Show the bar of presenter mode alone, or while a case is worked out."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if place is None:
            st.markdown("**Presenter mode** :gray[· choose a guided case on the page Start]", width="content")
        with st.container(horizontal=True, width="content", gap="small", key="guide_buttons"):
            _controls(place)


def _controls(place: Place | None) -> None:
    """Show reset, presenter mode, and the end of the case."""
    presenting = guide_place.presenting()
    if presenting:
        told = "Forgets every choice: back to the first step, or to the page Start"
        st.button(
            "Reset", key="guide_reset", icon=":material/restart_alt:", shortcut="Home", help=told, on_click=guide_place.reset
        )
    present_button()
    if place is not None:
        st.button("End", key="guide_end", type="tertiary", icon=":material/close:", on_click=guide_place.end)


def present_button() -> None:
    """Offer to turn presenter mode on or off."""
    presenting = guide_place.presenting()
    label = "Leave presenter mode" if presenting else "Presenter mode"
    told = "Large type, no downloads; arrow keys go on and back, Home puts everything back"
    what = {"help": told, "on_click": guide_place.present, "args": (not presenting,), "type": "tertiary"}
    st.button(label, key="guide_present", icon=":material/co_present:", **what)


def cards() -> None:
    """Show a card for every guided case; a click begins it."""
    task = guide_tasks.titles_task()
    found = waiting.result_of(task, guide_tasks.titles_task.clear, "guide.titles")
    if found is None:
        return
    guide_look.cards()
    with st.container(key="guide_cards", gap="small"):
        for case in found:
            with st.container(border=True, height="stretch", key=f"guide_card_{case.name}"):
                st.markdown(f"**{in_markdown(case.title)}**")
                st.markdown(in_markdown(case.question, LONGEST))
                what = {"on_click": guide_place.begin, "args": (case.name,), "icon": ":material/play_arrow:"}
                st.button("Begin", key=f"guide_begin_{case.name}", **what)
    if guide_place.current() is None and not guide_place.presenting():
        present_button()
