"""States to go on from, on disk: written whole or not at all, and believed only if every digest is right."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdpd_core.errors import JobFileError
from rdpd_core.files import atomic_folder, digest_bytes, remove_folder, to_json, write_atomic
from rdpd_core.jobs.sealed import read_sealed, sealed_bytes

if TYPE_CHECKING:
    from rdpd_core.training.keeper import State

TENSORS, FACTS, MANIFEST = "state.safetensors", "state.json", "manifest.json"
EPOCH_S = 1.0
KEPT = 2
FORMAT = 1


class Checkpoints:
    """Keeps the states of one job, by stage; the last two of each stage that still runs, the last of one that is done."""

    def __init__(self, root: Path, every_s: float, tell: Callable[[dict[str, Any]], None]) -> None:
        """Remember where; what a killed predecessor left half written is removed.

        Args:
            root: Folder of the checkpoints.
            every_s: Seconds between checkpoints within an epoch; at the end of an epoch a second is enough.
            tell: Told of every state that was saved, restored, or found damaged.
        """
        self.root, self.every_s, self.tell = root, every_s, tell
        self._saved = time.monotonic()
        for stage in sorted(root.iterdir()) if root.is_dir() else []:
            for draft in stage.glob(".*"):
                shutil.rmtree(draft)

    def due(self, stage: str, epoch_ended: bool) -> bool:
        """Say whether it is time to save."""
        return time.monotonic() - self._saved >= (min(EPOCH_S, self.every_s) if epoch_ended else self.every_s)

    def save(self, stage: str, state: State, done: bool) -> None:
        """Write a state; older ones go only when it is whole.

        Raises:
            DataError: The disk is full, or the folder cannot be written; the state before is still there.
        """
        import safetensors.torch

        place = self.root / folder_name(stage)
        there = serials(place)
        serial = (there[-1] if there else 0) + 1
        parts = {
            TENSORS: safetensors.torch.save({n: t.contiguous() for n, t in state.tensors.items()}),
            FACTS: to_json(state.facts).encode(),
        }
        about = {name: {"sha256": digest_bytes(data), "bytes": len(data)} for name, data in parts.items()}
        with atomic_folder(place / f"{serial:06d}") as draft:
            for name, data in parts.items():
                write_atomic(draft / name, data)
            write_atomic(draft / MANIFEST, sealed_bytes({"format": FORMAT, "stage": stage, "done": done, "files": about}))
        for old in there[: len(there) - (0 if done else KEPT - 1)]:
            remove_folder(place / f"{old:06d}")
        self._saved = time.monotonic()
        self.tell(
            {"kind": "checkpoint", "stage": stage, "serial": serial, "bytes": sum(map(len, parts.values())), "done": done}
        )

    def load(self, stage: str) -> State | None:
        """Give the newest whole state of a stage, or None if there is none; a damaged one is reported and passed over."""
        place = self.root / folder_name(stage)
        for serial in reversed(serials(place)):
            try:
                state = read(place / f"{serial:06d}", stage)
            except JobFileError as error:
                self.tell({"kind": "damaged", "stage": stage, "serial": serial, "reason": str(error)})
                continue
            self.tell({"kind": "restored", "stage": stage, "serial": serial})
            return state
        return None


def folder_name(stage: str) -> str:
    """Give the name of a stage's folder."""
    return "".join(c if c.isalnum() or c in "._-" else "+" for c in stage)


def serials(place: Path) -> list[int]:
    """Give the numbers of a stage's states, in order."""
    return sorted(int(p.name) for p in place.iterdir() if p.name.isdecimal()) if place.is_dir() else []


def progress_mark(root: Path) -> list[str]:
    """Give text that grows with every state saved, so that one can tell whether a worker came any further."""
    places = sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
    return [f"{place.name}/{serials(place)[-1]}" for place in places if serials(place)]


def read(folder: Path, stage: str) -> State:
    """Give one state, after checking every byte of it.

    Raises:
        JobFileError: A file is missing or is not as it was written, or it belongs to another stage.
    """
    import json

    import safetensors.torch

    from rdpd_core.training.keeper import State

    manifest = read_sealed(folder / MANIFEST)
    if manifest["format"] != FORMAT or manifest["stage"] != stage:
        raise JobFileError(
            f"{folder.name}/{MANIFEST} is of stage {manifest['stage']!r}, format {manifest['format']}, not {stage!r}, {FORMAT}"
        )
    parts = {}
    for name, about in manifest["files"].items():
        try:
            parts[name] = (folder / name).read_bytes()
        except OSError as error:
            raise JobFileError(f"{folder.name}/{name} cannot be read: {error.strerror}") from error
        if digest_bytes(parts[name]) != about["sha256"]:
            raise JobFileError(f"{folder.name}/{name} is not as it was written (its sha256 differs)")
    return State(safetensors.torch.load(parts[TENSORS]), json.loads(parts[FACTS]))
