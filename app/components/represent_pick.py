"""Choosing students on the page Representations; choices outlive a look at the other part of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import streamlit as st

from app.components import free_choice
from app.components.case_find import keep
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.subjects import title_of

T = TypeVar("T")
USUAL = ""
"""Stands for what is shown as long as nothing is chosen, and is not in the address."""


def pick(link: Link, name: str, options: Sequence[T], default: T, asked: bool, widget: Callable[[str], T]) -> T:
    """Offer a choice, and give it; its widget is made only on the part of the page that asks for it.

    Args:
        link: Of the page.
        name: Of the choice.
        options: What can be chosen.
        default: One of them.
        asked: Whether the widget stands on the page now; if not, the choice is kept.
        widget: Makes it, with a key.
    """
    key = link.offer(name, options, default)
    return widget(key) if asked else keep(key)


def pick_arms(link: Link, name: str, arms: Sequence[str], default: Sequence[str], asked: bool, label: str) -> tuple[str, ...]:
    """Ask for one or more students, in the order in which they stand everywhere.

    Args:
        link: Of the page.
        name: Of the choice.
        arms: Those there are.
        default: Some of them.
        asked: Whether the widget stands on the page now.
        label: Of the widget.
    """
    key, refused = free_choice.offer(link, name, partial(_read, arms), list(default))
    left = [arm for arm in st.session_state[key] or () if arm in arms]
    st.session_state[key] = left or list(default)
    if refused:
        st.warning(in_markdown(f"The link asks for students that are not here: {refused[1]}", 400), icon=":material/link_off:")
    titles = {arm: in_markdown(title_of(arm)) for arm in arms}
    chosen = st.pills(label, list(arms), selection_mode="multi", format_func=titles.get, key=key) if asked else keep(key)
    return tuple(arm for arm in arms if arm in chosen) or tuple(default)


def offer_later(link: Link, name: str) -> str:
    """Give a choice whose options are known only when something is computed: any text, or `USUAL`; see `select`.

    Args:
        link: Of the page.
        name: Of the choice.
    """
    key = f"{link.page}.{name}"
    return st.session_state[link.offer(name, [link.asked.get(key, USUAL), st.session_state.get(key, USUAL), USUAL], USUAL)]


def select(page: str, name: str, label: str, options: Sequence[T], value: T, words: Mapping[T, str] | None = None) -> None:
    """Ask for a choice that is in the address already; what is chosen is there when the page runs again.

    Args:
        page: Key of the page.
        name: Of the choice.
        label: Of the widget.
        options: What can be chosen.
        value: One of them.
        words: For people, by option.
    """
    key = f"{page}.{name}.widget"
    st.session_state[key] = value
    how = {"format_func": words.get} if words else {}
    st.selectbox(label, list(options), key=key, on_change=_chosen, args=(page, name, key), **how)


def _chosen(page: str, name: str, key: str) -> None:
    st.session_state[f"{page}.{name}"] = st.session_state[key]


def address(chosen: Sequence[str], default: Sequence[str]) -> str:
    """Give what stands in the address for some students."""
    return str(list(default)) if tuple(chosen) == tuple(default) else ",".join(chosen)


def _read(arms: Sequence[str], text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in arms:
            raise UnknownNameError("student of this view", name, arms)
    if len(set(names)) < len(names):
        raise ParameterError(f"{text} names a student twice; give each once")
    return names
