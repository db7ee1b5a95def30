"""A job from the form to the case, in a browser, through the death of the server."""

import sys

import pytest

from rdpd_core.environment import ROOT
from rdpd_core.jobs import Desk
from tests.browser.conftest import ServerKilled, running_app

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

WAIT_MS = 240_000
ASKED = {"teacher": "teacher-split_0-seed0", "recipe": "paper", "seeds": 1, "epochs": 60, "patience": 60}


def test_a_job_outlives_the_server_and_its_models_open_in_the_case(page, app_home, app_url, tmp_path):
    sharing = {"RDPD_VENV": sys.prefix, "RDPD_CACHE": str(app_home / "cache")}
    with running_app(ROOT, sys.executable, tmp_path, 60, **sharing) as url:
        page.goto(f"{url}/distill?{'&'.join(f'distill.{name}={value}' for name, value in ASKED.items())}")
        page.get_by_role("button", name="Start", exact=True).wait_for(timeout=WAIT_MS)
        page.get_by_text("Students read 1 of 15 channels").wait_for(timeout=WAIT_MS)
        page.get_by_role("button", name="Start", exact=True).click()
        page.get_by_role("button", name="Stop", exact=True).wait_for(timeout=WAIT_MS)
        page.get_by_text("Validation", exact=False).first.wait_for(timeout=WAIT_MS)
        job = page.url.partition("jobs.job=")[2]
        page.get_by_role("link", name="Models").first.click()
        page.get_by_text("1 running").first.wait_for(timeout=WAIT_MS)
        raise ServerKilled
    desk = Desk(tmp_path / "work" / "jobs")
    assert [found.id for found in desk.jobs()] == [job]
    with running_app(ROOT, sys.executable, tmp_path, 60, **sharing) as url:
        page.goto(f"{url}/jobs?jobs.job={job}")
        page.get_by_text("The job is done", exact=False).wait_for(timeout=WAIT_MS)
        assert desk.job(job).folder.record("launch")["attempt"] == 1, "one worker did all of it"
        page.goto(f"{url}/?start.models={job}")
        page.wait_for_selector(".js-plotly-plot:has(.gtitle)", timeout=WAIT_MS)
        assert job[:6] in page.locator("[data-testid=stSelectbox] input").first.input_value()
