"""Every state a job can be in, as a person sees it: its sentence, its bars, and the buttons that make sense."""

import sys

import pytest

from app.figures.job_words import LOOKS
from rdpd_core.environment import ROOT
from rdpd_core.jobs import states
from tests.browser.conftest import running_app
from tests.browser.job_states import STUDY, jobs_in_every_state
from tests.browser.places import PLACES, Place, settle, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

WAIT_MS = 60_000
SEEN = {
    states.QUEUED: ("waits for its turn", ("Stop",)),
    states.STARTING: ("is being started", ("Stop",)),
    states.RUNNING: ("is running", ("Stop",)),
    states.STOPPING: ("stops after this step", ("Stop now",)),
    states.STOPPED: ("was stopped; it can be resumed", ("Resume", "Export", "Delete")),
    states.FAILED: ("failed. Out of memory", ("Resume", "Export", "Delete")),
    states.DONE: ("is done", ("Export", "Delete")),
    states.LOST: ("lost its worker and is being resumed", ("Stop",)),
    states.BROKEN: ("cannot be read", ("Delete",)),
    STUDY: ("is running", ("Stop",)),
}
BUTTON = "[data-testid=stMain] button"
BUTTONS = """() => [...document.querySelectorAll('[data-testid=stMain] button')]
  .map((e) => e.querySelector('[data-testid=stMarkdownContainer]')?.textContent)"""
"""All at one moment, as the page may be drawn anew between two looks."""
DOING = ("Stop", "Stop now", "Resume", "Export", "Delete")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory, app_home):
    """The app with a job in every state: its address, and the ids by state."""
    home = tmp_path_factory.mktemp("jobs")
    sharing = {"RDPD_VENV": sys.prefix, "RDPD_CACHE": str(app_home / "cache")}
    with jobs_in_every_state(home) as made, running_app(ROOT, sys.executable, home, 60, **sharing) as url:
        yield url, made


def test_every_state_is_there():
    assert set(SEEN) == {*LOOKS, STUDY}


@pytest.mark.parametrize("name", SEEN)
def test_a_state_is_told_with_what_can_be_done(same_page, jobs, name):
    url, made = jobs
    page, (sentence, wanted) = same_page, SEEN[name]
    visit(page, url, Place(name, f"jobs?jobs.job={made[name]}", BUTTON), stay=True)
    page.get_by_text(sentence, exact=False).first.wait_for(timeout=WAIT_MS)
    main = page.locator("[data-testid=stMain]")  # beside it, Streamlit has a button of the same name
    main.get_by_role("button", name=wanted[-1], exact=True).wait_for(timeout=WAIT_MS)
    settle(page, WAIT_MS / 1000)
    there = page.evaluate(BUTTONS)
    assert tuple(word for word in DOING if word in there) == wanted
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("path", ["", "case", "distill", "models"])
def test_pages_tell_how_many_jobs_run_and_wait(same_page, jobs, path):
    url, _ = jobs
    visit(same_page, url, next(place for place in PLACES if place.address.partition("?")[0] == path), stay=True)
    same_page.get_by_text("5 running, 1 queued").first.wait_for(timeout=WAIT_MS)
