"""What must fit before training begins: members, windows, labels and teachers."""

from __future__ import annotations

import torch
from torch import Tensor

from rdpd_core.errors import DataError, IncompatibleError, ShapeError
from rdpd_core.training.cohort import Cohort
from rdpd_core.training.knowledge import Knowledge, LiveTeacher
from rdpd_core.training.resident import Resident
from rdpd_core.types import ModelOutput


def check_windows(cohort: Cohort, train: Resident, valid: Resident, target: Tensor) -> None:
    """Raise unless members can read the windows and learn from the labels.

    Args:
        cohort: Who learns.
        train: N windows.
        valid: Windows to validate on.
        target: Labels (N,) to train on, -1 where there is none; or (M, N), those of every member.

    Raises:
        IncompatibleError: A channel is not there, or a method of labels only has no label.
        ShapeError: There are more or fewer labels than windows, or labels beyond the classes.
        DataError: A channel that a member reads holds values that are not numbers. In a cohort they would reach everybody.
    """
    channels = min(train.channels, valid.channels)
    for member in cohort.members:
        if max(member.channels) >= channels:
            raise IncompatibleError(
                f"member {member.name!r} reads channel {max(member.channels)}, but the windows have {channels} channels, "
                "counted from 0"
            )
    for part, data in (("train", train), ("valid", valid)):
        finite = data.finite()
        for at in cohort.union:
            if not finite[at]:
                raise DataError(f"channel {at} of the {part} windows holds values that are not numbers; fill or leave it out")
    if target.shape[-1] != len(train):
        raise ShapeError(
            f"{target.shape[-1]} labels for {len(train)} training windows; give one per window, -1 where there is none"
        )
    if target.ndim > 1 and len(target) != len(cohort):
        raise ShapeError(f"labels of {len(target)} members for {len(cohort)}; give a row for each, or one for all")
    if not len(train):
        raise IncompatibleError("there is no training window")
    if int(target.max()) >= cohort.classes:
        raise ShapeError(f"labels reach {int(target.max())}, the network tells {cohort.classes} classes apart, counted from 0")
    if not cohort.method.uses_teacher:
        for member, labels in zip(cohort.members, target.expand(len(cohort), -1), strict=True):
            if int(labels.max()) < 0:
                raise IncompatibleError(
                    f"method {cohort.method.name!r} learns from labels, and no training window has one for {member.name!r}"
                )


def check_teachers(cohort: Cohort, train: Resident, knowledge: Knowledge | LiveTeacher | None, live: bool) -> None:
    """Raise IncompatibleError unless there are teachers, and what they say fits the students and the windows."""
    if knowledge is None:
        raise IncompatibleError(f"method {cohort.method.name!r} learns from a teacher; give one, or use direct")
    if isinstance(knowledge, Knowledge):
        if live:
            raise IncompatibleError("windows that change each epoch need a live teacher; stored outputs fit unchanged ones")
        if knowledge.logits.shape[1] != len(train):
            raise IncompatibleError(
                f"the teachers' outputs are of {knowledge.logits.shape[1]} windows, but {len(train)} are trained on; "
                "compute them for these windows"
            )
    count = len(knowledge)
    for member in cohort.members:
        if not 0 <= member.teacher < count:
            there = "there is 1" if count == 1 else f"there are {count}"
            raise IncompatibleError(f"{member.name!r} listens to teacher {member.teacher}, but {there}, counted from 0")
    one = torch.zeros(1, dtype=torch.long, device=train.device)
    logits, attention = knowledge.at(one, train.rich(one))
    cohort.method.check(cohort.sample_output(), ModelOutput(logits[0], None if attention is None else attention[0]))
