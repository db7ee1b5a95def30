"""The analysis of attention overlap: what it says of imitation, of habits, and of input that says nothing."""

import numpy as np
import pytest

from rdpd_core.errors import IncompatibleError
from rdpd_core.evaluation.intervals import resampling_units
from rdpd_core.experiments.analyses.overlap import AttentionOverlap, _Pair, _said_of_direct
from rdpd_core.runtime import numpy_generator
from tests.core.experiments.analyses.made import arm, nothing, said, source, windows

WINDOWS = windows()
N = len(WINDOWS)
TEACHER = numpy_generator("teacher").dirichlet(np.ones(6), (2, N))
PARAMS = AttentionOverlap.Params(draws=100, shuffles=20)


def answer(*arms, teacher=TEACHER, given=WINDOWS, params=PARAMS):
    """Give the result for a teacher and some arms, each of a name and its attention."""
    truth = given.target
    first = arm("teacher", said(truth, 0.9, "t", 2), teacher)
    return AttentionOverlap(params).run(source(given, first, *(arm(n, said(truth, 0.7, n, 2), a) for n, a in arms)), nothing)


def sentences(found, name):
    return [s for s in found.sentences if s.about.get("arm") == name]


def test_imitation_is_shown_and_independence_is_not():
    near = 0.7 * TEACHER + 0.3 * numpy_generator("near").dirichlet(np.ones(6), (2, N))
    found = answer(("direct", numpy_generator("far").dirichlet(np.ones(6), (2, N))), ("rdpd", near))
    assert sentences(found, "direct")[0].claim == "not shown"
    assert "no more alike than chance" in sentences(found, "direct")[0].text
    rdpd = sentences(found, "rdpd")
    assert rdpd[0].claim == "shown"
    assert "two teachers of different seeds" in rdpd[0].null
    assert any("cannot be said: 5 seeds are the least" in s.text and s.claim == "unknown" for s in rdpd)
    assert found.values["teachers"]["overlap"]["value"] < found.values["arms"]["rdpd"]["measures"]["overlap"]["mean"]
    worst = found.tables["Subjects by disagreement"]
    assert [r["Jensen-Shannon (nat)"] for r in worst] == sorted((r["Jensen-Shannon (nat)"] for r in worst), reverse=True)
    assert len(found.values["windows"]["arms"]["rdpd"]["overlap"]) == N


def test_what_looks_right_where_it_looks_alike_is_said():
    truth = WINDOWS.target
    probability = said(truth, 0.6, "student", 2)
    right = probability.mean(axis=0).argmax(axis=1) == truth
    other = numpy_generator("other").dirichlet(np.ones(6), (2, N))
    looks = np.where(right[None, :, None], 0.8 * TEACHER + 0.2 * other, other)
    given = source(WINDOWS, arm("teacher", said(truth, 0.9, "t", 2), TEACHER), arm("rdpd", probability, looks))
    found = AttentionOverlap(PARAMS).run(given, nothing)
    assert "is higher where it is right" in sentences(found, "rdpd")[-1].text
    assert found.values["right_less_wrong"]["rdpd"]["value"] > 0.1


def test_other_numbers_of_segments_are_brought_together_and_said():
    found = answer(("rdpd", numpy_generator("fine").dirichlet(np.ones(12), (2, N))))
    assert found.values["arms"]["rdpd"]["segments"] == 6
    assert any("12 segments" in text and "brought to 6" in text for text in found.notices)


def test_even_attention_on_both_sides_says_nothing():
    even = np.full((2, N, 6), 1 / 6)
    found = answer(("rdpd", even), teacher=even)
    assert found.values["arms"]["rdpd"]["measures"]["overlap"]["mean"] == pytest.approx(1)
    assert sentences(found, "rdpd")[0].claim != "shown"
    assert any("attend nearly evenly" in text for text in found.notices)


def test_what_cannot_be_compared_is_refused_or_named():
    with pytest.raises(IncompatibleError, match="teacher without attention"):
        answer(("rdpd", TEACHER), teacher=None)
    with pytest.raises(IncompatibleError, match="none of RDPD"):
        answer(("rdpd", None))
    with pytest.raises(IncompatibleError, match="no teacher"):
        AttentionOverlap(PARAMS).run(source(WINDOWS, arm("rdpd", said(WINDOWS.target, 0.7, 1), TEACHER)), nothing)
    found = answer(("direct", None), ("rdpd", TEACHER))
    assert any("Left out" in text and "Direct" in text for text in found.notices)
    one = AttentionOverlap(PARAMS).run(
        source(
            WINDOWS,
            arm("teacher", said(WINDOWS.target, 0.9, 1, 1), TEACHER[:1]),
            arm("rdpd", said(WINDOWS.target, 0.7, 1, 1), TEACHER[:1]),
        ),
        nothing,
    )
    assert one.values["teachers"] is None
    assert any("Only one teacher" in text for text in one.notices)


def test_few_people_and_one_class_end_in_words():
    few = windows(people=2)
    attention = TEACHER[:, : len(few)]
    found = answer(("rdpd", attention), teacher=attention, given=few)
    assert [s.claim for s in sentences(found, "rdpd")] == ["unknown", "unknown"]
    assert "it takes 5 subjects" in sentences(found, "rdpd")[0].text
    alike = windows(target=np.zeros(N, dtype=int))
    sure = np.tile([0.8, 0.1, 0.1], (2, N, 1))
    given = source(alike, arm("teacher", sure, TEACHER), arm("rdpd", sure, TEACHER))
    assert "right everywhere" in AttentionOverlap(PARAMS).run(given, nothing).sentences[-1].text


@pytest.mark.slow
def test_imitation_is_told_from_none_by_seeds_enough():
    """Two arms that differ by seed only are called different in at most 7 of 100; one that imitates is seen."""
    called = 0
    for repeat in range(200):
        draw = numpy_generator("seed only", repeat)
        teacher = np.repeat(draw.dirichlet(np.ones(6), (1, 60)), 5, axis=0)
        habits = draw.dirichlet(np.ones(6), (10, 1))  # where a model looks in every window
        looks = 0.5 * habits + 0.5 * draw.dirichlet(np.ones(6), (10, 60))
        called += against_direct(teacher, looks[:5], looks[5:]).claim == "shown"
    assert called <= 14
    assert against_direct(teacher, looks[:5], 0.6 * looks[5:] + 0.4 * teacher).claim == "shown"


def against_direct(teacher, direct, rdpd):
    """Give the sentence on RDPD beside Direct, of 12 people with 5 windows each."""
    given = windows(12, 5)
    pairs = {"direct": _Pair("direct", direct, teacher), "rdpd": _Pair("rdpd", rdpd, teacher)}
    units = resampling_units(given.subject, given.recording)
    return _said_of_direct(pairs, PARAMS, units, given)
