"""Waiting for work: it can be stopped, and what was stopped can be started again."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from app.cached import Task
from rdpd_core.errors import StoppedError

GO = threading.Event()


def page() -> None:
    """Wait for work that goes on until it is let go."""
    import streamlit as st

    from app.cached import Task
    from app.components import waiting
    from tests.app.components.test_waiting import endless

    if "task" not in st.session_state:
        st.session_state.task = Task(endless)

    def again() -> None:
        st.session_state.task = Task(lambda tell: 42)

    found = waiting.result_of(st.session_state.task, again, "it", stops=True)
    if found is not None:
        st.write(f"found {found}")


def endless(tell) -> int:
    """Tell for as long as nobody ends it."""
    while not GO.wait(0.01):
        tell("counting", 0.5)
    return 1


def test_work_ends_where_it_next_tells_how_far_it_is():
    task = Task(endless)
    task.stop()
    assert task.wait(10)
    with pytest.raises(StoppedError, match="stopped on request"):
        task.result()


def test_somebody_who_waits_can_stop_and_start_again():
    at = AppTest.from_function(page, default_timeout=30).run()
    assert not at.exception
    (stop,) = [b for b in at.button if b.label == "Stop"]
    stop.click().run()
    assert at.session_state.task.wait(10)
    at.run()
    assert "stopped before it was done" in at.info[0].value
    (again,) = [b for b in at.button if b.label == "Start again"]
    again.click().run()
    assert [m.value for m in at.markdown] == ["found 42"]
