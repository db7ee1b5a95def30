"""One finished experiment as a comparison of many sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, NamedTuple

from rdpd_core.evaluation import Comparison
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.experiment import Experiment

BESIDE = ("arms", "seeds", "first_seed", "teacher")
"""What two experiments may differ in and still be called by their other settings."""
_USUAL = {f.name: f.default if f.default is not MISSING else f.default_factory() for f in fields(Experiment)}
"""What a setting is in a record that is older than the setting."""


@dataclass(frozen=True)
class Entry:
    """One finished experiment.

    Attributes:
        key: "JOB.NUMBER", JOB being the first 8 digits of the job's id, NUMBER counting its experiments from 1.
        job: Id of the job.
        title: Of the job.
        experiment: Record of the `Experiment`.
        comparison: Its arms on the test subjects.
        command: The command line that repeats it, or why there is none.
        notices: Sentences that belong beside its numbers.
        digest: sha256 of its record.
        windows: Digest of the recordings by split; empty where the job keeps no outcomes that can be read.
        kept: Digest over what the job keeps of its models; empty if nothing.
        versions: Of the packages, where it was asked for.
    """

    key: str
    job: str
    title: str
    experiment: Mapping[str, Any]
    comparison: Comparison
    command: str = ""
    notices: tuple[str, ...] = ()
    digest: str = ""
    windows: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return str(self.experiment.get("dataset", ""))

    @property
    def view(self) -> str:
        """What the students read."""
        return str(self.experiment.get("view", ""))

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of its arms, in the order of the paper."""
        there = {row.arm for row in next(iter(self.comparison.rows.values()), ())}
        return tuple(arm for arm in ARMS if arm in there) + tuple(sorted(there - set(ARMS)))

    @property
    def settings(self) -> dict[str, Any]:
        """All settings, also those that its record does not name since they came later."""
        return {**_USUAL, **self.experiment}

    def value(self, name: str) -> Any:
        """Give a setting; None where there is none of that name."""
        return self.settings.get(name)


class Found(NamedTuple):
    """What is there to be compared.

    Attributes:
        entries: Finished experiments.
        problems: A sentence for every job that was left out.
    """

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def differing(entries: Sequence[Entry]) -> list[str]:
    """Give the settings in which experiments differ, in the order of their declaration; none for a single one."""
    names = dict.fromkeys(name for entry in entries for name in entry.settings)
    return [name for name in names if name not in BESIDE and len({repr(e.value(name)) for e in entries}) > 1]


def labels(entries: Sequence[Entry], names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give what each experiment is called, by key: the name it was given, else its view and the settings in which it differs.

    Args:
        entries: All that are shown together.
        names: Names by key.
    """
    own, given = [n for n in differing(entries) if n != "view"], names or {}
    found = {e.key: given.get(e.key) or ", ".join([e.view, *(_word(n, e.value(n)) for n in own)]) for e in entries}
    twice = {label for label in found.values() if list(found.values()).count(label) > 1}
    return {key: f"{label} ({key})" if label in twice else label for key, label in found.items()}


def _word(name: str, value: Any) -> str:
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return shown if name in ("dataset", "recipe") else f"{name.replace('_', ' ')} {shown}"


def title_of(arm: str) -> str:
    """Give the title of an arm."""
    return ARMS[arm].title if arm in ARMS else arm
