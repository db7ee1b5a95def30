"""The address of a page: it holds every choice, so that a link restores a view and Back undoes a click.

Streamlit's own binding of widgets to the address replaces the current entry of the browser's history, so Back would leave the
app. Here each change of a choice is a new entry, what a link asks for and cannot have is said, and choices outlive a visit to
another page.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app import recent
from app.figures.text import in_markdown
from app.figures.view_words import PAGES, choices

SHOWN = 12
LATE_S, LEFT = 3.0, 20
"""A click carries the address of its moment: for so long, one of the last addresses that were left is not taken for a link."""


class Link:
    """The choices of one page, in its address and in its widgets; made anew in every run.

    Use: `offer` each choice just before its widget is made, with the key it gives; `close` when all are made.
    """

    def __init__(self, page: str) -> None:
        """Read the address.

        Args:
            page: Prefix of this page's keys, in the address and among the widgets.
        """
        self.page = page
        self._kept: dict[str, Any] = st.session_state.get(f"{page}.address", {"asked": None, "chosen": {}, "problems": []})
        here = {str(key): str(value) for key, value in st.query_params.items() if str(key).startswith(f"{page}.")}
        entered = st.session_state.get("page") != page
        st.session_state["page"] = page
        self._returned = entered and not here and bool(self._kept["chosen"])
        self.asked = dict(self._kept["chosen"]) if self._returned else here
        arrived = entered and bool(here)  # the widgets of a page that was left are gone, even if its address is the same
        self._changed = self._returned or arrived or (here != self._kept["asked"] and not self._is_late(here, entered))
        self._visit = secrets.token_hex(8) if entered else st.session_state.setdefault(f"{page}.visit", secrets.token_hex(8))
        st.session_state[f"{page}.visit"] = self._visit
        self._defaults: dict[str, str] = {}
        self._pinned: set[str] = set()
        self._problems: list[str] = []

    def offer(self, name: str, options: Sequence[Any], default: Any, pinned: bool = False) -> str:
        """Make the widget of a choice start with what the address asks for, or with the default; give the widget's key.

        Args:
            name: Of the choice.
            options: What can be chosen; their text stands in the address.
            default: One of them; it is left out of the address.
            pinned: Whether the default stands in the address, too: it is another one later, such as the newest of something.
        """
        key = f"{self.page}.{name}"
        self._defaults[key] = str(default)
        self._pinned |= {key} if pinned else set()
        known = {str(option): option for option in options}
        if self._changed:
            asked = self.asked.get(key, str(default))
            if asked not in known:
                self._problems.append(refusal(name, asked, list(known)))
            st.session_state[key] = known.get(asked, default)
        elif key not in st.session_state or str(st.session_state[key]) not in known:  # what is not there is not "None"
            st.session_state[key] = default
        return key

    def close(self, chosen: Mapping[str, Any]) -> None:
        """Carry the choices into the address if they changed, and show what the link asked for in vain.

        Args:
            chosen: Name to value, for every choice that was offered.
        """
        told = {f"{self.page}.{name}": str(value) for name, value in chosen.items()}
        wanted = {key: value for key, value in told.items() if value != self._defaults.get(key) or key in self._pinned}
        if self._changed:
            self._problems += [strange(key) for key in self.asked if key not in self._defaults]
            left = self._kept.get("left", [])
            self._keep({"asked": self.asked, "chosen": wanted, "problems": self._problems, "left": left})
        bare = self._changed and not went_back() and any(key not in self.asked for key in self._pinned & set(wanted))
        if self._returned or bare or (not self._changed and wanted != self._kept["chosen"]):
            others = {key: value for key, value in st.query_params.items() if not str(key).startswith(f"{self.page}.")}
            st.query_params.from_dict({**others, **wanted})
            left = [*self._kept.get("left", []), [self._kept["asked"] or {}, time.time()]]
            self._keep({"asked": wanted, "chosen": wanted, "problems": self._problems, "left": left[-LEFT:]})
        self._remember(chosen, wanted)
        for problem in self._kept["problems"]:
            st.warning(problem, icon=":material/link_off:")

    def _remember(self, chosen: Mapping[str, Any], wanted: dict[str, str]) -> None:
        """Keep this view for the list of those that were looked at last, once for each change."""
        now = [self._visit, wanted]
        if self.page in PAGES and st.session_state.get(f"{self.page}.noted") != now:
            st.session_state[f"{self.page}.noted"] = now
            recent.note(self.page, choices(self.page, chosen), wanted, self._visit)

    def _is_late(self, here: Mapping[str, str], entered: bool) -> bool:
        """Say whether this address was left a moment ago: a second quick click was sent before the first had changed it."""
        now, left = time.time(), self._kept.get("left", [])
        return not entered and not went_back() and any(here == old and now - at < LATE_S for old, at in left)

    def _keep(self, record: dict[str, Any]) -> None:
        self._kept = st.session_state[f"{self.page}.address"] = record


def went_back() -> bool:
    """Say whether this run comes from the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def refusal(name: str, asked: str, known: Sequence[str]) -> str:
    """Say that a link asks for what is not here, as Markdown."""
    some = ", ".join(in_markdown(option) for option in known[:SHOWN]) + (", …" if len(known) > SHOWN else "")
    return f"The link asks for {in_markdown(name)} “{in_markdown(asked)}”, which is not here. There is: {some}."


def strange(key: str) -> str:
    """Say that a key of a link means nothing, as Markdown."""
    return f"The link holds “{in_markdown(key)}”, for which there is no choice on this page."
