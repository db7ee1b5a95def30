"""Every picture of an analysis says what n, which interval and which null it has: in itself and in every file it leaves in."""

import re

import pytest

from app.components import charts, explain_tasks
from app.figures.export import to_html
from rdpd_core.evaluation.believe import Effort
from tests.app import test_cohort_page
from tests.app.test_views import opened

trained, here = test_cohort_page.trained, test_cohort_page.here
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("here")]
SAID = ("n", "interval", "null")
PLACES = (
    ("represent", {}, 3),
    ("represent", {"part": "layers"}, 4),
    ("explain", {}, 3),
    ("explain", {"part": "pair"}, 3),
    ("explain", {"part": "methods"}, 1),
    ("cohort", {}, 3),
    ("cohort", {"part": "classes"}, 5),
    ("cohort", {"part": "sure"}, 3),
)


@pytest.fixture
def shown(monkeypatch):
    """What was handed to be shown: figure, words, tables, and what it is about."""
    found, latest = [], []
    stamped, drawn = charts.stamped, charts.st.plotly_chart

    def stamp(fig, about):
        latest[:] = [(fig, about)]
        return stamped(fig, about)

    def draw(fig, key, **how):
        found.append((key, *latest[0]))
        return drawn(fig, key=key, **how)

    monkeypatch.setattr(charts, "stamped", stamp)
    monkeypatch.setattr(charts.st, "plotly_chart", draw)
    return found


def of_page(shown, page: str) -> dict:
    """Give what was drawn on a page, by key: figure and what it is about; every page is reached by way of the first."""
    return {key: (fig, about) for key, fig, about in shown if key.startswith(f"{page}.")}


def check(key, fig, about) -> None:
    """Hold a picture and its files to what they must say."""
    record = dict(about.record)
    for name in SAID:
        assert record.get(name), f"{key}: {name} is not said in {record}"
        assert f"# {name}: " in about.head(), "a table says it above its columns"
    page = to_html(fig, "words", about).decode()
    for name in SAID:
        assert f"{name}: {record[name]}".replace("'", "&#x27;").replace("<", "&lt;").replace(">", "&gt;") in page
    drawn = str(charts.stamped(fig, about).to_plotly_json())
    assert re.search(r"n = \d+", drawn), f"{key}: no n is drawn"
    assert re.search(r"[Nn]ull|Gray|[Dd]ashed|[Bb]y chance|even|Alike", drawn), f"{key}: no null is drawn"


@pytest.mark.parametrize(("page", "link", "least"), PLACES, ids=str)
def test_it_says_n_interval_and_null(shown, page, link, least):
    opened(page, **{f"{page}.{name}": value for name, value in link.items()})
    found = of_page(shown, page)
    assert len(found) >= least
    for key, (fig, about) in found.items():
        check(key, fig, about)


@pytest.mark.slow
def test_the_pictures_of_the_checks_do_too(shown, monkeypatch):
    few = Effort(steps=4, shares=4, orders=5, copies=19, cascades=1)
    whole = explain_tasks.belief_of
    monkeypatch.setattr(explain_tasks, "belief_of", lambda *given, **named: whole(*given, few, 12, **named))
    explain_tasks.belief_task.clear()
    at = opened("explain")
    shown.clear()
    next(b for b in at.button if b.label == "Check it").click().run()
    for _ in range(200):
        if not at.get("progress"):
            break
        at.run()
    assert not at.exception
    found = of_page(shown, "explain")
    assert {"explain.curves", "explain.cascade"} <= set(found)
    for key, (fig, about) in found.items():
        check(key, fig, about)
    explain_tasks.belief_task.clear()
