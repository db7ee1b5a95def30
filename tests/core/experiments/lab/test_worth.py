"""What a channel is worth: against the definition by orders of joining, and on games whose answer is known."""

import itertools
import math

import numpy as np
import pytest

from rdpd_core.experiments.lab.worth import front, interaction, marginal


def game(units, value):
    """Give the value of every subset."""
    return {
        subset: np.asarray(value(subset), dtype=float)
        for size in range(units + 1)
        for subset in itertools.combinations(range(units), size)
    }


def by_orders(values, units):
    """Give Shapley values as the mean gain over all orders in which units may join."""
    found = np.zeros(units)
    for order in itertools.permutations(range(units)):
        for at, unit in enumerate(order):
            before, after = tuple(sorted(order[:at])), tuple(sorted(order[: at + 1]))
            found[unit] += (values[after] - values[before]) / math.factorial(units)
    return found


def test_the_marginal_value_of_a_whole_game_is_the_shapley_value():
    generator = np.random.default_rng(0)
    values = game(5, lambda subset: generator.normal())
    assert marginal(values, 5) == pytest.approx(by_orders(values, 5))
    assert marginal(values, 5).sum() == pytest.approx(values[0, 1, 2, 3, 4] - values[()])


def test_many_resamples_are_computed_at_once():
    generator = np.random.default_rng(1)
    values = game(4, lambda subset: generator.normal(size=7))
    assert marginal(values, 4).shape == (4, 7)
    one = {subset: score[3] for subset, score in values.items()}
    assert marginal(values, 4)[:, 3] == pytest.approx(marginal(one, 4))
    assert interaction(values, 4)[0, 2, 3] == pytest.approx(interaction(one, 4)[0, 2])


def test_what_adds_up_does_not_interact_and_a_copy_interacts_negatively():
    adds = game(3, lambda subset: sum((0.1, 0.2, 0.3)[unit] for unit in subset))
    assert marginal(adds, 3) == pytest.approx([0.1, 0.2, 0.3])
    assert interaction(adds, 3)[np.triu_indices(3, 1)] == pytest.approx(0, abs=1e-12)
    copy = game(3, lambda subset: 0.5 * (0 in subset or 1 in subset) + 0.2 * (2 in subset))
    found = interaction(copy, 3)
    assert found[0, 1] == found[1, 0] == pytest.approx(-0.5)
    assert found[0, 2] == pytest.approx(0, abs=1e-12)
    assert np.isnan(np.diag(found)).all()


def test_missing_sizes_leave_the_mean_of_those_that_are_there():
    values = game(4, lambda subset: float(len(subset)) ** 2)
    small = {subset: score for subset, score in values.items() if len(subset) <= 2}
    assert marginal(small, 4) == pytest.approx([(1 + 3) / 2] * 4)
    lonely = {(): np.array(0.0), (0,): np.array(1.0)}
    assert np.isnan(marginal(lonely, 2)[1])


def test_the_front_holds_whatever_nothing_beats():
    costs, scores = [1, 1, 2, 2, 3, 3], [0.3, 0.5, 0.5, 0.7, 0.6, 0.9]
    assert front(costs, scores) == [1, 3, 5]
    assert front([0], [0.1]) == [0]
    assert front([], []) == []
