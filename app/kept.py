"""What pages keep between runs: for each owner of a workspace apart, so that nobody is shown what was made for another."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

import streamlit as st

from app import gate

P = ParamSpec("P")
T = TypeVar("T")


class Kept(Generic[P, T]):
    """A function whose results Streamlit keeps."""

    def __init__(self, make: Callable[P, T], keep: Callable[[Callable[..., T]], Any]) -> None:
        """Wrap a function.

        Args:
            make: Of the module's own level; its arguments can be hashed, but for those whose names begin with "_".
            keep: One of Streamlit's decorators with its options.
        """
        functools.update_wrapper(self, make)
        self._make, self._keep, self._kept = make, keep, dict[str, Any]()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Give what was made for these arguments in this workspace, or make it."""
        return self._own()(*args, **kwargs)

    def clear(self, *args: Any) -> None:
        """Forget what was made for these arguments in this workspace; without any, all that was made in it."""
        self._own().clear(*args)

    def _own(self) -> Any:
        """Give the function of this workspace, which keeps as much as those of others, and nothing of theirs."""
        owner, make = gate.owner(), self._make
        if owner not in self._kept:

            def for_owner(*args: Any, **kwargs: Any) -> T:
                return make(*args, **kwargs)

            functools.update_wrapper(for_owner, make)  # Streamlit reads its arguments and its source through this
            for_owner.__qualname__ = f"{make.__qualname__} of {owner}"  # by which Streamlit tells it from those of others
            self._kept.setdefault(owner, self._keep(for_owner))
        return self._kept[owner]


def resource(**options: Any) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """Keep what is shared by all sessions of an owner and never changed; options are those of `st.cache_resource`."""
    return lambda make: Kept(make, st.cache_resource(**options))


def data(**options: Any) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """Keep plain values, of which each session gets a copy; options are those of `st.cache_data`."""
    return lambda make: Kept(make, st.cache_data(**options))
