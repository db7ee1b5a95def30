"""Mean ranks, Friedman's test and the critical difference, against published numbers and SciPy."""

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from rdpd_core.errors import DataError
from rdpd_core.evaluation.standings import standings

# Accuracies of C4.5 in four versions on 14 data sets: Table 6 of Demsar, JMLR 7, 2006.
DEMSAR = {
    "C4.5": [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.000, 0.940, 0.619, 0.972, 0.957],
    "C4.5+m": [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.000, 0.962, 0.666, 0.981, 0.978],
    "C4.5+cf": [0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.000, 0.965, 0.614, 0.9751, 0.946],
    "C4.5+m+cf": [0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.000, 0.962, 0.669, 0.975, 0.970],
}


def test_the_published_example():
    found = standings(DEMSAR)
    ranks = dict(zip(found.arms, found.ranks, strict=True))
    assert ranks == pytest.approx({"C4.5": 3.143, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}, abs=5e-4)
    assert found.arms[0] == "C4.5+m+cf"
    assert found.critical == pytest.approx(1.25, abs=0.01)
    assert found.blocks == 14
    assert found.p < 0.05


def test_ranks_and_p_agree_with_scipy():
    draw = np.random.default_rng(0)
    scores = {name: draw.normal(shift, 1, 20) for name, shift in (("a", 0.0), ("b", 0.4), ("c", 1.0))}
    chi2 = friedmanchisquare(*scores.values()).statistic
    found = standings(scores)
    from scipy.stats import f

    assert found.p == pytest.approx(f.sf(19 * chi2 / (40 - chi2), 2, 38))


def test_ties_share_their_rank_and_alike_arms_are_not_told_apart():
    found = standings({"a": [1, 1, 1, 1, 1, 1], "b": [1, 1, 1, 1, 1, 1]})
    assert found.ranks == (1.5, 1.5)
    assert found.p == 1.0
    assert found.alike == ((0, 1),)
    assert "No difference in rank shown" in found.sentence({})


def test_arms_that_always_rank_alike_are_told_apart():
    found = standings({"low": [0.1] * 10, "high": [0.9] * 10, "mid": [0.5] * 10})
    assert found.arms == ("high", "mid", "low")
    assert found.p == 0.0
    assert "High above Low" in found.sentence({"high": "High", "low": "Low"})
    assert found.alike == ((0, 1), (1, 2))  # neighbors lie 1 apart, and 2.3437 * sqrt(12 / 60) = 1.05 is critical
    assert found.critical == pytest.approx(2.3437 * np.sqrt(12 / 60), abs=1e-4)
    assert standings({"low": [0.1] * 13, "high": [0.9] * 13}).alike == ()


def test_lower_can_be_better_and_few_blocks_say_nothing():
    found = standings({"a": [0.1, 0.2], "b": [0.3, 0.4]}, higher_is_better=False)
    assert found.arms == ("a", "b")
    assert "Too few seeds" in found.sentence({})


@pytest.mark.parametrize("scores", [{"a": [1.0]}, {"a": [], "b": []}, {"a": [1.0], "b": [1.0, 2.0]}, {"a": [np.nan], "b": [1]}])
def test_what_cannot_be_ranked_is_refused(scores):
    with pytest.raises(DataError):
        standings(scores)
