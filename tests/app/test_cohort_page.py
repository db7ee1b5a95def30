"""The page of a cohort, run without a browser on small data sets: six test subjects, or only one."""

import json
import re
from pathlib import Path

import pytest

from app import cached
from app.components import cohort_rows
from rdpd_core.datasets import DATASETS
from rdpd_core.experiments import Experiment, keep, run
from rdpd_core.experiments.analyses import Result
from rdpd_core.experiments.analyses.classes import Classes
from rdpd_core.store import Store
from tests.app import test_views
from tests.app.test_views import ToyECG, alts, opened, words

models, one_subject = test_views.models, test_views.here
__all__ = ["models", "one_subject"]
SUBJECTS = tuple(f"p{at:02d}" for at in range(16))
TEST = SUBJECTS[-6:]
PARTS = ("wrong", "classes", "sure")


class ToyCohort(ToyECG):
    """Sixteen people, six of them to test and six to validate."""

    def __init__(self, root=None):
        """Give everybody a name."""
        super().__init__(root, SUBJECTS)

    def assign(self, subjects, split):
        """Give the last six to test, and the six before to valid."""
        self.check_split(split)
        return {s: "test" if s in TEST else "valid" if s in SUBJECTS[4:10] else "train" for s in subjects}


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with three arms of one view, two seeds each."""
    work = tmp_path_factory.mktemp("cohort")
    (work / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._entries, "simulated_ecg", ToyCohort)
        patch.setenv("RDPD_CACHE", str(work / "cache"))
        patch.setenv("RDPD_WORK", str(work))
        asked = {"dataset": "simulated_ecg", "view": "limb", "arms": ("teacher", "direct", "rdpd"), "seeds": 2}
        keep(run(Experiment(**asked, recipe="paper", epochs=8)), Store.default(), "2026-01-01T00:00:00+00:00")
    return work


@pytest.fixture
def here(trained, monkeypatch, tmp_path):
    """The cohort and its models, in place of all others."""
    monkeypatch.setitem(DATASETS._entries, "simulated_ecg", ToyCohort)
    monkeypatch.setenv("RDPD_CACHE", str(trained / "cache"))
    monkeypatch.setenv("RDPD_WORK", str(trained))
    monkeypatch.setenv("RDPD_DATA", str(trained / "data"))
    monkeypatch.setattr("rdpd_core.store.store.pretrained_root", lambda: tmp_path / "none")
    cached.listing.clear()
    cached.analysis_task.clear()  # what is computed may be changed by a test; what was found before lies in its folder


def page(**link: str):
    return opened("cohort", **{f"cohort.{name}": value for name, value in link.items()})


def figures(at) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def address(at) -> dict[str, str]:
    """Give the choices in the address."""
    return {key: value if isinstance(value, str) else value[-1] for key, value in at.query_params.items()}


def written(figure: dict) -> str:
    """Give all that is written in a figure."""
    return " ".join(note["text"] for note in figure["layout"]["annotations"]).replace("<br>", " ")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.slow
def test_every_picture_says_what_stands_behind_it(here, part):
    at = page(part=part)
    told = words(at)
    assert "What may be concluded" in told
    assert "n = " in told
    assert figures(at)
    for figure, alt in zip(figures(at), alts(at), strict=True):
        assert "windows of 6 subjects" in written(figure)
        assert re.search("interval|95%", written(figure))
        assert alt
        assert not re.search(r"\bnan\b|\bNone\b", f"{written(figure)} {alt}", re.IGNORECASE)
    assert at.code[-1].value.startswith("python -m rdpd_core analyze ")


@pytest.mark.slow
def test_recordings_that_are_too_short_are_said(here, monkeypatch):
    run_it = Classes.run

    def short(self, source, tell):
        found = run_it(self, source, tell)
        nothing = {"value": None, "interval": None, "n": 0, "units": 0}
        arms = {arm: {**own, "drift": [None] * len(own["drift"])} for arm, own in found.values["arms"].items()}
        values = {**found.values, "trends": dict.fromkeys(found.values["trends"], nothing), "arms": arms}
        return Result(values, found.tables, found.sentences)

    monkeypatch.setattr(Classes, "run", short)
    monkeypatch.setattr(Classes, "version", 999)
    cached.analysis_task.clear()
    told = " ".join(info.value for info in page(part="classes").info)
    cached.analysis_task.clear()
    assert "it has no last third" in told
    assert "nothing can drift" in told


@pytest.mark.slow
def test_where_nothing_may_be_shown_a_sentence_stands(one_subject):
    told = " ".join(info.value for part in ("wrong", "sure") for info in page(part=part).info)
    assert "No class has 5 recordings" in told
    assert "No group may be shown" in told
    assert "needs 9 validation subjects, there are 1" in told


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.slow
def test_one_test_subject_is_too_few_for_conclusions_and_no_error(one_subject, part):
    at = page(part=part)
    told = words(at)
    assert "What may be concluded" in told
    assert "cannot be said" in told or "No sets of classes can be promised" in told
    assert not at.error
    assert "95% intervals" not in " ".join(map(written, figures(at))), "there are none"


@pytest.mark.slow
def test_only_the_part_that_is_asked_for_is_worked_out(here, monkeypatch):
    asked = []
    monkeypatch.setattr("app.components.cohort_sure.show", lambda *args: asked.append("sure"))
    monkeypatch.setattr("app.components.cohort_classes.show", lambda *args: asked.append("classes"))
    page()
    assert not asked


@pytest.mark.slow
def test_classes_of_too_few_people_are_hidden(here):
    shown, hidden = page(), page(least="10")
    assert not any("No class has" in info.value for info in shown.info)
    assert any("No class has 10 subjects" in info.value for info in hidden.info)
    assert len(figures(hidden)) == len(figures(shown)) - 1
    assert hidden.code[-1].value.endswith("--least 10")


@pytest.mark.slow
def test_a_click_on_a_row_opens_the_subject_in_the_case_study(here):
    at = page()
    at.session_state["cohort.clicked"] = TEST[2]
    at.run()
    assert not at.exception
    assert at.title[0].value == "Case study"
    assert address(at)["case.subject"] == TEST[2]


@pytest.mark.slow
def test_many_subjects_are_looked_at_one_page_after_the_other(here, monkeypatch):
    monkeypatch.setattr(cohort_rows, "MOST", 4)
    drawn = [figures(page(**link))[0]["data"][0]["y"] for link in ({}, {"rows": "5"})]
    assert [len(rows) for rows in drawn] == [4, 2]
    assert not set(drawn[0]) & set(drawn[1])
    assert any("rows" in warning.value for warning in page(rows="7").warning)


def test_a_click_says_whose_row_it_was(monkeypatch):
    state = {"key": {"selection": {"points": [{"customdata": ["p11", 0.5, "p11"]}]}}}
    monkeypatch.setattr(cohort_rows.st, "session_state", state)
    cohort_rows._clicked("cohort", "key")
    assert state["cohort.clicked"] == "p11"


@pytest.mark.slow
def test_the_abstain_slider_says_how_many_windows_are_decided(here):
    at = page(part="sure", decided="0.5")
    told = words(at)
    assert "instead of" in told
    assert "It abstains in" in told
    lines = [shape["x0"] for figure in figures(at) for shape in figure["layout"].get("shapes", ()) if shape.get("xref") == "x"]
    assert any(abs(x - 0.5) < 0.05 for x in lines), "the chosen point is marked"


@pytest.mark.slow
def test_another_coverage_is_another_question(here):
    at = page(part="sure", coverage="0.8")
    assert at.code[-1].value.endswith("--coverage 0.8")
    assert "promised, 80%" in " ".join(map(written, figures(at)))


@pytest.mark.slow
def test_choices_of_another_part_outlive_a_look_at_this_one(here):
    at = page(part="sure", bins="mass", decided="0.6", least="10")
    assert not at.warning
    for part in ("classes", "wrong", "sure"):
        next(c for c in at.button_group if c.key == "cohort.part").set_value(part).run()
        assert not at.exception
    asked = {"cohort.part": "sure", "cohort.bins": "mass", "cohort.decided": "0.6", "cohort.least": "10"}
    assert asked.items() <= address(at).items()


@pytest.mark.slow
def test_a_teacher_cannot_disagree_with_itself(here):
    at = page(part="sure", arm="teacher")
    assert "cannot disagree with itself" in " ".join(info.value for info in at.info)
