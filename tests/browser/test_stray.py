"""A part that reruns by itself, asked for by a page that is left already, does not leave the browser blank."""

import subprocess
import sys

import pytest

from rdpd_core.environment import ROOT
from tests.browser.conftest import free_port, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAIN = """
import time
import streamlit as st

def first():
    for at in range(6):
        st.write(f"line {at}")
    st.fragment(run_every=0.15)(lambda: st.write("looked", time.time()))()
    if st.button("Go"):
        time.sleep(0.6)
        st.switch_page(second_page)

def second():
    for at in range(8):
        st.write(f"row {at}")
        time.sleep(0.05)
    st.fragment(run_every=0.4)(lambda: st.write("seen", time.time()))()
    st.write("the second page is whole")

second_page = st.Page(second, title="Second", url_path="second")
st.navigation([st.Page(first, title="First", default=True), second_page]).run()
"""
SERVED = """
import sys
from pathlib import Path
from streamlit.starlette import App
sys.path.insert(0, {root!r})
from app import stray
stray.install()
app = App(Path(__file__).with_name("main.py"))
"""
VISITS, WITHIN_S, WAIT_MS = 3, 60, 20_000


@pytest.fixture
def url(tmp_path):
    (tmp_path / "main.py").write_text(MAIN, encoding="utf-8")
    (tmp_path / "served.py").write_text(SERVED.format(root=str(ROOT)), encoding="utf-8")
    port = free_port()
    options = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
    command = [sys.executable, "-m", "streamlit", "run", str(tmp_path / "served.py"), *options]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log) as process:
        wait_for(f"http://127.0.0.1:{port}", process, tmp_path / "log", WITHIN_S)
        yield f"http://127.0.0.1:{port}"
        process.kill()


def test_a_page_stays_while_parts_of_the_one_before_still_ask(page, url):
    for _ in range(VISITS):
        page.goto(url)
        page.get_by_text("looked").first.wait_for(timeout=WAIT_MS)
        page.get_by_role("button", name="Go").click()
        page.get_by_text("the second page is whole").wait_for(timeout=WAIT_MS)
        page.wait_for_timeout(1200)  # in which the second page looks three times by itself
        assert page.get_by_text("the second page is whole").count() == 1
        assert page.get_by_text("seen").count() == 1
