"""Two selections: paired where they answer the same windows, side by side where they do not."""

from dataclasses import replace

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError, UnknownNameError
from rdpd_core.evaluation import compare
from rdpd_core.experiments.compared.sides import Side, beside, side_of, unlike
from tests.core.experiments.compared.made import RIGHT, entry, result, runs

KEYS = {"abcd1234.1": {}, "abcd1234.2": {"view": "lead_II"}}


@pytest.fixture(scope="module")
def two():
    return [entry(number, **asked) for number, asked in enumerate(KEYS.values(), 1)]


def side(arm, *entries):
    return Side(arm, arm, tuple(entries))


@pytest.mark.slow
def test_two_arms_of_one_experiment_agree_with_its_comparison(two):
    found = beside(side("direct", two[0]), side("rdpd", two[0]), "accuracy", result, draws=100)
    wanted = next(row for row in compare(runs(RIGHT, 6, "s0", "[]"), "direct", draws=100).rows["accuracy"] if row.arm == "rdpd")
    assert found.difference == pytest.approx(wanted.difference.mean)
    assert found.means[1] == pytest.approx(wanted.mean)
    assert found.p == pytest.approx(wanted.difference.p)
    assert (found.n_pairs, found.pairs, found.claim) == (6, "seeds", "better")
    assert found.interval.low > 0
    assert found.sentence("Direct", "RDPD").startswith("accuracy: Direct 0.")
    assert "RDPD: better than the first side (n=6 seeds, p=0.031)" in found.sentence("Direct", "RDPD")


def test_experiments_that_differ_in_one_setting_are_paired_one_by_one(two):
    found = beside(side("direct", *two), side("rdpd", *two), "accuracy", result, draws=100)
    assert found.runs == (12, 12)
    assert (found.n_pairs, found.apart) == (6, "")
    gaps = []
    for one in two:
        by = {o.arm: [] for o in result(one).outcomes}
        for o in result(one).outcomes:
            by[o.arm].append(float((o.predictions["test"].probability.argmax(1) == o.predictions["test"].target).mean()))
        gaps.append(np.mean(by["rdpd"]) - np.mean(by["direct"]))
    assert found.difference == pytest.approx(np.mean(gaps))


def test_the_same_arm_under_two_views_is_paired(two):
    found = beside(side("rdpd", two[0]), side("rdpd", two[1]), "accuracy", result, draws=100)
    assert found.apart == ""
    assert found.claim == "none"
    assert "no difference shown" in found.verdict


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"split": "s1"}, "different splits"), ({"dataset": "dsads"}, "different data")],
)
def test_other_data_are_shown_unpaired(two, changes, why):
    other = entry(3, **changes)
    found = beside(side("direct", two[0]), side("rdpd", other), "accuracy", result, draws=100)
    assert why in found.apart
    assert (found.p, found.interval, found.claim) == (None, None, "none")
    assert found.difference == pytest.approx(found.means[1] - found.means[0])
    assert all(own is not None for own in found.intervals)
    assert "Shown unpaired, without a test." in found.sentence("a", "b")


def test_other_recordings_and_odd_numbers_are_not_paired(two):
    assert "different recordings" in unlike(side("direct", two[0]), side("rdpd", replace(two[1], windows={"s0": "1" * 64})))
    assert "do not belong together" in unlike(side("direct", *two), side("rdpd", two[0]))


def test_a_side_is_read_from_words(two):
    names = {"abcd1234.1": "one", "abcd1234.2": "two"}
    assert side_of("rdpd@abcd1234.2", two, names) == Side("RDPD (two)", "rdpd", (two[1],))
    assert side_of("direct", two, names).label == "Direct (one, two)"
    for wrong in ("rdpd@abcd1234.9", "oracle"):
        with pytest.raises(UnknownNameError):
            side_of(wrong, two, names)


def test_an_empty_side_or_an_arm_that_is_not_there_is_refused(two):
    with pytest.raises(ParameterError):
        beside(side("direct"), side("rdpd", two[0]), "accuracy", result)
    with pytest.raises(DataError, match="no model of arm Oracle-size"):
        beside(side("direct", two[0]), side("oracle", two[0]), "accuracy", result, draws=100)
