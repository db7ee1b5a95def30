"""Differences that are looked at together are corrected together, and judged by the rules of today."""

from dataclasses import replace

from rdpd_core.evaluation.arms import Comparison, Difference, Row
from rdpd_core.evaluation.judging import has_enough, judge, stored
from rdpd_core.evaluation.scores import Interval

ABOVE = Interval(0.01, 0.05, "subjects", 30, 500)
GIVEN = Difference(0.03, ABOVE, 0.0078125, None, 8, "folds", 3, "none", "too few seeds to say (n=3)")


def test_p_is_corrected_over_those_with_trainings_enough():
    few = replace(GIVEN, n_seeds=1)
    unpaired = replace(GIVEN, p=None, n_pairs=0, n_seeds=0, mean=None, interval=None)
    found = judge([GIVEN, few, GIVEN, unpaired], ["Direct"] * 4, True)
    assert [d.p_holm for d in found] == [2 * 0.0078125, None, 2 * 0.0078125, None]
    assert [d.claim for d in found] == ["better", "none", "better", "none"]
    assert [has_enough(d) for d in found] == [True, False, True, False]
    assert found[1].verdict == "too few seeds to say (n=1)"
    assert found[3].verdict == "no run in common with Direct"


def test_more_differences_make_each_harder_to_claim():
    assert judge([GIVEN] * 7, ["Direct"] * 7, True)[0].claim == "none"
    assert judge([GIVEN] * 6, ["Direct"] * 6, True)[0].claim == "better"
    assert judge([GIVEN], ["Direct"], False)[0].claim == "worse", "lower is better"


def test_a_stored_comparison_keeps_its_numbers_and_gets_the_words_of_today():
    own = Row("direct", "Direct", 0.7, None, None, 3, 8, ((0, 0.7),), None)
    other = replace(own, arm="rdpd", title="RDPD", difference=GIVEN)
    kept = Comparison("direct", {"pr_auc": (own, other)}, 100, 8, "subjects", 8, 500, (), {})
    again = stored(kept.to_dict())
    said = again.rows["pr_auc"][1].difference
    assert said == replace(GIVEN, p_holm=GIVEN.p, claim="better", verdict="better than Direct (n=8 folds, p=0.0078)")
    assert again.rows["pr_auc"][0] == own
    assert stored(again.to_dict()) == again
