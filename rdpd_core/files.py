"""Writing that survives a crash, digests, locks, and where data and caches live."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock, Timeout

from rdpd_core.errors import DataError

APP = "rdpd-studio"
BLOCK = 1 << 20
OWNER, OWNERS = "RDPD_OWNER", "users"
"""Setting that names whose workspace a process has, and the folder of all such workspaces."""
OWNER_NAME = re.compile(r"[0-9a-z]{1,40}")
_asked: list[Callable[[], str]] = []


def ask_owner(whose: Callable[[], str] | None) -> None:
    """Let one process serve several people: each has a workspace and caches of their own.

    Args:
        whose: Names the owner of what the calling thread does, and raises if nobody is known; None goes back to RDPD_OWNER.
    """
    _asked[:] = [] if whose is None else [whose]


def owner() -> str:
    """Give the owner of the workspace, a name for a folder; empty where it is not shared by several people.

    Raises:
        DataError: It is no name of an owner, or nobody is known.
    """
    name = _asked[0]() if _asked else os.environ.get(OWNER, "")
    if name and not OWNER_NAME.fullmatch(name):
        raise DataError(f"{OWNER} is {name[:40]!r}; an owner is named by 1 to 40 digits and small letters")
    return name


def environment(**more: str) -> dict[str, str]:
    """Give the environment for a process that works in the same workspace."""
    return {**os.environ, OWNER: owner(), **more}


def _own(root: Path) -> Path:
    name = owner()
    return root / OWNERS / name if name else root


def data_root(given: str | Path | None = None) -> Path:
    """Give the folder that holds the data sets: `given`, else RDPD_DATA, else the platform's data folder."""
    chosen = given or os.environ.get("RDPD_DATA") or Path(platformdirs.user_data_dir(APP, appauthor=False)) / "data"
    return Path(chosen).expanduser()


def cache_root() -> Path:
    """Give the folder for what can be made again, of the owner: RDPD_CACHE, else the platform's cache folder."""
    return _own(shared_cache_root())


def shared_cache_root() -> Path:
    """Give the folder for what can be made again from what everybody here may read."""
    chosen = os.environ.get("RDPD_CACHE") or platformdirs.user_cache_dir(APP, appauthor=False)
    return Path(chosen).expanduser()


def work_root() -> Path:
    """Give the folder for models and results made here, of the owner: RDPD_WORK, else the platform's data folder."""
    return _own(shared_work_root())


def shared_work_root() -> Path:
    """Give the folder of what all owners share, such as the locks of what only one job can have."""
    chosen = os.environ.get("RDPD_WORK") or Path(platformdirs.user_data_dir(APP, appauthor=False)) / "work"
    return Path(chosen).expanduser()


def write_atomic(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Args:
        path: The file; its folder is made if need be.
        data: What it is to hold.
        durable: Whether to wait until it would outlive a power cut.

    Raises:
        DataError: The disk is full, or the folder cannot be written; the old file is still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _explained(error, path, len(data)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(name, path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise _explained(error, path, len(data)) from error
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _explained(error: OSError, path: Path, size: int) -> DataError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        there = next(folder for folder in path.absolute().parents if folder.exists())
        room = f"needs {size / 1e6:.1f} MB, {shutil.disk_usage(there).free / 1e6:.1f} MB are free in {there}"
        return DataError(f"disk full: {path.name} {room}; free some space")
    return DataError(f"cannot write {path}: {error.strerror}; choose a folder that can be written")


def sync_folder(folder: Path) -> None:
    """Ask the system to make renames inside `folder` durable, where it knows how."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Fill a new folder under another name and rename it to `path` at the end; on an error nothing is left.

    A folder already at `path` is replaced at the rename.

    Raises:
        DataError: The disk is full, or the place cannot be written.
    """
    with _explaining(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield draft
        with _explaining(path):
            if path.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
                os.replace(path, old / "was")
                os.replace(draft, path)
                shutil.rmtree(old)
            else:
                os.replace(draft, path)
            sync_folder(path.parent)
    finally:
        if draft.exists():
            shutil.rmtree(draft)


def remove_folder(path: Path) -> None:
    """Remove a folder whole or not at all: it is renamed first, so who dies meanwhile leaves no half of it under its name.

    Raises:
        DataError: It cannot be renamed; on a disk that copies what it changes, also because the disk is full.
    """
    grave = path.with_name(f".{path.name}.gone")
    with _explaining(path):
        if grave.exists():
            shutil.rmtree(grave)
        path.rename(grave)
        shutil.rmtree(grave)


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _explained(error, path, 0) from error


def to_json(value: Any) -> str:
    """Give JSON text with sorted keys and no NaN, so that equal values have equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically."""
    write_atomic(path, (to_json(value) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        DataError: It is not JSON; the message names the file and line.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid JSON: {error}") from error


def digest_bytes(data: bytes) -> str:
    """Give the sha256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_json(value: Any) -> str:
    """Give the sha256 of a JSON-friendly value; equal values give equal digests."""
    return digest_bytes(to_json(value).encode())


def digest_file(path: Path) -> str:
    """Give the sha256 of a file, read in blocks of 1 MB."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            state.update(block)
    return state.hexdigest()


def digest_listing(files: Iterable[Path], base: Path) -> str:
    """Give a digest of names, sizes and times of change of files; it tells apart two states of a folder without reading them.

    Args:
        files: Existing files below `base`, in any order.
        base: Names are taken relative to it, so that a moved folder keeps its digest.
    """
    rows = []
    for path in files:
        about = path.stat()
        rows.append([path.relative_to(base).as_posix(), about.st_size, about.st_mtime_ns])
    return digest_json(sorted(rows))


@contextmanager
def lock(path: Path, timeout_s: float = -1) -> Iterator[None]:
    """Hold an operating-system lock on `path` while inside.

    Args:
        path: The lock file; made if missing, left behind.
        timeout_s: Seconds to wait; -1 waits as long as it takes.

    Raises:
        DataError: Somebody else held it for all of `timeout_s`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=timeout_s):
            yield
    except Timeout as error:
        raise DataError(f"{path} is held by another process; wait for it to end") from error
