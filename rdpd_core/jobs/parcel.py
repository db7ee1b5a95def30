"""What travels with a job to a machine that does not see its folder: the code, what is asked, and how far it came."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from rdpd_core.files import digest_file, write_atomic
from rdpd_core.jobs import events
from rdpd_core.jobs.checkpoints import MANIFEST
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.sealed import read_sealed, sealed_bytes
from rdpd_core.jobs.wire import RECORD

FACTS = "parcel.json"
MOST_BYTES = 64 << 20
"""Of checkpoints, and of events; what is larger stays here."""
OLD = (2000, 1, 1, 0, 0, 0)
PACKAGE = Path(__file__).resolve().parents[1]


def code() -> bytes:
    """Give this library as a zip file; the same code gives the same bytes."""
    files = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    return _zip({p.relative_to(PACKAGE.parent).as_posix(): p.read_bytes() for p in files})


def job(folder: JobFolder) -> bytes:
    """Give a job as a zip file: its spec, its inputs, what is here of its events and checkpoints, and what came back so far.

    Raises:
        JobFileError: A record of the job is damaged.
    """
    wire = folder.record(RECORD) or {}
    told = events.read_all(folder.events).events
    facts = {"have": told[-1]["n"] + 1 if told else 0, "seen": wire.get("seen")}
    single = [folder.spec_path, folder.path / "alive.json"]
    if folder.events.exists() and folder.events.stat().st_size <= MOST_BYTES:
        single.append(folder.events)
    files = [*(p for p in single if p.exists()), *_below(folder.inputs), *_whole_checkpoints(folder)]
    return _zip({FACTS: sealed_bytes(facts)} | {p.relative_to(folder.path).as_posix(): p.read_bytes() for p in files})


def unpack(parcel: Path, folder: JobFolder, attempt: int) -> int:
    """Put into a job's folder what it lacks; call it while holding the job's lock.

    A result that came back already is taken away, so that the job goes on; one that did not is left, to be sent again.

    Args:
        parcel: Folder of what was sent.
        folder: Of the job, on this machine.
        attempt: Of this start; a request to stop an earlier one is taken away.

    Returns:
        The number of the first event that did not come back yet.

    Raises:
        JobFileError: The parcel or the folder is damaged.
        DataError: The disk is full.
    """
    facts = read_sealed(parcel / FACTS)
    if _last_number(parcel / "events.jsonl") > _last_number(folder.events):
        write_atomic(folder.events, (parcel / "events.jsonl").read_bytes())
    for file in sorted(p for p in parcel.rglob("*") if p.is_file() and p.name not in (FACTS, "events.jsonl")):
        target = folder.path / file.relative_to(parcel)
        stage = target.parents[1] if len(target.relative_to(folder.path).parts) == 4 else None
        if not target.exists() and not (stage and stage.parent == folder.checkpoints and _has_others(stage, target.parent)):
            write_atomic(target, file.read_bytes())
    result = folder.path / "result.json"
    if result.exists() and digest_file(result) == facts["seen"]:
        result.unlink()
    if _stop_meant_for(folder) < attempt:
        folder.clear_cancel()
    return facts["have"]


def _has_others(stage: Path, state: Path) -> bool:
    """Say whether a stage has states of its own here, which are as new or newer."""
    return stage.is_dir() and any(p.is_dir() and p != state for p in stage.iterdir())


def _stop_meant_for(folder: JobFolder) -> int:
    """Give the attempt that a request to stop names; 0 if there is none."""
    path = folder.path / "cancel"
    words = path.read_text(encoding="utf-8", errors="replace").split() if path.exists() else []
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0


def _last_number(path: Path) -> int:
    found = events.read_all(path).events
    return found[-1]["n"] if found else -1


def _whole_checkpoints(folder: JobFolder) -> list[Path]:
    """Give the files of checkpoints of which all is here, newest first, as many as are small enough."""
    chosen, size = [], 0
    for manifest in sorted(folder.checkpoints.glob(f"*/*/{MANIFEST}"), reverse=True):
        files = [manifest, *(manifest.parent / name for name in read_sealed(manifest)["files"])]
        size += sum(p.stat().st_size for p in files if p.exists())
        if all(p.exists() for p in files) and size <= MOST_BYTES:
            chosen += files
    return chosen


def _below(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else []


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, OLD), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()
