"""What stored models say about a subject, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.experiments.subjects import (
    DISAGREE,
    EVERY,
    NOT_SURE,
    STUDENT_WRONG,
    TEACHER_WRONG,
    agreement,
    chance_band,
    courses,
    decisions,
    masks,
    places_of,
    summarize,
    units_of,
    verdicts,
)
from tests.books import DIRECT, RDPD, TARGET, TEACHER, book


def test_places_follow_the_subjects_asked_for():
    assert places_of(book(), ["cem", "ann"]).tolist() == [6, 7, 0, 1, 2, 3]
    with pytest.raises(UnknownNameError, match="zoe"):
        places_of(book(), ["zoe"])


def test_decisions_are_those_of_the_mean_over_seeds():
    whole = book()
    probability = whole.arms[0].probability.copy()
    probability[:, 0] = [[0.9, 0.1, 0.0], [0.0, 0.6, 0.4]]  # 0.45, 0.35, 0.20
    assert decisions(replace(whole.arms[0], probability=probability))[0] == 0


def test_questions_find_their_windows():
    found = masks(book(), "direct")
    assert found[EVERY].sum() == len(TARGET)
    wrong = [t == y and d != y for t, d, y in zip(TEACHER, DIRECT, TARGET, strict=True)]
    assert found[STUDENT_WRONG].tolist() == wrong
    assert found[TEACHER_WRONG].sum() == 0
    assert found[DISAGREE].tolist() == [len({t, d, r}) > 1 for t, d, r in zip(TEACHER, DIRECT, RDPD, strict=True)]
    assert not found[NOT_SURE].any()
    with pytest.raises(UnknownNameError, match="oracle"):
        masks(book(), "oracle")


def test_a_window_without_a_class_above_a_half_is_not_sure():
    whole = book()
    arm = replace(whole.arms[2], probability=np.full_like(whole.arms[2].probability, 1 / 3))
    assert masks(replace(whole, arms=(*whole.arms[:2], arm)), "rdpd")[NOT_SURE].all()


def test_windows_of_unknown_class_are_nobodys_mistake():
    whole = book()
    whole.windows.target[:] = -1
    assert masks(whole, "direct")[STUDENT_WRONG].sum() == 0
    assert summarize(whole, places_of(whole, ["ann"])).labeled == 0


def test_without_a_teacher_nothing_is_compared_with_it():
    assert set(masks(book(direct=DIRECT, rdpd=RDPD), "rdpd")) == {EVERY, DISAGREE, NOT_SURE}


def test_a_summary_counts_windows():
    whole = book()
    summary = summarize(whole, places_of(whole, ["ann", "bob"]))
    assert (summary.windows, summary.labeled, summary.subjects, summary.recordings) == (6, 6, 2, 3)
    assert summary.truth.tolist() == [4, 2, 0]
    direct = summary.arms[1]
    assert direct.decided.tolist() == [3, 3, 0]
    assert direct.right == 3
    assert direct.confusion.tolist() == [[2, 2, 0], [1, 1, 0], [0, 0, 0]]
    assert direct.decided_spread.tolist() == [0, 0, 0]
    assert direct.probability.sum() == pytest.approx(1)
    assert direct.interval is None, "three recordings are too few"
    with pytest.raises(DataError, match="no windows"):
        summarize(whole, np.array([], dtype=int))


def test_an_interval_resamples_people():
    whole = book()
    windows = replace(whole.windows, subject=np.array(list("abcdeeff")))
    whole.loaded.splits.test = windows
    arm = summarize(whole, np.arange(8)).arms[1]
    assert (arm.interval.unit, arm.interval.n) == ("subjects", 6)
    assert arm.interval.low <= arm.right / 8 <= arm.interval.high
    assert summarize(whole, np.arange(8)).arms[0].interval is None, "the teacher is right on everybody, so nothing varies"


def test_a_subject_of_several_classes_is_decided_class_by_class():
    whole = book()
    assert [(u.truth, u.whole, u.places.tolist()) for u in units_of(whole, "cem")] == [
        ("rest", False, [6]),
        ("run", False, [7]),
    ]
    (ann,) = units_of(whole, "ann")
    assert (ann.truth, ann.whole) == ("rest", True)


def test_a_verdict_averages_and_counts_who_agrees():
    whole = book()
    _, direct, rdpd = verdicts(whole, units_of(whole, "ann")[0])
    assert (rdpd.decision, rdpd.windows, rdpd.windows_agree, rdpd.models_agree, rdpd.right) == ("rest", 4, 3, 2, True)
    assert rdpd.probability == pytest.approx((3 * 0.75 + 0.125) / 4)
    assert direct.windows_agree == 2
    assert verdicts(whole, units_of(whole, "cem")[1])[1].right is False


def test_a_course_is_the_probability_of_one_class():
    direct = courses(book(), np.array([0, 1]), "rest")[1]
    assert direct.mean == pytest.approx([0.75, 0.125])
    assert (direct.low[0], direct.high[0]) == pytest.approx((0.7, 0.8))
    with pytest.raises(UnknownNameError, match="swim"):
        courses(book(), np.array([0]), "swim")


def test_agreement_is_cohens():
    from sklearn.metrics import cohen_kappa_score

    found = agreement(book(), np.arange(8))
    assert found.share[0, 1] == np.mean(np.array(TEACHER) == DIRECT)
    assert found.kappa[0, 1] == pytest.approx(cohen_kappa_score(TEACHER, DIRECT))
    assert found.kappa[1, 2] == pytest.approx(cohen_kappa_score(DIRECT, RDPD))
    assert not found.single.any()
    same = agreement(book(), np.array([0]))
    assert np.isnan(same.kappa[0, 1])
    assert same.single.all()


def test_the_band_of_chance_holds_the_arms_other_windows_against_the_teachers_look():
    whole = book()
    own = whole.arms[2].attention.copy()
    own[:, :, 0], own[:, :, 1] = 0.9, 0.1
    own[:, 0] = 0.5  # like the teacher in the window asked for, otherwise not
    arms = (*whole.arms[:2], replace(whole.arms[2], attention=own))
    assert chance_band(replace(whole, arms=arms), "rdpd", 0) == pytest.approx((0.6, 0.6))
    assert chance_band(whole, "teacher", 0) is None
