"""From pace and counts to seconds and megabytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdpd_core.experiments._forecast_facts import Facts, Part, rich_of
from rdpd_core.experiments._forecast_pace import VALID, Pace, Setup
from rdpd_core.experiments._forecast_shape import Shape, listens, shape_of
from rdpd_core.experiments._forecast_words import Span
from rdpd_core.experiments.arms import pick_arms
from rdpd_core.experiments.build import MODEL, asks_live
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.stages import APART
from rdpd_core.models import MODELS
from rdpd_core.training.knowledge import CHUNK

VALUE_MB = 4e-6
"""A number of 32 bits, in MB."""
READ_S_PER_MB = Span(0.002, 0.004, 0.012)
"""Opening, measuring and scaling stored recordings; the last where the disk is slow."""
START_S = 3.0
"""Starting a process that trains nothing."""
TABLES_S, SCORED_S = Span(0.5, 1.0, 3.0), Span(0.05, 0.1, 0.4)
"""Intervals and tests: once, and for every model with its card."""
MEMORY_MARGIN = 1.1
"""What is freed is not all given back at once."""
CONTEXT_MB = 600.0
"""What the driver takes on a GPU before anything is put there."""
STATES = 8
"""Copies of a model's numbers on the disk: weights, two moments and the best, in the last two checkpoints."""


def role_of(key: str) -> str:
    """Give whose networks a stage trains, from its key."""
    stage = key.rpartition("/")[2]
    stage = "teacher" if stage == APART else stage
    return stage if stage in ("teacher", "oracle") else "student"


@dataclass(frozen=True)
class Cost:
    """What one split of an experiment costs.

    Attributes:
        facts: Its data; the training windows are those that are used.
        pace: By role, where it is known.
        timed: Whether it is known for all roles.
        live: Teachers that are asked about every batch.
        listens: Whether students listen to a teacher.
        gpu: Whether a GPU trains.
        data_mb: Windows on the device, for all stages.
        disk_mb: What it leaves on the disk, about.
        outcomes: Models that are scored.
        batch: Windows in a step.
    """

    facts: Facts
    pace: Mapping[str, Pace]
    timed: bool
    live: int
    listens: bool
    gpu: bool
    data_mb: float
    disk_mb: float
    outcomes: int
    batch: int
    rich: int

    @property
    def mapped_mb(self) -> float:
        """Give how much of the memory are stored recordings."""
        return 0.0 if self.gpu else self.facts.stored_mb

    @property
    def load(self) -> float:
        """Give how busy each core was while the pace was taken."""
        return max((p.load / p.cores for p in self.pace.values()), default=0.0)

    @property
    def beside(self) -> Span | None:
        """Give what is done beside training; None if the pace is unknown."""
        if not self.timed:
            return None
        start, read = max((p.start_s for p in self.pace.values()), default=START_S), self.facts.stored_mb
        parts = zip(READ_S_PER_MB, TABLES_S, SCORED_S, strict=True)
        return Span(*(start + read * r + once + each * self.outcomes for r, once, each in parts))

    def seconds(self, role: str, members: int, epochs: Sequence[int], ends: bool) -> list[float] | None:
        """Give what a stage takes, for several numbers of epochs.

        Args:
            role: Whose networks.
            members: How many.
            epochs: For each of which the seconds are given.
            ends: Whether its models predict at the end; those of a search do not.
        """
        if role not in self.pace:
            return None
        pace, facts = self.pace[role], self.facts
        point, alone = pace.of(members), pace.of(1)
        steps = max(1.0, (self.rich if role == "teacher" else facts.train.windows) / self.batch)
        epoch = steps * (point.step_s + self.live * pace.live_s) + point.pass_s * facts.valid.windows / VALID
        windows = facts.valid.windows + facts.test.windows + (facts.train.windows if self._explains(role) else 0)
        end = members * alone.pass_s * windows / VALID if ends else 0.0
        return [n * epoch + (end if n else 0.0) for n in epochs]

    def memory_mb(self, role: str, members: int) -> float | None:
        """Give the most memory while a stage runs: of the process, or of the GPU; None if unknown."""
        if role not in self.pace or not (self.gpu or self.pace[role].idle_mb):
            return None
        pace, facts = self.pace[role], self.facts
        point, alone = pace.of(members), pace.of(1)
        chunk = min(CHUNK, facts.valid.windows) / VALID
        work = max(point.step_mb, point.pass_mb * chunk, alone.pass_mb * CHUNK / VALID)
        base = CONTEXT_MB if self.gpu else pace.idle_mb + self.mapped_mb
        return MEMORY_MARGIN * (base + self.data_mb + work)

    def _explains(self, role: str) -> bool:
        return role == "teacher" and self.listens and not self.live


def cost_of(
    experiment: Experiment, facts: Facts, pace: Mapping[str, Pace], setup: Setup, cohorts: Sequence[tuple[str, int]]
) -> Cost:
    """Give the cost of one split.

    Args:
        experiment: What is asked.
        facts: Of the split; the training windows are those that are used.
        pace: By digest of a shape.
        setup: Where it would run.
        cohorts: Role and members of all its stages.
    """
    shapes = {role: shape_of(experiment, facts, role) for role, _ in cohorts}
    live = 0 if not asks_live(experiment) or not listens(experiment) else 1 if experiment.teacher else experiment.seeds
    outcomes = experiment.seeds * len(pick_arms(experiment.arms))
    numbers = sum(_numbers(shapes[role]) * members for role, members in cohorts)
    answers = outcomes * (facts.valid.windows + facts.test.windows) * (len(facts.offers.classes) + 1)
    any_shape, rich = next(iter(shapes.values()), None), rich_of(experiment, facts.train)
    return Cost(
        facts=facts,
        pace={role: pace[shape.digest] for role, shape in shapes.items() if shape.digest in pace},
        timed=all(shape.digest in pace for shape in shapes.values()),
        live=live,
        listens=listens(experiment),
        gpu=setup.device.startswith("cuda"),
        data_mb=_data_mb(experiment, facts, shapes, rich),
        disk_mb=VALUE_MB * (STATES * numbers + 2 * answers),
        outcomes=outcomes,
        batch=any_shape.training["batch_size"] if any_shape else 1,
        rich=rich.windows,
    )


def _data_mb(experiment: Experiment, facts: Facts, shapes: Mapping[str, Shape], rich: Part) -> float:
    """Give the memory of scaled windows, of the students' copy of their channels, and of noise."""
    parts, channels = (facts.train, facts.valid, facts.test), len(facts.offers.channels)
    few = {s.reads for s in shapes.values() if s.reads < channels}
    values = sum(p.samples for p in parts) * (channels + sum(few))
    if experiment.rich_share < 1:
        values += rich.samples * channels  # teachers have a training set of their own
    if experiment.noise:
        noisy = [*few, *([channels] if experiment.noise_on == "all" or not few else [])]
        values += sum(p.windows for p in parts) * facts.offers.samples * sum(noisy)
    return VALUE_MB * values


def _numbers(shape: Shape) -> int:
    kind = MODELS.get(MODEL)
    return kind(shape.reads, shape.classes, shape.samples, kind.Params.from_dict(shape.network)).count_parameters()
