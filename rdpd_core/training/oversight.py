"""Who watches over a piece of work: hears of it, may stop it, keeps its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from rdpd_core.errors import StoppedError
from rdpd_core.training.cohort import Cohort
from rdpd_core.training.keeper import Keeper
from rdpd_core.training.knowledge import Knowledge, LiveTeacher
from rdpd_core.training.resident import Resident
from rdpd_core.training.settings import TrainingParams
from rdpd_core.training.trained import Trained
from rdpd_core.training.trainer import Trainer

Report = Callable[[dict[str, Any]], None]


class Stop:
    """Whether a stop was asked for; once it was, that stays."""

    def __init__(self, asked: Callable[[], bool] | None = None) -> None:
        """Ask `asked` until it says yes; None never stops."""
        self._asked, self._said = asked, False

    def __call__(self) -> bool:
        """Say whether to stop."""
        if not self._said and self._asked is not None:
            self._said = self._asked()
        return self._said


def _unheard(event: dict[str, Any]) -> None:
    """Tell nobody."""


def _never() -> bool:
    """Never stop."""
    return False


@dataclass(frozen=True)
class Oversight:
    """What accompanies a piece of work through all its stages.

    Attributes:
        tell: Told of every event.
        should_stop: Asked at every step, and wherever else there is a moment.
        keeper: Keeps the state of every stage; None keeps nothing.
        watch: Positions of validation windows in which epochs tell where everybody looks.
    """

    tell: Report = _unheard
    should_stop: Callable[[], bool] = _never
    keeper: Keeper | None = None
    watch: tuple[int, ...] = ()

    def check(self, doing: str) -> None:
        """Raise StoppedError if a stop was asked for.

        Args:
            doing: What was being done, for the message: "reading the recordings".
        """
        if self.should_stop():
            raise StoppedError(f"stopped while {doing}; there is nothing to keep yet")

    def train(
        self,
        stage: str,
        cohort: Cohort,
        data: dict[str, Resident],
        params: TrainingParams,
        knowledge: Knowledge | LiveTeacher | None = None,
        target: Tensor | None = None,
    ) -> list[Trained]:
        """Train a cohort under this watch, on the labels that `data["train"]` carries if none are given; see `Trainer.run`."""
        return Trainer(
            cohort, data["train"], data["valid"], params, knowledge, target, self.tell, self.should_stop, self.keeper, stage,
            self.watch,
        ).run()  # fmt: skip
