"""A guided case from Start to end by arrow keys alone, the way a presenter goes, with Back of the browser and a reset."""

import time

import pytest

from tests.browser.places import LOOK_MS, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

FIRST_VISIT_MS, WAIT_MS = 240_000, 60_000
BAR, WORDS, RUNNING = ".st-key-guide", ".st-key-guide_words", "[data-testid=stStatusWidget]"
ALERT, ERROR = "[data-testid=stMain] [data-testid=stAlert]", "[data-testid=stException]"
NAME, STEPS = "no_help", 7


def at_step(page, number):
    """Wait until a step is shown and its page stands; give its sentence."""
    page.wait_for_function(
        "([bar, text, name]) => document.querySelector(bar)?.innerText.includes(text) && location.search.includes(name)",
        arg=[BAR, f"step {number} of {STEPS}", f"guide={NAME}.{number}&"],
        timeout=FIRST_VISIT_MS,
        polling=LOOK_MS,
    )
    page.wait_for_selector(RUNNING, state="detached", timeout=WAIT_MS)
    settle(page)  # a key that is pressed while one page takes the place of another goes to neither
    assert not page.query_selector(ERROR)
    assert not [alert.inner_text() for alert in page.query_selector_all(ALERT)]
    return page.inner_text(WORDS)


def opened(page, app_url, number):
    """Open the link to a step."""
    page.goto(f"{app_url}/?guide={NAME}.{number}")
    at_step(page, number)


def test_a_case_is_walked_from_start_to_end_by_arrow_keys(page, app_url):
    page.goto(app_url)
    page.wait_for_selector(f".st-key-guide_begin_{NAME} button", timeout=FIRST_VISIT_MS)
    page.locator(f".st-key-guide_begin_{NAME} button").click()
    sentences = []
    for number in range(1, STEPS + 1):
        sentences.append(at_step(page, number))
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(BAR, state="detached", timeout=WAIT_MS)
    page.get_by_role("heading", name="RDPD Studio").wait_for(timeout=WAIT_MS)
    assert "guide" not in page.url
    assert len(set(sentences)) == STEPS
    assert all(len(sentence) > 20 for sentence in sentences)


def test_back_of_the_browser_undoes_a_step_also_between_pages(page, app_url):
    opened(page, app_url, STEPS - 2)
    page.keyboard.press("ArrowRight")
    at_step(page, STEPS - 1)
    assert "/models?" in page.url
    page.go_back()
    assert at_step(page, STEPS - 2)
    assert "/case?" in page.url
    page.keyboard.press("ArrowLeft")
    at_step(page, STEPS - 3)


def test_arrow_keys_are_left_to_a_slider_that_has_the_focus(page, app_url):
    opened(page, app_url, 2)
    slider = page.locator("[data-testid=stSlider] input[type=range]").first
    slider.focus()
    before = page.inner_text("[data-testid=stSliderThumbValue]")
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Back to this step").wait_for(timeout=WAIT_MS)
    assert page.inner_text("[data-testid=stSliderThumbValue]") != before
    assert f"step 2 of {STEPS}" in page.inner_text(BAR)
    page.get_by_role("button", name="Back to this step").click()
    at_step(page, 2)


def test_a_presenter_goes_on_with_a_remote_and_resets_with_one_key(page, app_url, capsys):
    page.goto(f"{app_url}/?guide={NAME}.1&present=1")
    at_step(page, 1)
    large = "parseFloat(getComputedStyle(document.documentElement).fontSize) > 18"  # not while the page is exchanged
    page.wait_for_function(large, timeout=WAIT_MS)
    assert not page.locator("[data-testid=stDownloadButton]").first.is_visible()
    took = []
    for _ in range(3):
        page.keyboard.press("PageDown")
        at_step(page, 2)
        began = time.perf_counter()
        page.keyboard.press("Home")
        at_step(page, 1)
        took.append(time.perf_counter() - began)
    with capsys.disabled():
        print(f"\nreset to the first step, drawn: {', '.join(f'{seconds:.2f}' for seconds in took)} s")
    page.get_by_role("button", name="Leave presenter mode").click()
    page.wait_for_selector(".st-key-guide_reset", state="detached", timeout=WAIT_MS)
    assert "present" not in page.url
