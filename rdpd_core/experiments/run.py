"""Running one experiment from recordings to predictions on the test subjects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rdpd_core.datasets import Dataset
from rdpd_core.errors import StoppedError
from rdpd_core.experiments.arms import ARMS, Arm, pick_arms
from rdpd_core.experiments.build import MODEL, label_cohort, member_name, model_params, recipe_of, student_cohort
from rdpd_core.experiments.data import Loaded, divide, parts_of, prepare
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.forest import forests
from rdpd_core.experiments.outcome import Outcome, both_parts, rebuild
from rdpd_core.experiments.stages import plan_of
from rdpd_core.experiments.teachers import Teachers, get_teachers, knowledge_of, looks_of, training_facts, who_answers
from rdpd_core.experiments.tuning import Choice, choose
from rdpd_core.experiments.watch import check_subject
from rdpd_core.experiments.work import Work, open_work
from rdpd_core.preprocessing import Prepared
from rdpd_core.runtime import pick_device
from rdpd_core.store import Store
from rdpd_core.training import Cohort, Keeper, Oversight, Stop, Trained
from rdpd_core.training.oversight import Report


@dataclass(frozen=True)
class Result:
    """What an experiment gave.

    Attributes:
        experiment: What was asked.
        outcomes: Every arm, seed and split.
        choices: Settings chosen on the validation subjects, by split and arm.
        loaded: The data under each split.
        notices: Sentences that belong beside any number.
        teachers: By split; can be handed to another experiment on the same data, seeds and recipe.
    """

    experiment: Experiment
    outcomes: tuple[Outcome, ...]
    choices: dict[str, dict[str, Choice]]
    loaded: dict[str, Loaded]
    notices: tuple[str, ...]
    teachers: dict[str, Teachers]


def run(
    experiment: Experiment,
    data_root: str | Path | None = None,
    device: str = "auto",
    store: Store | None = None,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
    teachers: dict[str, Teachers] | None = None,
    keeper: Keeper | None = None,
    watch_subject: str = "",
) -> Result:
    """Train what the experiment asks for and predict on validation and test subjects; the test is touched once, at the end.

    Args:
        experiment: What is asked.
        data_root: Where data sets lie.
        device: As in `runtime.pick_device`.
        store: Where a stored teacher is looked up; None takes the default one.
        report: Told of the plan {"kind": "plan", "stages"}, of every stage {"kind": "stage", "title", "key"}, of the window
            that is watched in it {"kind": "watched", ...}, and of every step and epoch of the trainer.
        should_stop: Asked after every step, and wherever else there is a moment; on a yes, what is being trained keeps its
            best epoch and the rest is left out.
        teachers: Of an earlier result, to be used instead of training them again.
        keeper: Keeps the state of every stage; called again with the same, what is finished is restored and the rest goes on.
        watch_subject: The validation subject in whose first window everybody is watched; empty takes the first of the split.

    Raises:
        StoppedError: It was stopped before the first model was trained.
        DataError: The recordings cannot be used; the message says why.
        IncompatibleError: A stored teacher does not fit the data, or the keeper holds another experiment.
        TrainingError: A loss is not a number.
        UnknownNameError: The subject to watch is not among the validation subjects.
    """
    place, taught = pick_device(device), dict(teachers or {})
    oversight = Oversight(report or (lambda event: None), Stop(should_stop), keeper)
    dataset, prepared = read(experiment, data_root, oversight)
    parts = {name: parts_of(dataset, prepared, name) for name in experiment.splits}
    check_subject((p.valid for p in parts.values()), watch_subject)
    oversight.tell({"kind": "plan", "stages": plan_of(experiment, parts, taught)})
    outcomes: list[Outcome] = []
    choices, loaded = {}, {}
    for name in experiment.splits:
        try:
            oversight.check("dividing the subjects")
            loaded[name] = divide(dataset, prepared, name)
            work = open_work(experiment, loaded[name], place, store, oversight, watch_subject)
            choices[name] = _one_split(work, taught, outcomes)
        except StoppedError:
            if not outcomes:
                raise
            break
    if not outcomes:
        raise StoppedError("stopped before the first model was trained, so there is nothing to keep")
    return Result(experiment, tuple(outcomes), choices, loaded, prepared.notices, taught)


def read(experiment: Experiment, data_root: str | Path | None, oversight: Oversight) -> tuple[Dataset, Prepared]:
    """Give the data set and its windows, telling how far the reading is.

    Raises:
        StoppedError: A stop was asked for meanwhile.
    """

    def progress(done: int, total: int | None) -> None:
        oversight.tell({"kind": "recordings", "done": done, "total": total})
        oversight.check("reading the recordings")

    def read_so_far(done: int, total: int) -> None:
        oversight.tell({"kind": "recordings", "done": done, "total": total, "unit": "B"})
        oversight.check("reading the recordings")

    oversight.tell({"kind": "stage", "title": f"reading {experiment.dataset}", "key": "reading"})
    found = prepare(experiment.dataset, data_root, progress, read_so_far)
    oversight.check("reading the recordings")
    return found


def _one_split(work: Work, taught: dict[str, Teachers], outcomes: list[Outcome]) -> dict[str, Choice]:
    """Add the outcomes of one split to `outcomes` as they come; give the chosen settings."""
    arms, split = pick_arms(work.experiment.arms), work.loaded.split
    stop, teachers = work.oversight.should_stop, None
    if work.experiment.teacher_labels == "same":
        work.residents["train"].target = work.target.to(work.device)
    if any(arm.imitates or arm.role == "teacher" for arm in arms):
        work.begin("teacher")
        if split not in taught:
            taught[split] = get_teachers(work)
        teachers = taught[split]
        outcomes += teachers.outcomes if "teacher" in work.experiment.arms else ()
        if not stop():
            teachers = taught[split] = who_answers(work, teachers)
        work = replace(work, looks=looks_of(work, teachers))
    work.residents["train"].target = work.target.to(work.device)  # the teacher learned from the true labels
    students = [arm for arm in arms if arm.role == "student"]
    chosen: dict[str, Choice] = {}
    if students and not stop():
        made, chosen = _students(work, students, teachers)
        outcomes += made
    if "oracle" in work.experiment.arms and not stop():
        work.begin("oracle")
        cohort = label_cohort(work.experiment, work.loaded, ARMS["oracle"], "oracle", work.device)
        outcomes += [outcome_of(work, t, "oracle", "oracle", cohort, None) for t in work.train("oracle", cohort)]
    for arm in arms:
        if arm.role == "forest" and not stop():
            outcomes += forests(work, arm)
    return chosen


def _students(work: Work, arms: list[Arm], teachers: Teachers | None) -> tuple[list[Outcome], dict[str, Choice]]:
    experiment, knowledge = work.experiment, None
    if teachers is not None:
        knowledge = knowledge_of(work, teachers)
        work.begin("search-0")
        chosen = choose(work, arms, teachers, knowledge)
    else:
        chosen = {arm.name: Choice(recipe_of(experiment).settings(arm, experiment.dataset), None, 1) for arm in arms}
    work.begin("students")
    entries = [(member_name(a, seed), seed, chosen[a.name].settings) for a in arms for seed in experiment.seed_list]
    names = {member_name(a, seed): a.name for a in arms for seed in experiment.seed_list}
    if knowledge is None:
        cohort = label_cohort(experiment, work.loaded, arms[0], "student", work.device)
    else:
        cohort = student_cohort(experiment, work.loaded, entries, teachers.of_seed, work.device)
    trainings, made = work.train("students", cohort, knowledge), []
    for at, trained in enumerate(trainings):
        work.predicted("students", at, len(trainings))
        arm = names[trained.member.name]
        digest = teachers.digests[trained.member.teacher] if teachers is not None and ARMS[arm].imitates else None
        made.append(outcome_of(work, trained, arm, "student", cohort, digest))
    return made, chosen


def outcome_of(work: Work, trained: Trained, arm: str, role: str, cohort: Cohort, teacher: str | None) -> Outcome:
    """Give what a student is and says; it reads the channels of its member.

    Args:
        work: The split.
        trained: The student.
        arm: Its arm.
        role: "student" or "oracle", which tells its widths.
        cohort: It was trained in.
        teacher: Digest of the teacher it listened to, or None.
    """
    experiment, used, rows = work.experiment, work.loaded, trained.member.channels
    params = model_params(experiment, used, role)
    model = rebuild(MODEL, params, trained.weights, used.prepared.windows, rows).to(work.device)
    predictions = both_parts(model, work.residents, used, rows, experiment.poor_noise, (experiment.noise_kind, 0))
    method_params = {**cohort.method.params.to_dict(), **trained.member.settings}
    facts = training_facts(trained) | {f"combined_{n}": v.tolist() for n, v in trained.own.items()}
    return Outcome(
        arm, trained.member.seed, used.split, rows, MODEL, params, cohort.method.name, method_params, trained.weights,
        predictions, facts, teacher,
    )  # fmt: skip
