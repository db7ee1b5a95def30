"""A grid of experiments, and how it is cut into parts that can be trained apart and put together again."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.arms import pick_arms
from rdpd_core.experiments.experiment import Experiment

MOST_STUDENTS = 64
"""Students in one cohort; more are cut by seeds."""


class Part(NamedTuple):
    """A part of a study that is run by itself.

    Attributes:
        whole: Which experiment of the study it belongs to.
        experiment: One split, and some of the seeds.
    """

    whole: int
    experiment: Experiment


def grid(base: Experiment, axes: Mapping[str, Sequence[Any]]) -> list[Experiment]:
    """Give an experiment for every combination of values.

    Args:
        base: What all have in common.
        axes: Values by name of a setting; numbers may be text, as from a command line.

    Raises:
        UnknownNameError: No such setting.
        ParameterError: A value is out of range, or an axis is empty.
    """
    known = [f.name for f in fields(Experiment)]
    for name, values in axes.items():
        if name not in known:
            raise UnknownNameError("setting of an experiment", name, known)
        if not values:
            raise ParameterError(f"axis {name} is empty; give it at least one value")
    rows = itertools.product(*axes.values())
    return [Experiment.from_dict({**vars(base), **dict(zip(axes, row, strict=True))}) for row in rows]


def cut(experiments: Sequence[Experiment], most: int = MOST_STUDENTS) -> list[Part]:
    """Cut experiments into parts: one for each split, and for each block of seeds that fits into a cohort.

    A part chooses its settings with the first of its own seeds, so with recipe "tuned" the blocks of one experiment may train
    with different settings; the spread over seeds then holds the spread of that choice as well.

    Args:
        experiments: Of one study.
        most: Students in one part.
    """
    parts = []
    for at, experiment in enumerate(experiments):
        students = max(1, sum(arm.role == "student" for arm in pick_arms(experiment.arms)))
        block = max(1, most // students)
        for split in experiment.splits:
            for first in range(0, experiment.seeds, block):
                seeds = min(block, experiment.seeds - first)
                part = replace(experiment, split=split, first_seed=experiment.first_seed + first, seeds=seeds)
                parts.append(Part(at, part))
    return parts


def needs_cutting(experiment: Experiment) -> bool:
    """Say whether an experiment is more than one part."""
    return len(experiment.splits) > 1 or len(cut([experiment])) > 1
