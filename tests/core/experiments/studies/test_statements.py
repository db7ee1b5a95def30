"""Statements are held, not held, or not decided, as the intervals say and not otherwise."""

from dataclasses import replace

import pytest

from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.statements import (
    HELD,
    NOT_HELD,
    OURS,
    UNDECIDED,
    Statement,
    above,
    better_at,
    change,
    grows,
    looks_alike,
)  # fmt: skip
from rdpd_core.experiments.study_text import gap_rows
from tests.core.experiments.evidence.made import cell

pytestmark = pytest.mark.slow

BETTER = Statement("RDPD is above Direct", OURS, above("rdpd", "direct"))


def book(*cells, axes=("view",)):
    return Book("table2", "toy", "paper", "", "python", axes, cells)


def arms(direct, rdpd, **more):
    return {"direct": direct, "rdpd": rdpd, **more}


@pytest.mark.parametrize(("rdpd", "verdict"), [(2.0, HELD), (1.0, UNDECIDED), (0.3, NOT_HELD)])
def test_one_view(toy, rdpd, verdict):
    checked = BETTER.check(book(cell(skill=arms(1.0, rdpd))))
    assert checked.verdict == verdict
    (row,) = checked.rows()
    assert row["n"] == "5 seeds, 6 subjects"
    assert "[" in row["difference [95%]"]
    assert "6 folds" in row["p"]


def test_every_view_must_hold(toy):
    good, even, bad = (cell({"view": name}, skill=arms(1.0, rdpd)) for name, rdpd in (("a", 2.0), ("b", 1.0), ("c", 0.3)))
    assert BETTER.check(book(good, good)).verdict == HELD
    undecided = BETTER.check(book(good, even))
    assert undecided.verdict == UNDECIDED
    assert undecided.reason == "of 2 intervals 1 lie on the side that is stated, 0 on the other, 1 on both sides of 0"
    assert BETTER.check(book(good, even, bad)).verdict == NOT_HELD


def test_few_seeds_or_few_people_decide_nothing(toy):
    few = BETTER.check(book(cell(seeds=4, folds=5)))
    assert (few.verdict, few.reason) == (UNDECIDED, "4 seeds are too few to say; 5 are needed, or 6 folds with two")
    single = BETTER.check(book(cell(seeds=1, skill=arms(1.0, 2.0))))
    assert (single.verdict, single.reason[:20]) == (UNDECIDED, "one seed is too few ")
    lonely = BETTER.check(book(cell(folds=2)))
    assert (lonely.verdict, lonely.reason) == (UNDECIDED, "too few people for intervals")


def test_six_folds_that_were_each_trained_anew_decide_with_two_seeds(toy):
    assert BETTER.check(book(cell(seeds=2, skill=arms(1.0, 2.0)))).verdict == HELD


def test_a_table_says_of_folds_what_a_statement_says(toy):
    clear, few = (gap_rows(book(cell(seeds=2, folds=many, skill=arms(1.0, 2.0)))) for many in (6, 3))
    (row,) = [row for row in clear if row["arm"] == "RDPD"]
    assert (row["p (Holm)"], row["verdict"]) == ("0.031", "better than Direct (n=6 folds, p=0.031)")
    (row,) = [row for row in few if row["arm"] == "RDPD"]
    assert row["verdict"] == "too few seeds to say (n=2)"


def test_results_without_the_arms_do_not_speak_of_it(toy):
    assert BETTER.check(book(cell(skill={"direct": 1.0, "distill": 2.0}))) is None


def sweep(*skills, axis="noise"):
    values = (0.0, 1.0, 2.0)[: len(skills)]
    cells = (cell({"view": "wrist", axis: v}, skill=s) for v, s in zip(values, skills, strict=True))
    return book(*cells, axes=("view", axis))


def test_an_advantage_that_grows(toy):
    growing = sweep(arms(1.5, 1.6), arms(1.0, 1.5), arms(0.3, 1.2))
    assert Statement("grows", OURS, grows("noise", "high")).check(growing).verdict == HELD
    assert Statement("grows", OURS, grows("noise", "low")).check(growing).verdict == NOT_HELD
    flat = sweep(arms(1.0, 1.5), arms(1.0, 1.5))
    assert Statement("grows", OURS, grows("noise", "high")).check(flat).verdict == UNDECIDED


def test_a_value_that_is_better_than_another(toy):
    falling = sweep(arms(1.0, 2.0), arms(1.0, 0.5))
    assert Statement("noise hurts", OURS, better_at("noise", 0.0, max)).check(falling).verdict == HELD
    assert Statement("noise helps", OURS, better_at("noise", 1.0, min)).check(falling).verdict == NOT_HELD
    assert Statement("of a value that is not there", OURS, better_at("noise", 7.0, min)).check(falling) is None


def test_people_that_differ_are_not_paired(toy):
    one, two = cell(skill=arms(1.0, 2.0)), cell(skill=arms(1.0, 1.0))
    assert change(one, two, "rdpd", "direct").interval.low > 0
    other = replace(two, windows=dict.fromkeys(two.windows, "0" * 64))
    assert change(one, other, "rdpd", "direct").interval is None


def test_attention(toy):
    made = book(cell())
    assert Statement("more than Direct", OURS, looks_alike(False)).check(made).verdict == HELD
    assert Statement("more than chance", OURS, looks_alike(True)).check(made).verdict == HELD
