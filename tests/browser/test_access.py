"""For those who see little or nothing: words stand out, and every picture is told and has its numbers beside it."""

import re

import pytest

from app import theme
from rdpd_core.jobs import states
from tests.app.jobs_made import Course, desk, end, nothing_starts, spec, submit
from tests.browser.conftest import LAPTOP
from tests.browser.contrast import failing, words_of
from tests.browser.places import BY_NAME, PLACES, settle, visit
from tests.core.jobs.made import until_ended

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

APP = "[data-testid=stApp]"
TURNED = """([app, dark, ink]) => {
  const whole = document.querySelector(app);  // there is none for a moment: the page opens itself anew
  return whole && getComputedStyle(whole).backgroundColor === dark && document.querySelector(".js-plotly-plot .gtitle") &&
    [...document.querySelectorAll(".js-plotly-plot .main-svg text")].every((e) => getComputedStyle(e).fill !== ink);
}"""
CHARTS = "[data-testid=stPlotlyChart]"
TOLD = """(charts) => charts.map((chart) => {
  const all = [chart, ...chart.querySelectorAll("[aria-label], [alt]")];
  const told = all.map((e) => e.getAttribute("aria-label") ?? e.alt ?? "").sort((a, b) => b.length - a.length);
  let around = chart;
  for (let up = chart; up && !/Numbers/.test(around.innerText); up = up.parentElement) {
    if (up.querySelectorAll("[data-testid=stPlotlyChart]").length > 1) break;
    around = up;
  }
  return {alt: told[0], beside: around.innerText, drags: chart.querySelector(".modebar") !== null};
})"""


@pytest.fixture(scope="module")
def url(app_home, app_url):
    """The running app, which holds a job that was trained."""
    with nothing_starts(app_home / "work"):
        office = desk(app_home / "work")
        folder = submit(office, spec(), Course("students", epoch=12, epochs=12))
        end(folder, states.DONE)
        assert until_ended(office, folder.path.name).state.name == states.DONE
    return app_url


@pytest.mark.parametrize(
    ("place", "scheme"),
    [(place, "light") for place in PLACES[::2]] + [(place, "dark") for place in PLACES[1::2]],
    ids=lambda value: getattr(value, "name", value),
)
def test_words_stand_out_and_pictures_are_told(same_page, url, place, scheme):
    same_page.set_viewport_size(LAPTOP)
    dark = same_page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    same_page.emulate_media(color_scheme=scheme)
    visit(same_page, url, place, stay=dark == (scheme == "dark"))  # where the scheme changes, the page opens itself anew
    check_words(same_page)
    check_pictures(same_page)


def test_pictures_follow_when_the_theme_changes(page, url):
    page.emulate_media(color_scheme="light")
    visit(page, url, BY_NAME["case-window"])
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(TURNED, arg=[APP, rgb(theme.BACKGROUND["dark"]), rgb(theme.TEXT["light"])])
    settle(page)
    check_words(page)


def rgb(color):
    """Give a color as browsers write it."""
    return "rgb({}, {}, {})".format(*bytes.fromhex(color.removeprefix("#")))


def check_words(page):
    """Fail if words are too faint."""
    words = words_of(page)
    assert len(words) > 20
    if failing(words):  # what is being made anew is faint for a moment
        settle(page)
        words = words_of(page)
    assert not (faint := failing(words)), "\n".join(faint)


def check_pictures(page):
    """Fail if a picture is not told in a sentence, or has no numbers beside it."""
    for chart in page.locator(CHARTS).evaluate_all(TOLD):
        assert re.search(r"\w{3,}.*\s.*\s.*\s\w", chart["alt"]), f"told in no sentence: {chart}"
        if chart["drags"]:  # one without a bar of tools is a control: its numbers are the lists beside it
            assert "Numbers" in chart["beside"], chart["alt"]
            assert "CSV" in chart["beside"], chart["alt"]
