"""The list of edits and where one stands in it: undo and redo move the place, and adding forgets what lay beyond it."""

from __future__ import annotations

from typing import NamedTuple

from rdpd_core.evaluation.edits import Edit

END = -1
"""Stands in the address for the end of the list, whatever its length."""


class History(NamedTuple):
    """Edits made so far.

    Attributes:
        edits: All, also those that were undone.
        at: How many of them are in force; `END` for all.
    """

    edits: tuple[Edit, ...] = ()
    at: int = END

    @property
    def active(self) -> tuple[Edit, ...]:
        """The edits in force."""
        return self.edits if self.at == END else self.edits[: self.at]

    @property
    def undone(self) -> int:
        """How many edits could be made again."""
        return len(self.edits) - len(self.active)

    def add(self, edit: Edit) -> History:
        """Give the history with one more edit in force."""
        return History((*self.active, edit))

    def remove(self, at: int) -> History:
        """Give the history without one of the edits in force."""
        rest = (*self.edits[:at], *self.edits[at + 1 :])
        return History(rest)._to(len(self.active) - 1)

    def replace(self, at: int, edit: Edit) -> History:
        """Give the history with another edit in place of one."""
        return self._replace(edits=(*self.edits[:at], edit, *self.edits[at + 1 :]))

    def undo(self) -> History:
        """Give the history with the last edit in force undone."""
        return self._to(len(self.active) - 1)

    def redo(self) -> History:
        """Give the history with the last undone edit in force again."""
        return self._to(len(self.active) + 1)

    def clear(self) -> History:
        """Give the history with all edits undone; they can still be made again."""
        return self._to(0)

    def _to(self, at: int) -> History:
        place = min(max(at, 0), len(self.edits))
        return self._replace(at=END if place == len(self.edits) else place)
