"""The badge beside every heading: what runs, what ended meanwhile, and no page that breaks because of it."""

import shutil
from types import SimpleNamespace

import pytest

from rdpd_core.jobs import locks, states
from tests.app.jobs_made import Course, alive, desk, end, open_page, spec, submit

PAGE = "from app.components import job_badge\njob_badge.show()\n"
SEEN = "from app.components import job_badge\njob_badge.seen()\njob_badge.show()\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A desk in place of the server's own."""
    given = SimpleNamespace(desk=desk(tmp_path), trouble="")
    monkeypatch.setattr("app.watch.watch", lambda: given)
    return given


def links(at) -> list[str]:
    """Give the words of the links."""
    return [link.proto.label.replace("\\", "") for link in at.get("page_link")]


def test_nothing_is_shown_while_no_job_is_alive(here, tmp_path):
    end(submit(here.desk, spec(), Course(epoch=1)), states.DONE)
    here.desk.tick()
    at = open_page(tmp_path, PAGE)
    assert not at.exception
    assert (links(at), len(at.markdown)) == ([], 0)


def test_it_counts_what_runs_and_waits_and_leads_to_the_jobs(here, tmp_path):
    running = submit(here.desk, spec("one"), Course(epoch=1))
    submit(here.desk, spec("two", first_seed=5))
    alive(running)
    with locks.hold(running.lock):
        at = open_page(tmp_path, PAGE)
    assert links(at) == ["1 running, 1 queued"]
    assert at.get("page_link")[0].proto.page == "jobs"


def test_a_job_that_ended_meanwhile_is_news_until_it_is_seen(here, tmp_path):
    folder = submit(here.desk, spec("The *one*"))
    at = open_page(tmp_path, PAGE)
    end(folder, states.FAILED, "why")
    here.desk.tick()
    assert links(at.run()) == ["“The *one*” failed"]
    assert links(at.run()) == ["“The *one*” failed"]
    (tmp_path / "page" / "views" / "tried.py").write_text(SEEN, encoding="utf-8")
    assert links(at.run()) == []


def test_on_the_page_of_jobs_itself_nothing_is_news(here, tmp_path):
    folder = submit(here.desk, spec())
    at = open_page(tmp_path, PAGE)
    end(folder, states.DONE)
    at.session_state["page"] = "jobs"
    assert links(at.run()) == []


def test_a_job_that_was_deleted_is_no_news(here, tmp_path):
    folder = submit(here.desk, spec())
    at = open_page(tmp_path, PAGE)
    end(folder, states.DONE)
    here.desk.delete(folder.spec().id)
    assert links(at.run()) == []


def test_what_ended_before_the_session_began_is_no_news(here, tmp_path):
    end(submit(here.desk, spec()), states.DONE)
    here.desk.tick()
    at = open_page(tmp_path, PAGE)
    assert links(at.run()) == []


def test_a_desk_that_cannot_be_opened_is_told_and_breaks_nothing(here, tmp_path):
    here.desk, here.trouble = None, "cannot use *that* folder"
    at = open_page(tmp_path, PAGE)
    assert not at.exception
    assert "cannot be looked after" in at.markdown[0].value


def test_a_folder_of_jobs_that_is_gone_is_told_and_breaks_nothing(here, tmp_path):
    submit(here.desk, spec())
    at = open_page(tmp_path, PAGE)
    shutil.rmtree(here.desk.root)
    at.run()
    assert not at.exception
    assert "cannot be looked after" in at.markdown[0].value
