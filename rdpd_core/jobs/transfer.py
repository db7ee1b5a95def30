"""A job as one file that can be carried to another machine: a zip of its folder, with the digest of every file."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from rdpd_core.errors import DataError, JobFileError
from rdpd_core.files import atomic_folder, digest_bytes, write_atomic
from rdpd_core.jobs import states
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.packed import MOST_MEMBER, MOST_MEMBERS, MOST_RATIO, MOST_TOTAL, SMALL, members, open_packed, read_member
from rdpd_core.jobs.progress import Progress
from rdpd_core.jobs.sealed import sealed_bytes, unseal

FORMAT = 1
MANIFEST = "manifest.json"
_SLUG = r"(?!(?:con|prn|aux|nul|com\d|lpt\d)[./])[a-z0-9_](?:[a-z0-9._-]{0,98}[a-z0-9_])?"
_STAGE = r"(?!\.)[\w.+-]{1,200}(?<!\.)"
# What speaks of this machine stays here: lock, cancel, launch.json, ballast, and the note that the models are in its store.
_NAME = re.compile(
    r"(?:shards/\d{3,6}/)?(?:"
    r"(?:spec|alive|result)\.json|events\.jsonl|log\.txt|retried|outcomes/(?:outcomes\.(?:safetensors|json)|lab\.json"
    r"|cells/[0-9a-f-]{1,64}\.json)"
    rf"|checkpoints/{_STAGE}/\d{{6,9}}/(?:state\.safetensors|state\.json|manifest\.json)"
    rf"|(?:inputs|models)/{_SLUG}/{_SLUG}/(?:card\.json|model\.safetensors))\Z"
)
_WAIT_S = 20.0


def export_job(folder: JobFolder, to: Path) -> int:
    """Write a job that has ended into one new file; gives its size in bytes.

    Raises:
        JobFileError: The job has not ended, is damaged, or is larger than such a file may be.
        DataError: There is a file of that name, the disk is full, or the folder cannot be written.
    """
    if to.exists():
        raise DataError(f"there is a {'folder' if to.is_dir() else 'file'} {to} already; choose another name")
    draft = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)
        draft = Path(name)
        with os.fdopen(handle, "w+b") as stream:
            write_job(folder, stream)
            stream.flush()
            os.fsync(stream.fileno())
        size = draft.stat().st_size
        os.replace(draft, to)
    except OSError as error:
        raise DataError(
            f"cannot write {to}: {error.strerror}; free some space, or choose a folder that can be written"
        ) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
    return size


def write_job(folder: JobFolder, stream: BinaryIO) -> None:
    """Write a job that has ended as a zip; the same folder gives the same bytes.

    Raises:
        JobFileError: The job has not ended, is damaged, or is larger than such a file may be.
    """
    spec = folder.spec()
    for one in [folder, *_shards(folder)]:
        if one.record("result") is None or one.is_held():
            raise JobFileError(f"job {spec.id} has not ended; wait for it or stop it, then export it")
    if lost := folder.lacks((folder.record("result") or {})["models"]):
        raise JobFileError(
            f"job {spec.id} has lost {len(lost)} of the models it made, {lost[0]} first; ask for the same job once more, and "
            "export that one"
        )
    files, about = _files(folder), {}
    _check_size({name: path.stat().st_size for name, path in files.items()})
    with zipfile.ZipFile(stream, "w") as archive:
        for name, path in files.items():
            data = path.read_bytes()
            about[name] = {"sha256": digest_bytes(data), "bytes": len(data)}
            _add(archive, name, data)
        _add(archive, MANIFEST, sealed_bytes({"format": FORMAT, "id": spec.id, "files": about}))


def import_job(file: Path | BinaryIO, root: Path) -> str:
    """Unpack what `export_job` wrote into a new job folder; gives the job's id. A desk finds it at its next `rebuild`.

    Nothing of it is run, and its models stay in its folder until `filing.file_models` is asked to check and copy them.

    Args:
        file: The file, or its bytes as a stream that can seek.
        root: Folder of the jobs.

    Raises:
        JobFileError: It is no such file, is damaged, holds anything that no job has, or the job is here already.
        DataError: The disk is full, or the folder cannot be written. In every case nothing is left behind.
    """
    shown = ascii(file.name if isinstance(file, Path) else "the file")[1:-1]
    with open_packed(file, shown) as archive:
        manifest = _manifest(archive, shown)
        job, files = manifest["id"], manifest["files"]
        room = shutil.disk_usage(next(p for p in [root, *root.absolute().parents] if p.exists())).free
        if (total := sum(info.file_size for info in archive.infolist())) > room:
            raise DataError(f"disk full: {shown} needs {total / 1e6:.1f} MB, {room / 1e6:.1f} MB are free; free some space")
        with _alone(root), atomic_folder(_new_folder(root, job, shown)) as draft:
            for name, about in files.items():
                data = read_member(archive, name, shown)
                if len(data) != about["bytes"] or digest_bytes(data) != about["sha256"]:
                    raise JobFileError(f"{shown}: {name} is not as it was exported (its sha256 differs); export the job again")
                write_atomic(draft / name, data)
            try:
                _check_job(JobFolder(draft), job, _known(root))
            except JobFileError as error:
                raise JobFileError(f"{shown}: {str(error).replace(f'{draft.name}/', '')}") from error
    return job


def _files(folder: JobFolder) -> dict[str, Path]:
    """Give the files that go along, by name and in the order of names."""
    found = {}
    for path in folder.path.rglob("*"):
        name = path.relative_to(folder.path).as_posix()
        if _NAME.match(name) and not path.is_dir():
            if not stat.S_ISREG(path.lstat().st_mode):
                raise JobFileError(f"{folder.path.name}/{name} is a link or no plain file; put the file itself there")
            found[name] = path
    return dict(sorted(found.items()))


def _check_size(sizes: dict[str, int]) -> None:
    """Raise JobFileError if this could not be imported again."""
    total, largest = sum(sizes.values()), max(sizes.values(), default=0)
    if total > MOST_TOTAL or largest > MOST_MEMBER or len(sizes) >= MOST_MEMBERS:
        raise JobFileError(
            f"the job has {len(sizes)} files of {total / 1e6:.0f} MB, the largest of {largest / 1e6:.0f} MB; at most "
            f"{MOST_MEMBERS - 1}, {MOST_TOTAL / 1e6:.0f} MB and {MOST_MEMBER / 1e6:.0f} MB go into one file. Copy its folder"
        )


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name)  # of 1980, so that equal jobs give equal files
    info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o600) << 16
    # Weights hardly shrink; and what shrinks too well would be taken for a bomb.
    shrinks = not name.endswith(".safetensors") and len(zlib.compress(data)) * MOST_RATIO > len(data)
    info.compress_type = zipfile.ZIP_DEFLATED if shrinks or len(data) <= SMALL else zipfile.ZIP_STORED
    archive.writestr(info, data)


def _manifest(archive: zipfile.ZipFile, shown: str) -> dict[str, Any]:
    """Give the manifest, after checking that it names just what is there."""
    there = members(archive, lambda name: name == MANIFEST or _NAME.match(name), shown)
    if MANIFEST not in there:
        raise JobFileError(f"{shown} holds no {MANIFEST}; give a file that an export wrote")
    manifest = unseal(read_member(archive, MANIFEST, shown), f"{shown}: {MANIFEST}")
    if isinstance(found := manifest.get("format"), int) and found > FORMAT:
        raise JobFileError(f"{shown} has format {found}, this version reads up to {FORMAT}; get a newer version of the program")
    files, job = manifest.get("files"), manifest.get("id")
    whole = isinstance(files, dict) and all(
        isinstance(about, dict) and set(about) == {"sha256", "bytes"} for about in files.values()
    )
    if manifest.get("format") != FORMAT or not whole or not re.fullmatch(r"[0-9a-f]{16}", str(job)):
        raise JobFileError(f"{shown}: {MANIFEST} is none of ours; give a file that an export wrote")
    if odd := sorted(set(files) ^ (there - {MANIFEST})):
        raise JobFileError(
            f"{shown}: {odd[0]} is {'missing' if odd[0] in files else f'not in {MANIFEST}'}; export the job again"
        )
    return manifest


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with hold(root / ".imports.lock", _WAIT_S) as mine:
        if not mine:
            raise DataError("another import is being made; try again in a moment")
        yield


def _known(root: Path) -> set[str]:
    """Give the ids of all jobs and shards that are in the list."""
    from rdpd_core.jobs.desk import TABLE
    from rdpd_core.jobs.table import Table

    return {entry.id for entry in Table(root / TABLE).entries()}


def _new_folder(root: Path, job: str, shown: str) -> Path:
    if (root / job).exists() or job in _known(root):
        raise JobFileError(f"{shown} holds the job {job}, which is here already; delete that one first")
    return root / job


def _check_job(folder: JobFolder, job: str, known: set[str]) -> None:
    """Raise JobFileError unless a folder holds a whole job that has ended."""
    spec, shards = folder.spec(), _shards(folder)
    if spec.id != job or spec.kind == "shard" or spec.parent is not None:
        raise JobFileError(f"spec.json is that of the {spec.kind} {spec.id}, not of the job {job}; export the job again")
    if bool(shards) != (spec.kind == "study"):
        raise JobFileError(f"spec.json asks for {spec.kind!r}, but there are {len(shards)} shards; export the job again")
    specs = [shard.spec() for shard in shards]
    if any(one.kind != "shard" or one.parent != job for one in specs):
        raise JobFileError("a shard belongs to another study; export the job again")
    ids = [job, *(one.id for one in specs)]
    if len(set(ids)) != len(ids) or known & set(ids):
        raise JobFileError("two of its jobs have the same id, or one of them is here already")
    for one in [folder, *shards]:
        _check_records(one)


def _check_records(folder: JobFolder) -> None:
    result, alive = folder.record("result"), folder.record("alive")
    if result is None:
        raise JobFileError(f"{folder.path.name}/result.json is missing; only jobs that have ended can be imported")
    kinds = {"status": str, "reason": str, "models": list, "tables": list, "ended": (int, float)}
    wrong = [name for name, kind in kinds.items() if not isinstance(result.get(name, "" if name == "reason" else None), kind)]
    if wrong or result["status"] not in (states.STOPPED, states.FAILED, states.DONE):
        raise JobFileError(f"{folder.path.name}/result.json is none of ours: {', '.join(wrong) or 'status'} is not as expected")
    if alive is not None and not (isinstance(alive.get("attempt"), int) and isinstance(alive.get("threads"), int)):
        raise JobFileError(f"{folder.path.name}/alive.json is none of ours: attempt or threads is not as expected")
    progress = Progress(folder.events)
    try:
        while progress.update():
            pass
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise JobFileError(f"{folder.path.name}/events.jsonl holds an event that is none of ours ({error!r})") from error


def _shards(folder: JobFolder) -> list[JobFolder]:
    return [JobFolder(path) for path in sorted(folder.shards.iterdir())] if folder.shards.is_dir() else []
