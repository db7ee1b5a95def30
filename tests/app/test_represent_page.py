"""The page Representations, run without a browser on a small data set that stands in for the simulated one."""

import json
from types import SimpleNamespace

import pytest

from app.components import represent_cell, represent_look
from tests.app import test_views
from tests.app.test_views import alts, opened, words

models, here = test_views.models, test_views.here
pytestmark = pytest.mark.usefixtures("here")


def page(**link: str):
    return opened("represent", **{f"represent.{name}": value for name, value in link.items()})


def address(at) -> dict[str, str]:
    told = {key: [value] if isinstance(value, str) else value for key, value in at.query_params.items()}
    return {key: value[-1] for key, value in told.items() if key.startswith("represent.")}


def box(at, key: str):
    return next(b for b in at.selectbox if b.key == f"represent.{key}")


@pytest.mark.slow
def test_where_they_look_says_what_may_be_concluded_first():
    at = page()
    told = words(at)
    assert "What may be concluded" in told
    assert "it takes 5 subjects" in told, "one test subject allows no conclusion"
    assert "paired at random give" in told
    assert not address(at), "nothing was chosen"
    overlap, entropy, truth, window = alts(at)
    assert "windows paired at random" in overlap
    assert "n = 27 windows of 1 subject, mean over 2 seeds" in overlap
    assert "even" in entropy
    assert "0 by chance" in truth
    assert "Signals in mV" in window


@pytest.mark.slow
def test_the_command_gives_the_same():
    assert page().code[-1].value == "python -m rdpd_core analyze overlap simulated_ecg --view lead_I --measure overlap"
    at = page(part="layers", mode="pooled")
    line = "python -m rdpd_core analyze cka simulated_ecg --view lead_I --arms direct rdpd --mode pooled"
    assert at.code[-1].value == f"{line} --null recordings --no-each-subject"


@pytest.mark.slow
def test_choices_stand_in_the_address_and_outlive_the_other_part():
    at = page(measure="cosine", arms="rdpd")
    assert "cosine of the attention" in alts(at)[0]
    assert "Direct" not in alts(at)[0]
    next(c for c in at.button_group if c.key == "represent.part").set_value("layers").run()
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert not at.exception
    told = address(at)
    assert (told["represent.part"], told["represent.measure"], told["represent.arms"]) == ("layers", "cosine", "rdpd")


@pytest.mark.slow
def test_a_subject_opens_the_case_study():
    at = page()
    (link,) = [e for e in at.get("page_link") if "case study" in e.proto.label]
    assert "case.subject=fay" in link.proto.query_string
    assert "case.student=rdpd" in link.proto.query_string


def test_the_layers_stand_side_by_side_with_null_and_answers():
    at = page(part="layers")
    told = words(at)
    assert "Matching layers of Teacher and RDPD" in told
    assert "mode flatten" in told
    said = alts(at)
    assert [alt.startswith("CKA of the layers of Teacher") for alt in said].count(True) == 2
    assert any(alt.startswith("Difference of CKA") for alt in said)
    assert any(alt.startswith("First aligned components") for alt in said)
    answers = next(frame.value for frame in at.dataframe if "measure" in frame.value)
    assert {"Cohen's kappa", "agreement", "R² by class", "Jensen-Shannon"} <= set(answers["measure"])
    assert "cannot be said" in told, "one subject leaves nobody to be held out"


def test_two_models_are_compared():
    at = page(part="layers", sides="two")
    one, other = box(at, "one").value, box(at, "other").value
    assert one != other
    assert f"Matching layers of {one} and {other}" in words(at)
    assert f"--models {one} {other}" in at.code[-1].value


@pytest.mark.slow
def test_a_square_is_chosen_by_name_and_what_is_not_there_is_told():
    at = page(part="layers", row="logits", column="nowhere")
    assert any("nowhere" in w.value for w in at.warning)
    assert box(at, "row.widget").value == "logits"
    box(at, "column.widget").set_value("logits").run()
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert address(at)["represent.column"] == "logits"
    assert any(alt.startswith("First aligned components of Teacher: logits and RDPD: logits") for alt in alts(at))


@pytest.mark.slow
def test_a_layer_without_time_is_told_and_the_rest_stays():
    at = page(part="layers", mode="time")
    assert not at.exception
    assert "has no course in time" in words(at)


def test_a_subject_of_too_few_windows_gets_a_sentence(monkeypatch):
    monkeypatch.setattr("app.components.represent_layers.LEAST_OF_SUBJECT", 28)
    at = page(part="layers", who="fay")
    assert "fay has 27 windows: at least 28 are needed" in at.info[0].value.replace("\\", "")
    assert not at.get("plotly_chart")


def test_links_that_ask_for_what_is_not_here_are_told():
    at = page(arms="oracle", measure="touch", subject="nobody")
    told = " ".join(w.value for w in at.warning)
    for asked in ("oracle", "touch", "nobody"):
        assert asked in told


def test_clicks_choose_a_subject_and_a_square(monkeypatch):
    points = {"selection": {"points": [{"customdata": ["rdpd", "x", 5, 1]}]}}
    state = {"represent.overlap": points, "ranked": {"selection": {"rows": [2]}}}
    monkeypatch.setattr(represent_look, "st", SimpleNamespace(session_state=state))
    represent_look._clicked("represent", {"rdpd": ["ann", "bob"]})
    assert (state["represent.student"], state["represent.subject"]) == ("rdpd", "bob")
    represent_look._row_chosen("represent", "ranked", ["ann", "bob", "cem"])
    assert state["represent.subject"] == "cem"
    state["square"] = {"selection": {"points": [{"customdata": [1, 0, "words"]}]}}
    monkeypatch.setattr(represent_cell, "st", SimpleNamespace(session_state=state))
    represent_cell.clicked("represent", "square", "direct", ["a", "b"], ["c", "d"])
    assert [state[f"represent.{name}"] for name in ("matrix", "row", "column")] == ["direct", "b", "c"]


def test_every_picture_carries_n_interval_and_null_into_its_file():
    for chart in page().get("plotly_chart"):
        spec = json.loads(chart.proto.spec)
        texts = " ".join(a.get("text", "") for a in spec["layout"]["annotations"])
        assert "n = 27 windows" in texts or "n = 1 window of 27" in texts
        assert "null" in texts or "even" in texts


def test_answers_that_are_all_right_leave_a_sentence_instead_of_an_empty_picture(monkeypatch):
    from rdpd_core.evaluation.estimates import Estimate

    nothing = Estimate(None, None, 0, 0)
    monkeypatch.setattr("rdpd_core.experiments.analyses.overlap._by_truth", lambda *args: nothing)
    monkeypatch.setattr("rdpd_core.experiments.analyses.overlap.AttentionOverlap.version", -1)
    at = page()
    assert "there is only one kind here" in at.info[0].value
    assert len(alts(at)) == 3
