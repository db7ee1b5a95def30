"""Sets of classes: by hand, and covering as promised whether windows of a person are alike or not."""

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.evaluation.conformal import (
    CONSTRUCTIONS,
    SCORES,
    by_person,
    calibration_people,
    least_people,
    resplits,
    set_scores,
    threshold,
)
from rdpd_core.runtime import numpy_generator


def world(people: int, each: int, alike: float, key: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give probabilities (N, 4), truths and people; `alike` is how much of a window's luck belongs to the person."""
    draw = numpy_generator("world", key)
    person = np.repeat(np.arange(people), each)
    target = draw.integers(0, 4, people)[person]
    logits = draw.normal(size=(len(person), 4))
    logits[np.arange(len(person)), target] += 1.5 * (
        alike * draw.normal(size=people)[person] + (1 - alike) * draw.normal(size=len(person)) + 1
    )
    p = np.exp(logits)
    return p / p.sum(axis=1, keepdims=True), target, person


def test_thresholds_by_hand():
    score, person = np.arange(1.0, 10.0), np.arange(9)
    assert threshold(score, person, 0.9) == 9
    assert threshold(score, person, 0.5) == 5
    assert threshold(score, person, 0.91) == np.inf  # 10 people would be needed
    two = np.repeat(np.arange(9), 2)
    assert threshold(np.repeat(score, 2), two, 0.5) == 5
    assert threshold(np.array([1.0, 9, 9, 9, 9]), np.array([0, 1, 1, 1, 1]), 1 / 3) == 1  # people count, not windows
    assert threshold(np.repeat(score, 2), two, 0.5, "window") == 5
    assert (least_people(0.9), least_people(0.5), least_people(0.95)) == (9, 1, 19)
    assert calibration_people(32, 0.9) == 19  # the 18th of 20 ranks is 90% exactly
    assert by_person(np.array([1.0, 0, 0, 1]), np.array([0, 0, 0, 1])) == pytest.approx(2 / 3)


def test_scores_order_classes_as_probabilities_do():
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    assert set_scores(p) == pytest.approx(1 - p)
    aps = set_scores(p, "aps")
    assert (np.argsort(aps, axis=1) == np.argsort(-p, axis=1)).all()
    assert 0 <= aps[0, 0] <= 0.5 <= aps[0, 1] <= 0.8 <= aps[0, 2] <= 1
    assert np.array_equal(aps, set_scores(p, "aps"))


@pytest.mark.parametrize("kind", SCORES)
@pytest.mark.parametrize("alike", [0.0, 1.0])
def test_new_people_are_covered_as_promised(kind, alike):
    covered = {name: [] for name in CONSTRUCTIONS}
    for repeat in range(120):
        p, target, person = world(119, 6, alike, repeat)
        true = set_scores(p, kind, repeat)[np.arange(len(target)), target]
        known = person < 19
        for name, rows in covered.items():
            limit = threshold(true[known], person[known], 0.9, name, repeat)
            rows.append(by_person(true[~known] <= limit, person[~known]))
    assert np.mean(covered["window"]) == pytest.approx(0.9, abs=0.02)
    assert 0.885 <= np.mean(covered["people"]) <= 0.9 + 1 / 20 + 0.01


def test_counting_windows_as_people_would_promise_too_much():
    """With people all alike in themselves, 5 people are not 100 windows."""
    short = []
    for repeat in range(120):
        p, target, person = world(105, 20, 1.0, repeat)
        true = set_scores(p)[np.arange(len(target)), target]
        known = person < 5
        naive = threshold(true[known], np.arange(known.sum()), 0.9)
        short.append(by_person(true[~known] <= naive, person[~known]))
    assert np.mean(short) < 0.87


def test_divisions_of_the_same_people_cover_as_promised():
    p, target, person = world(32, 10, 0.7, "one")
    scores = set_scores(p)
    found = resplits(scores, target, person, 0.9, "window", 100)
    assert found.coverage.mean() == pytest.approx(0.9, abs=0.02)
    assert (found.calibrating, found.held_out) == (19, 13)
    assert (found.size <= 4).all()
    assert np.array_equal(found.coverage, resplits(scores, target, person, 0.9, "window", 100).coverage)


def test_what_cannot_be_promised_is_refused():
    p, target, person = world(9, 2, 0, 0)
    with pytest.raises(DataError, match="9 people are too few"):
        resplits(set_scores(p), target, person, 0.9)
    with pytest.raises(ParameterError, match="coverage 1"):
        threshold(np.ones(3), np.arange(3), 1.0)
    with pytest.raises(ParameterError, match="'all'"):
        threshold(np.ones(3), np.arange(3), 0.9, "all")
    with pytest.raises(ParameterError, match="score 'max'"):
        set_scores(p, "max")
    with pytest.raises(DataError, match="no windows"):
        threshold(np.ones(0), np.ones(0), 0.5)
