"""A demonstration of the whole app, played step by step; whatever fails is noted."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rdpd_core.environment import ROOT
from tests.browser.conftest import BROWSERS, LAPTOP, LOCAL, QUIET, running_app
from tests.browser.demo_script import Step, script
from tests.browser.places import settle

NOWHERE = {f"{name}_proxy": "http://127.0.0.1:9" for name in ("http", "https", "all")} | {"no_proxy": "127.0.0.1,localhost"}
SCRIPT_ERROR = "a script failed in the browser: "


class Replay(NamedTuple):
    """What came of one demonstration.

    Attributes:
        interactions: How many there were.
        troubles: A line for every one that failed.
        asked: Addresses on other machines that the browser asked for; nothing got there.
        seconds: How long it took.
    """

    interactions: int
    troubles: list[str]
    asked: list[str]
    seconds: float


def run(options: argparse.Namespace) -> int:
    """Play in an app of its own; gives the exit code: 1 if anything failed."""
    with tempfile.TemporaryDirectory() as home:
        more = {"RDPD_VENV": sys.prefix, **NOWHERE}
        with running_app(ROOT, sys.executable, Path(home), 60, **more) as url:
            return tell(replays(url, options, Path(home) / "app.log"))


def replays(url: str, options: argparse.Namespace, log: Path) -> list[Replay]:
    """Play as often as is asked for, each time in a fresh browser window."""
    from playwright.sync_api import sync_playwright

    executable = next(filter(None, map(shutil.which, BROWSERS)))
    done = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", *QUIET])
        for number in range(options.times):
            before = log.read_text().count("Traceback")
            with chromium.new_context(viewport=LAPTOP) as context:
                found = play(context.new_page(), url, script(number, short=options.short), options.pace)
            more = log.read_text().count("Traceback") - before
            found.troubles.extend([f"{more} exceptions in the server's log"] if more else [])
            done.append(found)
            print(line(number + 1, found), flush=True)
        chromium.close()
    return done


def play(page: Any, url: str, steps: Sequence[Step], pace: float) -> Replay:
    """Play one demonstration; whatever fails is noted, and the play goes on.

    Args:
        page: Of the browser, fresh.
        url: Of the app.
        steps: What is done.
        pace: Seconds to wait after each step.
    """
    from playwright.sync_api import Error

    troubles: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"{SCRIPT_ERROR}{error}"))
    page.route(lambda address: not LOCAL.match(address), lambda route: (asked.append(route.request.url), route.abort()))
    begun, count = time.monotonic(), 0
    page.goto(url)
    for step in steps:
        count, at = count + 1, time.monotonic()
        try:
            step.do(page)
            settle(page)
        except (Error, AssertionError) as trouble:
            troubles.append(f"{step.what}: {str(trouble).splitlines()[0]}")
        seen = "" if not troubles or not troubles[-1].startswith(step.what) else f" FAILED, {troubles[-1]}"
        print(f"{count}. {step.what}: {time.monotonic() - at:.1f} s{seen}", file=sys.stderr, flush=True)
        page.wait_for_timeout(pace * 1000)
    return Replay(count, troubles, asked, time.monotonic() - begun)


def line(number: int, replay: Replay) -> str:
    """Say what came of a demonstration."""
    told = f"{number}: {replay.interactions} interactions in {replay.seconds:.0f} s, {len(replay.troubles)} failed, "
    return "\n  ".join([f"{told}{len(replay.asked)} requests elsewhere", *replay.troubles, *replay.asked])


def tell(done: Sequence[Replay]) -> int:
    """Say what came of all; gives the exit code."""
    failed, asked = sum(len(r.troubles) for r in done), sum(len(r.asked) for r in done)
    count = sum(r.interactions for r in done)
    print(f"{len(done)} replays, {count} interactions, {failed} failed, {asked} requests elsewhere")
    return 1 if failed or asked else 0
