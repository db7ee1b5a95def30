"""No subject in two parts, no class lost in silence, and label games that repeat."""

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError, SplitError, UnknownNameError
from rdpd_core.preprocessing.splits import (
    Splits,
    assignment_from_lists,
    check_disjoint,
    fraction,
    split,
    unlabeled,
    wrong_labels,
)
from rdpd_core.types import Windows
from tests.toys import toy_windows

ASSIGNED = {"a": "train", "b": "train", "c": "valid", "d": "test"}


def everyone(classes: tuple[int, ...] = (0, 1, 2)) -> Windows:
    subjects = [s for s in "abcd" for _ in classes]
    return toy_windows([*classes] * 4, subjects)


def test_windows_follow_their_subjects() -> None:
    parts = split(everyone(), ASSIGNED)
    assert [sorted(set(p.subject.tolist())) for p in parts] == [["a", "b"], ["c"], ["d"]]
    assert sum(len(p) for p in parts) == 12


def test_a_subject_in_two_lists_is_refused() -> None:
    with pytest.raises(SplitError, match="position 1 of test is in train too"):
        assignment_from_lists({"train": ["a", "b"], "valid": ["c"], "test": ["d", "a"]})
    with pytest.raises(UnknownNameError, match="did you mean 'valid'"):
        assignment_from_lists({"train": ["a"], "val": ["b"]})
    assert assignment_from_lists({"train": ["a", "b"], "valid": ["c"], "test": ["d"]}) == ASSIGNED


def test_hand_made_parts_that_share_a_subject_are_refused() -> None:
    windows = everyone()
    parts = Splits(windows.select(windows.subject != "d"), windows.select(windows.subject == "c"), windows.select([10]))
    with pytest.raises(SplitError, match="1 subjects are in train and in valid"):
        check_disjoint(parts)


def test_a_subject_without_a_part_and_an_empty_part_are_refused() -> None:
    with pytest.raises(SplitError, match="position 9 is in no split"):
        split(everyone(), {k: v for k, v in ASSIGNED.items() if k != "d"})
    with pytest.raises(SplitError, match="valid has no windows"):
        split(everyone(), {**ASSIGNED, "c": "test"})
    with pytest.raises(UnknownNameError, match="'validation'"):
        split(everyone(), {**ASSIGNED, "c": "validation"})


def test_a_class_missing_in_a_part_is_named_with_the_part() -> None:
    windows = everyone()
    with pytest.raises(SplitError, match="class run has no window in valid"):
        split(windows.select(~((windows.subject == "c") & (windows.target == 2))), ASSIGNED)


def test_one_class_only_is_refused() -> None:
    with pytest.raises(DataError, match="only one class"):
        split(toy_windows([0] * 4, "abcd", classes=("rest",)), ASSIGNED)


@pytest.mark.parametrize("by", ["subjects", "windows"])
def test_smaller_fractions_lie_in_larger_ones_and_keep_every_class(by: str) -> None:
    subjects = [f"s{i}" for i in range(30)]
    train = toy_windows([i % 3 for i in range(30) for _ in range(2)], [s for s in subjects for _ in range(2)])
    before: set[int] = set()
    for share in (0.05, 0.2, 0.5, 1.0):
        part = fraction(train, share, seed=1, by=by)
        assert set(np.unique(part.target)) == {0, 1, 2}
        assert before <= set(part.start.tolist())
        before = set(part.start.tolist())
        if by == "subjects":
            assert len(np.unique(part.subject)) == 3 * np.ceil(round(10 * share, 9))
            assert len(part) == 2 * len(np.unique(part.subject))
    assert len(before) == len(train)


def test_fractions_depend_on_the_seed_only() -> None:
    train = everyone()
    assert fraction(train, 0.3, 1, "windows").start.tolist() == fraction(train, 0.3, 1, "windows").start.tolist()
    draws = {tuple(fraction(train, 0.3, seed, "windows").start.tolist()) for seed in range(10)}
    assert len(draws) > 1
    for share in (0.0, 1.1, float("nan")):
        with pytest.raises(ParameterError, match="share"):
            fraction(train, share, 1)


def test_wrong_labels_are_wrong_and_spread_evenly() -> None:
    target = np.repeat(np.arange(4), 2500)
    target[::10] = -1
    spoilt, mask = wrong_labels(target, 0.4, seed=3, classes=4)
    assert mask.sum() == round(0.4 * 9000)
    assert (spoilt[mask] != target[mask]).all()
    assert (spoilt[~mask] == target[~mask]).all()
    assert (target[mask] >= 0).all()
    counts = np.bincount(spoilt[mask & (target == 1)], minlength=4)
    assert counts[1] == 0
    assert counts[[0, 2, 3]] == pytest.approx(counts.sum() / 3, rel=0.15)
    again, _ = wrong_labels(target, 0.4, seed=3, classes=4)
    more, more_mask = wrong_labels(target, 0.6, seed=3, classes=4)
    assert np.array_equal(spoilt, again)
    assert np.array_equal(more[mask], spoilt[mask])
    assert (more_mask >= mask).all()
    assert not np.array_equal(wrong_labels(target, 0.4, seed=4, classes=4)[0], spoilt)


def test_labels_taken_away_leave_minus_one() -> None:
    target = np.arange(100) % 3
    without, mask = unlabeled(target, 0.25, seed=0)
    assert mask.sum() == 25
    assert (without[mask] == -1).all()
    assert (without[~mask] == target[~mask]).all()
    assert (unlabeled(target, 0.5, seed=0)[1] >= mask).all()


def test_shares_of_zero_and_one() -> None:
    target = np.arange(10) % 2
    assert np.array_equal(wrong_labels(target, 0.0, 0, 2)[0], target)
    assert np.array_equal(wrong_labels(target, 1.0, 0, 2)[0], 1 - target)
    assert (unlabeled(target, 1.0, 0)[0] == -1).all()
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ParameterError, match="share"):
            unlabeled(target, share, 0)
    with pytest.raises(ParameterError, match="at least 2"):
        wrong_labels(target, 0.1, 0, 1)


def test_labels_of_whole_subjects_can_be_taken():
    target, subject = np.arange(40) % 4, np.repeat(list("abcdefghij"), 4)
    without, mask = unlabeled(target, 0.3, seed=0, subject=subject)
    lost = set(subject[mask])
    assert len(lost) == 3
    assert np.array_equal(mask, np.isin(subject, list(lost)))
    assert np.array_equal(without, np.where(mask, -1, target))
    assert lost < set(subject[unlabeled(target, 0.6, seed=0, subject=subject)[1]])
