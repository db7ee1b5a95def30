"""What the pinned Streamlit does to a browser, and the app mends: pages left blank, and values that never arrive."""

import re
import subprocess
import sys
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from rdpd_core.environment import ROOT
from tests.browser.conftest import free_port, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

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
SLOW = """
import streamlit as st

st.session_state.setdefault("box", True)
st.session_state.setdefault("number", 0.3)
st.session_state.setdefault("pick", "b")
st.checkbox("Box", key="box")
st.number_input("Number", key="number")
st.segmented_control("Pick", ["a", "b"], key="pick")

def look():
    if not st.session_state.get("again"):
        st.session_state["again"] = st.session_state.get("again") is not None  # the first look is part of the page
        if st.session_state["again"]:
            st.rerun()

st.fragment(look, run_every=0.2)()
if st.session_state["again"]:
    st.write("made again")
"""
SERVED = """
import sys
from pathlib import Path
from streamlit.starlette import App
sys.path.insert(0, {root!r})
from app import stray, unheard
stray.install()
unheard.install()
app = App(Path(__file__).with_name("main.py"))
"""
VISITS, WITHIN_S, WAIT_MS = 3, 60, 90_000


@contextmanager
def served(tmp_path, script):
    """Serve a script as the app is served; give its address."""
    (tmp_path / "main.py").write_text(script, encoding="utf-8")
    (tmp_path / "served.py").write_text(SERVED.format(root=str(ROOT)), encoding="utf-8")
    port = free_port()
    options = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
    command = [sys.executable, "-m", "streamlit", "run", str(tmp_path / "served.py"), *options]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log) as process:
        wait_for(f"http://127.0.0.1:{port}", process, tmp_path / "log", WITHIN_S)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def test_a_page_stays_while_parts_of_the_one_before_still_ask(page, tmp_path):
    with served(tmp_path, MAIN) as url:
        for _ in range(VISITS):
            page.goto(url)
            page.get_by_text("looked").first.wait_for(timeout=WAIT_MS)
            page.get_by_role("button", name="Go").click(timeout=WAIT_MS)
            page.get_by_text("the second page is whole").wait_for(timeout=WAIT_MS)
            page.wait_for_timeout(1200)  # in which the second page looks three times by itself
            assert page.get_by_text("the second page is whole").count() == 1
            assert page.get_by_text("seen").count() == 1


def test_values_arrive_though_the_code_of_their_widgets_is_fetched_slowly(browser, tmp_path):
    held = []

    def hold(route):
        held.append(route)

    with served(tmp_path, SLOW) as url, browser.new_context() as context:
        page = context.new_page()
        page.route(re.compile(r"/(Checkbox|NumberInput|ButtonGroup)\.[^/]*\.js"), hold)
        page.goto(url)
        page.get_by_text("made again").wait_for(timeout=WAIT_MS)
        assert len(held) == 3, [route.request.url for route in held]
        for route in held:
            route.continue_()
        box = page.get_by_role("checkbox", name="Box")
        box.wait_for(timeout=WAIT_MS)
        expect(box).to_be_checked(timeout=WAIT_MS)
        expect(page.get_by_label("Number")).to_have_value("0.30", timeout=WAIT_MS)
        expect(page.get_by_role("radio", name="b")).to_be_checked(timeout=WAIT_MS)
