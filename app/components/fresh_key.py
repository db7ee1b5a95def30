"""A widget that shows a value which something else may change: another widget, a click into a picture, the address.

To write into the state of a widget that stands on the page is a race: a quick second click brings along what the browser knew
before, Streamlit takes that for a change of the written widget, and undoes the first click. So a widget whose value has to
change gets a new key instead, and what arrives under an old one is told apart.
"""

from __future__ import annotations

import streamlit as st


def fresh_key(key: str, value: str | list[str]) -> str:
    """Give the key for a widget that has to show a value; the same key as before as long as it shows that value already.

    Args:
        key: Identifies the widget on its page.
        value: What it has to show; of lists, the order does not matter.
    """
    turn = st.session_state.setdefault(f"{key}.turn", 0)
    if not _same(st.session_state.get(f"{key}.{turn}"), value):
        turn += 1
        st.session_state[f"{key}.turn"] = turn
        st.session_state[f"{key}.{turn}"] = value
    return f"{key}.{turn}"


def is_fresh(key: str) -> bool:
    """Say whether a widget is the one that stands on the page; what a browser still tells of an earlier one is not news."""
    name, _, turn = key.rpartition(".")
    return st.session_state.get(f"{name}.turn") == int(turn)  # a reset forgets them all


def _same(shown: str | list[str] | None, value: str | list[str]) -> bool:
    return shown is not None and (shown == value if isinstance(value, str) else set(shown) == set(value))
