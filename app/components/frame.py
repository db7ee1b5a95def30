"""What stands around every page: its heading, the line that belongs to every number, and the command that repeats a result."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import job_badge
from app.figures.text import in_markdown
from app.theme import BESIDE

NARROW_PX = 310
NOTE = "Research software, not for clinical use"


def heading(title: str, words: str = "") -> None:
    """Show the name of a page, the permanent note beside it, and a sentence or three below."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, anchor=False, width="content")
        job_badge.show()
        st.badge(NOTE, icon=":material/science:", color="gray")
    if words:
        st.markdown(words)


def wide_and_narrow() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Give room for a picture, and half as much beside it; below it where the window is narrow."""
    grid = st.grid(3, min_column_width=NARROW_PX, gap="medium", key=BESIDE)  # theme.STYLE fills the row of the second cell
    return grid.cell(column_span=2), grid.cell()


def section(title: str) -> None:
    """Show the heading of a part of a page."""
    st.subheader(title, anchor=False)


def command(line: str, what: str) -> None:
    """Show the command line that gives these results again.

    Args:
        line: The command.
        what: What it gives.
    """
    st.caption(f"{what}, from the project's folder:")
    st.code(line, language=None, wrap_lines=True)  # the colors of shell words are too faint on white


def tell_once(key: str) -> None:
    """Show what became of the last thing that was asked for, once.

    Args:
        key: In the session's state; holds ("error", text), or any other word with a text.
    """
    kind, text = st.session_state.pop(key, ("", ""))
    if kind == "error":
        st.error(in_markdown(text, 600), icon=":material/error:")
    elif kind:
        st.toast(in_markdown(text, 600), icon=":material/check:")
