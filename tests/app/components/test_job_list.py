"""The list of jobs, with none, some and hundreds of them, and with folders that are no jobs."""

import shutil
from types import SimpleNamespace

import pytest

from app.components import job_list
from rdpd_core.jobs import JobFolder, locks, states
from tests.app.jobs_made import Course, alive, desk, end, open_page, spec, submit, texts

PAGE = """
import streamlit as st
from app.components import job_list
from app.state import Link
link = Link("jobs")
job = job_list.choose(link)
link.close({"job": job or ""})
st.text(f"chosen {job}")
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A desk in place of the server's own."""
    given = SimpleNamespace(desk=desk(tmp_path), trouble="")
    monkeypatch.setattr("app.watch.watch", lambda: given)
    return given


def many(office, count: int) -> list[str]:
    """Hand in many jobs that are done; give their ids, newest first."""
    for at in range(count):
        one = spec(f"job {at}", first_seed=at)
        folder = JobFolder(office.root / one.id)
        folder.path.mkdir()
        one.write(folder.spec_path)
        folder.write_record("result", {"status": "done", "reason": "", "ended": 1.0, "models": [], "tables": []})
    office.rebuild()
    return [job.id for job in office.jobs()]


@pytest.mark.slow
def test_without_jobs_nothing_can_be_chosen(here, tmp_path):
    at = open_page(tmp_path, PAGE)
    assert not at.exception
    assert at.text[0].value == "chosen None"
    assert "No job" in at.info[0].value


def test_a_link_to_a_job_that_is_gone_is_told(here, tmp_path):
    at = open_page(tmp_path, PAGE, jobs__job="0123456789abcdef")
    assert "0123456789abcdef" in texts(at)
    assert at.text[0].value == "chosen None"


@pytest.mark.parametrize("count", [1, 30, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_the_newest_is_chosen_and_a_link_restores_another(here, tmp_path, count):
    ids = many(here.desk, count)
    at = open_page(tmp_path, PAGE)
    assert at.text[0].value == f"chosen {ids[0]}"
    assert len(at.dataframe[0].value) == count
    again = open_page(tmp_path, PAGE, jobs__job=ids[-1])
    assert not again.warning
    assert again.text[0].value == f"chosen {ids[-1]}"
    again.selectbox[0].set_value(ids[0]).run()
    assert again.text[0].value == f"chosen {ids[0]}"
    assert ids[0] in again.query_params["jobs.job"]


def test_rows_tell_state_stage_share_and_time_left(here, tmp_path):
    running = submit(here.desk, spec("runs"), Course(epoch=10, epochs=40, every_s=60.0))
    submit(here.desk, spec("waits", first_seed=1))
    submit(here.desk, spec("waits too", first_seed=2))
    failed = submit(here.desk, spec("fails", first_seed=3), Course(epoch=1))
    end(failed, states.FAILED, "out of memory")
    alive(running)
    with locks.hold(running.lock):
        here.desk.tick()
        at = open_page(tmp_path, PAGE)
    rows = at.dataframe[0].value.set_index("job")
    assert list(rows.index) == ["fails", "waits too", "waits", "runs"]
    assert rows.loc["runs", ["state", "now", "share"]].tolist() == ["▶ running", "15 students, epoch 11 of 40", 25.0]
    assert rows.loc["runs", "time left"].startswith("at most ")
    assert rows.loc["waits too", "now"] == "2 in line"
    assert rows.loc["fails", ["state", "now"]].tolist() == ["✕ failed", "out of memory"]


def test_a_folder_that_is_no_job_is_told_and_can_be_deleted(here, tmp_path):
    (here.desk.root / "odd").mkdir()
    (here.desk.root / "odd" / "spec.json").write_text("{}", encoding="utf-8")
    here.desk.rebuild()
    at = open_page(tmp_path, PAGE)
    assert "odd/spec.json" in texts(at)
    at.button(key="jobs.discard.odd").click().run()
    assert not at.exception
    assert not (here.desk.root / "odd").exists()
    assert "odd/spec.json" not in texts(at)


def test_a_folder_at_which_a_worker_is_busy_is_not_deleted(here, tmp_path):
    (here.desk.root / "odd").mkdir()
    (here.desk.root / "odd" / "spec.json").write_text("{}", encoding="utf-8")
    here.desk.rebuild()
    at = open_page(tmp_path, PAGE)
    with locks.hold(here.desk.root / "odd" / "lock"):
        at.button(key="jobs.discard.odd").click().run()
    assert (here.desk.root / "odd").exists()
    assert "busy" in texts(at)


def test_a_job_whose_folder_is_gone_is_told_in_its_row(here, tmp_path):
    folder = submit(here.desk, spec("lost"))
    shutil.rmtree(folder.path)
    at = open_page(tmp_path, PAGE)
    assert not at.exception
    assert at.dataframe[0].value.loc[0, "state"] == "? unreadable"
    assert "is gone" in at.dataframe[0].value.loc[0, "now"]


def test_a_list_that_cannot_be_read_is_one_sentence(here, tmp_path):
    submit(here.desk, spec())
    shutil.rmtree(here.desk.root)
    at = open_page(tmp_path, PAGE)
    assert not at.exception
    assert len(at.error) == 1
    assert at.text[0].value == "chosen None"


def test_without_a_desk_the_reason_is_told(here, tmp_path):
    here.desk, here.trouble = None, "cannot use that folder"
    at = open_page(tmp_path, PAGE)
    assert "cannot use that folder" in texts(at)


def test_pointing_at_a_job_makes_it_the_chosen_one(here, tmp_path):
    ids = many(here.desk, 3)
    at = open_page(tmp_path, PAGE)
    at.session_state[f"jobs.{job_list.NAME}"] = ids[2]
    at.run()
    assert at.text[0].value == f"chosen {ids[2]}"
