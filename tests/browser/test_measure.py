"""The measuring command works: its figures are not judged here, only that it waits for what it says it waits for."""

import os
import subprocess
import sys

import pytest

from rdpd_core.environment import ROOT
from tests.browser import measure_clock
from tests.browser.measure import PARTS, TRAINING

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ANSWERS = """
<div data-testid=stApp data-test-script-state=notRunning><div data-testid=stMain><h1>here</h1></div><button>go</button></div>
<script>
  const app = document.querySelector("[data-testid=stApp]");
  document.querySelector("button").onclick = () => {
    app.dataset.testScriptState = "running";
    setTimeout(() => document.querySelector("h1").textContent = "there", 100);
    setTimeout(() => app.dataset.testScriptState = "notRunning", 300);
  };
</script>"""
ANSWERED = """() => {
  const hear = () => { window.heard = performance.now(); };
  document.querySelector("h1").textContent = "here";
  document.querySelector("button").addEventListener("click", () => setTimeout(hear, 150));
}"""
THERE = "({settled}) => settled() && document.querySelector('h1').textContent === 'there'"


@pytest.mark.trial
@pytest.mark.timeout(900)
def test_parts_are_measured_while_a_job_trains(app_home):
    parts = ["--only", "slider", "visitors"]
    small = ["--training", "--n", "1", "--visitors", "2", "--pause", "0.2", *parts, "--home", str(app_home)]
    env = {**os.environ, "RDPD_VENV": sys.prefix}
    command = [sys.executable, "-m", "tests.browser.measure", *small]
    said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 0, f"{said.stdout}\n{said.stderr}"
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in said.stdout.splitlines()
        if line.startswith("| ") and "p50" not in line
    ]
    assert len(rows) == 2 + 2, said.stdout
    assert all(float(row[3]) <= float(row[4]) for row in rows)
    assert {row[1] for row in rows} == {TRAINING}
    assert {row[2] for row in rows} == {"1", "2"}
    drawn = [row for row in rows if len(row) == 7]
    assert len(drawn) == 2, "those who draw nothing wait for the server alone"
    assert all(0 < float(row[5]) <= float(row[3]) for row in drawn)
    assert said.stdout.count("0 errors") == 2


def test_the_clock_runs_from_the_click_to_the_end_of_the_run(page):
    page.set_content(ANSWERS)
    took = measure_clock.timed(page, page.get_by_role("button").click, THERE)
    assert took.seconds >= 0.3, "the text is there after 0.1 s, but the run has not ended"


def test_what_the_server_took_is_told_apart(page):
    page.set_content(ANSWERS)
    button = page.get_by_role("button")
    assert measure_clock.timed(page, button.click, THERE).answered == 0, "no message came"
    page.evaluate(ANSWERED)
    took = measure_clock.timed(page, button.click, THERE)
    assert 0.15 <= took.answered < took.seconds


def test_no_answer_is_a_failure(page, monkeypatch):
    monkeypatch.setattr(measure_clock, "LONGEST_MS", 300)
    page.set_content(ANSWERS)
    with pytest.raises(measure_clock.NoAnswer, match="no answer"):
        measure_clock.timed(page, page.get_by_role("button").click, THERE.replace("there", "elsewhere"))


def test_an_error_on_the_page_is_a_failure(page):
    page.set_content(f"{ANSWERS}<div data-testid=stException>broken</div>")
    with pytest.raises(measure_clock.NoAnswer, match="broken"):
        measure_clock.timed(page, page.get_by_role("button").click, THERE)


def test_an_unknown_part_is_told():
    command = [sys.executable, "-m", "tests.browser.measure", "--only", "speed"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert all(part in said.stderr for part in PARTS)
