"""A choice whose values cannot be listed, such as a number or a set of names, kept in the address like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from app.state import Link
from rdpd_core.errors import RdpdError

T = TypeVar("T")


class Offered(NamedTuple):
    """A choice that can be made.

    Attributes:
        key: Of its widget, whose value is settled.
        refused: Text that the address asks for and that cannot be read, and why; None if there is no such thing, or something
            else was chosen since.
    """

    key: str
    refused: tuple[str, str] | None


class Listed(list):
    """Names that stand in the address separated by commas."""

    def __str__(self) -> str:
        return ",".join(self)


def offer(link: Link, name: str, read: Callable[[str], T], default: T, pinned: bool = False) -> Offered:
    """Make the widget of a choice start with what the address asks for, or with the default.

    Args:
        link: Of the page.
        name: Of the choice.
        read: Gives the value of a text; raises RdpdError for a text that has none.
        default: Left out of the address.
        pinned: Whether the default stands in the address, too, as in `Link.offer`.
    """
    key = f"{link.page}.{name}"
    asked = link.asked.get(key)
    current = st.session_state.get(key, default)
    options: list[Any] = [current, default] if asked is None else [asked, current, default]
    link.offer(name, options, default, pinned)
    if asked is None:
        return Offered(key, None)
    try:
        value, refused = read(asked), None
    except RdpdError as error:
        value, refused = default, (asked, str(error))
    if st.session_state[key] == asked:  # the text itself is there as long as nobody has read it
        st.session_state[key] = value
    return Offered(key, refused if st.session_state[key] == default else None)
