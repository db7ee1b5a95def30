"""Train, valid and test by subject; smaller training sets; labels spoilt or taken away on purpose."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import DataError, ParameterError, SplitError, UnknownNameError
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Windows

PARTS = ("train", "valid", "test")


class Splits(NamedTuple):
    """Windows of disjoint groups of subjects.

    Attributes:
        train: To learn from.
        valid: To choose by.
        test: To report on, once.
    """

    train: Windows
    valid: Windows
    test: Windows


def split(windows: Windows, assignment: Mapping[str, str], classes_in_every_part: bool = True) -> Splits:
    """Divide windows by subject.

    Args:
        windows: All windows.
        assignment: Subject to "train", "valid" or "test".
        classes_in_every_part: False lets valid and test lack some classes, as where one person is tested who did not do all.

    Raises:
        SplitError: A subject is in no part, a part is empty, or a class is missing in a part.
        DataError: There is only one class.
    """
    subjects, first, owner = np.unique(windows.subject, return_index=True, return_inverse=True)
    part_of = np.array([_part(assignment, str(s), int(at)) for s, at in zip(subjects, first, strict=True)], dtype=str)
    parts = Splits(*(windows.select(np.flatnonzero(part_of[owner] == part)) for part in PARTS))
    check_disjoint(parts)
    check_classes(parts, classes_in_every_part)
    return parts


def assignment_from_lists(parts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give the assignment that three hand-made lists of subjects mean.

    Args:
        parts: "train", "valid" and "test" to their subjects.

    Raises:
        UnknownNameError: Another name of a part.
        SplitError: A subject is in two lists.
    """
    assigned: dict[str, str] = {}
    for part, subjects in parts.items():
        if part not in PARTS:
            raise UnknownNameError("split", part, PARTS)
        for at, subject in enumerate(subjects):
            if assigned.setdefault(str(subject), part) != part:
                raise SplitError(
                    f"the subject at position {at} of {part} is in {assigned[str(subject)]} too; leave it in one of them"
                )
    return assigned


def check_disjoint(parts: Splits) -> None:
    """Raise SplitError if a part has no windows or a subject is in two parts."""
    for name, windows in zip(PARTS, parts, strict=True):
        if not len(windows):
            raise SplitError(f"{name} has no windows; assign at least one subject with windows to it")
    subjects = [set(np.unique(w.subject).tolist()) for w in parts]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        both = subjects[a] & subjects[b]
        if both:
            raise SplitError(f"{len(both)} subjects are in {PARTS[a]} and in {PARTS[b]}; each subject may be in one part only")


def check_classes(parts: Splits, in_every_part: bool = True) -> None:
    """Raise unless there are at least two classes, and each is in every part, or in train with two of them in the others."""
    classes = parts.train.classes
    if len(classes) < 2:
        raise DataError(f"there is only one class ({', '.join(classes) or 'none'}); at least two are needed")
    for name, windows in zip(PARTS, parts, strict=True):
        missing = [c for at, c in enumerate(classes) if not (windows.target == at).any()]
        if missing and (in_every_part or name == "train" or len(classes) - len(missing) < 2):
            raise SplitError(
                f"class {missing[0]} has no window in {name}"
                + (f" (nor have {', '.join(missing[1:])})" if missing[1:] else "")
                + "; assign subjects with it to each of train, valid and test, or leave the class out"
            )


def fraction(train: Windows, share: float, seed: object, by: str = "subjects") -> Windows:
    """Give a part of the training windows for the study of the amount of data; see `part_of`."""
    return train.select(np.flatnonzero(part_of(train, share, seed, by)))


def part_of(train: Windows, share: float, seed: object, by: str = "subjects") -> np.ndarray:
    """Say which training windows belong to a share of them, as a mask (N,); a larger share contains every smaller one.

    Each class keeps its share, rounded up, so that none is lost. A subject who has several classes comes with all of them.

    Args:
        train: The training windows.
        share: Above 0, at most 1.
        seed: Another seed takes others.
        by: "subjects" takes whole subjects, "windows" takes windows of all subjects.

    Raises:
        ParameterError: The share is outside (0, 1].
        UnknownNameError: `by` is neither "subjects" nor "windows".
    """
    if not 0 < share <= 1:
        raise ParameterError(f"share {share}: choose above 0 and at most 1")
    if by not in ("subjects", "windows"):
        raise UnknownNameError("unit", by, ("subjects", "windows"))
    unit = train.subject if by == "subjects" else np.arange(len(train))
    names, owner = np.unique(unit, return_inverse=True)
    rank = np.empty(len(names), dtype=np.int64)
    rank[numpy_generator("fraction", by, seed).permutation(len(names))] = np.arange(len(names))
    taken = np.zeros(len(names), dtype=bool)
    for target in np.unique(train.target):
        mine = np.unique(owner[train.target == target])
        first = mine[np.argsort(rank[mine])][: math.ceil(round(share * len(mine), 9))]
        taken[first] = True
    return taken[owner]


def wrong_labels(target: np.ndarray, share: float, seed: object, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Replace a share of the labels by another class, each of the others equally likely.

    Args:
        target: (N,), -1 where there is no label; such places stay.
        share: Of the labels there are, from 0 to 1; a larger share spoils the same labels and more.
        seed: Another seed spoils others.
        classes: K, at least 2.

    Returns:
        The new targets (N,), and a mask (N,), True where a label was replaced.
    """
    if classes < 2:
        raise ParameterError(f"{classes} classes: a wrong label needs at least 2")
    chosen = _choose(target, share, numpy_generator("wrong labels", seed))
    shift = numpy_generator("which wrong label", seed).integers(1, classes, size=len(target))
    return np.where(chosen, (target + shift) % classes, target).astype(np.int64), chosen


def unlabeled(
    target: np.ndarray, share: float, seed: object, subject: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Take a share of the labels away, of single windows or of whole subjects.

    Args:
        target: (N,), -1 where there is no label.
        share: Of the labels there are, or of the subjects, from 0 to 1; a larger share takes the same labels and more.
        seed: Another seed takes others.
        subject: (N,), whose window it is; given, a share of the subjects lose all their labels.

    Returns:
        The new targets (N,), -1 where there is no label; and a mask (N,), True where one was taken.
    """
    generator = numpy_generator("unlabeled", seed)
    if subject is None:
        chosen = _choose(target, share, generator)
    else:
        names, owner = np.unique(subject, return_inverse=True)
        chosen = _choose(np.zeros(len(names), dtype=np.int64), share, generator)[owner] & (target >= 0)
    return np.where(chosen, -1, target).astype(np.int64), chosen


def _choose(target: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    if not 0 <= share <= 1:
        raise ParameterError(f"share {share}: choose from 0 to 1")
    order = generator.permutation(len(target))
    labeled = order[target[order] >= 0]
    chosen = np.zeros(len(target), dtype=bool)
    chosen[labeled[: round(share * len(labeled))]] = True
    return chosen


def _part(assignment: Mapping[str, str], subject: str, position: int) -> str:
    part = assignment.get(subject)
    if part is None:
        raise SplitError(f"the subject of the window at position {position} is in no split; assign every subject")
    if part not in PARTS:
        raise UnknownNameError("split", part, PARTS)
    return part
