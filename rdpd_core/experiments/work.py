"""One split of an experiment at work: its windows on the device, and who watches over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from rdpd_core.errors import DataError
from rdpd_core.experiments.arms import pick_arms
from rdpd_core.experiments.build import recipe_of, rich_windows, training_params, training_windows
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.stages import stage_key, stage_title
from rdpd_core.experiments.watch import Watched, find_watched
from rdpd_core.store import Store
from rdpd_core.training import Cohort, Knowledge, LiveTeacher, Oversight, Resident, Trained, TrainingParams
from rdpd_core.types import Windows


@dataclass(frozen=True)
class Work:
    """One split of an experiment, ready to be trained on.

    Attributes:
        experiment: What is asked.
        loaded: The data; its training windows are those that are used.
        residents: The parts on the device, by name.
        target: (N,) labels that students are trained on.
        windows_digest: Identifies the training windows and their scaling.
        store: Where a stored teacher is looked up.
        oversight: Who watches over it.
        watched: The window in which everybody is watched.
        looks: Where the teachers look in it, by name; empty before there are any.
    """

    experiment: Experiment
    loaded: Loaded
    residents: dict[str, Resident]
    target: torch.Tensor
    windows_digest: str
    store: Store | None
    oversight: Oversight
    watched: Watched | None
    looks: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def rich(self) -> np.ndarray | None:
        """Which training windows (N,) teachers learn from and answer for; None is all."""
        return rich_windows(self.experiment, self.loaded.splits.train)

    def of_rich(self) -> Work:
        """Give the same work on those training windows only whose rich channels were recorded."""
        rich = self.rich
        if rich is None:
            return self
        at, whole = torch.from_numpy(np.flatnonzero(rich)), self.residents["train"]
        windows = self.loaded.splits.train.select(at.numpy())
        train = Resident(windows, self.loaded.statistics, self.device, whole.disturbed)
        train.target = whole.target[at.to(self.device)]
        loaded = replace(self.loaded, splits=self.loaded.splits._replace(train=windows))
        residents = {**self.residents, "train": train}
        return replace(self, loaded=loaded, residents=residents, target=self.target[at], windows_digest=train.digest())

    @property
    def device(self) -> torch.device:
        """Where it is trained."""
        return self.residents["train"].device

    def key(self, stage: str) -> str:
        """Give the name of a stage, unique within the experiment."""
        return stage_key(self.loaded.split, stage)

    def begin(self, stage: str) -> None:
        """Tell that a stage begins."""
        title = stage_title(self.experiment, self.loaded.split, stage)
        self.oversight.tell({"kind": "stage", "title": title, "key": self.key(stage)})

    def train(
        self,
        stage: str,
        cohort: Cohort,
        knowledge: Knowledge | LiveTeacher | None = None,
        params: TrainingParams | None = None,
        target: torch.Tensor | None = None,
    ) -> list[Trained]:
        """Train a cohort as a stage of this work.

        Args:
            stage: Its name.
            cohort: Who learns.
            knowledge: What teachers say.
            params: Settings of training; None takes the experiment's.
            target: As in `Trainer`; None takes the labels that the training windows carry.
        """
        searching = stage.startswith("search")  # its candidates are many, and nobody follows where each of them looks
        if self.watched is not None and not searching:
            about = {"segments": cohort.params.segments, **({"teacher": dict(self.looks)} if self.looks else {})}
            self.oversight.tell({"kind": "watched", "stage": self.key(stage), **self.watched.facts, **about})
        settings = params or training_params(self.experiment, recipe_of(self.experiment))
        oversight = replace(self.oversight, watch=()) if searching else self.oversight
        return oversight.train(self.key(stage), cohort, self.residents, settings, knowledge, target)

    def predicted(self, stage: str, done: int, total: int) -> None:
        """Tell how many models of a stage have answered the validation and test windows."""
        self.oversight.tell({"kind": "predictions", "stage": self.key(stage), "done": done, "total": total})


def _check_labels(experiment: Experiment, train: Windows, target: torch.Tensor) -> None:
    """Raise DataError if somebody who learns from labels and reads what is recorded richly would find none."""
    rich = rich_windows(experiment, train)
    if rich is None or (target.numpy()[rich] >= 0).any():
        return
    for arm in pick_arms(experiment.arms):
        learns = arm.whole if arm.role == "forest" else experiment.teacher_labels == "same" and (
            arm.imitates or arm.role == "teacher"
        )  # fmt: skip
        if learns:
            raise DataError(
                f"none of the {int(rich.sum())} training windows that are recorded richly has a label, and {arm.title} learns "
                "from labels of these; take a larger rich share, or leave more labels"
            )


def open_work(
    experiment: Experiment, loaded: Loaded, device: torch.device, store: Store | None, oversight: Oversight, subject: str
) -> Work:
    """Move one split to the device.

    Args:
        experiment: What is asked.
        loaded: The data under the split.
        device: Where to train.
        store: Where a stored teacher is looked up.
        oversight: Who watches over it.
        subject: Whom to watch; empty, or not in this split, takes its first validation subject.

    Raises:
        StoppedError: A stop was asked for meanwhile.
        DataError: An arm would learn from labels of which there is none.
    """
    train, target = training_windows(experiment, loaded)
    _check_labels(experiment, train, target)
    used = replace(loaded, splits=loaded.splits._replace(train=train))
    loud = experiment.noise > 0 and experiment.noise_on == "all"

    def between() -> None:
        oversight.check("scaling the windows")

    residents = used.residents(device, (experiment.noise, experiment.noise_kind, 0) if loud else None, between)
    watched = find_watched(used.splits.valid, subject)
    if watched is not None:
        oversight = replace(oversight, watch=(watched.position,))
    return Work(experiment, used, residents, target, residents["train"].digest(), store, oversight, watched)
