"""What a training needs to go on where it was, and who keeps it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from torch import Tensor


class State(NamedTuple):
    """Everything needed to go on, bit for bit on a CPU.

    Attributes:
        tensors: On the CPU; names are made of letters, digits, "_" and ".".
        facts: Plain values that JSON gives back as they were: text keys, lists, finite numbers.
    """

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


class Keeper(Protocol):
    """Keeps the latest state of every stage of one piece of work."""

    def load(self, stage: str) -> State | None:
        """Give the latest state of a stage, or None if it has not begun."""
        ...

    def due(self, stage: str, epoch_ended: bool) -> bool:
        """Say whether it is time to save; asked after every step and every epoch, so it must cost next to nothing."""
        ...

    def save(self, stage: str, state: State, done: bool) -> None:
        """Replace the state of a stage, all of it or nothing; `done` says that nothing is left to do in it."""
        ...
