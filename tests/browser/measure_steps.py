"""What a person does while waiting is measured: opens the app, chooses a subject, turns pages, moves sliders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.browser import measure_clock as clock
from tests.browser.conftest import LAPTOP

EDITED = "whatif?whatif.edits=noise~I~0.5~uniform~0"
SUBJECT = "[class*=st-key-case-subject] input, [class*=st-key-case-subject] [role=combobox]"
AMPLITUDE = "[class*=noise-amplitude] :is([role=slider], input[type=range])"
WINDOW = "[class*=st-key-case-window] :is([role=slider], input[type=range])"
LINK = "[data-testid=stTopNavLink]"
FIRST_MS = 300_000
"""Recordings are made and models asked on the first visit."""
Tell = Callable[[int], None]


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """Give a page of a browser that knows nothing of the app, as on a first visit; no script may fail in it."""
    failures: list[str] = []
    with browser.new_context(viewport=LAPTOP) as context:
        page = context.new_page()
        page.add_init_script(clock.LISTENING)
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
    if failures:
        raise clock.NoAnswer(f"scripts failed in the browser: {failures[:3]}")


def first_visit(browser: Browser, url: str) -> list[float]:
    """Open the app in a browser that was never here; give the seconds to the first words, and to the whole first page."""
    with fresh_page(browser) as page:
        return clock.timed_opening(page, url, clock.FIRST_WORDS, clock.WHOLE_PAGE)


def later_visits(browser: Browser, url: str, n: int, tell: Tell) -> list[list[float]]:
    """Open the app again and again in a browser that was here before, and has kept the app's scripts; give the same of each."""
    found = []
    with fresh_page(browser) as page:
        page.goto(url)
        clock.settle(page)
        for at in range(n):
            later = page.context.new_page()
            found.append(clock.timed_opening(later, url, clock.FIRST_WORDS, clock.WHOLE_PAGE))
            later.close()
            tell(at + 1)
    return found


def at_rest(page: Page, address: str, sign: str) -> Locator:
    """Open a page and wait until something is on it and it stands still; give that thing."""
    page.goto(address)
    clock.await_sign(page, sign, FIRST_MS)
    clock.settle(page)
    return page.locator(sign).first


def subjects(browser: Browser, url: str, n: int, tell: Tell) -> list[clock.Wait]:
    """Choose one subject after another in the case study."""
    found = []
    with fresh_page(browser) as page:
        at_rest(page, f"{url}/case", SUBJECT)
        clock.await_sign(page, clock.TITLE, FIRST_MS)
        for at in range(n):
            found.append(clock.timed(page, lambda: page.keyboard.press("Enter"), clock.OTHER_SUBJECT, _point_at_next(page)))
            tell(at + 1)
    return found


def _point_at_next(page: Page) -> str:
    """Open the list of subjects and go one further, or to the first after the last; give the name under the hand."""
    box = page.locator(SUBJECT).first
    box.focus()
    page.keyboard.press("ArrowDown")
    page.locator("[role=option]").first.wait_for()
    before = _pointed_at(page)
    page.keyboard.press("ArrowDown")
    if _pointed_at(page) == before:
        page.keyboard.press("Home")
    return _pointed_at(page).split(" ")[0]


def _pointed_at(page: Page) -> str:
    return page.evaluate(
        "() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent ?? ''"
    )


def pages(browser: Browser, url: str, n: int, tell: Tell) -> list[clock.Wait]:
    """Turn from page to page, through all of them again and again."""
    found = []
    with fresh_page(browser) as page:
        at_rest(page, url, LINK)
        paths = page.locator(LINK).evaluate_all("links => links.map((link) => new URL(link.href).pathname)")
        for at in range(n):
            path = paths[(at + 1) % len(paths)]
            given: dict[str, Any] = {"path": path, "left": page.locator("[data-testid=stMain] h1").first.text_content()}
            link = page.locator(LINK).nth((at + 1) % len(paths))
            found.append(clock.timed(page, link.click, clock.OTHER_PAGE, given))
            tell(at + 1)
    return found


def amplitudes(browser: Browser, url: str, n: int, tell: Tell) -> list[clock.Wait]:
    """Move the amplitude of noise on the what-if page, a step at a time, to its end and back."""
    return _moves(browser, f"{url}/{EDITED}", AMPLITUDE, n, tell)


def windows(browser: Browser, url: str, n: int, tell: Tell) -> list[clock.Wait]:
    """Move the window of the case study, to its end and back."""
    return _moves(browser, f"{url}/case", WINDOW, n, tell)


def _moves(browser: Browser, address: str, slider: str, n: int, tell: Tell) -> list[clock.Wait]:
    found, key = [], "ArrowRight"
    with fresh_page(browser) as page:
        at_rest(page, address, slider)
        clock.await_sign(page, clock.TITLE, FIRST_MS)
        for at in range(n):
            hand = page.locator(slider).first
            now, low, high = (float(_of(hand, name)) for name in ("now", "min", "max"))
            key = "ArrowLeft" if now >= high else "ArrowRight" if now <= low else key
            hand.focus()
            found.append(clock.timed(page, lambda key=key: page.keyboard.press(key), clock.OTHER_CHARTS))
            tell(at + 1)
    return found


def _of(hand: Locator, name: str) -> str:
    """Give the value of a slider or one of its ends, of either kind of slider."""
    return hand.get_attribute(f"aria-value{name}") or hand.evaluate(f"(e) => e.{'value' if name == 'now' else name}")
