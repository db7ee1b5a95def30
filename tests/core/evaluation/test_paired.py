"""Paired tests, correction, and what may be claimed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wilcoxon

from rdpd_core.evaluation.paired import holm, is_enough, smallest_p, verdict, wilcoxon_p
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator

FAR = Interval(0.01, 0.05, "subjects", 30, 500)


def said(**changes: object) -> tuple[str, str]:
    """Give the verdict on a clear gain, with some facts changed."""
    facts = {"n_seeds": 10, "n_pairs": 10, "pairs": "seeds", "mean": 0.03, "interval": FAR, "p_holm": 0.01, "reachable": 0.004}
    return verdict(reference="Direct", higher_is_better=True, **(facts | changes))


@pytest.mark.slow
def test_wilcoxon_is_exact_and_bounded_from_below():
    differences = numpy_generator("wilcoxon").normal(0.4, 1, 12)
    assert wilcoxon_p(differences) == wilcoxon(differences.round(12), method="exact").pvalue
    for n in range(1, 12):
        gains = [0.01 * (i + 1) for i in range(n)]
        assert wilcoxon_p(gains) == pytest.approx(smallest_p(n))
        assert wilcoxon_p([0.01] * n) == pytest.approx(smallest_p(n)), "ties are counted exactly"
    assert smallest_p(5) == 0.0625
    assert smallest_p(1) == 1


@pytest.mark.parametrize("n", range(1, 9))
def test_shared_ranks_and_zeros_are_counted_as_scipy_counts_them(n):
    draw = numpy_generator("ties", n)
    for _ in range(6):
        differences = np.round(draw.normal(0.5, 1.5, n)) / 10
        differences[0] = 0.1
        assert wilcoxon_p(differences) == pytest.approx(wilcoxon(differences.round(12)).pvalue, abs=1e-12)


def test_equal_arms_do_not_differ():
    assert wilcoxon_p([0, 0, 0]) == 1
    assert wilcoxon_p([1e-16, -1e-16, 1e-15, 1e-16, 1e-15, 1e-16]) == 1, "rounding is no difference"


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1, 1]
    assert holm([]) == []


def test_claims():
    assert said() == ("better", "better than Direct (n=10 seeds, p=0.01)")
    losing = Interval(-0.05, -0.01, "subjects", 30, 500)
    assert said(mean=-0.03, interval=losing) == ("worse", "worse than Direct (n=10 seeds, p=0.01)")
    assert verdict(
        reference="Direct", n_seeds=8, n_pairs=8, pairs="folds", mean=-0.03, interval=losing, p_holm=0.01, reachable=0.01,
        higher_is_better=False,
    ) == ("better", "better than Direct (n=8 folds, p=0.01)")  # fmt: skip


def test_folds_that_were_each_trained_twice_are_enough():
    assert said(n_seeds=2, n_pairs=8, pairs="folds") == ("better", "better than Direct (n=8 folds, p=0.01)")
    assert is_enough(5, 1)
    assert is_enough(2, 6)
    assert not is_enough(4, 5)
    assert not is_enough(1, 20)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"p_holm": 0.05}, "no difference shown (n=10 seeds, p=0.05)"),
        ({"interval": Interval(-0.001, 0.05, "subjects", 30, 500)}, "no difference shown (n=10 seeds, p=0.01)"),
        ({"interval": Interval(0.0, 0.05, "subjects", 30, 500)}, "no difference shown (n=10 seeds, p=0.01)"),
        ({"interval": None}, "no difference shown: too few people for an interval (n=10 seeds, p=0.01)"),
        ({"n_seeds": 4}, "too few seeds to say (n=4)"),
        ({"n_seeds": 3, "p_holm": None}, "too few seeds to say (n=3)"),
        ({"n_seeds": 1, "n_pairs": 8, "pairs": "folds"}, "too few seeds to say (n=1)"),
        ({"n_seeds": 2, "n_pairs": 8, "pairs": "seeds"}, "too few seeds to say (n=2)"),
        ({"n_seeds": 0}, "no run in common with Direct"),
        (
            {"n_seeds": 5, "n_pairs": 5, "reachable": 0.0625},
            "no difference shown: n=5 seeds cannot reach p < 0.05 (smallest possible 0.0625); add seeds",
        ),
    ],
)
def test_nothing_is_claimed_without_all_three(changes, sentence):
    assert said(**changes) == ("none", sentence)
