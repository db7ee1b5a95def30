"""How long a person waits: from the key or the click to the picture that answers it, told by the browser's own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from playwright.sync_api import Page

LONGEST_MS = 60_000
SETTLED = """() => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
  && !document.querySelector("[data-stale=true], [data-testid=stSkeleton]")
  && ![...document.querySelectorAll("[data-testid=stProgress]")].some((bar) => bar.textContent.trim().endsWith("…"))
  && [...document.querySelectorAll("[data-testid=stPlotlyChart]")].every((chart) => chart.querySelector(".main-svg"))"""
"""The run has ended, nothing is gray, nothing is still being made (such bars end in dots; that of a job may stay), and every
chart is drawn."""

TITLE = ".js-plotly-plot .gtitle"
FAILED = "[data-testid=stException], [data-testid=stApp][data-test-connection-state=ERROR]"
LOOKS = """() => [...document.querySelectorAll(".js-plotly-plot")].map((plot) => plot.querySelector(".gtitle")?.textContent
  + [...plot.querySelectorAll("path.js-line, .barlayer path")].map((path) => path.getAttribute("d")).join()).join()"""
"""What all charts show: titles, lines and bars."""

ARM = f"""({{shows, given, longest, fromStart}}) => {{
  const settled = {SETTLED}, looks = {LOOKS}, shown = eval(shows), before = fromStart ? "" : looks();
  let began = fromStart ? 0 : null;
  window.heard = null;
  const armed = performance.now(), note = () => {{ began = performance.now(); }};
  if (!fromStart) for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, note, {{capture: true, once: true}});
  window.measured = new Promise((tell) => {{
    const look = () => {{
      const now = performance.now();
      if (document.querySelector("{FAILED}")) tell(-2);
      else if (began !== null && shown({{given, settled, looks, before}})) {{
        window.answered = window.heard === null ? 0 : Math.max(0, window.heard - began);
        tell(now - began);
      }}
      else if (now - armed > longest) tell(-1);
      else requestAnimationFrame(look);
    }};
    requestAnimationFrame(look);
  }});
}}"""

OTHER_CHARTS = "({settled, looks, before}) => settled() && looks() !== before"
OTHER_SUBJECT = """({settled, given}) => settled()
  && [...document.querySelectorAll(".js-plotly-plot .gtitle")].some((title) => title.textContent.startsWith(given))"""
OTHER_PAGE = """({settled, given}) => location.pathname === given.path && settled()
  && !["", undefined, given.left].includes(document.querySelector("[data-testid=stMain] h1")?.textContent)"""
FIRST_WORDS = """() => document.querySelector("[data-testid=stMain] h1")?.textContent
  && [...document.querySelectorAll("[data-testid=stMain] [data-testid=stMarkdownContainer] p")].some((p) => p.textContent)"""
WHOLE_PAGE = """({settled}) => settled() && document.querySelector("[data-testid=stMain] h1")?.textContent"""


LISTENING = """const Line = window.WebSocket;
window.WebSocket = class extends Line {
  constructor(...asked) { super(...asked); this.addEventListener("message", () => { window.heard = performance.now(); }); }
};"""
"""Run before a page's own scripts: notes when the server was last heard."""


class Wait(NamedTuple):
    """How long one interaction took.

    Attributes:
        seconds: From the key or the click to the picture.
        answered: Until the last message of the server before that; after it the browser only draws. 0 if none was needed.
    """

    seconds: float
    answered: float


class NoAnswer(Exception):
    """Raised when an interaction fails, or the page shows an error."""


def timed(page: Page, act: Callable[[], Any], shows: str, given: Any = None) -> Wait:
    """Give the wait from the first key or click of `act` to the first frame in which the page shows what it should.

    Args:
        page: Of the browser, with `LISTENING` run in it.
        act: Presses or clicks.
        shows: One of the conditions above.
        given: What it is handed.

    Raises:
        NoAnswer: The page shows an error, or did not answer in time.
    """
    page.evaluate(ARM, {"shows": shows, "given": given, "longest": LONGEST_MS, "fromStart": False})
    act()
    return Wait(_result(page), page.evaluate("() => window.answered") / 1000)


def timed_opening(page: Page, url: str, *conditions: str) -> list[float]:
    """Give the seconds from the start of the navigation to a page to each condition.

    Raises:
        NoAnswer: The page shows an error, or did not answer in time.
    """
    rest = {"given": None, "longest": LONGEST_MS, "fromStart": True}
    arming = f"({ARM})({{...REST, shows: SHOWS}}); window.all = [...(window.all ?? []), window.measured];"
    script = "".join(arming.replace("REST", as_js(rest)).replace("SHOWS", as_js(shows)) for shows in conditions)
    page.add_init_script(script)
    page.goto(url, wait_until="commit")
    return [_seconds(page, ms) for ms in page.evaluate("() => Promise.all(window.all)")]


def as_js(value: Any) -> str:
    """Give a plain value as it is written in a script."""
    import json

    return json.dumps(value)


def await_sign(page: Page, sign: str, within_ms: float) -> None:
    """Wait until something is on a page.

    Raises:
        NoAnswer: The page shows an error.
    """
    page.wait_for_selector(f"{sign}, {FAILED}", state="attached", timeout=within_ms)
    _check(page)


def settle(page: Page) -> None:
    """Wait until a page stands still."""
    page.wait_for_function(f"() => ({WHOLE_PAGE})({{settled: {SETTLED}}})", timeout=2 * LONGEST_MS)
    _check(page)


def _result(page: Page) -> float:
    return _seconds(page, page.evaluate("() => window.measured"))


def _seconds(page: Page, ms: float) -> float:
    if ms < 0:
        _check(page)
        raise NoAnswer(f"no answer within {LONGEST_MS / 1000:g} s; the page says:\n{page.inner_text('body')[:600]}")
    return ms / 1000


def _check(page: Page) -> None:
    if page.query_selector(FAILED):
        raise NoAnswer(f"the page shows an error:\n{page.inner_text('body')[:600]}")
