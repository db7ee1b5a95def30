"""What is looked at: which experiments and arms, under which score, in which order; also as a command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from rdpd_core.errors import DataError, ParameterError, UnknownNameError
from rdpd_core.evaluation.scores import COMPARED, METRICS
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.compared.entry import Entry

SORTS = {
    "asked": "as they were asked for",
    "mean": "best score first",
    "difference": "largest gain over Direct first",
    "rank": "best rank first",
}
BANDS = {"interval": "95% interval over subjects and seeds", "seeds": "one standard deviation over seeds"}
_LISTS = ("jobs", "experiments", "arms", "pinned")


@dataclass(frozen=True)
class Selection:
    """What is looked at.

    Attributes:
        jobs: Ids, or beginnings of ids.
        experiments: Keys of the experiments shown; empty shows all of the jobs.
        arms: Names of the arms shown; empty shows all.
        score: Name of a metric.
        sort: One of SORTS.
        pinned: "KEY/ARM" of rows that stay on top.
        names: Names that were given to experiments, by key.
        against: Setting along which curves run; empty takes the first in which the experiments differ.
        snr: Whether noise is told as a signal-to-noise ratio.
        band: One of BANDS.
        first: "ARM@KEY,KEY", an arm of some experiments that another is held against; empty holds nothing against anything.
        second: The other, in the same words.

    Raises:
        UnknownNameError: No such score, arm, order or band.
        ParameterError: No job.
    """

    jobs: tuple[str, ...]
    experiments: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    score: str = "pr_auc"
    sort: str = "asked"
    pinned: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    against: str = ""
    snr: bool = False
    band: str = "interval"
    first: str = ""
    second: str = ""

    def __post_init__(self) -> None:
        for name in _LISTS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if bool(self.first) != bool(self.second):
            raise ParameterError("two selections are held against each other: name both --first and --second")
        if not self.jobs:
            raise ParameterError("name at least one finished job; `python -m rdpd_core jobs list` lists them")
        for kind, name, known in (("score", self.score, COMPARED), ("order", self.sort, SORTS), ("band", self.band, BANDS)):
            if name not in known:
                raise UnknownNameError(kind, name, known)
        for arm in self.arms:
            if arm not in ARMS:
                raise UnknownNameError("arm", arm, ARMS)

    @property
    def metric(self) -> Any:
        """The score's record."""
        return METRICS[self.score]

    def of(self, entries: Sequence[Entry]) -> list[Entry]:
        """Give the experiments that are shown.

        Raises:
            UnknownNameError: A key, or a key of a pinned row, belongs to none of them.
        """
        known = {entry.key: entry for entry in entries}
        for key in (*self.experiments, *(row.partition("/")[0] for row in self.pinned), *self.names):
            if key not in known:
                raise UnknownNameError("experiment", key, known)
        return [entry for entry in entries if not self.experiments or entry.key in self.experiments]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {
            name: list(v) if isinstance(v, tuple) else dict(v) if name == "names" else v for name, v in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave, also after JSON.

        Raises:
            DataError: A part is unknown, or none of ours.
        """
        known = {f.name for f in fields(cls)}
        right = isinstance(values, Mapping) and set(values) <= known and isinstance(values.get("names", {}), Mapping)
        if not right or not all(isinstance(values.get(name, []), (list, tuple)) for name in _LISTS):
            raise DataError(f"this says no selection of experiments; known are {', '.join(sorted(known))}")
        return cls(**values)

    def command(self) -> str:
        """Give the command line that prints the same."""
        return shlex.join(["python", "-m", "rdpd_core", "report", *self.jobs, *self._options()])

    def _options(self) -> Iterable[str]:
        lists = {"--experiments": self.experiments, "--arms": self.arms, "--pin": self.pinned}
        lists["--name"] = tuple(f"{key}={name}" for key, name in sorted(self.names.items()))
        for option, many in lists.items():
            yield from (option, *many) if many else ()
        for name in ("score", "sort", "against", "band", "first", "second"):
            word = getattr(self, name)
            yield from (f"--{name}", word) if word != type(self).__dataclass_fields__[name].default else ()
        yield from ("--snr",) if self.snr else ()
