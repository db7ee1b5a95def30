"""The analysis of predicted classes: subjects in order, seeds as the null, drift that is one."""

import numpy as np
import pytest

from rdpd_core.errors import DataError
from rdpd_core.experiments.analyses.classes import Classes
from rdpd_core.runtime import numpy_generator
from tests.core.experiments.analyses.made import arm, nothing, said, source, windows

PARAMS = Classes.Params(draws=100, shifts=100)


def answer(given, *arms):
    return Classes(PARAMS).run(source(given, *arms), nothing)


def models(shift: float, key: object, m: int = 5, people: int = 12, each: int = 10) -> np.ndarray:
    """Give what m models say, (m, N, 3), their first class moved by `shift`."""
    logits = np.repeat(numpy_generator("people").normal(size=(people, 3)), each, axis=0)
    logits = logits + 0.2 * numpy_generator("models", key).normal(size=(m, people * each, 3))
    logits[..., 0] += shift
    p = np.exp(logits)
    return p / p.sum(axis=2, keepdims=True)


def about(found, name, words):
    return [s for s in found.sentences if s.about == {"arm": name} and words in s.text]


def test_arms_are_called_different_only_beyond_their_seeds():
    given = windows()
    found = answer(given, arm("direct", models(0, 1)), arm("distill", models(0, 2)), arm("rdpd", models(1, 3)))
    assert about(found, "rdpd", "otherwise than Direct")[0].claim == "shown"
    assert about(found, "distill", "no otherwise than Direct")[0].claim == "not shown"
    few = answer(given, arm("direct", models(0, 1, 3)), arm("rdpd", models(1, 3, 3)))
    assert about(few, "rdpd", "5 seeds are the least")[0].claim == "unknown"
    single = answer(given, arm("direct", models(0, 1, 1)), arm("rdpd", models(1, 3, 1)))
    assert about(single, "rdpd", "cannot be said")
    assert any("One model each of Direct, RDPD" in text for text in single.notices)


def test_subjects_come_by_disagreement():
    given = windows()
    first, second = models(0, 1, 2), models(0, 1, 2)
    odd = given.subject == "p03"
    second[:, odd] = second[:, odd][..., [2, 0, 1]]
    found = answer(given, arm("direct", first), arm("rdpd", second))
    assert found.values["subjects"][0] == "p03"
    assert found.values["disagreement"] == sorted(found.values["disagreement"], reverse=True)
    assert np.array(found.values["arms"]["rdpd"]["mean"]).sum(axis=1) == pytest.approx(1)
    assert found.values["windows"] == [10] * 12
    assert found.tables["Subjects by disagreement"][0]["subject"] == "p03"


def test_a_drift_of_everybody_is_seen_and_steadiness_is_not_called_one():
    given = windows(12, 30, target=np.zeros(360, dtype=int), recordings=1)
    time = np.tile(np.linspace(-1.5, 1.5, 30), 12)
    steady, moving = models(0, 1, 2, 12, 30), models(0, 2, 2, 12, 30)
    moving[..., 0] *= np.exp(time)
    moving /= moving.sum(axis=2, keepdims=True)
    found = answer(given, arm("direct", steady), arm("rdpd", moving))
    assert about(found, "rdpd", "more probability in the last third")[0].claim == "shown"
    assert about(found, "rdpd", "drifts along the recording")[0].claim == "shown"
    assert about(found, "direct", "neither more nor less")[0].claim == "not shown"
    assert about(found, "direct", "no more than chance")[0].claim == "not shown"


def test_little_and_dull_input_ends_in_words():
    short = windows(6, 2)
    found = answer(short, arm("rdpd", said(short.target, 0.7, 1)))
    assert about(found, "rdpd", "too few windows")[0].claim == "unknown"
    assert about(found, "rdpd", "recordings of 3 windows")[0].claim == "unknown"
    assert any("6 subjects have no recording of 3 windows" in text for text in found.notices)
    given = windows()
    dull = answer(given, arm("rdpd", np.tile([1.0, 0, 0], (2, 120, 1))))
    assert any("names rest for every window" in text for text in dull.notices)
    assert dull.values["arms"]["rdpd"]["entropy"] == pytest.approx([0] * 12)
    unlabeled = windows(12, 10, target=np.full(120, -1))
    assert answer(unlabeled, arm("rdpd", models(0, 1))).values["truth"] == [None] * 12
    with pytest.raises(DataError, match="no windows"):
        answer(windows(0, 10, target=np.zeros(0)), arm("rdpd", np.zeros((2, 0, 3))))
