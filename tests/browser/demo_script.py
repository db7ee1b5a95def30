"""What is shown in the demonstration: every page, all guided cases by arrow keys, finds, edits, a job, two models compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.browser.places import settle

WAIT_MS = 60_000
BAR, NEXT = ".st-key-guide", ".st-key-guide_next button"
JOB = "distill?distill.teacher=teacher-split_0-seed0&distill.recipe=paper&distill.seeds=1&distill.epochs=60&distill.patience=60"
PICTURE = ".js-plotly-plot:has(.gtitle)"


class Step(NamedTuple):
    """Something a presenter does.

    Attributes:
        what: In words.
        do: Does it, on a page of the browser.
    """

    what: str
    do: Callable[[Any], None]


def script(number: int, short: bool) -> Iterator[Step]:
    """Give what is done, in order.

    Args:
        number: Which replay it is; each starts a job of its own.
        short: One guided case, and no job.
    """
    yield Step("see the first picture", lambda page: page.wait_for_selector(PICTURE, timeout=2 * WAIT_MS))
    for case in range(1 if short else 5):
        yield from _guided(case)
    yield from _reset()  # what the guided cases chose is forgotten
    yield from _case()
    yield from _whatif()
    if not short:
        yield from _job(number)
    yield from _models()
    yield from _rest()


def _guided(case: int) -> Iterator[Step]:
    """Play one guided case to its end: as many arrows as it has steps."""
    steps = [0]
    yield _page("Start")
    yield Step(f"begin guided case {case + 1}", lambda page: _begin(page, case, steps))
    while steps[0] > 0:
        steps[0] -= 1
        yield Step(f"guided case {case + 1}: arrow to the right, {steps[0]} left", _arrow)


def _begin(page: Any, case: int, steps: list[int]) -> None:
    page.get_by_role("button", name="Begin").nth(case).click()
    page.locator(BAR).get_by_text("step 1 of").wait_for(timeout=2 * WAIT_MS)
    steps[0] = int(re.search(r"step 1 of (\d+)", page.locator(BAR).inner_text()).group(1))


def _arrow(page: Any) -> None:
    """Press the arrow, and wait until the bar says the next step, or is gone after the last."""
    told = page.locator(BAR).inner_text()
    at = int(re.search(r"step (\d+) of", told).group(1))
    settle(page)
    page.keyboard.press("ArrowRight")
    if f"step {at} of {at}" in told:
        page.locator(BAR).wait_for(state="detached", timeout=WAIT_MS)
    else:
        page.locator(BAR).get_by_text(f"step {at + 1} of").wait_for(timeout=WAIT_MS)


def _case() -> Iterator[Step]:
    yield _page("Case study")
    yield _choose("Windows", "Teacher right, RDPD wrong")
    yield _button("Next")
    yield _button("Previous")
    yield _segment("The whole subject")
    yield _segment("Several subjects")
    yield _segment("This window")
    yield _choose("Windows", "all windows")
    yield _choose("Subject (n", "s017")
    yield _segment("limb")
    yield _choose("Measure on", "II")
    yield _choose("Measure on", "off")
    yield Step("go back in the browser", lambda page: page.go_back())
    yield Step("go forward in the browser", lambda page: page.go_forward())


def _whatif() -> Iterator[Step]:
    yield _page("What-if")
    yield _button("Add")
    for _ in range(3):
        yield Step("more noise", lambda page: page.get_by_role("slider", name="Amplitude").first.press("ArrowRight"))
    yield _choose("Edit", "drop")
    yield _button("Add")
    for label in ("Undo", "Undo", "Redo", "Redo", "Clear", "Redo"):
        yield _button(label)
    yield _choose("Vary the size of", "noise")
    yield Step("see the curve", lambda page: page.get_by_text("Robustness (CSV)").wait_for(timeout=WAIT_MS))
    yield _segment("limb")


def _job(number: int) -> Iterator[Step]:
    def ask(page: Any) -> None:
        page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/')[2]}/{JOB}&distill.first_seed={number}")
        page.get_by_text("Students read 1 of 15 channels").wait_for(timeout=WAIT_MS)

    yield Step("ask for a job", ask)
    yield _button("Start")
    yield Step("see it run", lambda page: page.get_by_text("Validation", exact=False).first.wait_for(timeout=WAIT_MS))
    yield _button("Stop")
    resume = "button:has-text('Resume'), button:has-text('Export')"
    yield Step("see it stopped", lambda page: page.locator(resume).first.wait_for(timeout=WAIT_MS))


def _models() -> Iterator[Step]:
    yield _page("Models")
    yield _segment("simulated_ecg")
    yield _choose("Role", "teacher")
    for part in ("Lineage", "Cost", "Fits which data", "Beside another", "Hand out", "Card"):
        yield _segment(part)
    yield _choose("Role", "all")


def _rest() -> Iterator[Step]:
    yield _page("Data")
    yield _choose("Data set", "ptbxl")
    yield _choose("Data set", "simulated_ecg")
    yield _page("Jobs")
    yield _page("Distill")
    yield from _reset()


def _reset() -> Iterator[Step]:
    yield _page("Start")
    yield _button("Presenter mode")
    yield _button("Reset")
    yield _button("Leave presenter mode")


def _page(name: str) -> Step:
    def do(page: Any) -> None:
        page.get_by_test_id("stTopNavLink").filter(has_text=name).first.click()
        heading = "RDPD Studio" if name == "Start" else name
        page.get_by_role("heading", name=heading, exact=True).wait_for(timeout=WAIT_MS)

    return Step(f"open the page {name}", do)


def _button(label: str) -> Step:
    start = re.compile(rf"(^|\s){re.escape(label)}(\s|$)")
    return Step(f"press {label}", lambda page: page.get_by_role("button", name=start).first.click(timeout=WAIT_MS))


def _segment(label: str) -> Step:
    found = "[data-testid=stButtonGroup] button"
    return Step(f"choose {label}", lambda page: page.locator(found).filter(has_text=label).first.click(timeout=WAIT_MS))


def _choose(label: str, text: str) -> Step:
    def do(page: Any) -> None:
        box = page.get_by_role("combobox", name=re.compile(f"^{re.escape(label)}")).first
        box.scroll_into_view_if_needed(timeout=WAIT_MS)
        settle(page)  # a list that is open closes when the page moves
        box.click(timeout=WAIT_MS)
        page.keyboard.type(text)  # of a long list only what is in sight is there
        page.locator("[role=option]").filter(has_text=re.compile(rf"(^|\s){re.escape(text)}(\W|$)")).first.click(
            timeout=WAIT_MS
        )

    return Step(f"choose {label}: {text}", do)
