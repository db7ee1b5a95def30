"""Waiting for work that goes on elsewhere, while the page stays alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from app.cached import Task
from app.figures.text import in_markdown
from rdpd_core.errors import RdpdError, StoppedError

T = TypeVar("T")
PATIENCE_S, EVERY_S = 0.25, 0.4


def result_of(task: Task[T], retry: Callable[[], None], key: str, stops: bool = False) -> T | None:
    """Give what the work gave; None while it goes on or if it failed or was stopped, which is then shown.

    Args:
        task: The work.
        retry: Forgets the work, so that the next run starts it anew.
        key: Identifies the waiting on its page.
        stops: Whether a button stops it: for work that takes long and tells often how far it is.
    """
    if not task.wait(PATIENCE_S):
        st.fragment(_progress, run_every=EVERY_S)(task, key, stops)
        return None
    try:
        return task.result()
    except StoppedError:
        st.info("This was stopped before it was done, so there is nothing to show.", icon=":material/stop_circle:")
        st.button("Start again", on_click=retry, key=f"{key}.retry", icon=":material/restart_alt:")
        return None
    except RdpdError as error:
        st.error(in_markdown(str(error), longest=600), icon=":material/error:")
        st.button("Try again", on_click=retry, key=f"{key}.retry")
        return None


def _progress(task: Task, key: str, stops: bool) -> None:
    if task.wait(0):
        st.rerun()
    text = "Stopping" if task.stopping else task.text or "Starting"
    st.progress(0.0 if task.share is None else min(task.share, 1.0), text=f"{text} …")
    if stops:
        st.button("Stop", on_click=task.stop, key=f"{key}.stop", icon=":material/stop:", disabled=task.stopping)
