"""Two people who share a server: neither sees what the other one has, and both see what everybody may."""

import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest

from app import gate
from rdpd_core import files
from rdpd_core.environment import ROOT
from rdpd_core.store import Store, pretrained_root
from tests.app.jobs_made import Course, desk, end, spec, submit
from tests.browser.conftest import running_app
from tests.browser.places import settle
from tests.browser.stand_in_proxy import proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

WAIT_MS = 120_000
ANN, BEN = "ann@clinic.example", "ben@clinic.example"
HEADER = "X-User"
OPTIONS = ("--trust-proxy", "127.0.0.1", "--user-header", HEADER, "--user", ANN, "--user", BEN, "--host-name", "localhost")
TITLE, MODEL = "Only for the eyes of Ann", "teacher-of-ann"


@contextmanager
def seen_by(browser, url, name):
    """Give a page of somebody whom the proxy names, and the address at which it is reached."""
    with proxy(int(url.rpartition(":")[2]), HEADER, name) as through, browser.new_context() as context:
        yield context.new_page(), through


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder of a server in whose workspaces Ann has a job and a model."""
    home = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RDPD_WORK", str(home / "work"))
        patch.setenv(files.OWNER, gate.owner_of(ANN))
        office = desk(files.work_root())  # one that starts no worker
        end(submit(office, spec(title=TITLE), Course("students", epoch=12, epochs=12)), "done")
        kept = Store([pretrained_root()])
        card = next(card for card in kept.list().cards if card.role == "teacher" and card.dataset == "simulated_ecg")
        weights, checked = kept.load(card.dataset, card.name)
        Store.default().save(replace(checked, name=MODEL), weights)
    return home


@pytest.fixture(scope="module")
def served(home):
    """The address of the server, behind a proxy."""
    with running_app(ROOT, sys.executable, home, 60, *OPTIONS, RDPD_VENV=sys.prefix) as url:
        yield url


def told(page, url, path):
    """Give the words of a page that is drawn."""
    page.goto(f"{url}/{path}")
    page.get_by_role("heading", level=1).wait_for(timeout=WAIT_MS)
    settle(page, WAIT_MS / 1000)
    return page.inner_text("body")


def test_jobs_and_models_are_seen_by_their_owner_alone(browser, home, served):
    model = f"models?models.model=simulated_ecg/{MODEL}"
    with seen_by(browser, served, ANN) as (page, url):
        assert TITLE in told(page, url, "jobs")
        assert MODEL in told(page, url, model)
        assert "which is not here" not in page.inner_text("body")
    with seen_by(browser, served, BEN) as (page, url):
        words = told(page, url, "jobs")
        assert "No job was handed in yet" in words
        assert TITLE not in words
        assert TITLE not in told(page, url, "")
        assert f"“simulated_ecg/{MODEL}”, which is not here" in told(page, url, model)
    names = {place.name for place in (home / "work" / "users").iterdir()}
    assert names == {gate.owner_of(ANN), gate.owner_of(BEN)}, "folders do not tell who somebody is"


def test_nobody_else_gets_an_answer(browser, served):
    with seen_by(browser, served, "eve@clinic.example") as (page, url):
        assert page.goto(url).status == 403
    with browser.new_context() as context:
        assert context.new_page().goto(served).status == 403


def test_a_request_is_from_where_it_comes_from_not_from_where_it_says(browser, tmp_path):
    options, claimed = ("--trust-proxy", "10.0.0.7", *OPTIONS[2:]), {HEADER: ANN, "X-Forwarded-For": "10.0.0.7"}
    serving = running_app(ROOT, sys.executable, tmp_path, 60, *options, RDPD_VENV=sys.prefix)
    with serving as url, browser.new_context(extra_http_headers=claimed) as context:
        assert context.new_page().goto(url).status == 403
