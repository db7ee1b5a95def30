"""What is asked of the channel lab, as one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import ParameterError
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.lab.subsets import BY, Unit, costs_of, count, every, units_of
from rdpd_core.experiments.study import MOST_STUDENTS
from rdpd_core.files import digest_json
from rdpd_core.params import Params, choice, number

LAB_ARMS = ("teacher", "direct", "rdpd")
SEARCHES = ("every", "beam")


@dataclass(frozen=True)
class Lab(Params):
    """Students of every subset of some units, of the arms Direct and RDPD.

    `names` left empty takes all; `base` tells everything else as for a single experiment, and its arms and view are settled
    here: the view is all the units together, for which the settings of the method are chosen once.

    Raises:
        UnknownNameError: A data set, channel or group is unknown.
        ParameterError: There are too many subsets, too few units, or a setting is out of range.
    """

    base: Experiment = field(default_factory=Experiment)
    by: str = choice("channels", BY, "what is carried or left at home as one: a channel, or all channels of a group")
    names: tuple[str, ...] = ()
    largest: int = number(0, 0, 1000, "most units in a subset; 0 takes all")
    search: str = choice("every", SEARCHES, "train every subset, or grow only the best ones by one unit at a time")
    beam: int = number(4, 1, 1000, "how many subsets of each size are grown; 1 is a greedy search")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.base.width == "channels":
            raise ParameterError(
                "width 'channels' makes every subset's students another size, so they cannot train together; choose 'quarter'"
            )
        object.__setattr__(self, "names", tuple(self.names))
        units = self.units
        object.__setattr__(self, "largest", min(self.largest, len(units)) or len(units))
        channels = DATASETS.get(self.base.dataset).channels
        rows = sorted(row for unit in units for row in unit.rows)
        view = view_name(self.base.dataset, tuple(channels[row].name for row in rows))
        object.__setattr__(self, "base", replace(self.base, arms=LAB_ARMS, view=view))
        if self.search == "every":
            every(len(units), self.largest)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Give the units to choose from."""
        return units_of(DATASETS.get(self.base.dataset).channels, self.by, self.names)

    @property
    def subsets(self) -> int:
        """Give how many subsets are trained, at most."""
        n = len(self.units)
        if self.search == "every":
            return count(n, self.largest)
        kept, total = 1, 0
        for size in range(1, self.largest + 1):
            wide = min(count(n, size) - count(n, size - 1), kept * (n - size + 1))
            kept, total = min(self.beam, wide), total + wide
        return total

    @property
    def students(self) -> int:
        """Give how many students that are, at most, in each split."""
        return self.subsets * (len(LAB_ARMS) - 1) * self.base.seeds

    def costs(self, given: Mapping[str, float] | None = None) -> tuple[float, ...]:
        """Give the cost of each unit; as `costs_of`."""
        return costs_of([unit.name for unit in self.units], given)

    def as_experiments(self) -> list[Experiment]:
        """Give experiments that cost about as much, one for each cohort: all their students read all the units."""
        each = (len(LAB_ARMS) - 1) * self.base.seeds
        block = max(1, MOST_STUDENTS // each)
        sizes = [min(block, self.subsets - at) for at in range(0, self.subsets, block)]
        return [replace(self.base, seeds=size * self.base.seeds) for size in sizes]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {**super().to_dict(), "base": self.base.to_dict(), "names": list(self.names)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values, as `to_dict` gives them."""
        base = values.get("base", {})
        base = base if isinstance(base, Experiment) else Experiment.from_dict({**base, "arms": LAB_ARMS})
        return super().from_dict({**values, "base": base, "names": tuple(values.get("names", ()))})

    def digest(self) -> str:
        """Give what identifies it."""
        return digest_json(self.to_dict())


def view_name(dataset: str, channels: tuple[str, ...]) -> str:
    """Give the name of a view with these channels, in the order of the data set: a named one, or their names with commas."""
    kind = DATASETS.get(dataset)
    order = [c.name for c in kind.channels]
    named = {tuple(sorted(members, key=order.index)): name for name, members in kind.views.items()}
    return named.get(channels, ",".join(channels))
