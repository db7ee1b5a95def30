"""For those who see little or nothing: words stand out, and every picture is told and has its numbers beside it."""

import re

import pytest

from tests.app.jobs_made import Course, desk, end, spec, submit
from tests.browser.contrast import failing, words_of
from tests.browser.places import PLACES, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

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
    folder = submit(desk(app_home / "work"), spec(), Course("students", epoch=12, epochs=12))
    end(folder, "done")
    return app_url


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out(page, url, place, scheme):
    page.emulate_media(color_scheme=scheme)
    visit(page, url, place)
    words = words_of(page)
    assert len(words) > 20
    assert not (faint := failing(words)), "\n".join(faint)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_picture_is_told_and_has_its_numbers_beside_it(page, url, place):
    visit(page, url, place)
    for chart in page.locator(CHARTS).evaluate_all(TOLD):
        assert re.search(r"\w{3,}.*\s.*\s.*\s\w", chart["alt"]), f"told in no sentence: {chart}"
        if chart["drags"]:  # one without a bar of tools is a control: its numbers are the lists beside it
            assert "Numbers" in chart["beside"], chart["alt"]
            assert "CSV" in chart["beside"], chart["alt"]
