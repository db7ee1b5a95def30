"""The folder that is a job: which file lies where, and who may write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdpd_core.files import remove_folder, write_atomic
from rdpd_core.jobs import locks
from rdpd_core.jobs.sealed import read_sealed, write_sealed
from rdpd_core.jobs.spec import Spec

STOP, FORCE = "stop", "force"


@dataclass(frozen=True)
class JobFolder:
    """Paths and small records of one job.

    | file | what | who writes |
    |---|---|---|
    | `spec.json` | what is asked | once, at the beginning |
    | `events.jsonl` | what happened | the worker, append only |
    | `checkpoints/` | states to go on from | the worker |
    | `inputs/` | the stored teacher it needs, as a small store | once, at the beginning |
    | `models/` | what it made, as a small store | the worker |
    | `outcomes/` | predictions, from which shards are merged | the worker |
    | `cancel` | "stop" or "force" | whoever wants it stopped |
    | `lock` | held by the worker while it lives | |
    | `launch.json` | the last start: engine, handle, attempt | whoever starts workers |
    | `alive.json` | the worker that reads and computes | the worker |
    | `result.json` | how it ended, and the tables | the worker, or who declares it dead |
    | `log.txt` | what the worker printed | the worker |
    | `shards/` | jobs of a study | |
    | `wire.json`, `.wire/`, `bringing` | how far a cluster's log was read | whoever brings results here |
    """

    path: Path

    @property
    def spec_path(self) -> Path:
        """Give the path of the spec."""
        return self.path / "spec.json"

    @property
    def events(self) -> Path:
        """Give the path of the events."""
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        """Give the path of the log."""
        return self.path / "log.txt"

    @property
    def lock(self) -> Path:
        """Give the path of the lock."""
        return self.path / "lock"

    @property
    def checkpoints(self) -> Path:
        """Give the folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def models(self) -> Path:
        """Give the store of what it made."""
        return self.path / "models"

    @property
    def inputs(self) -> Path:
        """Give the store of what it needs."""
        return self.path / "inputs"

    @property
    def outcomes(self) -> Path:
        """Give the folder of predictions."""
        return self.path / "outcomes"

    @property
    def shards(self) -> Path:
        """Give the folder of a study's shards."""
        return self.path / "shards"

    def spec(self) -> Spec:
        """Give what is asked.

        Raises:
            JobFileError: It is missing, damaged, edited, or from a newer version.
        """
        return Spec.read(self.spec_path)

    def record(self, name: str) -> dict[str, Any] | None:
        """Give "launch", "alive" or "result", or None if it was not written yet.

        Raises:
            JobFileError: It is damaged or edited.
        """
        path = self.path / f"{name}.json"
        return read_sealed(path) if path.exists() else None

    def write_record(self, name: str, value: dict[str, Any]) -> None:
        """Write "launch", "alive" or "result".

        Raises:
            DataError: The disk is full, or the folder cannot be written.
        """
        write_sealed(self.path / f"{name}.json", value)

    def remove_record(self, name: str) -> None:
        """Take a record away, if it is there."""
        (self.path / f"{name}.json").unlink(missing_ok=True)

    def cancel(self, how: str = STOP) -> None:
        """Ask the worker to stop, or note that it is being forced.

        Raises:
            DataError: The folder cannot be written.
        """
        write_atomic(self.path / "cancel", f"{how}\n".encode())

    def cancelled(self) -> str | None:
        """Give "stop" or "force" if a stop was asked for; an empty note counts as "stop"."""
        path = self.path / "cancel"
        if not path.exists():
            return None
        return FORCE if path.read_text(encoding="utf-8", errors="replace").strip() == FORCE else STOP

    def clear_cancel(self) -> None:
        """Take the request back."""
        (self.path / "cancel").unlink(missing_ok=True)

    def is_held(self) -> bool:
        """Say whether a worker lives."""
        return locks.held(self.lock)

    def lacks(self, models: Sequence[str]) -> list[str]:
        """Give which of some models are neither in this folder nor in those of its shards.

        Args:
            models: Their keys, "data set/name".
        """
        places = [self.models, *self.shards.glob("*/models")]
        return [key for key in models if not any((place / key / "card.json").is_file() for place in places)]

    def size_bytes(self) -> int:
        """Give how much disk it takes."""
        total = 0
        for file in self.path.rglob("*"):
            try:
                total += file.lstat().st_size if not file.is_dir() else 0
            except FileNotFoundError:  # a worker replaced it meanwhile
                continue
        return total

    def remove(self) -> None:
        """Delete the folder; a half deleted job is never taken for a job."""
        remove_folder(self.path)
