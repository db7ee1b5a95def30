"""A browser, and the app started as a person would."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from app.__main__ import is_healthy
from rdpd_core.environment import ROOT

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
ENDS_WITHIN_S = 15
LAPTOP = {"width": 1440, "height": 900}
RESTING = "/_stcore/health"
CHART, ERROR, RUNNING = ".js-plotly-plot:has(.gtitle)", "[data-testid=stException]", "[data-testid=stStatusWidget]"
LOCAL = re.compile(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:")
TEST_SETTINGS = re.compile(r"RDPD_|PYTHON|VIRTUAL_ENV$|STREAMLIT_|\w+_NUM_THREADS$")  # a person who starts the app has none


@pytest.fixture(scope="package")
def browser():
    """A Chromium without a window; ends with the last test of this folder, as it holds an event loop of its own."""
    from playwright.sync_api import sync_playwright

    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser is installed: looked for {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", *QUIET])
        yield chromium
        chromium.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Say what stood on the page when a test failed."""
    report = yield
    given = getattr(item, "funcargs", {})
    page = next((given[name] for name in ("page", "same_page", "own_page") if name in given), None)
    if report.when == "call" and report.failed and page is not None and not page.is_closed():
        from playwright.sync_api import Error

        try:
            told = f"{page.url}\n{page.inner_text('body', timeout=5000)}"
        except Error as error:
            told = f"{page.url} cannot be read any more: {error}"
        report.sections.append(("what the page said", told))
    return report


class Watched:
    """What goes wrong in a page: scripts that fail, and addresses on other machines that it asks for."""

    def __init__(self, page):
        self.page, self.failures, self.elsewhere = page, [], []
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("request", lambda request: None if LOCAL.match(request.url) else self.elsewhere.append(request.url))

    def check(self):
        """Fail if anything went wrong since the last look."""
        failures, self.failures = self.failures, []
        elsewhere, self.elsewhere = self.elsewhere, []
        assert not failures, f"scripts failed in the browser: {failures}"
        assert not elsewhere, f"the page asked other machines: {elsewhere}"


@pytest.fixture(scope="package")
def kept_page(browser):
    """The one page of all tests: to load the app into a new one takes twice as long, as every script is compiled anew."""
    with browser.new_context(viewport=LAPTOP) as context:
        yield Watched(context.new_page())


@pytest.fixture(scope="module")
def resting_page(kept_page):
    """That page, which is left at rest when a file is done."""
    yield kept_page
    rest(kept_page.page)


@pytest.fixture
def page(resting_page):
    """A page as if it were new, with a laptop's screen; no script may fail in it, and nothing may be fetched from elsewhere."""
    page = resting_page.page
    rest(page)
    page.set_viewport_size(LAPTOP)
    page.emulate_media(color_scheme="null")
    yield page
    resting_page.check()


@pytest.fixture
def own_page(browser):
    """A page that shares nothing with others, for a test that takes its server away."""
    with browser.new_context(viewport=LAPTOP) as context:
        watched = Watched(context.new_page())
        yield watched.page
    watched.check()


@pytest.fixture
def same_page(resting_page):
    """That page as the test before left it, for those that look at many places: they may go on within the app."""
    yield resting_page.page
    resting_page.check()


def rest(page):
    """Leave the app and forget what it noted; on the same server, as elsewhere the browser would begin in an empty process."""
    server = "/".join(page.url.split("/")[:3])
    if not (page.url.startswith("http") and is_healthy(server)):
        page.goto("about:blank")
        return
    page.goto(f"{server}{RESTING}")
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")


@pytest.fixture(scope="package")
def app_home(tmp_path_factory):
    """The folder of caches and results of the app that all tests share."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="package")
def app_url(app_home):
    """The address of the running app, with caches and results of its own."""
    with running_app(ROOT, sys.executable, app_home, within_s=60, RDPD_VENV=sys.prefix) as url:
        yield url


@pytest.fixture
def fresh_app():
    """Starts the app elsewhere: `with fresh_app(root, python, home, within_s=...) as url`."""
    return running_app


@pytest.fixture
def sees_picture(page, tmp_path):
    """Opens an address and waits for a drawn chart; fails if the page shows an error instead, or nothing."""
    from playwright.sync_api import TimeoutError as TookTooLong

    def look(url, within_s=240):  # recordings are simulated on the first visit
        page.goto(url)
        try:
            page.wait_for_selector(f"{CHART}, {ERROR}", timeout=within_s * 1000)
            page.wait_for_selector(RUNNING, state="detached", timeout=within_s * 1000)
        except TookTooLong:
            page.screenshot(path=tmp_path / "page.png")
            pytest.fail(f"no picture within {within_s} s (page.png in {tmp_path}); the page says:\n{page.inner_text('body')}")
        errors = [element.inner_text() for element in page.query_selector_all(ERROR)]
        assert not errors, f"the page shows errors: {errors}"
        assert page.query_selector(f"{CHART} .main-svg"), "the chart is empty"

    return look


class ServerKilled(Exception):
    """Raised by a test inside `running_app` that wants the server killed rather than ended."""


@contextmanager
def running_app(root, python, home, within_s, *options, port=None, **more):
    """Start `python -m app` in a copy of the project, wait until it answers, and end it with Ctrl-C.

    Args:
        root: The copy.
        python: That runs it.
        home: Folder of its caches, results and log.
        within_s: By when it answers.
        *options: Further ones of the command.
        port: To listen on; None takes a free one.
        **more: Further settings of the environment.
    """
    env = {name: value for name, value in os.environ.items() if not TEST_SETTINGS.match(name)}
    env |= {"RDPD_CACHE": str(home / "cache"), "RDPD_WORK": str(home / "work"), **more}
    port = port or free_port()
    url, log = f"http://127.0.0.1:{port}", home / "app.log"
    command = [python, "-m", "app", "--no-browser", "--port", str(port), *options]
    with log.open("w") as file, subprocess.Popen(command, cwd=root, env=env, stdout=file, stderr=subprocess.STDOUT) as process:
        try:
            wait_for(url, process, log, within_s)
            yield url
        except ServerKilled:
            process.kill()
            process.wait(timeout=ENDS_WITHIN_S)
            return
        finally:
            process.send_signal(signal.SIGINT)
            try:
                code = process.wait(timeout=ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                pytest.fail(f"the app did not end within {ENDS_WITHIN_S} s of Ctrl-C; it said:\n{log.read_text()}")
    assert code == 0, f"the app ended with exit code {code}; it said:\n{log.read_text()}"
    assert "Traceback" not in log.read_text(), log.read_text()


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process, log, within_s):
    """Return once the app answers; fail with what it said if it ends or takes too long."""
    until = time.monotonic() + within_s
    while not is_healthy(url):
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"the app did not answer at {url} within {within_s} s; it said:\n{log.read_text()}")
        time.sleep(0.2)
