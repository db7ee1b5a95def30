"""Attention overlap: known averages, hand-made rows, and the controls."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, spearmanr

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation.overlap import MEASURES, overlap, overlaps, rescaled
from rdpd_core.runtime import numpy_generator

N = 400
PEOPLE = np.repeat(np.arange(20), N // 20).astype(str)


def rows(segments: int, n: int = N, key: object = 0, sharpness: float = 1.0) -> np.ndarray:
    """Give random attention (n, segments)."""
    return numpy_generator("attention", key).dirichlet(np.full(segments, sharpness), n)


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (4, {"overlap": 0.568, "js": 0.151, "cosine": 0.650, "kl_ab": 0.761}),
        (8, {"overlap": 0.532, "js": 0.172, "cosine": 0.584, "kl_ab": 0.878}),
        (100, {"overlap": 0.503, "js": 0.191, "cosine": 0.509, "kl_ab": 0.990}),
    ],
)
def test_random_rows_agree_as_much_as_they_should(segments, expected):
    n = 40_000 if segments < 10 else 4000
    found = overlaps(rows(segments, n, "a"), rows(segments, n, "b"))
    for name, value in expected.items():
        assert found[name].mean() == pytest.approx(value, abs=0.015 if name == "kl_ab" else 0.006), name
    for name in ("kl_ab", "kl_ba"):  # digamma(2) - digamma(S + 1) - digamma(1) + digamma(S)
        assert found[name].mean() == pytest.approx(1 - 1 / segments, abs=0.012)
    assert found["top1"].mean() == pytest.approx(1 / segments, abs=0.01)


def test_measures_equal_those_of_scipy():
    a, b = rows(6, key="a"), rows(6, key="b")
    found = overlaps(a, b)
    for i in range(20):
        assert found["kl_ba"][i] == pytest.approx(entropy(b[i], a[i]), abs=1e-4)
        assert found["kl_ab"][i] == pytest.approx(entropy(a[i], b[i]), abs=1e-4)
        assert found["js"][i] == pytest.approx(jensenshannon(a[i], b[i]) ** 2, abs=1e-6)
        assert found["spearman"][i] == pytest.approx(spearmanr(a[i], b[i]).statistic)
        assert found["entropy_a"][i] == pytest.approx(entropy(a[i]), abs=1e-6)
        assert found["overlap"][i] == pytest.approx(1 - np.abs(a[i] - b[i]).sum() / 2)
        assert found["cosine"][i] == pytest.approx(a[i] @ b[i] / np.linalg.norm(a[i]) / np.linalg.norm(b[i]))
    assert list(found) == list(MEASURES)


def test_equal_rows_and_opposite_rows():
    a = rows(4)
    same = overlaps(a, a)
    for name, value in {"kl_ba": 0, "js": 0, "overlap": 1, "cosine": 1, "spearman": 1, "top1": 1}.items():
        assert same[name] == pytest.approx(np.full(N, value), abs=1e-9), name
    apart = overlaps(np.array([[1.0, 0, 0, 0]]), np.array([[0, 0, 0, 1.0]]))
    assert apart["js_share"][0] == pytest.approx(1, abs=1e-5)
    assert apart["overlap"][0] == pytest.approx(0, abs=1e-6)
    assert np.isfinite(apart["kl_ab"][0])


def test_even_attention_agrees_only_by_chance():
    even = np.full((1, 5), 0.2)
    found = overlaps(even, even)
    assert found["top1"][0] == pytest.approx(1 / 5)
    assert found["spearman"][0] == 0
    assert found["entropy_a"][0] == pytest.approx(np.log(5))
    assert overlaps(np.array([[0.4, 0.4, 0.2]]), np.array([[0.5, 0.3, 0.2]]))["top1"][0] == 0.5


def test_imitation_lies_beyond_chance_and_independence_within():
    a = rows(8, key="a")
    near = 0.8 * a + 0.2 * rows(8, key="b")
    found = overlap(near, a, PEOPLE, PEOPLE, draws=100, shuffles=50)
    for name in ("kl_ba", "js", "overlap", "cosine", "spearman", "top1"):
        assert found.measures[name].beyond_chance(), name
    agreement = found.measures["overlap"]
    assert agreement.interval.low < agreement.mean < agreement.interval.high
    assert (agreement.interval.unit, agreement.interval.n) == ("subjects", 20)
    assert agreement.chance == pytest.approx(overlaps(near, rows(8, key="c"))["overlap"].mean(), abs=0.02)
    apart = overlap(rows(8, key="d"), a, PEOPLE, PEOPLE, draws=100, shuffles=100)
    assert sum(m.beyond_chance() for m in apart.measures.values()) <= 2


def test_a_shared_habit_is_no_imitation():
    """Rows that all peak in the same segment overlap whatever the window; only the control shows it."""
    habit = np.array([0.02, 0.02, 0.02, 0.94])
    a, b = (0.9 * habit + 0.1 * rows(4, key=key) for key in "ab")
    found = overlap(a, b, PEOPLE, PEOPLE, draws=100, shuffles=100).measures["overlap"]
    assert found.mean > 0.9
    assert found.chance == pytest.approx(found.mean, abs=0.01)
    assert not found.beyond_chance()


def test_controls_are_given_and_keyed():
    a, b = rows(4, key="a"), rows(4, key="b")
    found = overlap(a, b, PEOPLE, PEOPLE, draws=100, shuffles=20)
    assert found == overlap(a, b, PEOPLE, PEOPLE, draws=100, shuffles=20)
    assert found != overlap(a, b, PEOPLE, PEOPLE, draws=100, shuffles=20, seed=1)
    assert found.measures["overlap"].even == pytest.approx(overlaps(np.full_like(a, 0.25), b)["overlap"].mean())
    assert found.measures["entropy_b"].band is None
    assert (found.segments, found.n_windows, found.n_subjects) == (4, N, 20)
    json.dumps(found.to_dict(), allow_nan=False)


def test_bad_rows_are_refused():
    good = rows(4)
    with pytest.raises(DataError, match="1 of 400 rows of attention b"):
        overlaps(good, np.vstack([good[:-1], [[0.5, 0.6, 0.1, 0.1]]]))
    with pytest.raises(ShapeError, match="both must be"):
        overlaps(good, rows(5))
    with pytest.raises(ShapeError, match="at least 2 segments"):
        overlaps(np.ones((3, 1)), np.ones((3, 1)))
    with pytest.raises(DataError, match="no windows"):
        overlaps(good[:0], good[:0])
    with pytest.raises(ShapeError, match="subjects and recordings"):
        overlap(good, good, PEOPLE[:3], PEOPLE)
    with pytest.raises(ParameterError, match="shuffles=3"):
        overlap(good, good, PEOPLE, PEOPLE, shuffles=3)


def test_other_numbers_of_segments_keep_what_falls_where():
    row = np.array([[0.1, 0.2, 0.3, 0.4]])
    assert rescaled(row, 2) == pytest.approx(np.array([[0.3, 0.7]]))
    assert rescaled(row, 4) == pytest.approx(row)
    assert rescaled(row, 8) == pytest.approx(np.repeat(row, 2, axis=1) / 2)
    assert rescaled(row, 3) == pytest.approx(np.array([[0.1 + 0.2 / 3, 0.4 / 3 + 0.2, 0.1 + 0.4]]))
    assert rescaled(rows(7), 16).sum(axis=1) == pytest.approx(1)
    with pytest.raises(ParameterError, match="segments=1"):
        rescaled(row, 1)


@pytest.mark.slow
def test_habits_of_people_are_no_agreement():
    """Both models look at each person in a way of their own: windows agree by person only, and few persons prove little."""
    wrong = 0
    for repeat in range(60):
        draw = numpy_generator("habits", repeat)
        a, b = (np.repeat(draw.dirichlet(np.ones(6), 12), 20, axis=0) for _ in range(2))
        people = np.repeat(np.arange(12), 20).astype(str)
        wrong += overlap(a, b, people, people, draws=200, shuffles=40, seed=repeat).measures["overlap"].beyond_chance()
    assert wrong <= 9  # the band alone is passed in about half of them


def test_too_few_people_show_nothing():
    a = rows(8, 40, key="a")
    people = np.repeat(["ann", "bob"], 20)
    found = overlap(a, a, people, people, draws=100, shuffles=20).measures["overlap"]
    assert found.interval is None
    assert found.mean > found.band[1]
    assert not found.beyond_chance()


def test_what_a_model_does_everywhere_is_chance():
    """Each of two pairs shares a habit of its own; rows of one pair must not stand as chance for the other."""
    habits = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.7]]).repeat(N // 2, axis=0)
    a, b = (0.8 * habits + 0.2 * rows(4, key=key) for key in "ab")
    people, pair = np.tile(PEOPLE[: N // 2], 2), np.repeat([0, 1], N // 2)
    found = overlap(a, b, people, people, within=pair, draws=100, shuffles=50).measures["overlap"]
    assert found.chance == pytest.approx(found.mean, abs=0.01)
    assert not found.beyond_chance()
    assert overlap(a, b, people, people, draws=100, shuffles=50).measures["overlap"].beyond_chance()
