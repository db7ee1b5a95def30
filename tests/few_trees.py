"""A forest that is soon grown, for tests in which it need not be good."""

from __future__ import annotations

from dataclasses import dataclass

from rdpd_core.experiments.forest import ForestParams
from rdpd_core.params import number


@dataclass(frozen=True)
class FewTrees(ForestParams):
    """A forest that is soon grown."""

    trees: int = number(30, 1, 100_000, "trees in the forest")
