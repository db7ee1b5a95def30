"""Jobs that have ended, and files of them, made by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from rdpd_core.errors import JobFileError
from rdpd_core.files import digest_bytes
from rdpd_core.jobs import JobFolder
from rdpd_core.jobs.events import EventWriter
from rdpd_core.jobs.sealed import sealed_bytes, unseal
from rdpd_core.jobs.transfer import MANIFEST, import_job
from tests.core.jobs.byhand import a_folder

ID, OTHER = "0123456789abcdef", "fedcba9876543210"
RESULT = {"status": "done", "reason": "", "models": ["toy/rdpd-wrist-0"], "tables": [], "ended": 5.0}
STAYS = {"lock", "cancel", "launch.json", "filed", "ballast", ".draft", "notes.md", "checkpoints/.000002.x/state.json"}


def put(folder: JobFolder, *names: str, data: bytes = b"some bytes") -> None:
    """Write files into a job's folder."""
    for at, name in enumerate(names):
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data + bytes([at]) * at)


def a_job(path: Path, **changes: Any) -> JobFolder:
    """Give the folder of a job that has ended, with a file of every kind."""
    folder = a_folder(path, **{"id": ID, "engine": "puppet", **changes})
    folder.write_record("result", RESULT)
    folder.write_record("alive", {"attempt": 2, "threads": 1, "at": 3.0})
    writer = EventWriter(folder.events)
    writer.write({"kind": "started", "attempt": 1})
    writer.write({"kind": "ended", "status": "done"})
    writer.close()
    put(
        folder, "log.txt", "retried", "outcomes/outcomes.safetensors", "outcomes/outcomes.json",
        *(f"checkpoints/fixed+teacher/000003/{name}" for name in ("state.safetensors", "state.json", "manifest.json")),
        *(f"{place}/toy/rdpd-wrist-0/{name}" for place in ("inputs", "models") for name in ("card.json", "model.safetensors")),
        *STAYS,
    )  # fmt: skip
    return folder


def a_study(path: Path) -> JobFolder:
    """Give the folder of a study of two shards."""
    folder = a_job(path, kind="study")
    for at in range(2):
        a_job(folder.shards / f"{at:03d}", kind="shard", parent=ID, id=f"{at:016x}", watch=str(at))
    return folder


def contents(folder: JobFolder) -> dict[str, bytes]:
    """Give all files of a folder, by name."""
    return {p.relative_to(folder.path).as_posix(): p.read_bytes() for p in folder.path.rglob("*") if p.is_file()}


def parts(path: Path | BinaryIO) -> dict[str, bytes]:
    """Give the members of a zip."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, members: Mapping[Any, bytes], manifest: bool = True, **how: Any) -> None:
    """Write a zip by hand, with a fitting manifest unless there is to be none."""
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, data in members.items():
            if name != MANIFEST:
                archive.writestr(name, data)
        if manifest:
            about = {
                str(getattr(n, "filename", n)): {"sha256": digest_bytes(d), "bytes": len(d)}
                for n, d in members.items()
                if n != MANIFEST
            }
            archive.writestr(MANIFEST, sealed_bytes({"format": 1, "id": ID, "files": about}))


def changed(found: Mapping[str, bytes], name: str, **values: Any) -> dict[str, bytes]:
    """Give members with other values in one sealed record; `...` takes a value out."""
    record = {**unseal(found[name], name), **values}
    return {**found, name: sealed_bytes({k: v for k, v in record.items() if v is not ...})}


def refused(path: Path, root: Path, reason: str) -> None:
    """Check that a file is refused for that reason, in one line and with nothing left behind."""
    with pytest.raises(JobFileError, match=reason) as caught:
        import_job(path, root)
    assert "\n" not in str(caught.value)
    assert str(root) not in str(caught.value)
    left = [p.name for p in root.iterdir() if p.is_dir()] if root.exists() else []
    assert left == []
