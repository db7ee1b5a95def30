"""Choosing temperature and term weights: the whole grid trained as one cohort, scored on the validation subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdpd_core.experiments.arms import Arm
from rdpd_core.experiments.build import student_cohort, training_params
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.recipes import pick_recipe
from rdpd_core.experiments.teachers import Report, Teachers
from rdpd_core.files import cache_root, digest_json, read_json, write_json
from rdpd_core.training import Knowledge, LiveTeacher, Resident, Trainer

MOST_MEMBERS = 64
SHORTER = 2  # the search trains half as long as the comparison


@dataclass(frozen=True)
class Choice:
    """What was chosen for one arm.

    Attributes:
        settings: Of the method.
        score: Validation score of the chosen settings, with the search's seed; optimistic, since it is the best of several.
        candidates: How many were tried.
    """

    settings: dict[str, float]
    score: float | None
    candidates: int


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
) -> dict[str, Choice]:
    """Give the settings of every arm; where there is a choice, the best on the validation subjects.

    A search is kept by digest of teacher, windows and grid, so that it runs once.
    """
    recipe = pick_recipe(experiment.recipe)
    options = {arm.name: recipe.candidates(arm, experiment.dataset) for arm in arms}
    fixed = {name: Choice(found[0], None, 1) for name, found in options.items() if len(found) == 1}
    open_arms = {name: found for name, found in options.items() if len(found) > 1}
    if not open_arms:
        return fixed
    seed = experiment.seed_list[0]
    entries = [(f"{name} {at}", seed, settings) for name, found in open_arms.items() for at, settings in enumerate(found)]
    path = cache_root() / "tuning" / f"{_key(experiment, teachers, seed, windows_digest, entries)}.json"
    scores = read_json(path) if path.is_file() else {}
    settings = training_params(experiment, recipe)
    brief = {"epochs": max(1, settings.epochs // SHORTER), "patience": max(1, settings.patience // SHORTER)}
    settings = type(settings).from_dict({**settings.to_dict(), **brief})
    for at in range(0, len(entries), MOST_MEMBERS):
        some = [e for e in entries[at : at + MOST_MEMBERS] if e[0] not in scores]
        if some:
            cohort = student_cohort(experiment, loaded, some, teachers.of_seed, residents["train"].device)
            made = Trainer(
                cohort,
                residents["train"],
                residents["valid"],
                settings,
                knowledge,
                residents["train"].target,
                report,
                should_stop,
            ).run()
            scores |= {t.member.name: t.score for t in made}
    if not should_stop():
        write_json(path, scores)
    best = {name: max(range(len(found)), key=lambda at, name=name: scores[f"{name} {at}"]) for name, found in open_arms.items()}
    chosen = {name: Choice(found[best[name]], scores[f"{name} {best[name]}"], len(found)) for name, found in open_arms.items()}
    return {**fixed, **chosen}


def _key(experiment: Experiment, teachers: Teachers, seed: int, windows_digest: str, entries: list) -> str:
    asked = {k: v for k, v in experiment.to_dict().items() if k not in ("arms", "seeds", "first_seed", "teacher", "split")}
    return digest_json([asked, teachers.digests[teachers.of_seed[seed]], seed, windows_digest, entries])
