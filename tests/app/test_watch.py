"""The server looks after jobs by itself, and says what keeps it from doing so."""

import time

import pytest

from app.watch import BUSY_S, IDLE_S, Watch
from rdpd_core.datasets import DATASETS
from rdpd_core.jobs import ENGINES, states
from tests.core.jobs.made import Dying, toy_spec
from tests.toys import ToyDataset

LIMIT_S = 60


@pytest.mark.slow
def test_jobs_go_on_without_any_page(tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS._entries, "toy", ToyDataset)
    monkeypatch.setitem(ENGINES._entries, "local", Dying)
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    watch = Watch()
    job, _ = watch.desk.submit(toy_spec())
    last = time.monotonic() + LIMIT_S
    while not watch.desk.job(job.id).state.ended and time.monotonic() < last:
        time.sleep(0.05)
    watch.close()
    assert watch.desk.job(job.id).state.name == states.FAILED


def test_a_folder_that_cannot_be_used_is_said_and_tried_again(tmp_path, monkeypatch):
    (tmp_path / "work").write_text("a file, not a folder")
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    watch = Watch()
    watch.close()
    assert watch.desk is None
    assert watch.trouble
    (tmp_path / "work").unlink()
    assert watch.round() == IDLE_S
    assert watch.desk is not None
    assert watch.trouble == ""
    assert watch.round() in (BUSY_S, IDLE_S)
