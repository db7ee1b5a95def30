"""One window before and after edits, as every model sees it; what the pictures and words of the what-if page are made from."""

from __future__ import annotations

from typing import NamedTuple

from rdpd_core.evaluation.edits import Edit, Ground
from rdpd_core.experiments.cases import Case

MOST_ROWS, LEAST_EDITED = 8, 4


class WhatIf(NamedTuple):
    """One window, twice.

    Attributes:
        before: As it was recorded.
        after: After the edits: other values and other answers, all else the same.
        edits: In the order in which they act.
        ground: What they need to know of the channels.
        start: Identifies the window among all: what is random in an edit depends on it.
    """

    before: Case
    after: Case
    edits: tuple[Edit, ...]
    ground: Ground
    start: int

    def touched(self) -> set[int]:
        """Give the rows that an edit touches."""
        return {row for edit in self.edits if not edit.idle() for row in edit.rows(self.ground)}

    def drawn(self) -> list[int]:
        """Give the rows to draw, in order: all that students read, and of many others that were edited the first few."""
        poor = [at for at, channel in enumerate(self.before.channels) if channel.name in self.before.poor]
        others = sorted(self.touched() - set(poor))
        return sorted([*poor, *others[: max(MOST_ROWS - len(poor), LEAST_EDITED)]])

    def spans(self, row: int) -> list[tuple[float, float]]:
        """Give the stretches of a row that edits touch, in s since the start of the window."""
        acting = [edit for edit in self.edits if not edit.idle() and row in edit.rows(self.ground)]
        return [edit.span(self.before.duration_s) for edit in acting]
