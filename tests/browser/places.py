"""The places of the app: every page and every part of it, by the address that opens it and a sign that it is drawn."""

from __future__ import annotations

from typing import Any, NamedTuple

CHART = ".js-plotly-plot:has(.main-svg)"
TITLED = ".js-plotly-plot:has(.gtitle)"
"""A chart with a title: no empty paper."""
BUSY = "[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]"
ERROR = "[data-testid=stException]"
RUNS = "[data-testid=stApp][data-test-script-state=running]"
EDITS = "noise~I~0.6~uniform~0!scale~II~1.5"
SETTLED_MS = 400
"""A page counts as drawn when nothing of it has moved for so long."""
LOOK_MS = 100
"""How often it is looked at: to look lays out the whole page, and at every frame that costs more than what the page does."""


class Place(NamedTuple):
    """Something one can open.

    Attributes:
        name: For file names and messages.
        address: Path and choices.
        sign: Selector of what shows that it is drawn.
    """

    name: str
    address: str
    sign: str = CHART


PLACES = (
    Place("start", "", TITLED),
    Place("case-window", "case"),
    Place("case-subject", "case?case.part=subject"),
    Place("case-group", "case?case.part=group"),
    Place("whatif", "whatif"),
    Place("whatif-edits", f"whatif?whatif.edits={EDITS}"),
    Place("lab", "lab?lab.job=new", "[data-testid=stBaseButton-primary]"),
    Place("results", "results", "[data-testid=stCode]"),
    Place("results-study", "results?results.name=dsads.table2.statistics.unlabeled_0.95", "[data-testid=stCode]"),
    Place("represent-look", "represent", ".st-key-represent-truth-numbers"),
    Place("represent-layers", "represent?represent.part=layers", ".st-key-represent-scatter-numbers"),
    Place("explain", "explain"),
    Place("explain-pair", "explain?explain.part=pair"),
    Place("explain-methods", "explain?explain.part=methods"),
    Place("cohort-wrong", "cohort", "[data-testid=stCode]"),
    Place("cohort-classes", "cohort?cohort.part=classes", "[data-testid=stCode]"),
    Place("cohort-sure", "cohort?cohort.part=sure", "[data-testid=stCode]"),
    Place("distill", "distill", "[data-testid=stBaseButton-primary]"),
    Place("jobs", "jobs", "[data-testid=stMain] h3, [data-testid=stAlert]"),
    Place("compare", "compare", "[data-testid=stTable], [data-testid=stAlert]"),
    Place("data", "data", "[data-testid=stDataFrame]"),
    Place("models", "models", "[data-testid=stTable]"),
    Place("models-lineage", "models?models.part=lineage&models.model=simulated_ecg/teacher-split_0-seed0"),
    Place("models-cost", "models?models.part=cost", "[data-testid=stMetric]"),
    Place("models-fits", "models?models.part=fits", "[data-testid=stCode]"),
    Place("models-pair", "models?models.part=pair", "[data-testid=stTable]"),
    Place("models-out", "models?models.part=out", "[data-testid=stCode]"),
)
BY_NAME = {place.name: place for place in PLACES}


def visit(page: Any, url: str, place: Place, within_s: float = 240, stay: bool = False) -> None:
    """Open a place and wait until it is drawn and stands still.

    Args:
        page: Of the browser.
        url: Of the app.
        place: Where to go.
        within_s: Recordings are simulated on the first visit.
        stay: Where the page shows the app, go on within it, as by a link, rather than load it anew.

    Raises:
        AssertionError: The page shows an error.
    """
    if stay and page.url.startswith(f"{url}/"):
        page.evaluate(_TURN, [f"/{place.address}", RUNS])
        page.wait_for_function("window._turned", timeout=within_s * 1000, polling=LOOK_MS)
    else:
        page.goto(f"{url}/{place.address}")
    page.wait_for_selector(f"{place.sign}, {ERROR}", timeout=within_s * 1000)
    settle(page, within_s)


def settle(page: Any, within_s: float = 60) -> None:
    """Wait until the page has been the same for a moment; fail if it shows an error.

    Raises:
        AssertionError: The page shows an error.
    """
    page.evaluate("window._seen = undefined")  # what was still before the last click does not count
    page.wait_for_function(_STILL, arg=[BUSY, SETTLED_MS], timeout=within_s * 1000, polling=LOOK_MS)
    errors = page.locator(ERROR).all_inner_texts()
    if errors:
        raise AssertionError(f"{page.url} shows an error: {errors}")


_TURN = """([address, runs]) => {
  window._turned = false;
  const look = new MutationObserver(() => {
    if (document.querySelector(runs)) { window._turned = true; look.disconnect(); }
  });
  look.observe(document.body, {subtree: true, attributeFilter: ["data-test-script-state"]});
  history.pushState({}, "", address);
  dispatchEvent(new PopStateEvent("popstate", {state: {}}));
}"""
"""As Back and Forward do: the app is told of the new address, and its script begins to run."""

_STILL = """([busy, still]) => {
  const now = performance.now(), app = document.querySelector("[data-testid=stApp]");
  const seen = [app?.getAttribute("data-test-script-state"), document.body.textContent.length,
                document.querySelectorAll("*").length, document.querySelector(busy) !== null].join();
  if (seen !== window._seen) [window._seen, window._since] = [seen, now];
  const calm = document.querySelector(busy) === null && app && app.getAttribute("data-test-script-state") !== "running";
  return Boolean(calm) && now - window._since > still;
}"""
