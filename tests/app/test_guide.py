"""Guided cases in the pages, run without a browser on a small data set that stands in for the simulated one."""

import pytest

from app.components import guide_place, guide_tasks
from app.components.guide_place import Place
from rdpd_core.experiments.guided import GUIDED
from tests.app import test_views
from tests.app.test_views import words

models, here = test_views.models, test_views.here
pytestmark = [pytest.mark.usefixtures("here"), pytest.mark.slow]
NAMES = sorted(case.name for case in GUIDED)


def settled(at):
    """Run until nothing is awaited any more."""
    for _ in range(200):
        if not at.get("progress"):
            break
        at.run()
    assert not at.get("progress"), "work did not end"
    assert not at.exception
    return at


def opened(**link: str):
    """Open the first page with a link."""
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(str(test_views.MAIN), default_timeout=60)
    for key, value in link.items():
        at.query_params[key] = value
    return settled(at.run())


def button(at, key: str):
    """Give a button by its key."""
    return next(b for b in at.button if b.key == key)


def has(at, key: str) -> bool:
    """Say whether there is a button of this key."""
    return any(b.key == key for b in at.button)


def address(at) -> dict[str, str]:
    """Give the address."""
    return {key: value if isinstance(value, str) else value[-1] for key, value in at.query_params.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_every_case_is_restored_by_its_page(name):
    at = opened(guide=f"{name}.1")
    tour = guide_tasks.tour_task(name, *_key()).result()
    for number, step in enumerate(tour.steps, start=1):
        told = words(at)
        assert f"step {number} of {len(tour.steps)}" in told
        assert step.sentence in told
        assert not at.warning, [w.value for w in at.warning]
        assert not at.error, [e.value for e in at.error]
        for choice, value in step.choices.items():
            assert str(at.session_state[f"{step.page}.{choice}"]) == value, (number, choice)
        assert not has(at, "guide_return")
        settled(button(at, "guide_next").click().run())
    assert at.title[0].value == "RDPD Studio"
    assert not has(at, "guide_next")
    assert "guide" not in address(at)


def _key() -> tuple[str, str]:
    from app import cached

    return cached.data_root(), cached.store_stamp()


def test_who_strays_is_offered_the_way_back():
    at = opened(guide="no_help.1")
    step = guide_tasks.tour_task("no_help", *_key()).result().steps[0]
    other = next(view for view in ("lead_I", "limb") if view != step.choices["view"])
    settled(next(choice for choice in at.button_group if choice.key == "case.view").set_value(other).run())
    assert has(at, "guide_return")
    settled(button(at, "guide_return").click().run())
    assert not has(at, "guide_return")
    assert at.session_state["case.view"] == step.choices["view"]
    settled(at.switch_page("views/data.py").run())
    assert has(at, "guide_return"), "the case goes on although another page was opened"
    settled(button(at, "guide_return").click().run())
    assert at.title[0].value == "Case study"


def test_back_and_end():
    at = opened(guide="attention.1")
    assert button(at, "guide_back").disabled
    n = len(guide_tasks.tour_task("attention", *_key()).result().steps)
    settled(button(at, "guide_next").click().run())
    assert address(at)["guide"] == "attention.2"
    settled(button(at, "guide_back").click().run())
    assert f"step 1 of {n}" in words(at)
    settled(button(at, "guide_end").click().run())
    assert not has(at, "guide_next")
    assert "guide" not in address(at)
    assert at.title[0].value == "Case study", "the page stays"


@pytest.mark.parametrize("link", ["nothing_such.1", "attention.x", "<b>.2"])
def test_a_link_to_a_case_that_is_not_there_says_which_are(link):
    at = opened(guide=link)
    assert "unknown guided case" in at.error[0].value
    assert "attention" in at.error[0].value.replace("\\", "")
    assert has(at, "guide_end")


def test_a_link_beyond_the_last_step_leads_to_the_last():
    at = opened(guide="attention.99")
    n = len(guide_tasks.tour_task("attention", *_key()).result().steps)
    assert f"step {n} of {n}" in words(at)


def test_presenter_mode_stays_and_reset_forgets_every_choice():
    at = opened(guide="no_help.1", present="1")
    step = guide_tasks.tour_task("no_help", *_key()).result().steps[0]
    assert address(at)["present"] == "1"
    other = next(view for view in ("lead_I", "limb") if view != step.choices["view"])
    settled(next(choice for choice in at.button_group if choice.key == "case.view").set_value(other).run())
    at.session_state["left over"] = 1
    settled(button(at, "guide_reset").click().run())
    assert "left over" not in at.session_state
    assert address(at) == {"guide": "no_help.1", "present": "1", **{f"{step.page}.{k}": v for k, v in step.choices.items()}}
    settled(button(at, "guide_end").click().run())
    settled(button(at, "guide_reset").click().run())
    assert at.title[0].value == "RDPD Studio"
    assert address(at) == {"present": "1"}
    settled(button(at, "guide_present").click().run())
    assert address(at) == {}
    assert not has(at, "guide_reset")


def test_the_browsers_back_takes_the_step_from_the_address(monkeypatch):
    at = opened(guide="attention.1")
    settled(button(at, "guide_next").click().run())
    monkeypatch.setattr("app.components.guide_place.went_back", lambda: True)
    at.query_params["guide"] = "attention.1"
    settled(at.run())
    assert "step 1 of" in words(at)
    del at.query_params["guide"]
    settled(at.run())
    assert not has(at, "guide_next"), "gone back to before the case began"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", None),
        ("a.3", Place("a", 3)),
        ("a.b.2", Place("a.b", 2)),
        ("a", Place("a", 1)),
        ("a.0", Place("a", 1)),
        (".2", Place(".2", 1)),
    ],
)
def test_places_are_read_from_the_address(text, place):
    assert guide_place.read(text) == place
