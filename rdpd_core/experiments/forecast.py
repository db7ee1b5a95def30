"""How long an experiment or a study will take here, and how much memory, told before it is started.

A forecast rests on facts of the data and on the pace of a few real steps. What it cannot know is when models stop improving,
so it gives three lengths: if they stop as early as their patience allows, when those of this program usually did, and never.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rdpd_core.experiments import _forecast_words as words
from rdpd_core.experiments._forecast_cost import Cost, cost_of, role_of
from rdpd_core.experiments._forecast_facts import Facts, Part, facts_at_hand, facts_of, rich_of, used
from rdpd_core.experiments._forecast_pace import Pace, Setup, keep, known, measure, setup_of
from rdpd_core.experiments._forecast_room import Room, room_of
from rdpd_core.experiments._forecast_shape import Shape, shape_of
from rdpd_core.experiments._forecast_words import Span, total
from rdpd_core.experiments.build import recipe_of, training_params
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.stages import plan_of, search_params
from rdpd_core.experiments.study import cut
from rdpd_core.preprocessing import Splits

__all__ = [
    "Facts", "Forecast", "Pace", "Part", "Room", "Setup", "Shape", "Span", "Stage", "facts_at_hand", "facts_of", "forecast",
    "forecast_study", "keep", "known", "known_pace", "measure", "needed", "room_of", "setup_of", "used",
]  # fmt: skip

Table = Mapping[tuple[str, str], Facts]
USUAL = {"teacher": 2.6, "student": 4.5, "oracle": 4.5}
"""After how many patiences training ends, by role: medians of the 9 teachers and 120 students that come with the program."""
FASTER, SLOWER = 0.85, 1.3
"""How far a whole run may stray from the pace of its trial; the longer side also holds checkpoints and a little company."""


@dataclass(frozen=True)
class Stage:
    """One training.

    Attributes:
        key: As in the plan that a running experiment tells.
        title: For people.
        role: "teacher", "student" or "oracle": whose networks are trained.
        members: Models trained together.
        steps_per_epoch: Batches in an epoch.
        first: Epochs if every model is best after the first.
        usual: Epochs as models of this role usually took.
        most: Epochs at most.
        seconds: With what each model says in the end; None if the pace is unknown.
        memory_mb: Of the whole process meanwhile; None if unknown.
    """

    key: str
    title: str
    role: str
    members: int
    steps_per_epoch: int
    first: int
    usual: int
    most: int
    seconds: Span | None
    memory_mb: float | None


@dataclass(frozen=True)
class Forecast:
    """What is to be expected of an experiment or a study.

    Attributes:
        stages: All trainings, in order; those of a study's shards one after another.
        beside: Reading and scaling, intervals and tables.
        seconds: Everything; None if something is unknown.
        memory_mb: The most at any time; None if unknown.
        mapped_mb: Of it, stored recordings, which the system takes back when it needs room.
        disk_mb: What the folder of the job will hold at most, about.
        setup: Where it holds.
        shards: Into how many parts a study is cut; 1 for an experiment.
        unknown: Why something is unknown, and what to do; empty if nothing is.
        load: Processes that wanted to run while the pace was taken, for each core.
    """

    stages: tuple[Stage, ...]
    beside: Span | None
    seconds: Span | None
    memory_mb: float | None
    mapped_mb: float
    disk_mb: float | None
    setup: Setup
    shards: int = 1
    unknown: str = ""
    load: float = 0.0

    def sentence(self) -> str:
        """Give what is to be expected in one sentence."""
        return words.sentence(self)

    def basis(self) -> str:
        """Say what it rests on."""
        return words.basis(self)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, with both sentences."""
        return asdict(self) | {"sentence": self.sentence(), "basis": self.basis()}


def forecast(
    experiment: Experiment,
    facts: Table,
    pace: Mapping[str, Pace],
    setup: Setup,
    *,
    taught: Collection[str] = (),
    searched: Collection[str] = (),
) -> Forecast:
    """Forecast one experiment.

    Args:
        experiment: What is asked.
        facts: By data set and split.
        pace: By digest of a shape, as `needed` lists them.
        setup: Where it would run.
        taught: Splits whose teachers are there already.
        searched: Splits for which the settings were chosen before.
    """
    missing = [split for split in experiment.splits if (experiment.dataset, split) not in facts]
    if missing:
        return _unread(experiment, setup)
    mine = {split: facts[experiment.dataset, split] for split in experiment.splits}
    if trouble := next((f.trouble for f in mine.values() if f.trouble), ""):
        return Forecast((), None, None, None, 0.0, None, setup, unknown=trouble)
    stages, costs = [], []
    for split, about in mine.items():
        left = replace(about, train=used(experiment, about.train))
        plans = [p for p in _plan(experiment, left, taught) if not (p["optional"] and split in searched)]
        cost = cost_of(experiment, left, pace, setup, [(role_of(p["key"]), p["members"]) for p in plans])
        stages += [_stage(experiment, plan, cost) for plan in plans]
        costs.append(cost)
    return _whole(stages, costs, setup)


def forecast_study(experiments: Sequence[Experiment], facts: Table, pace: Mapping[str, Pace], setup: Setup) -> Forecast:
    """Forecast a study: its shards one after another, as they run where there is one slot."""
    parts = cut(experiments)
    found = [forecast(part.experiment, facts, pace, setup) for part in parts]
    sums = {}
    for name in ("beside", "seconds"):
        spans = [getattr(f, name) for f in found]
        sums[name] = None if None in spans else total(spans)
    memory = [f.memory_mb for f in found]
    disk = [f.disk_mb for f in found]
    return Forecast(
        stages=tuple(stage for f in found for stage in f.stages),
        **sums,
        memory_mb=None if None in memory else max(memory),
        mapped_mb=max(f.mapped_mb for f in found),
        disk_mb=None if None in disk else sum(disk),
        setup=setup,
        shards=len(parts),
        unknown=next((f.unknown for f in found if f.unknown), ""),
        load=max(f.load for f in found),
    )


def needed(experiments: Sequence[Experiment], facts: Table) -> list[tuple[Experiment, Facts, str, Shape, int]]:
    """Give the shapes whose pace is needed, each once: an experiment that has it, its facts, the role, and the most members."""
    found: dict[str, tuple[Experiment, Facts, str, Shape, int]] = {}
    for experiment in (part.experiment for part in cut(experiments)):
        about = facts.get((experiment.dataset, experiment.split))
        if about is None or about.trouble:
            continue
        for plan in _plan(experiment, about, ()):
            role = role_of(plan["key"])
            shape = shape_of(experiment, about, role)
            most = max(plan["members"], found[shape.digest][4] if shape.digest in found else 0)
            found[shape.digest] = (experiment, about, role, shape, most)
    return list(found.values())


def known_pace(experiments: Sequence[Experiment], facts: Table, setup: Setup) -> dict[str, Pace]:
    """Give what was measured on this machine before, by digest of a shape; asks nothing of the processor."""
    asked = needed(experiments, facts)
    return {shape.digest: pace for *_, shape, most in asked if (pace := known(shape, setup, most)) is not None}


def _plan(experiment: Experiment, facts: Facts, taught: Collection[str]) -> list[dict[str, Any]]:
    """Give the plan of one split; its training windows are those that are left of them."""
    one = replace(experiment, split=facts.split, share=1.0, rich_share=1.0)
    counted = Splits(*(range(part.windows) for part in (facts.train, facts.valid, facts.test)))  # only lengths are asked
    rich = rich_of(experiment, facts.train)
    return plan_of(one, {facts.split: counted}, taught, {facts.split: (rich.windows, rich.subjects)})


def _stage(experiment: Experiment, plan: Mapping[str, Any], cost: Cost) -> Stage:
    role = role_of(plan["key"])
    settings = search_params(experiment) if plan["optional"] else training_params(experiment, recipe_of(experiment))
    most, first = settings.epochs, min(settings.epochs, settings.patience + 1)
    usual = max(first, min(most, round(USUAL[role] * settings.patience)))
    epochs = [0 if plan["optional"] and experiment.teacher else first, usual, most]
    known = cost.seconds(role, plan["members"], epochs, ends=not plan["optional"])
    seconds = None if known is None else Span(known[0] * FASTER, known[1], known[2] * SLOWER)
    memory = cost.memory_mb(role, plan["members"])
    names = {name: plan[name] for name in ("key", "title", "members", "steps_per_epoch")}
    return Stage(**names, role=role, first=first, usual=usual, most=most, seconds=seconds, memory_mb=memory)


def _whole(stages: list[Stage], costs: list[Cost], setup: Setup) -> Forecast:
    spans = [stage.seconds for stage in stages]
    beside = [cost.beside for cost in costs]
    unknown = None in spans or None in beside
    memory = [stage.memory_mb for stage in stages]
    return Forecast(
        stages=tuple(stages),
        beside=None if None in beside else total(beside),
        seconds=None if unknown else total([*spans, *beside]),
        memory_mb=None if None in memory else max(memory, default=None),
        mapped_mb=max(cost.mapped_mb for cost in costs),
        disk_mb=sum(cost.disk_mb for cost in costs),
        setup=setup,
        unknown=words.NOT_TIMED if unknown else "",
        load=max(cost.load for cost in costs),
    )


def _unread(experiment: Experiment, setup: Setup) -> Forecast:
    unknown = f"the recordings of {experiment.dataset} have not been read yet; once they were, a trial of some seconds tells"
    return Forecast((), None, None, None, 0.0, None, setup, unknown=unknown)
