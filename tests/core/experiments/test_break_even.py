"""From which share of rich recordings on imitation pays: by hand, and along made results."""

import math

import numpy as np
import pytest

from rdpd_core.experiments.break_even import BreakEven, break_even, crossing, sentence, taken
from tests.core.experiments.evidence.made import cell

SHARES = np.array([0.1, 0.4, 1.0])


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([0.1, 0.2, 0.3], 0.1),
        ([-0.1, 0.2, 0.3], 0.2),
        ([-0.1, -0.1, 0.1], 0.7),
        ([0.1, -0.1, 0.1], 0.7),
        ([0.3, 0.2, 0.0], math.inf),
        ([-0.3, -0.2, -0.1], math.inf),
        ([0.0, 0.3, 0.3], 0.1),
    ],
)
def test_where_a_line_rises_above_0_for_good(gaps, expected):
    found = crossing(SHARES, np.array(gaps)[:, None])
    assert found.shape == (1,)
    assert found[0] == pytest.approx(expected)


def test_resamples_are_taken_one_by_one():
    gaps = np.array([[0.1, -0.1], [0.2, 0.2], [0.3, 0.3]])
    assert crossing(SHARES, gaps) == pytest.approx([0.1, 0.2])


def made(*gains, seeds=5):
    """Give results at three shares, at which RDPD is above Direct by so much; 1, 2 and 4 of the 4 training subjects."""
    found = []
    for gain, share in zip(gains, SHARES.tolist(), strict=False):
        skill = {"teacher": 2.0, "direct": 0.5, "rdpd": 0.5 + gain}
        found.append(cell(at={"view": "torso", "rich_share": share}, skill=skill, rich_share=share, seeds=seeds))
    return found


@pytest.mark.slow
def test_shares_are_those_that_were_taken(toy):
    assert [taken(one) for one in made(0.1, 0.2, 0.3)] == [0.25, 0.5, 1.0]
    few = cell(skill={"teacher": 2.0, "direct": 0.5}, rich_share=0.1, rich_by="windows")
    assert taken(few) == pytest.approx(12 / 108), "rounded up class by class"
    assert taken(cell(skill={"teacher": 2.0, "direct": 0.5})) == 1


@pytest.mark.slow
def test_along_results_it_lies_where_the_scores_cross(toy):
    found = break_even(made(-0.4, 0.4, 0.8), "rdpd", "direct", "pr_auc")
    assert 0.25 < found.share < 0.5
    assert 0.25 <= found.low <= found.share <= found.high <= 0.5
    assert (found.least, found.most, found.unit) == (0.25, 1.0, "training subjects")
    told = sentence(found, "RDPD")
    assert told.startswith(f"RDPD pays once {100 * found.share:.3g}% [")
    assert told.endswith("%] of the training subjects are recorded richly, beside everybody in validation.")


@pytest.mark.slow
def test_it_may_lie_before_the_smallest_or_beyond_the_largest_share(toy):
    soon = break_even(made(0.6, 0.7, 0.8), "rdpd", "direct", "pr_auc")
    assert sentence(soon, "RDPD").startswith("RDPD pays once at most 25% [at most 25%, at most 25%] of the training subjects")
    never = break_even(made(-0.6, -0.5, -0.4), "rdpd", "direct", "pr_auc")
    assert math.isinf(never.share)
    assert sentence(never, "RDPD") == "RDPD does not pay with up to 100% of the training subjects recorded richly."


@pytest.mark.slow
def test_what_is_not_decided_is_not_stated(toy):
    close = break_even(made(-0.4, -0.2, 0.0), "rdpd", "direct", "pr_auc")
    assert math.isfinite(close.low)
    assert math.isinf(close.high)
    assert sentence(close, "RDPD").startswith("from which share of training subjects on RDPD pays is not decided: ")
    assert sentence(close, "RDPD").endswith(", not with 100%].")
    few = break_even(made(-0.4, 0.4, 0.8, seeds=1), "rdpd", "direct", "pr_auc")
    (few_folds,) = {one.comparison.n_units for one in made(-0.4, 0.4, 0.8, seeds=1)}
    assert few_folds == 6
    assert sentence(few, "RDPD") == "from which share of training subjects on RDPD pays is not told: one seed is too few."
    alone = BreakEven(0.5, None, None, 0.1, 1.0)
    assert sentence(alone, "RDPD").endswith("has no interval, as there are too few people; the mean lies at 50%.")
    assert "at most 0.5%" in sentence(BreakEven(0.005, 0.005, 0.005, 0.005, 1.0), "RDPD")


@pytest.mark.slow
def test_one_share_and_an_arm_that_is_missing_tell_nothing(toy):
    assert break_even(made(0.1), "rdpd", "direct", "pr_auc") is None
    assert break_even(made(0.1, 0.2, 0.3), "distill", "direct", "pr_auc") is None
