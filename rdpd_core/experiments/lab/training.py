"""Training the students of the lab: subsets, arms and seeds side by side in wide cohorts over one input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdpd_core.errors import StoppedError
from rdpd_core.experiments.arms import ARMS, Arm
from rdpd_core.experiments.build import cohort_of, recipe_of, training_params
from rdpd_core.experiments.data import divide, parts_of
from rdpd_core.experiments.lab.request import LAB_ARMS, Lab, view_name
from rdpd_core.experiments.lab.subsets import Subset, Unit, every, grown
from rdpd_core.experiments.outcome import Outcome
from rdpd_core.experiments.run import Result, outcome_of, read
from rdpd_core.experiments.stages import APART, asks_apart, folds_of, stage_key, stage_title
from rdpd_core.experiments.study import MOST_STUDENTS
from rdpd_core.experiments.teachers import Teachers, get_teachers, knowledge_of, who_answers
from rdpd_core.experiments.tuning import Choice, choose
from rdpd_core.experiments.work import Work, open_work
from rdpd_core.runtime import pick_device
from rdpd_core.store import Store
from rdpd_core.training import Keeper, Knowledge, LiveTeacher, Member, Oversight, Stop
from rdpd_core.training.oversight import Report
from rdpd_core.types import Windows

STUDENTS = tuple(ARMS[name] for name in LAB_ARMS if ARMS[name].role == "student")


class _Class(NamedTuple):
    """All who learn in one split.

    Attributes:
        work: The split.
        units: To choose from.
        settings: Of the method, by arm.
        teachers: They listen to.
        knowledge: What these say.
    """

    work: Work
    units: tuple[Unit, ...]
    settings: Mapping[str, Choice]
    teachers: Teachers
    knowledge: Knowledge | LiveTeacher


def run_lab(
    lab: Lab,
    data_root: str | Path | None = None,
    device: str = "auto",
    store: Store | None = None,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
    keeper: Keeper | None = None,
) -> Result:
    """Train the lab's students and let them predict; nothing is chosen by what they say of test subjects.

    Args:
        lab: What is asked.
        data_root: Where data sets lie.
        device: As in `runtime.pick_device`.
        store: Where a stored teacher is looked up; None takes the default one.
        report: Told as by `experiments.run`, and after every cohort of the validation scores of its students
            {"kind": "points", "points": [{"split", "units", "arm", "seed", "score"}]}.
        should_stop: Asked after every step; on a yes, what is finished is kept.
        keeper: Keeps every stage; called again with the same, what is finished is restored and the rest goes on.

    Returns:
        A result whose outcomes differ in their channels; `subset_of` tells them apart.

    Raises:
        StoppedError: It was stopped before the first cohort was trained.
        RdpdError: As `experiments.run`.
    """
    experiment, place = lab.base, pick_device(device)
    oversight = Oversight(report or (lambda event: None), Stop(should_stop), keeper)
    dataset, prepared = read(experiment, data_root, oversight)
    sizes = {name: size_of(parts_of(dataset, prepared, name).train) for name in experiment.splits}
    oversight.tell({"kind": "plan", "stages": plan_of(lab, sizes)})
    outcomes: list[Outcome] = []
    choices, loaded, taught = {}, {}, {}
    for name in experiment.splits:
        try:
            oversight.check("dividing the subjects")
            loaded[name] = divide(dataset, prepared, name)
            work = open_work(experiment, loaded[name], place, store, replace(oversight, watch=()), "")
            work.begin("teacher")
            taught[name] = get_teachers(work)
            outcomes += taught[name].outcomes
            if not oversight.should_stop():
                taught[name] = who_answers(work, taught[name])
            work.residents["train"].target = work.target.to(work.device)
            knowledge = knowledge_of(work, taught[name])
            work.begin("search-0")
            choices[name] = choose(work, list(STUDENTS), taught[name], knowledge)
            for found in _rounds(lab, _Class(work, lab.units, choices[name], taught[name], knowledge)):
                outcomes += found
        except StoppedError:
            if not outcomes:
                raise
            break
    return Result(experiment, tuple(outcomes), choices, loaded, prepared.notices, taught)


def subset_of(lab: Lab, outcome: Outcome) -> Subset | None:
    """Give the units that an outcome's model reads; None for a teacher."""
    if ARMS[outcome.arm].role == "teacher":
        return None
    rows = set(outcome.rows)
    return tuple(at for at, unit in enumerate(lab.units) if rows.issuperset(unit.rows))


def rows_of(units: Sequence[Unit], subset: Subset) -> tuple[int, ...]:
    """Give the positions of a subset's channels, ascending."""
    return tuple(sorted(row for at in subset for row in units[at].rows))


def view_of(lab: Lab, outcome: Outcome, channels: Sequence[str]) -> str:
    """Give the name of the view that an outcome's model reads; `channels` are those of the data set."""
    return view_name(lab.base.dataset, tuple(channels[row] for row in sorted(outcome.rows)))


def size_of(train: Windows) -> tuple[int, int]:
    """Give how many training windows there are, and of how many subjects."""
    return len(train), len(np.unique(train.subject))


def plan_of(lab: Lab, sizes: Mapping[str, tuple[int, int]]) -> list[dict]:
    """Give the trainings to come, in order; as `stages.plan_of`.

    Args:
        lab: What is asked.
        sizes: Training windows and their subjects by split.
    """
    experiment = lab.base
    settings = training_params(experiment, recipe_of(experiment))
    block = block_of(lab)
    blocks = -(-lab.subsets // block)
    found = []
    for split in experiment.splits:

        def stage(name: str, title: str, members: int, optional: bool, split: str = split) -> dict:
            steps = -(-sizes[split][0] // settings.batch_size)
            return {
                "key": stage_key(split, name), "title": title, "members": members, "epochs": settings.epochs,
                "steps_per_epoch": steps, "optional": optional,
            }  # fmt: skip

        if not experiment.teacher:
            found.append(stage("teacher", "teacher", experiment.seeds, False))
        if asks_apart(experiment):
            title = stage_title(experiment, split, APART)
            found.append(stage(APART, title, folds_of(sizes[split][1]) * experiment.seeds, False))
        each = len(STUDENTS) * experiment.seeds
        for at in range(blocks):
            subsets = min(block, lab.subsets - at * block)
            found.append(stage(f"lab-{at}", f"subsets, cohort {at + 1} of {blocks}", subsets * each, lab.search != "every"))
    return found


def block_of(lab: Lab) -> int:
    """Give how many subsets train in one cohort."""
    return max(1, MOST_STUDENTS // (len(STUDENTS) * lab.base.seeds))


def _rounds(lab: Lab, room: _Class) -> Iterator[list[Outcome]]:
    """Yield the outcomes of cohort after cohort; a beam decides between rounds, by the validation scores of RDPD."""
    block, number = block_of(lab), 0
    if lab.search == "every":
        subsets = every(len(room.units), lab.largest)
        for at in range(0, len(subsets), block):
            yield _train(lab, room, subsets[at : at + block], number)[0]
            number += 1
        return
    front: list[Subset] = [()]
    for _ in range(lab.largest):
        scores: dict[Subset, float] = {}
        subsets = grown(front, len(room.units))
        for at in range(0, len(subsets), block):
            outcomes, found = _train(lab, room, subsets[at : at + block], number)
            scores |= found
            number += 1
            yield outcomes
            room.work.oversight.check("growing subsets")  # half a round must choose nothing
        front = sorted(scores, key=lambda subset: (-scores[subset], subset))[: lab.beam]


def _train(lab: Lab, room: _Class, subsets: Sequence[Subset], number: int) -> tuple[list[Outcome], dict[Subset, float]]:
    """Train one cohort; give its outcomes, and by subset the mean validation score over RDPD's seeds."""
    work, experiment = room.work, lab.base
    work.oversight.check("training subsets")
    stage = f"lab-{number}"
    work.oversight.tell({"kind": "stage", "title": f"subsets, cohort {number + 1}", "key": work.key(stage)})
    asked = [(subset, arm, seed) for subset in subsets for arm in STUDENTS for seed in experiment.seed_list]
    members = [_member(room, experiment.poor_noise, *one) for one in asked]
    cohort = cohort_of(experiment, work.loaded, members, work.device)
    outcomes, points = [], []
    scores: dict[Subset, list[float]] = {}
    of = dict(zip((m.name for m in members), asked, strict=True))
    for trained in work.train(stage, cohort, room.knowledge):
        subset, arm, seed = of[trained.member.name]
        digest = room.teachers.digests[trained.member.teacher] if arm.imitates else None
        outcomes.append(outcome_of(work, trained, arm.name, "student", cohort, digest))
        names = [room.units[at].name for at in subset]
        about = {"split": work.loaded.split, "units": names, "arm": arm.name, "seed": seed}
        points.append({**about, "score": round(float(trained.score), 6)})
        if arm.imitates:
            scores.setdefault(subset, []).append(trained.score)
    work.oversight.tell({"kind": "points", "stage": work.key(stage), "points": points})
    return outcomes, {subset: float(np.mean(found)) for subset, found in scores.items()}


def _member(room: _Class, noise: float, subset: Subset, arm: Arm, seed: int) -> Member:
    name = f"{arm.title}, {'+'.join(room.units[at].name for at in subset)}, seed {seed}"
    teacher = room.teachers.of_seed.get(seed, 0)
    return Member(name, seed, rows_of(room.units, subset), noise, room.settings[arm.name].settings, teacher)
