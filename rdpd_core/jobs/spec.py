"""What a job is asked to do: everything needed to do it, and to do it again."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rdpd_core.errors import JobFileError, ParameterError
from rdpd_core.files import digest_json
from rdpd_core.jobs.sealed import read_sealed, write_sealed

if TYPE_CHECKING:
    from rdpd_core.experiments import Experiment
    from rdpd_core.experiments.lab import Lab

FORMAT = 1
KINDS = ("experiment", "study", "shard", "lab", "series")
CHECKPOINT_S = 10.0
_ID = re.compile(r"[0-9a-f]{16}")
_RANGES = {
    "threads": (0, 4096),
    "gpus": (0, 4096),
    "checkpoint_s": (0, 86400),
    "created": (0, 1e11),
    "format": (1, FORMAT),
}
_BESIDE_KEY = ("id", "title", "created", "parent", "versions", "checkpoint_s")


@dataclass(frozen=True)
class Spec:
    """One job.

    Attributes:
        kind: "experiment", "study" (its shards run as jobs of their own and are merged), "shard", "lab" (students of every
            subset of some channels), or "series" (experiments one after another, of which only the records are kept).
        title: For people.
        dataset: Name of the data set, for listings.
        experiments: Records of `Experiment`; studies and series have several.
        lab: What a `Lab` holds beside its experiment; None for all other kinds.
        engine: Name of what runs it.
        device: "cpu", "cuda", "cuda:1", "mps", or "auto".
        threads: CPU threads; 0 leaves it to the engine, which takes one less than there are cores.
        gpus: Share of GPUs to ask a cluster for.
        data_root: Folder of the data sets; None takes the default where the worker runs.
        watch: Validation subject whose attention is followed; empty takes the first.
        keep_models: Whether finished models go to the store.
        checkpoint_s: Seconds between checkpoints within an epoch.
        parent: Id of the study a shard belongs to.
        whole: Digest of the experiment of the study that a shard is a part of.
        id: 16 hexadecimal digits.
        created: Seconds since 1970.
        versions: Of the packages a result depends on, where it was asked for.
        format: Of this record.
    """

    kind: str
    title: str
    dataset: str
    experiments: tuple[Mapping[str, Any], ...]
    engine: str = "local"
    device: str = "auto"
    threads: int = 0
    gpus: float = 0.0
    data_root: str | None = None
    watch: str = ""
    keep_models: bool = True
    checkpoint_s: float = CHECKPOINT_S
    parent: str | None = None
    whole: str = ""
    id: str = ""
    created: float = 0.0
    versions: Mapping[str, str] | None = None
    lab: Mapping[str, Any] | None = None
    format: int = FORMAT

    def __post_init__(self) -> None:
        object.__setattr__(self, "experiments", tuple(dict(e) for e in self.experiments))
        object.__setattr__(self, "id", self.id or secrets.token_hex(8))
        object.__setattr__(self, "created", self.created or round(time.time(), 3))
        if problems := list(self._problems()):
            raise JobFileError(f"spec.json: {'; '.join(problems)}")

    @property
    def key(self) -> str:
        """Give what tells two jobs apart: the same work in the same way has the same key."""
        return digest_json(
            {name: value for name, value in self.to_dict().items() if name not in _BESIDE_KEY} | {"of": self.parent}
        )

    def asked(self) -> list[Experiment]:
        """Give the experiments.

        Raises:
            UnknownNameError: A data set, view, arm or split that is not here.
            ParameterError: A setting is out of range.
        """
        from rdpd_core.experiments import Experiment

        return [Experiment.from_dict({**e, "arms": tuple(e.get("arms", ())) or Experiment.arms}) for e in self.experiments]

    def asked_lab(self) -> Lab:
        """Give what is asked of the lab.

        Raises:
            ParameterError: It is no job of the lab, or a setting is out of range.
            UnknownNameError: As `asked`.
        """
        from rdpd_core.experiments.lab import Lab

        if self.lab is None:
            raise ParameterError(f"the job {self.title!r} is no channel lab, but {self.kind}")
        return Lab.from_dict({**self.lab, "base": self.experiments[0]})

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self) | {"experiments": [dict(e) for e in self.experiments]}

    def write(self, path: Path) -> None:
        """Write it, sealed.

        Raises:
            DataError: The disk is full, or the folder cannot be written.
        """
        write_sealed(path, self.to_dict())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values.

        Raises:
            JobFileError: It is from another version, or a field is missing, unknown or wrong.
        """
        found = values.get("format")
        if isinstance(found, int) and found > FORMAT:
            raise JobFileError(
                f"spec.json has format {found}, this version reads up to {FORMAT}; get a newer version of the program"
            )
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise JobFileError(f"spec.json: unknown fields {', '.join(unknown)[:200]}; known: {', '.join(sorted(known))}")
        try:
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise JobFileError(f"spec.json cannot be read: {error}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a spec that was written by `write`.

        Raises:
            JobFileError: It is missing, damaged, edited, or from a newer version.
        """
        return cls.from_dict(read_sealed(path))

    def _problems(self) -> Iterator[str]:
        for name in ("kind", "title", "dataset", "engine", "device", "watch", "whole", "id", "data_root", "parent"):
            value = getattr(self, name)
            if not isinstance(value, str) and not (name in ("data_root", "parent") and value is None):
                yield f"{name} must be text"
            elif name in ("id", "parent") and value is not None and not _ID.fullmatch(value):
                yield f"{name} must be 16 hexadecimal digits"
        if not isinstance(self.keep_models, bool):
            yield "keep_models must be true or false"
        if not isinstance(self.versions, (Mapping, type(None))):
            yield "versions must be names with their versions"
        if self.kind not in KINDS:
            yield f"kind {self.kind!r} is none of {', '.join(KINDS)}"
        if (self.kind == "lab") != isinstance(self.lab, Mapping):
            yield "lab must hold the settings of a lab, and only where kind is 'lab'"
        if not self.experiments:
            yield "experiments is empty; name at least one"
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                yield f"{name} must be a number from {low} to {high}"
