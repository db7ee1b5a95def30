"""From which share of rich recordings on imitation pays: by hand, and along made results."""

import math

import numpy as np
import pytest

from rdpd_core.experiments.break_even import BreakEven, break_even, crossing, sentence
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


def made(*gains):
    """Give results at three shares, at which RDPD is above Direct by so much."""
    found = []
    for gain, share in zip(gains, SHARES.tolist(), strict=False):
        skill = {"teacher": 2.0, "direct": 0.5, "rdpd": 0.5 + gain}
        found.append(cell(at={"view": "torso", "rich_share": share}, skill=skill))
    return found


def test_along_results_it_lies_where_the_scores_cross(toy):
    found = break_even(made(-0.4, 0.4, 0.8), "rdpd", "direct", "pr_auc")
    assert 0.1 < found.share < 0.4
    assert 0.1 <= found.low <= found.share <= found.high <= 0.4
    assert (found.least, found.most) == (0.1, 1.0)
    assert sentence(found, "RDPD").startswith(f"RDPD pays from {found.share:.0%} of the training data recorded richly on [")


def test_it_may_lie_before_the_smallest_or_beyond_the_largest_share(toy):
    soon = break_even(made(0.6, 0.7, 0.8), "rdpd", "direct", "pr_auc")
    assert (
        sentence(soon, "RDPD")
        == "RDPD pays from at most 10% of the training data recorded richly on [at most 10%, at most 10%]."
    )
    never = break_even(made(-0.6, -0.5, -0.4), "rdpd", "direct", "pr_auc")
    assert math.isinf(never.share)
    assert sentence(never, "RDPD") == (
        "even with 100% of the training data recorded richly RDPD does not pay [more than 100%, more than 100%]."
    )


def test_one_share_and_an_arm_that_is_missing_tell_nothing(toy):
    assert break_even(made(0.1), "rdpd", "direct", "pr_auc") is None
    assert break_even(made(0.1, 0.2, 0.3), "distill", "direct", "pr_auc") is None
    assert sentence(BreakEven(0.5, None, None, 0.1, 1.0), "RDPD") == (
        "RDPD pays from 50% of the training data recorded richly on."
    )
