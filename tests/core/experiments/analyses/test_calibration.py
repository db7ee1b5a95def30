"""The analysis of confidence: what it says of honest, boastful and useless models, and of too little data."""

import numpy as np
import pytest

from rdpd_core.errors import DataError
from rdpd_core.experiments.analyses.calibration import Calibration
from rdpd_core.experiments.analyze import analyze
from rdpd_core.experiments.source import Asked
from rdpd_core.runtime import numpy_generator
from tests.core.experiments.analyses.made import arm, nothing, said, source, windows

PARAMS = Calibration.Params(draws=100, resplits=20)


def honest(people: int, key: object) -> tuple:
    """Give windows, and class distributions (2, N, 3) from which their classes were drawn."""
    draw = numpy_generator("honest", key)
    p = draw.dirichlet(np.ones(3), people * 10)
    target = (draw.random(len(p))[:, None] > p.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return windows(people, 10, target), np.stack([p, p])


def answer(given, arms, valid=None, params=PARAMS):
    return Calibration(params).run(source(given, *arms, valid=valid), nothing)


def sentence(found, name, words):
    (one,) = [s for s in found.sentences if s.about == {"arm": name} and words in s.text]
    return one


def test_an_honest_and_a_boastful_model_are_told_apart():
    given, p = honest(30, "people")
    boast = np.where(p == p.max(axis=2, keepdims=True), 0.98, 0.01)
    found = answer(given, (arm("teacher", p), arm("rdpd", boast)))
    assert sentence(found, "teacher", "may be calibrated").claim == "not shown"
    assert sentence(found, "rdpd", "not calibrated").claim == "shown"
    assert sentence(found, "rdpd", "too sure of itself").claim == "shown"
    assert found.values["arms"]["rdpd"]["temperature"]["value"] > 1.5
    errors = {state: found.values["arms"]["rdpd"][state]["errors"]["nll"]["value"] for state in ("raw", "scaled")}
    assert errors["scaled"] < errors["raw"]
    assert sentence(found, "teacher", "more often right in the 50%").claim == "shown"
    assert sentence(found, "rdpd", "errs").null.startswith("0 if disagreement")
    assert any("never with an ECE" in text for text in found.notices)


def test_disagreement_flags_errors():
    given = windows(30, 10)
    truth = given.target
    teacher, student = said(truth, 0.98, "t"), said(truth, 0.6, "s")
    found = answer(given, (arm("teacher", teacher), arm("rdpd", student)))
    flag = sentence(found, "rdpd", "errs more often where the teacher disagrees")
    assert flag.claim == "shown"
    rows = {r["teacher and arm"]: r for r in found.tables["Disagreement with the teacher"]}
    assert rows["agree"]["windows"] + rows["disagree"]["windows"] == 300
    assert rows["disagree"]["error rate"] > 0.9 > rows["agree"]["error rate"]


def test_too_few_people_one_class_and_no_labels_end_in_words():
    given_valid, p_valid = honest(30, "valid")
    few = windows(4, 10)
    found = answer(few, (arm("rdpd", said(few.target, 0.7, 1)),))
    assert "No sets of classes can be promised" in sentence(found, "rdpd", "No sets").text
    assert found.tables["Sets of classes"][0]["why not"].startswith("4 people are too few")
    assert any("recordings were resampled" in text for text in found.notices)
    two = windows(2, 10)
    bad = answer(two, (arm("rdpd", said((two.target + 1) % 3, 0.9, 1)),), valid=(given_valid, (arm("rdpd", p_valid),)))
    assert sentence(bad, "rdpd", "is calibrated cannot be said").claim == "unknown"
    assert sentence(bad, "rdpd", "cover as promised cannot be said").claim == "unknown"
    alike = windows(12, 10, target=np.zeros(120, dtype=int))
    one = answer(alike, (arm("rdpd", np.tile([0.6, 0.2, 0.2], (2, 120, 1))),))
    assert one.values["arms"]["rdpd"]["temperature"] is None
    assert any("No temperature was fitted" in text for text in one.notices)
    bare = windows(12, 10, target=np.full(120, -1))
    with pytest.raises(DataError, match="none of the test windows has a label"):
        answer(bare, (arm("rdpd", np.tile([0.6, 0.2, 0.2], (2, 120, 1))),))


@pytest.mark.slow
def test_sets_of_the_simulated_clinic_cover_as_promised():
    """Over 100 divisions of its test people, within 2 points of what was asked, for every arm that comes with the program."""
    for settings in ({}, {"score": "aps"}, {"coverage": 0.8}):
        found = analyze("calibration", Asked("simulated_ecg", "lead_I"), settings, fresh=True)
        wanted = settings.get("coverage", 0.9)
        for own in found.values["arms"].values():
            assert len(own["sets"]["resplits"]["coverage"]) == 100
            assert np.mean(own["sets"]["resplits"]["coverage"]) == pytest.approx(wanted, abs=0.02)
