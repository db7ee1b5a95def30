"""What a link asks for, and whether it can be had. Widgets carry their choice into the address; here it is checked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.figures.text import in_markdown

SHOWN = 12


def link_problems(asked: Mapping[str, str], allowed: Mapping[str, Sequence[object]]) -> list[str]:
    """Say what a link asks for and cannot have.

    Args:
        asked: Key to value, as in the address.
        allowed: Key to the values there are; keys of other pages are not looked at.
    """
    found = []
    for key, options in allowed.items():
        known = [str(option) for option in options]
        if asked.get(key, "") and asked[key] not in known:
            some = ", ".join(in_markdown(name) for name in known[:SHOWN]) + (", …" if len(known) > SHOWN else "")
            what = key.rpartition(".")[2]
            found.append(f"The link asks for {what} “{in_markdown(asked[key])}”, which is not here. There is: {some}.")
    return found


def unknown_keys(asked: Mapping[str, str], page: str, known: Sequence[str]) -> list[str]:
    """Say which keys of a page's link mean nothing."""
    odd = [key for key in asked if key.startswith(f"{page}.") and key not in known]
    return [f"The link holds “{in_markdown(key)}”, which means nothing on this page." for key in odd]


def read_link() -> dict[str, str]:
    """Give what the address asks for, before widgets drop what they cannot use."""
    return {str(key): str(value) for key, value in st.query_params.items()}


def keep_problems(page: str, problems: list[str], choice: Sequence[object]) -> list[str]:
    """Give the problems of a link as long as nothing else is chosen; the address itself is mended at once.

    Args:
        page: Whose they are.
        problems: Found in this run.
        choice: What is chosen now.
    """
    now = [str(part) for part in choice]
    kept = st.session_state.get(f"{page}.link", {"problems": [], "choice": []})
    if problems:
        kept = {"problems": problems, "choice": now}
    elif kept["choice"] != now:
        kept = {"problems": [], "choice": now}
    st.session_state[f"{page}.link"] = kept
    return kept["problems"]
