"""A login by OpenID Connect, from the button to a workspace of one's own, at a provider that stands in for a true one."""

import shutil
import sys

import pytest

from app import gate
from rdpd_core.environment import ROOT
from tests.browser.conftest import free_port, running_app
from tests.browser.stand_in_provider import CLIENT, SECRET, provider

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

WAIT_MS = 120_000
ANN = "ann@clinic.example"
PEOPLE = {
    "Ann": {"email": ANN, "email_verified": True},
    "Ann as she says herself": {"email": ANN, "email_verified": False},
    "Eve": {"email": "eve@clinic.example", "email_verified": True},
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the program, as settings of a login lie within."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("app", "rdpd_core", "pretrained"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", folder)
    return folder


@pytest.fixture(scope="module")
def served(copy, tmp_path_factory):
    """The address of the app, which asks a provider who somebody is, and its folder."""
    home = tmp_path_factory.mktemp("home")
    with provider(PEOPLE) as asked:
        port = free_port()
        (copy / "app" / ".streamlit" / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{"x" * 40}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{asked}/.well-known/openid-configuration"\n',
            encoding="utf-8",
        )
        options = ("--login", "--user", ANN)
        with running_app(copy, sys.executable, home, 60, *options, port=port, RDPD_VENV=sys.prefix) as url:
            yield url, home


def logged_in(page, url, who):
    """Press the button, and choose somebody at the provider."""
    page.goto(f"{url}/jobs")
    page.get_by_role("button", name="Log in").click(timeout=WAIT_MS)
    page.get_by_role("link", name=who, exact=True).click(timeout=WAIT_MS)


def test_whoever_is_listed_gets_a_workspace_of_their_own(browser, served):
    url, home = served
    with browser.new_context() as context:
        page = context.new_page()
        logged_in(page, url, "Ann")
        page.get_by_role("heading", level=1).wait_for(timeout=WAIT_MS)
        page.goto(f"{url}/jobs")
        page.get_by_text("No job was handed in yet").wait_for(timeout=WAIT_MS)
    assert [place.name for place in (home / "work" / "users").iterdir()] == [gate.owner_of(ANN)]


@pytest.mark.parametrize("who", ["Eve", "Ann as she says herself"])
def test_nobody_else_sees_anything(browser, served, who):
    url, _ = served
    with browser.new_context() as context:
        page = context.new_page()
        logged_in(page, url, who)
        page.get_by_text("is not on the list of those who may look").wait_for(timeout=WAIT_MS)
        assert page.get_by_text("Jobs").count() == 0
        page.get_by_role("button", name="Log out").click()
        page.get_by_role("button", name="Log in").wait_for(timeout=WAIT_MS)
