"""Subjects divided at random, class by class."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from rdpd_core.errors import SplitError
from rdpd_core.runtime import numpy_generator


def divide_by_class(
    class_of: Mapping[str, str], classes: Sequence[str], key: Sequence[object], share: float = 0.1
) -> dict[str, str]:
    """Give a share of the subjects of each class to test, as many to valid, the others to train.

    Args:
        class_of: Subject to class; a subject who has several is counted with one of them.
        classes: In order.
        key: Another key, another division.
        share: Of the subjects of a class, rounded up.

    Raises:
        SplitError: A class has one or two subjects.
    """
    out: dict[str, str] = {}
    for label in classes:
        members = sorted(s for s, own in class_of.items() if own == label)
        if 0 < len(members) < 3:
            raise SplitError(
                f"{label} has {len(members)} subjects; train, valid and test need one each, so get or simulate more of them"
            )
        part = math.ceil(round(share * len(members), 9))
        order = numpy_generator(*key, label).permutation(len(members))
        for place, member in enumerate(order):
            out[members[member]] = "test" if place < part else "valid" if place < 2 * part else "train"
    return out


def divide_elsewhere(
    class_of: Mapping[str, str], away: Collection[str], classes: Sequence[str], key: Sequence[object], share: float = 0.1
) -> dict[str, str]:
    """Give all subjects of one place to test, and divide the others into train and valid.

    Args:
        class_of: Subject to class.
        away: The subjects to test.
        classes: In order.
        key: Another key, another division.
        share: Of the other subjects that go to valid, class by class.

    Raises:
        SplitError: All subjects are of one place, or a class has one or two subjects elsewhere.
    """
    home = {s: label for s, label in class_of.items() if s not in away}
    if not home or len(home) == len(class_of):
        there = len(class_of) - len(home)
        raise SplitError(f"a test at another place needs subjects of both; there are {there} of it and {len(home)} others")
    divided = divide_by_class(home, classes, key, share)
    return {s: "test" if s in away else "valid" if divided[s] == "valid" else "train" for s in class_of}
