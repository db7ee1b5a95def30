"""All of it by keyboard: every control is reached, shows that it has the focus, and does what it is there for."""

import re

import pytest

from tests.browser.keyboard import focus_pixels, left_out, reach, walk
from tests.browser.places import BY_NAME, settle, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CLICK_MS = 30_000
FEW_PIXELS = 20
UNSEEN = ("MAIN", "CANVAS")
"""The scrolling area of the page and the cells of a table: what has the focus there is drawn inside."""


@pytest.fixture
def opened(page, app_url):
    """A function that opens a place."""

    def go(name):
        visit(page, app_url, BY_NAME[name])
        return page

    return go


def press(page, name, *keys, then):
    """Go to a control, press keys, and wait for the address that follows."""
    page.evaluate("document.activeElement.blur()")
    reach(page, name)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(re.compile(then), timeout=CLICK_MS)
    settle(page)


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("start", ""), ("case-window", "light"), ("whatif-edits", "dark"), ("distill", "dark"), ("models-cost", "")],
)
def test_tab_comes_to_every_control_and_one_sees_what_has_the_focus(page, opened, name, scheme):
    page.emulate_media(color_scheme=scheme or "light")
    reached = walk(opened(name))
    assert not left_out(page)
    if scheme:
        seen = {kind: focus_pixels(page, control) for kind, control in reached.items() if not kind.startswith(UNSEEN)}
        assert len(seen) > 8
        assert not {kind: pixels for kind, pixels in seen.items() if pixels < FEW_PIXELS}


def test_a_case_is_found_and_looked_at_by_keyboard(opened):
    page = opened("case-window")
    press(page, "lead I", "ArrowRight", "Enter", then="view=limb")
    press(page, "Subject (n", *"s017", "Enter", then="subject=s017")
    press(page, "Window (", "ArrowRight", then="window=2")
    press(page, "This window", "ArrowRight", "Enter", then="part=subject")
    press(page, "The whole subject", "ArrowLeft", "Enter", then=r"^(?!.*part=)")
    press(page, "Measure on", *"II", "Enter", then=r"on=I")
    reach(page, "Signal (CSV)")
    with page.expect_download(timeout=CLICK_MS) as download:
        page.keyboard.press("Enter")
    assert "s017" in download.value.suggested_filename


def test_edits_are_made_changed_and_undone_by_keyboard(opened):
    page = opened("whatif")
    press(page, "Add", "Enter", then="edits=noise")
    press(page, "Amplitude", "ArrowRight", then=r"edits=noise~I~0\.5[1-9]|edits=noise~I~0\.[6-9]")
    press(page, "Draw", "ArrowUp", "Enter", then="uniform~1")
    press(page, "uniform", "ArrowRight", "Enter", then="normal~1")
    press(page, "Undo", "Enter", then="at=0")
    press(page, "Redo", "Enter", then="^(?!.*at=0)")
    press(page, "Remove", "Space", then="^(?!.*edits=)")


def test_a_job_is_asked_for_by_keyboard(opened):
    page = opened("distill")
    press(page, "RDPD_r1", "Space", then="arm_rdpd_r1=False")
    press(page, "Number of seeds", "ArrowUp", "Enter", then="seeds=4")
    press(page, "lead I", "ArrowRight", "Enter", then="view=lead_II")
    page.evaluate("document.activeElement.blur()")
    reach(page, "More settings")
    page.keyboard.press("Enter")
    page.get_by_label("Patience").first.wait_for(timeout=CLICK_MS)
    reach(page, "Title")
    page.keyboard.type("by keyboard")
    reach(page, "Start")


def test_models_are_compared_by_keyboard(opened):
    page = opened("models")
    press(page, "all", "ArrowRight", "Enter", then="set=")
    press(page, "One model", "ArrowDown", "ArrowDown", "Enter", then="models.model=")
    press(page, "Card", "ArrowRight", "ArrowRight", "Enter", then="part=cost")
