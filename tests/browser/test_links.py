"""A link shows the same view in another browser and after the server was killed."""

import sys
import time

import pytest

from rdpd_core.environment import ROOT
from rdpd_core.jobs import states
from tests.app import jobs_made
from tests.browser.conftest import ServerKilled, running_app
from tests.browser.places import PLACES, settle, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

WAIT_MS, AGAIN_MS = 120_000, 300
ALERT = "[data-testid=stAlert]"
BUSY = "[data-testid=stStatusWidget], [data-stale=true], [data-testid=stProgress]:has-text('…')"
"""A bar of something that is made ends in dots; that of a job may stay."""
SHOWN = """() => {
  const main = document.querySelector('[data-testid=stMain]'), all = (what) => [...main.querySelectorAll(what)];
  return {
    boxes: all('input').map((e) => ['checkbox', 'radio'].includes(e.type) ? String(e.checked) : e.value),
    pressed: all('[aria-checked=true], [aria-pressed=true], [kind$=Active]').map((e) => e.textContent),
    sliders: all('[role=slider]').map((e) => e.getAttribute('aria-valuenow')),
    pictures: all('[data-testid=stPlotlyChart] [aria-label], [data-testid=stPlotlyChart][aria-label]')
      .map((e) => e.getAttribute('aria-label')),
    words: all('[data-testid=stMarkdownContainer], code, td')
      .filter((e) => !e.closest('[data-testid=stAlert], a, button')).map((e) => e.textContent),
  };
}"""
VIEWS = {
    "start": "?start.view=limb&start.window=3&start.channels=chest",
    "case, a window": "case?case.view=limb&case.show=disagree&case.student=direct",
    "case, a subject": "case?case.part=subject&case.window=2&case.follow=heart failure",
    "case, a group": "case?case.part=group&case.class=heart failure",
    "distill": "distill?distill.view=own&distill.simulated_ecg_channels=I,V5&distill.seeds=5&distill.noise=0.3"
    "&distill.arm_oracle=True&distill.device=cpu&distill.title=Two leads",
    "jobs": "jobs?jobs.job={job}&jobs.table=2&jobs.score=accuracy&jobs.stage=five folds, 1/search-0",
    "compare": "compare?compare.jobs={job}&compare.score=accuracy&compare.sort=mean&compare.arms=direct,rdpd",
    "data": "data?data.set=ptbxl",
    "models": "models?models.set=simulated_ecg&models.role=student&models.view=limb&models.part=pair",
    "whatif": "whatif?whatif.view=limb&whatif.window=2&whatif.edits=noise~I~0.5~uniform~0!drop~II&whatif.at=1",
}


def settled(page, url, address):
    """Open an address and wait until its page is drawn and nothing moves any more; give what is shown."""
    path = address.lstrip("/")
    place = next(place for place in PLACES if place.address.partition("?")[0] == path.partition("?")[0])
    visit(page, url, place._replace(address=path))
    return still(page)


def still(page):
    """Wait until the page stands and shows the same twice; give that."""
    until = time.monotonic() + WAIT_MS / 1000
    while True:
        assert time.monotonic() < until, f"the page did not come to rest; it says:\n{page.inner_text('body')}"
        settle(page, WAIT_MS / 1000)
        before = page.evaluate(SHOWN)
        page.wait_for_timeout(AGAIN_MS)
        if not page.query_selector(BUSY) and page.evaluate(SHOWN) == before:
            return before


def a_job(work):
    """Make the folder of a job that is done, with two tables; give its id."""
    folder = jobs_made.submit(jobs_made.desk(work), jobs_made.spec(), jobs_made.Course(stage="tables", epochs=6))
    tables = [jobs_made.table(view="lead_I"), jobs_made.table(("direct", "rdpd"), view="lead_II")]
    jobs_made.end(folder, states.DONE, tables=tables)
    return folder.path.name


def difference(name, before, after):
    """Say in what two looks at a view differ; nothing if they do not."""
    told = []
    for kind, values in before.items():
        lost = [value for value in values if value not in after[kind]]
        new = [value for value in after[kind] if value not in values]
        if values != after[kind]:
            told.append(f"{name}, {kind}: lost {lost}, new {new}")
    return told


def test_every_view_is_restored_after_the_server_was_killed(browser, app_home, app_url, tmp_path):
    sharing = {"RDPD_VENV": sys.prefix, "RDPD_CACHE": str(app_home / "cache")}
    job, seen = a_job(tmp_path / "work"), {}
    with running_app(ROOT, sys.executable, tmp_path, 60, **sharing) as url, browser.new_context() as context:
        page = context.new_page()
        for name, address in VIEWS.items():
            shown = settled(page, url, address.format(job=job))
            assert page.locator(ALERT).filter(has_text="The link").count() == 0, f"{name}: {page.inner_text(ALERT)}"
            seen[name] = (page.url.removeprefix(url), shown)
        raise ServerKilled
    found = []
    with running_app(ROOT, sys.executable, tmp_path, 60, **sharing) as url, browser.new_context() as context:
        page = context.new_page()
        for name, (address, before) in seen.items():
            found += difference(name, before, settled(page, url, address))
            if page.url.removeprefix(url) != address:
                found.append(f"{name}: the address became {page.url.removeprefix(url)}, it was {address}")
        settled(page, url, "")
        page.get_by_role("link").filter(has_text="What-if · Simulated ECG").first.click()
        page.get_by_role("heading", name="What-if").wait_for(timeout=WAIT_MS)
        found += difference("whatif, from Start", seen["whatif"][1], still(page))
    assert not found, "\n".join(found)
