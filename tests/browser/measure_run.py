"""All that is measured, in order, and the table that tells it."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.browser import measure_clock, measure_server, measure_steps, measure_visitors
from tests.browser.conftest import BROWSERS, QUIET
from tests.browser.measure import TRAINING

WRONG = (measure_clock.NoAnswer, measure_server.NoTraining, BrowserError, pytest.fail.Exception)
AT_ONCE_CHANGES = 5


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        what: What was waited for.
        load: What else the machine did.
        seconds: Every wait.
        answered: How much of it was over when the server had answered; empty if that was not looked at.
    """

    what: str
    load: str
    seconds: list[float]
    answered: list[float]


class Findings:
    """What was measured so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.rows: list[Row] = []
        self.memory: list[str] = []
        self.errors: list[str] = []

    def add(self, what: str, load: str, seconds: list[float], answered: list[float] | None = None) -> None:
        """Note waits, and tell their middle on the way."""
        self.rows.append(Row(what, load, seconds, answered or []))
        if seconds:
            told(f"{what}, {load}: p50 {np.percentile(seconds, 50):.2f} s, p95 {np.percentile(seconds, 95):.2f} s")


def told(line: str) -> None:
    """Tell how far it is, beside the table."""
    print(line, file=sys.stderr, flush=True)


def run(options: argparse.Namespace) -> int:
    """Measure all that is asked for, and print it; gives the exit code."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        told(f"no browser is installed: looked for {', '.join(BROWSERS)}")
        return 1
    found = Findings()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", *QUIET])
        try:
            _measure(browser, options.home or Path(folder), options, found)
        except WRONG as error:
            found.errors.append(f"{type(error).__name__}: {error}")
        version = browser.version
        browser.close()
    print(table(found, version, options))
    for error in found.errors:
        told(f"FAILED: {error}")
    return 1 if found.errors else 0


def _measure(browser: Browser, home: Path, options: argparse.Namespace, found: Findings) -> None:
    if "first" in options.only:
        with measure_server.serving(home) as url:
            told("making recordings and answers, once")
            warm(browser, url)
        _starts(browser, home, options, found)
    with measure_server.serving(home) as url:
        warm(browser, url)
        for load in options.loads:
            with measure_server.training(home) if load == TRAINING else nullcontext():
                _under(load, browser, url, options, found)


def warm(browser: Browser, url: str) -> None:
    """Visit the pages that are measured, so that data, answers and models are there."""
    with measure_steps.fresh_page(browser) as page:
        for address, sign in (
            ("", measure_clock.TITLE),
            ("/case", measure_steps.SUBJECT),
            (f"/{measure_steps.EDITED}", measure_steps.AMPLITUDE),
        ):
            measure_steps.at_rest(page, f"{url}{address}", sign)


def _starts(browser: Browser, home: Path, options: argparse.Namespace, found: Findings) -> None:
    """Start the server again and again; each time be its first visitor."""
    starts = options.starts or max(2, options.n // 20)
    waits = []
    for at in range(starts):
        with measure_server.serving(home) as url:
            waits.append(measure_steps.first_visit(browser, url))
        told(f"start {at + 1} of {starts}")
    _first_rows("after the server is ready", options.loads[0] if len(options.loads) == 1 else "idle", waits, found)


def _first_rows(when: str, load: str, waits: list[list[float]], found: Findings) -> None:
    found.add(f"first words {when}", load, [words for words, _ in waits])
    found.add(f"whole first page {when}", load, [whole for _, whole in waits])


def _under(load: str, browser: Browser, url: str, options: argparse.Namespace, found: Findings) -> None:
    """Measure everything under one load."""
    n, steps = options.n, measure_steps
    if "first" in options.only:
        _first_rows("on a later visit", load, steps.later_visits(browser, url, n, _counting("visit", n)), found)
    for part, what, act in (
        ("subject", "another subject in the case study", steps.subjects),
        ("page", "another page, through all of them", steps.pages),
        ("slider", "a step of the noise on the what-if page", steps.amplitudes),
        ("slider", "a step of the window in the case study", steps.windows),
    ):
        if part in options.only:
            waits = act(browser, url, n, _counting(what, n))
            found.add(what, load, [wait.seconds for wait in waits], [wait.answered for wait in waits])
    if "visitors" in options.only:
        _visitors(load, url, options, found)


def _counting(what: str, n: int) -> Callable[[int], None]:
    return lambda done: told(f"{what}: {done} of {n}") if done % max(1, n // 4) == 0 else None


def _visitors(load: str, url: str, options: argparse.Namespace, found: Findings) -> None:
    """Let many look at the case study, each at their own pace, and then all in the same moment."""
    many, before, during = options.visitors, measure_server.memory_mb(url), []
    changes = max(1, options.n // many)
    for pace, pause, times in (
        (f"each looking {options.pause:g} s", options.pause, changes),
        ("each choosing again at once", 0.0, min(changes, AT_ONCE_CHANGES)),
    ):
        told(f"{many} visitors, {pace}: {times} subjects each")
        said = measure_visitors.visit(url, many, times, pause, lambda: during.append(measure_server.memory_mb(url)))
        found.errors.extend(said.errors)
        found.add(f"another subject for one of {many} visitors, {pace}", load, said.seconds)
        kb = said.received / 1024 / max(1, len(said.seconds))
        found.memory.append(
            f"{many} visitors, {pace}, {load}: {len(said.errors)} errors; {kb:.0f} KB per change; "
            f"memory of the server {_mb(before)} before, {_mb(during[-1])} with them"
        )


def _mb(size: float | None) -> str:
    return "unknown" if size is None else f"{size:.0f} MB"


def table(found: Findings, version: str, options: argparse.Namespace) -> str:
    """Give everything as Markdown."""
    lines = [
        f"{datetime.date.today().isoformat()}, {machine()}, Chromium {version}, n as given; "
        f"load of the machine in the last minutes {_load()}.",
        "",
        "| waited for | load | n | p50 (s) | p95 (s) | the server had answered: p50 (s) | p95 (s) |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for row in found.rows:
        ends = [*_middle_and_end(row.seconds, "none"), *_middle_and_end(row.answered, "")]
        lines.append(f"| {row.what} | {row.load} | {len(row.seconds)} | {' | '.join(ends)} |")
    lines += ["", *(f"* {line}" for line in found.memory)]
    return "\n".join(lines)


def _middle_and_end(seconds: list[float], otherwise: str) -> list[str]:
    return [f"{np.percentile(seconds, q):.2f}" for q in (50, 95)] if seconds else [otherwise, otherwise]


def machine() -> str:
    """Say what machine this is."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{cores} cores ({names[0] if names else platform.machine()}), {platform.system()}"


def _load() -> str:
    return ", ".join(f"{one:.1f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
