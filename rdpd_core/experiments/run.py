"""Running one experiment from recordings to predictions on the test subjects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from rdpd_core.errors import StoppedError
from rdpd_core.experiments.arms import ARMS, Arm, pick_arms
from rdpd_core.experiments.build import (
    MODEL,
    label_cohort,
    member_name,
    model_params,
    poor_rows,
    recipe_of,
    student_cohort,
    training_params,
    training_windows,
)
from rdpd_core.experiments.data import Loaded, divide, prepare
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.outcome import Outcome, both_parts, rebuild
from rdpd_core.experiments.teachers import Report, Teachers, get_teachers, knowledge_of, training_facts
from rdpd_core.experiments.tuning import Choice, choose
from rdpd_core.files import digest_bytes, digest_json
from rdpd_core.runtime import pick_device
from rdpd_core.store import Store
from rdpd_core.training import Cohort, Resident, Trained, Trainer


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
) -> Result:
    """Train what the experiment asks for and predict on validation and test subjects; the test is touched once, at the end.

    Args:
        experiment: What is asked.
        data_root: Where data sets lie.
        device: As in `runtime.pick_device`.
        store: Where a stored teacher is looked up; None takes the default one.
        report: Told of every stage {"kind": "stage", "title"}, and of every step and epoch of the trainer.
        should_stop: Asked after every step; on a yes, what is being trained keeps its best epoch and the rest is left out.
        teachers: Of an earlier result, to be used instead of training them again.

    Raises:
        StoppedError: It was stopped before the first model was trained.
        DataError: The recordings cannot be used; the message says why.
        IncompatibleError: A stored teacher does not fit the data.
        TrainingError: A loss is not a number.
    """
    tell, stop = report or (lambda event: None), should_stop or (lambda: False)
    place = pick_device(device)
    tell({"kind": "stage", "title": f"reading {experiment.dataset}"})
    dataset, prepared = prepare(
        experiment.dataset, data_root, lambda done, total: tell({"kind": "recordings", "done": done, "total": total})
    )
    outcomes: list[Outcome] = []
    choices, loaded, taught = {}, {}, dict(teachers or {})
    for name in experiment.splits:
        loaded[name] = divide(dataset, prepared, name)
        try:
            choices[name] = _one_split(experiment, loaded[name], place, store, taught, tell, stop, outcomes)
        except StoppedError:
            if not outcomes:
                raise
        if stop():
            break
    if not outcomes:
        raise StoppedError("stopped before the first model was trained, so there is nothing to keep")
    return Result(experiment, tuple(outcomes), choices, loaded, prepared.notices, taught)


def _one_split(
    experiment: Experiment,
    loaded: Loaded,
    device: torch.device,
    store: Store | None,
    taught: dict[str, Teachers],
    tell: Report,
    stop: Callable[[], bool],
    outcomes: list[Outcome],
) -> dict[str, Choice]:
    """Add the outcomes of one split to `outcomes` as they come; give the chosen settings."""
    arms = pick_arms(experiment.arms)
    train, target = training_windows(experiment, loaded)
    used = replace(loaded, splits=loaded.splits._replace(train=train))
    loud = experiment.noise > 0 and experiment.noise_on == "all"
    residents = used.residents(device, (experiment.noise, experiment.noise_kind, 0) if loud else None)
    windows_digest = _windows_digest(used, residents["train"].disturbed)
    where = f" ({loaded.split})" if len(experiment.splits) > 1 else ""
    teachers = None
    if any(arm.imitates or arm.role == "teacher" for arm in arms):
        tell({"kind": "stage", "title": f"teacher{where}"})
        if loaded.split not in taught:
            taught[loaded.split] = get_teachers(experiment, used, residents, store, tell, stop)
        teachers = taught[loaded.split]
        outcomes += teachers.outcomes if "teacher" in experiment.arms else ()
    residents["train"].target = target.to(device)  # the teacher learned from the true labels
    students = [arm for arm in arms if arm.role == "student"]
    chosen: dict[str, Choice] = {}
    if students and not stop():
        made, chosen = _students(experiment, used, students, teachers, residents, windows_digest, where, store, tell, stop)
        outcomes += made
    if "oracle" in experiment.arms and not stop():
        tell({"kind": "stage", "title": f"oracle-size students{where}"})
        cohort = label_cohort(experiment, used, ARMS["oracle"], "oracle", device)
        for trained in _train(cohort, experiment, residents, None, tell, stop):
            outcomes.append(_outcome(trained, "oracle", "oracle", cohort, experiment, used, residents, None))
    return chosen


def _students(
    experiment: Experiment,
    used: Loaded,
    arms: list[Arm],
    teachers: Teachers | None,
    residents: dict[str, Resident],
    windows_digest: str,
    where: str,
    store: Store | None,
    tell: Report,
    stop: Callable[[], bool],
) -> tuple[list[Outcome], dict[str, Choice]]:
    device = residents["train"].device
    knowledge = None
    if teachers is not None:
        knowledge = knowledge_of(experiment, teachers, residents["train"], windows_digest)
        tell({"kind": "stage", "title": f"choosing settings on validation subjects{where}"})
        chosen = choose(experiment, used, arms, teachers, knowledge, residents, windows_digest, tell, stop, store)
    else:
        chosen = {arm.name: Choice(recipe_of(experiment).settings(arm, experiment.dataset), None, 1) for arm in arms}
    tell({"kind": "stage", "title": f"{len(arms) * experiment.seeds} students{where}"})
    entries = [(member_name(a, seed), seed, chosen[a.name].settings) for a in arms for seed in experiment.seed_list]
    names = {member_name(a, seed): a.name for a in arms for seed in experiment.seed_list}
    of_seed = {} if teachers is None else teachers.of_seed
    if knowledge is None:
        cohort = label_cohort(experiment, used, arms[0], "student", device)
    else:
        cohort = student_cohort(experiment, used, entries, of_seed, device)
    made = []
    for trained in _train(cohort, experiment, residents, knowledge, tell, stop):
        arm = names[trained.member.name]
        digest = teachers.digests[trained.member.teacher] if teachers is not None and ARMS[arm].imitates else None
        made.append(_outcome(trained, arm, "student", cohort, experiment, used, residents, digest))
    return made, chosen


def _train(cohort: Cohort, experiment: Experiment, residents: dict[str, Resident], knowledge, tell, stop) -> list[Trained]:
    settings = training_params(experiment, recipe_of(experiment))
    train = residents["train"]
    return Trainer(cohort, train, residents["valid"], settings, knowledge, train.target, tell, stop).run()


def _outcome(
    trained: Trained, arm: str, role: str, cohort: Cohort, experiment: Experiment, used: Loaded, residents, teacher: str | None
) -> Outcome:
    rows = poor_rows(experiment, used)
    params = model_params(experiment, used, role)
    model = rebuild(MODEL, params, trained.weights, used.prepared.windows, rows).to(residents["test"].device)
    predictions = both_parts(model, residents, used, rows, experiment.poor_noise, (experiment.noise_kind, 0))
    method_params = {**cohort.method.params.to_dict(), **trained.member.settings}
    facts = training_facts(trained) | {f"combined_{n}": v.tolist() for n, v in trained.own.items()}
    return Outcome(
        arm, trained.member.seed, used.split, rows, MODEL, params, cohort.method.name, method_params, trained.weights,
        predictions, facts, teacher,
    )  # fmt: skip


def _windows_digest(loaded: Loaded, disturbed: tuple[float, str, int] | None) -> str:
    train = loaded.splits.train
    return digest_json([train.digest, digest_bytes(train.start.tobytes()), loaded.statistics.to_dict(), disturbed])
