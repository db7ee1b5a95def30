"""Choosing temperature and term weights: the whole grid trained as one cohort, scored on the validation subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdpd_core.errors import IncompatibleError
from rdpd_core.experiments.arms import Arm
from rdpd_core.experiments.build import recipe_of, student_cohort
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.stages import MOST_SEARCHED, search_params
from rdpd_core.experiments.teachers import Teachers
from rdpd_core.experiments.work import Work
from rdpd_core.files import cache_root, digest_json, read_json, write_json
from rdpd_core.store import Store
from rdpd_core.training import Knowledge, LiveTeacher, State

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


def choices_facts(chosen: Mapping[str, Choice]) -> list[list[Any]]:
    """Give choices as plain lists, which keep their order in any JSON."""
    return [[arm, list(map(list, c.settings.items())), c.score, c.candidates, c.source] for arm, c in chosen.items()]


def choices_from(facts: Sequence[Sequence[Any]]) -> dict[str, Choice]:
    """Give the choices of which `choices_facts` gave the lists."""
    return {arm: Choice(dict(settings), *about) for arm, settings, *about in facts}


def choose(work: Work, arms: Sequence[Arm], teachers: Teachers, knowledge: Knowledge | LiveTeacher) -> dict[str, Choice]:
    """Give the settings of every arm; where there is a choice, the best on the validation subjects.

    A search runs once: it is kept by digest of teacher, windows and grid, and a stored teacher's stored students tell what
    was chosen for them. What an experiment chose its keeper keeps, so that going on means going on with the same settings.

    Raises:
        StoppedError: It was stopped while a search ran.
        IncompatibleError: The keeper holds the choices of another experiment.
    """
    found = _recall(work, teachers)
    if found is None:
        found = _chosen(work, arms, teachers, knowledge)
        _remember(work, teachers, found)
    return {arm.name: found[arm.name] for arm in arms}


def _chosen(work: Work, arms: Sequence[Arm], teachers: Teachers, knowledge: Knowledge | LiveTeacher) -> dict[str, Choice]:
    experiment = work.experiment
    recipe = recipe_of(experiment)
    options = {arm.name: recipe.candidates(arm, experiment.dataset) for arm in arms}
    found = {name: Choice(some[0], None, 1) for name, some in options.items() if len(some) == 1}
    seed = experiment.seed_list[0]
    if experiment.teacher:
        teacher = teachers.digests[teachers.of_seed[seed]]
        found |= _chosen_before(experiment, work.loaded, options, teacher, work.store or Store.default())
    entries = [(f"{name} {at}", seed, s) for name, some in options.items() if name not in found for at, s in enumerate(some)]
    if not entries:
        return found
    path = cache_root() / "tuning" / f"{_key(experiment, teachers, seed, work.windows_digest, entries)}.json"
    if path.is_file():
        scores = read_json(path)
    else:
        scores = _search(work, entries, teachers, knowledge)
        write_json(path, scores)
    for name, some in options.items():
        if name not in found:
            best = max(range(len(some)), key=lambda at, name=name: scores[f"{name} {at}"])
            found[name] = Choice(some[best], scores[f"{name} {best}"], len(some))
    return found


def _search(
    work: Work, entries: list[tuple[str, int, dict[str, float]]], teachers: Teachers, knowledge: Knowledge | LiveTeacher
) -> dict[str, float]:
    """Give the validation score of every entry, by name."""
    scores: dict[str, float] = {}
    for at in range(0, len(entries), MOST_SEARCHED):
        some = entries[at : at + MOST_SEARCHED]
        cohort = student_cohort(work.experiment, work.loaded, some, teachers.of_seed, work.device)
        made = work.train(f"search-{at // MOST_SEARCHED}", cohort, knowledge, search_params(work.experiment))
        work.oversight.check("choosing settings on the validation subjects")  # half a search must choose nothing
        scores |= {t.member.name: t.score for t in made}
    return scores


def _recall(work: Work, teachers: Teachers) -> dict[str, Choice] | None:
    """Give what was chosen when this work was begun, if it was."""
    keeper, key = work.oversight.keeper, work.key("choices")
    kept = None if keeper is None else keeper.load(key)
    if kept is None:
        return None
    if kept.facts["made_for"] != _made_for(work, teachers):
        raise IncompatibleError(
            f"the settings kept for {key} were chosen for another experiment, other windows or another teacher; "
            "go on with the same, or start anew"
        )
    return choices_from(kept.facts["chosen"])


def _remember(work: Work, teachers: Teachers, chosen: Mapping[str, Choice]) -> None:
    if work.oversight.keeper is not None:
        facts = {"made_for": _made_for(work, teachers), "chosen": choices_facts(chosen)}
        work.oversight.keeper.save(work.key("choices"), State({}, facts), True)


def _made_for(work: Work, teachers: Teachers) -> list:
    return [work.experiment.digest(), work.windows_digest, list(teachers.digests)]


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
