"""Work that goes on elsewhere: how far it is, what it gave, what went wrong."""

import threading

import pytest

from app.cached import Task
from rdpd_core.errors import DataError


def test_work_tells_how_far_it_is_and_gives_its_result():
    go, told = threading.Event(), threading.Event()

    def work(tell):
        tell("half", 0.5)
        told.set()
        go.wait(10)
        return 42

    task = Task(work)
    assert told.wait(10)
    assert not task.wait(0)
    assert (task.text, task.share) == ("half", 0.5)
    go.set()
    assert task.wait(10)
    assert task.result() == 42


def test_an_error_in_the_work_is_raised_where_the_result_is_asked_for():
    def work(tell):
        raise DataError("no such folder")

    task = Task(work)
    assert task.wait(10)
    with pytest.raises(DataError, match="no such folder"):
        task.result()
