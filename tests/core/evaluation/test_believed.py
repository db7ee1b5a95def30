"""The single checks behind a verdict, on made-up numbers."""

import numpy as np
import pytest

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.believe import FAILED, NOT_RUN, OPEN, PASSED, Effort
from rdpd_core.evaluation.believed import NO, UNDECIDED, YES, check_copies, check_kept, check_learned, check_methods
from rdpd_core.evaluation.cells import Cells
from rdpd_core.evaluation.faithful import area, ranks
from rdpd_core.evaluation.planted import planted
from rdpd_core.runtime import numpy_generator


def test_a_verdict_has_three_words():
    assert {len(words.split()) for words in (YES, UNDECIDED, NO)} == {3}


def test_equal_cells_are_ordered_at_random():
    drawn = np.stack([ranks(np.zeros((1, 5)), numpy_generator("ties", at))[0] for at in range(200)])
    assert np.abs(drawn.mean(0) - 2).max() < 0.5
    assert ranks(np.array([[1.0, 3.0, 2.0]]), numpy_generator("ties"))[0].tolist() == [2, 0, 1]


def test_the_area_under_a_straight_line_is_a_half():
    assert area(np.linspace(0, 1, 9)) == pytest.approx(0.5)
    assert area(np.ones((2, 3))).tolist() == [1, 1]


def test_one_person_with_many_windows_is_one_person():
    probability_ = np.tile([0.9, 0.1], (40, 1))
    found = check_learned(probability_, np.zeros(40, dtype=int), np.array(["ann"] * 40), 0)
    assert found.state == OPEN
    assert "n = 1 pairs" in found.sentence


def test_a_model_of_even_probabilities_learned_nothing():
    truth = np.arange(40) % 2
    found = check_learned(np.full((40, 2), 0.5), truth, np.arange(40).astype(str), 0)
    assert found.state == FAILED
    assert found.value == pytest.approx(0.5)


@pytest.mark.slow
def test_false_alarms_of_the_first_check_are_as_rare_as_it_says():
    draw, passed = np.random.default_rng(0), 0
    for at in range(100):
        drawn = draw.dirichlet([1, 1, 1], size=30)
        passed += check_learned(drawn, np.arange(30) % 3, np.arange(30).astype(str), at).state == PASSED
    assert passed <= 5


def test_each_check_can_fail_and_pass():
    assert check_copies(np.full(9, 0.4), np.full(19, 0.1)).state == PASSED
    assert check_copies(np.full(9, 0.4), np.append(np.full(18, 0.1), 0.5)).state == FAILED
    assert check_kept(np.full(20, 0.9)).state == FAILED
    assert check_kept(np.linspace(-0.1, 0.1, 20)).state == PASSED
    assert check_kept(np.linspace(0, 1, 4)).state == OPEN
    draw = np.random.default_rng(0)
    sums = draw.normal(size=(20, 12))
    assert check_methods(sums, {"same": sums}, 0).state == PASSED
    assert check_methods(sums, {"other": draw.normal(size=(20, 12))}, 0).state == FAILED
    assert check_methods(sums, {}, 0).state == NOT_RUN


def test_planted_windows_show_their_class_in_one_cell_only():
    found = planted(600, 1, strength=3.0)
    x = found.windows.gather(slice(None))
    power = Cells(found.cells.groups, found.cells.pieces, found.cells.samples).sums(x**2) / found.cells.sizes()
    for label, (channel, piece) in enumerate(found.places):
        mean = power[found.windows.target == label].mean(axis=0)
        assert mean.argmax() == channel * found.cells.pieces + piece
        assert np.delete(mean, mean.argmax()).max() < 1.2
    with pytest.raises(ParameterError, match="a channel of its own"):
        planted(10, classes=7)


def test_the_effort_is_checked():
    with pytest.raises(ParameterError, match="copies"):
        Effort(copies=5)
