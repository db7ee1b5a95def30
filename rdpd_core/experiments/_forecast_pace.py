"""How long a step takes here: measured once for a shape on a machine, and kept."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch

from rdpd_core.errors import DataError
from rdpd_core.experiments._forecast_facts import Facts
from rdpd_core.experiments._forecast_room import forget_peak, give_back, peak_mb, used_mb, wanting
from rdpd_core.experiments._forecast_shape import Shape, cohort_of, listens, stand_in, teacher_of
from rdpd_core.experiments.build import asks_live, recipe_of, training_params
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.files import cache_root, digest_json, read_json, write_json
from rdpd_core.runtime import pick_device
from rdpd_core.training import Knowledge, LiveTeacher, Resident, Trainer
from rdpd_core.training.knowledge import outputs

FORMAT = 1
STEPS = 3
"""Steps of a trial; the first, which also pays for what happens once, does not count."""
VALID = 256
"""Windows of a trial's validation pass."""
SIZES = {"teacher": (1, 4), "student": (1, 8, 32), "oracle": (1, 4)}
"""Members of the cohorts that are tried. A cohort of 64 narrow networks takes a quarter longer than the line through 1 and 8
says, since what it works on no longer fits the processor's caches; wide ones are there with 4."""


class Setup(NamedTuple):
    """Where a pace holds.

    Attributes:
        device: As PyTorch names it.
        threads: CPU threads.
        torch: Version.
        machine: Processor and its cores, or the GPU.
    """

    device: str
    threads: int
    torch: str
    machine: str


class Point(NamedTuple):
    """What a cohort of some size takes.

    Attributes:
        members: M.
        step_s: One step, in s.
        pass_s: The validation pass over `VALID` windows and what follows an epoch, in s.
        step_mb: Memory of a step beside the data, in MB.
        pass_mb: Memory of the validation pass, in MB.
    """

    members: int
    step_s: float
    pass_s: float
    step_mb: float
    pass_mb: float


@dataclass(frozen=True)
class Pace:
    """What was measured for one shape.

    Attributes:
        points: By rising number of members.
        live_s: One teacher's word about one batch, in s, where windows change each epoch; else 0.
        start_s: From the start of the process until it can train, without the data, in s.
        idle_mb: Memory of the process by then, in MB; 0 where the system does not tell.
        load: Processes that wanted to run meanwhile, on average.
        cores: Of the machine.
        at: Seconds since 1970.
    """

    points: tuple[Point, ...]
    live_s: float
    start_s: float
    idle_mb: float
    load: float
    cores: int
    at: float

    def of(self, members: int) -> Point:
        """Give what a cohort takes, on straight lines between the points and beyond the last."""
        low = max((p for p in self.points[:-1] if p.members <= members), default=self.points[0])
        high = next((p for p in self.points if p.members > low.members), low)
        share = (members - low.members) / (high.members - low.members) if high is not low else 0.0
        return Point(members, *(a + share * max(0.0, b - a) for a, b in zip(low[1:], high[1:], strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self) | {"points": [list(p) for p in self.points]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(**{**values, "points": tuple(Point(*p) for p in values["points"])})


def setup_of(device: str = "auto", threads: int = 0) -> Setup:
    """Give where a job with these settings would run on this machine; 0 threads are one less than there are cores.

    Raises:
        ParameterError: There is no such device here.
    """
    place = pick_device(device)
    cores = os.cpu_count() or 2
    machine = torch.cuda.get_device_name(place) if place.type == "cuda" else f"{_processor()}, {cores} cores"
    return Setup(str(place), threads or max(1, cores - 1), torch.__version__, machine)


def known(shape: Shape, setup: Setup, members: int) -> Pace | None:
    """Give what was measured before, if it reaches cohorts of so many members."""
    path = _path(shape, setup)
    if not path.is_file():
        return None
    try:
        pace = Pace.from_dict(read_json(path))
    except (DataError, KeyError, TypeError):  # damaged, or of another version: it is measured again
        return None
    return pace if len(pace.points) >= len(sizes(shape.role, members)) else None


def keep(shape: Shape, setup: Setup, pace: Pace) -> None:
    """Keep what was measured."""
    write_json(_path(shape, setup), pace.to_dict())


def sizes(role: str, members: int) -> tuple[int, ...]:
    """Give the sizes of cohorts to try for a role of so many members."""
    tried = SIZES[role]
    return tuple(size for at, size in enumerate(tried) if at == 0 or members > tried[at - 1])


def measure(experiment: Experiment, facts: Facts, role: str, members: int, device: torch.device, start_s: float = 0.0) -> Pace:
    """Train cohorts of a role for a few steps, as the trainer would; takes seconds.

    Args:
        experiment: Whose cohorts.
        facts: Of its data set.
        role: "teacher", "student" or "oracle".
        members: The largest cohort that is to be forecast.
        device: Where.
        start_s: What it took to start the process, in s.
    """
    began = time.process_time()
    settings = training_params(experiment, recipe_of(experiment))
    settings = type(settings).from_dict({**settings.to_dict(), "epochs": 1})
    loaded = stand_in(experiment, facts, STEPS * settings.batch_size, VALID)
    loud = experiment.noise > 0 and experiment.noise_on == "all"
    data = loaded.residents(device, (experiment.noise, experiment.noise_kind, 0) if loud else None)
    teacher = _said(experiment, loaded, data["train"]) if role == "student" and listens(experiment) else None
    points: list[Point] = []
    for size in sizes(role, members):
        cohort = cohort_of(experiment, loaded, role, size, device)
        trial = _Trial(device)
        trainer = Trainer(cohort, data["train"], data["valid"], settings, teacher, on_event=trial)
        give_back()
        if not points:
            start_s, idle_mb = start_s + time.process_time() - began, used_mb(device)
        trainer.run()
        points.append(trial.point(size, idle_mb))
    live_s = _live(teacher, data["train"], settings.batch_size) if isinstance(teacher, LiveTeacher) else 0.0
    return Pace(tuple(points), live_s, start_s, idle_mb, wanting(), os.cpu_count() or 1, time.time())


class _Trial:
    """Hears of a training and notes when, and at what memory, each step ended."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.clock = device, clock_of(device)
        self.marks: list[tuple[str, float, float]] = []

    def __call__(self, event: dict[str, Any]) -> None:
        _settle(self.device)
        self.marks.append((event["kind"], self.clock(), peak_mb(self.device)))
        forget_peak(self.device)

    def point(self, members: int, idle_mb: float) -> Point:
        """Give what was noted; the quickest step counts, since a busy machine only ever adds."""
        took = [(b[0], b[1] - a[1], max(0.0, b[2] - idle_mb)) for a, b in pairwise(self.marks)]
        steps = [(s, mb) for kind, s, mb in took if kind == "step"]
        after = [(s, mb) for kind, s, mb in took if kind == "epoch"]
        return Point(members, min(s for s, _ in steps[1:]), after[0][0], max(mb for _, mb in steps), after[0][1])


def clock_of(device: torch.device) -> Callable[[], float]:
    """Give the clock to measure by: of the processor where one thread does all, so that others do not count."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def _said(experiment: Experiment, loaded: Loaded, train: Resident) -> Knowledge | LiveTeacher:
    model = teacher_of(experiment, loaded, train.device)
    if asks_live(experiment):
        return LiveTeacher([model])
    said = outputs(model, train)
    return Knowledge(said.logits.unsqueeze(0), None if said.attention is None else said.attention.unsqueeze(0))


def _live(teacher: LiveTeacher, train: Resident, batch: int) -> float:
    index, clock = torch.arange(batch, device=train.device), clock_of(train.device)
    rich, took = train.rich(index), []
    for _ in range(STEPS):
        _settle(train.device)
        before = clock()
        teacher.at(index, rich)
        _settle(train.device)
        took.append(clock() - before)
    return min(took)


def _path(shape: Shape, setup: Setup) -> Path:
    return cache_root() / "pace" / f"{digest_json([FORMAT, STEPS, VALID, SIZES, shape.digest, setup])}.json"


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:  # not Linux
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
