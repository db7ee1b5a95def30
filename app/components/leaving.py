"""Files that somebody takes away: of credentialed data they are offered only after it was asked for twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app import cached
from app.figures.text import in_markdown
from rdpd_core.datasets.leaving import is_held, words

ASKED = "leaving.asked"


def may_leave(dataset: str) -> bool:
    """Say whether pictures, numbers and models of a data set may be saved in this session."""
    return dataset in st.session_state.get(ASKED, ()) or not is_held(dataset, cached.data_root())


def ask(dataset: str, key: str) -> None:
    """Say why nothing can be saved, and let somebody say that it is allowed; the file itself is then asked for once more.

    Args:
        dataset: Its name.
        key: Identifies this question on its page.
    """
    with st.popover("Save", icon=":material/lock:", type="tertiary", key=f"{key}.held"):
        st.markdown(in_markdown(f"{words(dataset)}.", 500))
        st.button("The agreement allows me to save it", on_click=_allow, args=(dataset,), key=f"{key}.allowed")


def file(dataset: str, label: str, data: Callable[[], Any] | bytes, name: str, mime: str, *, key: str, **look: Any) -> None:
    """Offer a file, or the question that comes before it; further words are those of `st.download_button`.

    Args:
        dataset: What the file was made from.
        label: Of the button.
        data: The file, or what makes it.
        name: Of the file.
        mime: Its kind.
        key: Of the button.
        **look: Of the button.
    """
    if may_leave(dataset):
        st.download_button(label, data, name, mime, key=key, on_click="ignore", **look)
    else:
        ask(dataset, key)


def _allow(dataset: str) -> None:
    st.session_state[ASKED] = {*st.session_state.get(ASKED, ()), dataset}
