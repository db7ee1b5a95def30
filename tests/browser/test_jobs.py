"""Six arms and five seeds from the form to the case, through the death of the server, on this machine and on a Ray cluster."""

import re
import sys
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from rdpd_core.environment import ROOT
from rdpd_core.experiments import ARMS, PAPER_ARMS
from rdpd_core.jobs import Desk, events, states
from tests.browser.conftest import ServerKilled, running_app
from tests.browser.places import settle
from tests.ray_head import ray_head

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1500)]

WAIT_MS, JOB_MS = 240_000, 900_000
SEEDS = 5
ASKED = {"recipe": "paper", "seeds": SEEDS, "view": "lead_I", "share": 0.2}
BROWSED = ("Case study",)
EPOCHS = 3
"""The whole has up to 100; here as many, of fewer windows, as it takes to look at a page meanwhile."""


@contextmanager
def local():
    """Give what the app has to be told to run jobs on this machine: nothing."""
    yield {}


@contextmanager
def ray():
    """Start a Ray head that shares no folder with the app; give what the app has to be told."""
    with ray_head() as head:
        yield {
            "RDPD_RAY_ADDRESS": head.address,
            "RDPD_RAY_TOKEN": head.token,
            "RDPD_RAY_FOLDER": str(head.folder / "jobs"),
            "RDPD_RAY_PYTHON": sys.executable,
            "RDPD_RAY_CPUS": "1",
        }


@pytest.mark.parametrize("engine", [pytest.param(local, id="local"), pytest.param(ray, marks=pytest.mark.trial, id="ray")])
def test_six_arms_and_five_seeds_outlive_the_server_and_open_in_the_case(own_page, app_home, tmp_path, engine):
    page, desk = own_page, Desk(tmp_path / "work" / "jobs")
    with engine() as told:
        env = {"RDPD_VENV": sys.prefix, "RDPD_NICE": "0", "RDPD_CACHE": str(app_home / "cache"), **told}
        with running_app(ROOT, sys.executable, tmp_path, 60, **env) as url:
            job = started(page, url, engine=engine.__name__, epochs=EPOCHS, patience=EPOCHS)
            browse(page, BROWSED)
            assert desk.job(job).state.name == states.RUNNING, "it went on while other pages were looked at"
            raise ServerKilled
        assert [found.id for found in desk.jobs()] == [job]
        with running_app(ROOT, sys.executable, tmp_path, 60, **env) as url:
            page.goto(f"{url}/jobs?jobs.job={job}")
            page.get_by_text("The job is done", exact=False).wait_for(timeout=JOB_MS)
            page.get_by_role("link", name="In the case study").click(timeout=WAIT_MS)
            shows_all_arms(page)
            chosen = [box.input_value() for box in page.locator("[data-testid=stSelectbox] input").all()]
            assert any(job[:6] in value for value in chosen), chosen
    found = events.read_all(desk.job(job).folder.events)
    assert [event["kind"] for event in found.events].count("started") == 1, "one worker did all of it"
    assert not found.damaged


def started(page, url, **more):
    """Choose six arms and five seeds, and start; give the id of the job once it trains."""
    asked = {**ASKED, **more}
    page.goto(f"{url}/distill?{'&'.join(f'distill.{name}={value}' for name, value in asked.items())}")
    page.get_by_text("Students read 1 of 15 channels").wait_for(timeout=WAIT_MS)
    page.get_by_text(re.compile("usually .* on this machine|Timing a few steps")).wait_for(timeout=WAIT_MS)
    for arm in PAPER_ARMS:
        expect(page.get_by_role("checkbox", name=ARMS[arm].title, exact=True)).to_be_checked(timeout=WAIT_MS)
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("[data-testid=stMain]").get_by_role("button", name="Stop", exact=True).wait_for(timeout=WAIT_MS)
    page.get_by_text("Validation", exact=False).first.wait_for(timeout=WAIT_MS)
    return page.url.partition("jobs.job=")[2]


def browse(page, titles):
    """Look at other pages, each of which tells that a job runs."""
    for title in titles:
        page.get_by_role("link", name=title).first.click()
        page.get_by_role("heading", name=title, level=1).wait_for(timeout=WAIT_MS)
        page.get_by_text("1 running").first.wait_for(timeout=WAIT_MS)
        settle(page, WAIT_MS / 1000)


def shows_all_arms(page):
    """Wait for the picture of what every arm says, each of as many models as there are seeds."""
    page.wait_for_selector(".js-plotly-plot:has(.gtitle)", timeout=WAIT_MS)
    for arm in PAPER_ARMS:
        heading = re.compile(rf"{re.escape(ARMS[arm].title)}\s*n = {SEEDS}$")
        page.locator(".annotation-text").filter(has_text=heading).first.wait_for(timeout=WAIT_MS)
