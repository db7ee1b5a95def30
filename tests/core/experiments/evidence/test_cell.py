"""A record holds what intervals need: differences between any two arms come out as a comparison gives them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.evaluation import Run
from rdpd_core.evaluation.comparison import compare
from rdpd_core.experiments.evidence import Cell, cell_of
from rdpd_core.experiments.evidence.cell import BEYOND_CHANCE, OVERLAP
from rdpd_core.files import to_json
from tests.core.experiments.evidence.made import cell, result

pytestmark = pytest.mark.slow


def read_again(found):
    return Cell.from_dict(json.loads(to_json(found.to_dict())))


@pytest.mark.parametrize(("folds", "subjects", "pairs"), [(6, 1, "6 folds"), (1, 6, "5 seeds")])
def test_differences_of_any_arms_are_those_of_a_comparison(toy, folds, subjects, pairs):
    made = result(folds=folds, subjects=subjects)
    found = read_again(cell_of(made, draws=100))
    runs = [Run(o.arm, o.seed, o.split, o.predictions["test"]) for o in made.outcomes]
    for other, arms in (("direct", ("rdpd", "forest")), ("distill", ("rdpd", "teacher"))):
        for row in compare(runs, other, ("pr_auc",), draws=100).rows["pr_auc"]:
            if row.arm in arms:
                gap, wanted = found.difference(row.arm, other), row.difference
                assert gap.value == pytest.approx(wanted.mean, abs=1e-9)
                assert gap.interval.low == pytest.approx(wanted.interval.low, abs=5e-5)
                assert gap.interval.high == pytest.approx(wanted.interval.high, abs=5e-5)
                assert gap.p == pytest.approx(wanted.p)
                assert (gap.pairs, gap.n_seeds, gap.n_units) == (pairs, 5, 6)


def test_a_record_is_the_same_after_json(toy):
    found = cell()
    again = read_again(found)
    assert again.to_dict() == json.loads(to_json(found.to_dict())) | {"comparison": again.to_dict()["comparison"]}
    assert again.comparison.rows["pr_auc"] == found.comparison.rows["pr_auc"]
    assert again.arms == ["teacher", "direct", "distill", "rdpd", "forest"]


def test_runs_hold_the_five_scores_of_every_arm_seed_and_split(toy):
    found = cell(seeds=2, folds=3)
    assert len(found.runs) == 5 * 2 * 3
    assert len({run[:3] for run in found.runs}) == len(found.runs)
    assert all(len(scores) == 5 and all(0 <= s <= 1 for s in scores) for *_, scores in found.runs)
    rdpd = [scores[1] for arm, *_, scores in found.runs if arm == "rdpd"]
    assert np.mean(rdpd) == pytest.approx(found.mean("rdpd", "pr_auc"), abs=1e-5)


def test_a_sign_needs_five_seeds_and_an_interval_off_zero(toy):
    assert cell(seeds=5).difference("rdpd", "direct").sign == 1
    assert cell(seeds=5).difference("direct", "rdpd").sign == -1
    assert cell(seeds=4, folds=5).difference("rdpd", "direct").sign == 0
    assert [cell(seeds=n, folds=6).difference("rdpd", "direct").sign for n in (1, 2)] == [0, 1]
    same = cell(skill={"direct": 1.0, "rdpd": 1.0}).difference("rdpd", "direct")
    assert same.sign == 0
    assert same.negated().interval.low == -same.interval.high


def test_too_few_people_give_no_interval(toy):
    found = cell(folds=3)
    gap = found.difference("rdpd", "direct")
    assert gap.interval is None
    assert gap.sign == 0
    assert found.draws == {}
    assert gap.value > 0


def test_a_class_that_a_fold_lacks_is_told(toy):
    made = result(seeds=1)
    cut = [
        replace(o, predictions={"test": o.predictions["test"].select(o.predictions["test"].target != 1)})
        if o.split == "f2"
        else o
        for o in made.outcomes
    ]
    found = cell_of(replace(made, outcomes=tuple(cut)), draws=100)
    assert found.notices[-1] == (
        "1 of 6 folds lack a class: the first is f2, which has no test window of walk. The averages of a fold run over the "
        "classes it has."
    )
    assert not [n for n in cell().notices if "lack a class" in n]


def test_an_arm_that_took_no_part_is_named(toy):
    with pytest.raises(UnknownNameError, match="oracle"):
        cell().difference("oracle", "direct")


def test_attention_is_held_against_windows_paired_at_random(toy):
    found = read_again(cell())
    assert set(found.looks) == {"direct", "distill", "rdpd"}
    assert found.difference("rdpd", "direct", OVERLAP).sign == 1
    beyond = found.interval(found.values("rdpd", BEYOND_CHANCE))
    assert beyond.low > 0
    assert beyond.low <= found.mean("rdpd", BEYOND_CHANCE) <= beyond.high


def test_classes_say_what_is_lost_to_the_teacher(toy):
    found = read_again(cell())
    own = found.classes["pr_auc"]["direct"]
    assert len(found.class_names) == len(own["mean"]) == len(own["lost"]) == 3
    for k in range(3):
        assert own["low"][k] <= own["mean"][k] <= own["high"][k]
        assert own["lost_low"][k] > 0, "the teacher was made better"
    assert "lost" not in found.classes["pr_auc"]["teacher"]


def test_distributions_of_subjects_add_up(toy):
    found = cell(seeds=1, folds=10)
    assert len(found.said) == 8, "the first eight subjects"
    for rows in found.said.values():
        assert set(rows) == {"truth", "teacher", "direct", "distill", "rdpd", "forest"}
        assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in rows.values())


def test_a_record_is_small(toy):
    assert len(json.dumps(cell().to_dict())) < 120_000


@pytest.mark.parametrize("change", [{"runs": 3}, {"comparison": {}}, {"format": 99}, {"extra": 1}])
def test_what_is_no_record_is_refused(toy, change):
    with pytest.raises(DataError):
        Cell.from_dict({**cell(seeds=1, folds=1).to_dict(), **change})
