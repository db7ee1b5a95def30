"""The A/A test: arms that differ in their seeds only, and how often they are called different."""

import numpy as np
import pytest

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.same import false_alarms, halves
from rdpd_core.runtime import numpy_generator

PEOPLE = 24


def models(count: int, key: object, better: float = 0.0, each: int = 6) -> list[Predictions]:
    """Give what some students of one recipe say: hard windows are hard for all, and each student has habits of its own."""
    draw = numpy_generator("population", key)
    person = np.repeat(np.arange(PEOPLE), each)
    target = person % 3
    ease = (draw.normal(size=PEOPLE)[person] + draw.normal(size=len(person)))[:, None] * np.eye(3)[target]
    names = person.astype(str)

    def one(at: int) -> Predictions:
        own = numpy_generator("student", key, better, at)
        logits = ease + 0.7 * own.normal(size=(1, 3)) + own.normal(size=(len(person), 3)) + (0.7 + better) * np.eye(3)[target]
        return Predictions.from_logits(logits, target=target, subject=names, recording=names, classes=("a", "b", "c"))

    return [one(at) for at in range(count)]


def fresh(seeds: int):
    """Give what draws new people and new students for each repeat."""

    def drawn(repeat: int):
        found = models(2 * seeds, repeat)
        return found[:seeds], found[seeds:]

    return drawn


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_seeds_alone_are_called_different_in_at_most_7_of_100():
    found = false_alarms(fresh(6), 100, ("accuracy", "macro_f1"), draws=100)
    assert found.repeats == 100
    assert max(found.by_metric.values()) <= 7, found.line()


@pytest.mark.slow
def test_few_repeats_in_short():
    found = false_alarms(fresh(6), 20, ("accuracy",), draws=100)
    assert found.by_metric["accuracy"] <= 4  # 1 of 20 thousand short tests would see more at a rate of 5%
    assert "n = 20 repeats of 6 seeds" in found.line()


def test_a_single_student_of_each_is_never_called_different():
    assert false_alarms(fresh(1), 5, ("accuracy",), draws=100).any_metric == 0


@pytest.mark.slow
def test_a_difference_is_still_called_one():
    def drawn(repeat: int):
        return models(8, repeat), models(8, repeat, better=1.5)

    assert false_alarms(drawn, 5, ("accuracy",), draws=100).by_metric["accuracy"] >= 4


def test_models_are_dealt_without_repetition():
    given = models(7, "dealt")
    first, second = halves(given, 3)(0)
    assert len({id(p) for p in [*first, *second]}) == 6
    assert [id(p) for p in halves(given, 3)(0)[0]] == [id(p) for p in first]
    assert [id(p) for p in halves(given, 3)(1)[0]] != [id(p) for p in first]
    with pytest.raises(ParameterError, match="7 models cannot"):
        halves(given, 4)
