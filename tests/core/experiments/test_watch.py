"""Which window is watched, and who cannot be."""

import numpy as np
import pytest

from rdpd_core.errors import UnknownNameError
from rdpd_core.experiments.watch import check_subject, find_watched
from tests.toys import toy_windows

WINDOWS = toy_windows([-1, 2, 1, 0, -1, 1], ["ann", "ann", "bob", "bob", "cem", "ann"])


@pytest.mark.parametrize(("subject", "position"), [("", 1), ("ann", 1), ("bob", 2), ("cem", 1), ("zoe", 1)])
def test_the_first_window_of_the_subject_whose_class_is_known_else_of_anybody(subject, position):
    found = find_watched(WINDOWS, subject)
    assert found.position == found.facts["position"] == position
    assert found.facts == {
        "subject": str(WINDOWS.subject[position]), "recording": str(WINDOWS.recording[position]), "position": position,
        "offset_s": float(WINDOWS.offset_s[position]), "seconds": 0.4, "class": WINDOWS.classes[WINDOWS.target[position]],
    }  # fmt: skip


def test_where_no_class_is_known_there_is_nothing_to_watch():
    assert find_watched(toy_windows([-1, -1], ["ann", "bob"])) is None


def test_who_has_no_window_of_known_class_in_any_split_is_refused():
    other = toy_windows([0], ["dea"])
    check_subject([WINDOWS, other], "")
    check_subject([WINDOWS, other], "dea")
    with pytest.raises(UnknownNameError, match=r"unknown validation subject 'cem'.*; known: .*ann.*bob"):
        check_subject([WINDOWS], "cem")


def test_of_many_subjects_the_nearest_are_told_first():
    names = [f"s{at:03d}" for at in range(300)]
    many = toy_windows(np.zeros(300, dtype=int), names)
    with pytest.raises(UnknownNameError, match=r"did you mean 's2\d\d'\?.*; known: s2.*, s000, .* and 280 more") as caught:
        check_subject([many], "s2990")
    assert len(str(caught.value)) < 300
