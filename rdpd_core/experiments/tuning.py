"""Choosing temperature and term weights: the whole grid trained as one cohort, scored on the validation subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdpd_core.experiments.arms import Arm
from rdpd_core.experiments.build import recipe_of, student_cohort, training_params
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.teachers import Report, Teachers
from rdpd_core.files import cache_root, digest_json, read_json, write_json
from rdpd_core.store import Store
from rdpd_core.training import Knowledge, LiveTeacher, Resident, Trainer

MOST_MEMBERS = 64
SHORTER = 2  # the search trains half as long as the comparison


# What a choice of settings does not depend on: who else takes part, and where the teacher came from.
_BESIDE = ("arms", "seeds", "first_seed", "teacher", "split")


@dataclass(frozen=True)
class Choice:
    """What was chosen for one arm.

    Attributes:
        settings: Of the method.
        score: Validation score of the chosen settings, with the search's seed; optimistic, since it is the best of several.
        candidates: How many were tried here; 1 where there was nothing to choose or the choice was made before.
        source: The stored student whose settings were taken, or None.
    """

    settings: dict[str, float]
    score: float | None
    candidates: int
    source: str | None = None


def choose(
    experiment: Experiment,
    loaded: Loaded,
    arms: Sequence[Arm],
    teachers: Teachers,
    knowledge: Knowledge | LiveTeacher,
    residents: dict[str, Resident],
    windows_digest: str,
    report: Report,
    should_stop: Callable[[], bool],
    store: Store | None = None,
) -> dict[str, Choice]:
    """Give the settings of every arm; where there is a choice, the best on the validation subjects.

    A search runs once: it is kept by digest of teacher, windows and grid, and a stored teacher's stored students tell what
    was chosen for them.
    """
    recipe = recipe_of(experiment)
    options = {arm.name: recipe.candidates(arm, experiment.dataset) for arm in arms}
    found = {name: Choice(some[0], None, 1) for name, some in options.items() if len(some) == 1}
    seed = experiment.seed_list[0]
    if experiment.teacher:
        teacher = teachers.digests[teachers.of_seed[seed]]
        found |= _chosen_before(experiment, loaded, options, teacher, store or Store.default())
    entries = [(f"{name} {at}", seed, s) for name, some in options.items() if name not in found for at, s in enumerate(some)]
    if not entries:
        return found
    path = cache_root() / "tuning" / f"{_key(experiment, teachers, seed, windows_digest, entries)}.json"
    if path.is_file():
        scores = read_json(path)
    else:
        scores = _search(experiment, loaded, entries, teachers, knowledge, residents, report, should_stop)
        if not should_stop():
            write_json(path, scores)
    for name, some in options.items():
        if name not in found:
            best = max(range(len(some)), key=lambda at, name=name: scores[f"{name} {at}"])
            found[name] = Choice(some[best], scores[f"{name} {best}"], len(some))
    return found


def _search(
    experiment: Experiment,
    loaded: Loaded,
    entries: list[tuple[str, int, dict[str, float]]],
    teachers: Teachers,
    knowledge: Knowledge | LiveTeacher,
    residents: dict[str, Resident],
    report: Report,
    should_stop: Callable[[], bool],
) -> dict[str, float]:
    """Give the validation score of every entry, by name."""
    full = training_params(experiment, recipe_of(experiment))
    brief = {"epochs": max(1, full.epochs // SHORTER), "patience": max(1, full.patience // SHORTER)}
    settings = type(full).from_dict({**full.to_dict(), **brief})
    train, valid, scores = residents["train"], residents["valid"], {}
    for at in range(0, len(entries), MOST_MEMBERS):
        cohort = student_cohort(experiment, loaded, entries[at : at + MOST_MEMBERS], teachers.of_seed, train.device)
        made = Trainer(cohort, train, valid, settings, knowledge, train.target, report, should_stop).run()
        scores |= {t.member.name: t.score for t in made}
    return scores


def _chosen_before(
    experiment: Experiment, loaded: Loaded, options: dict[str, list], teacher: str, store: Store
) -> dict[str, Choice]:
    """Give the settings of stored students of the same teacher that were asked for in the same words."""
    asked = _essence(experiment.departures())
    found = {}
    for card in store.list(experiment.dataset).cards:
        same = card.teacher == teacher and card.split == loaded.split and card.recipe == experiment.recipe
        if same and card.arm in options and _essence(card.training.get("experiment", {})) == asked:
            settings = {name: float(card.method_params[name]) for name in options[card.arm][0]}
            if settings in options[card.arm]:
                found[card.arm] = Choice(settings, None, 1, card.key)
    return found


def _essence(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name not in _BESIDE}


def _key(experiment: Experiment, teachers: Teachers, seed: int, windows_digest: str, entries: list) -> str:
    asked = _essence(experiment.to_dict())
    return digest_json([asked, teachers.digests[teachers.of_seed[seed]], seed, windows_digest, entries])
