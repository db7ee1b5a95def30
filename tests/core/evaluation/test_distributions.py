"""Class distributions: divergences by hand, and nulls that are kept by simulation."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy

from rdpd_core.evaluation.distributions import apart, drift, entropy, jensen_shannon, spread
from rdpd_core.evaluation.relabeling import labelings, relabeled_p, smallest_p
from rdpd_core.runtime import numpy_generator

SUBJECTS = np.array([f"s{i}" for i in range(20)])


def rows(n: int, key: object, k: int = 4) -> np.ndarray:
    return numpy_generator("rows", key).dirichlet(np.ones(k), n)


def test_measures_equal_those_of_scipy():
    p, q = rows(50, "p"), rows(50, "q")
    assert entropy(p) == pytest.approx(scipy_entropy(p, axis=1))
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, axis=1) ** 2)
    assert spread(np.stack([p, q])) == pytest.approx(jensen_shannon(p, q))
    assert spread(np.stack([p, p, p])) == pytest.approx(0, abs=1e-12)
    certain = np.eye(4)
    assert entropy(certain) == pytest.approx(0)
    assert jensen_shannon(certain[0], certain[1]) == pytest.approx(np.log(2))


def test_a_drift_is_found_and_a_wandering_recording_is_none():
    slope = np.linspace(0.1, 0.8, 30)
    rising = np.stack([slope, (1 - slope) / 2, (1 - slope) / 2], axis=1)
    found = drift([rising])
    assert found.js > found.null
    assert found.p <= 0.05
    called = 0
    for repeat in range(200):
        generator = numpy_generator("wander", repeat)
        wander = np.zeros((30, 3))
        for at in range(1, 30):
            wander[at] = 0.6 * wander[at - 1] + generator.normal(size=3) * 0.5
        p = np.exp(wander)
        called += drift([p / p.sum(axis=1, keepdims=True)], repeat).p <= 0.05
    assert called <= 18


def test_short_recordings_tell_little_and_say_so():
    assert drift([rows(2, 0), rows(1, 1)]) is None
    short = drift([rows(5, 0)])
    assert (short.p, short.shifts) == (None, 5)
    assert drift([rows(5, 0), rows(5, 1)]).shifts == 25
    still = drift([np.tile([0.2, 0.8], (30, 1))])
    assert (still.js, still.p) == (pytest.approx(0, abs=1e-12), 1)


def test_arms_that_differ_by_seed_only_are_called_different_in_at_most_7_of_100():
    called = 0
    for repeat in range(200):
        draw = numpy_generator("seeds", repeat)
        base = draw.normal(size=(20, 4))
        habits = draw.normal(size=(10, 1, 4)) * 0.5  # what a model does to every subject
        p = np.exp(base + habits + 0.3 * draw.normal(size=(10, 20, 4)))
        p /= p.sum(axis=2, keepdims=True)
        called += apart(p[:5], p[5:], SUBJECTS, draws=100).p < 0.05
    assert called <= 14


def test_arms_that_differ_are_told_apart_if_there_are_models_enough():
    draw = numpy_generator("differ")
    logits = draw.normal(size=(20, 4)) + 0.1 * draw.normal(size=(10, 20, 4))
    logits[5:, :, 0] += 1
    p = np.exp(logits)
    p /= p.sum(axis=2, keepdims=True)
    found = apart(p[:5], p[5:], SUBJECTS)
    assert found.p == found.smallest_p == pytest.approx(2 / 252) == pytest.approx(smallest_p(5, 5))
    assert found.excess.sign == 1
    assert found.between > found.within
    three = apart(p[:3], p[5:8], SUBJECTS)
    assert three.p == pytest.approx(0.1)
    one = apart(p[:1], p[5:6], SUBJECTS)
    assert (one.within, one.p, one.excess) == (None, None, None)


def test_relabeling_by_hand():
    assert labelings(1, 2).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert relabeled_p(np.arange(5), np.arange(5) + 10) == pytest.approx(2 / 252)
    assert relabeled_p(np.ones(3), np.ones(3)) == 1
    assert (smallest_p(3, 3), smallest_p(2, 3)) == (pytest.approx(0.1), pytest.approx(0.1))
    called = [relabeled_p(*numpy_generator("label", at).normal(size=(2, 5))) < 0.05 for at in range(1000)]
    assert 0.03 <= np.mean(called) <= 0.07  # 12 of 252 labelings
    many = labelings(10, 10)
    assert len(many) == 5000
    assert many[0].tolist() == [1] * 10 + [0] * 10
