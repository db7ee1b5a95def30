"""Archives unpacked only into their own folder, and only if what they claim can be true."""

from __future__ import annotations

import errno
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from rdpd_core.errors import DataError

MOST_MEMBERS = 100_000
MOST_BYTES = 20 << 30
MOST_RATIO = 200
BLOCK = 1 << 20
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    RuntimeError,
)


def unpack(archive: Path, out: Path, wanted: Sequence[str], inner: bool = True) -> int:
    """Unpack those files of a zip archive that are wanted.

    Args:
        archive: The archive.
        out: Folder to fill; folders that all wanted files lie in are left away.
        wanted: Patterns such as "Protocol/*.dat", of the end of a member's path.
        inner: Whether to look into archives inside it, one level deep, if it holds no wanted file itself.

    Returns:
        How many files were written.

    Raises:
        DataError: It is damaged, claims too much, would write outside `out`, or holds nothing that is wanted.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            _check(members, archive.name)
            chosen = [(m, at) for m in members if (at := _place(m.filename, wanted)) is not None]
            if chosen:
                for member, at in chosen:
                    _write(opened, member, out / at)
                return len(chosen)
            nested = [m for m in members if m.filename.lower().endswith(".zip")] if inner else []
            for member in nested:
                with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
                    inside = Path(folder) / "inner.zip"
                    _write(opened, member, inside)
                    found = unpack(inside, out, wanted, inner=False)
                if found:
                    return found
    except DAMAGED as error:
        raise DataError(f"{archive.name}: damaged, or packed in a way that is not read; get it again") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a damaged directory sends its reader to before the beginning
            raise DataError(f"{archive.name}: cannot be unpacked to {out}: {error.strerror}") from error
        raise DataError(f"{archive.name}: damaged; get it again") from error
    if not inner:
        return 0
    raise DataError(f"{archive.name}: holds none of {', '.join(wanted)}; it is another archive")


def _check(members: Sequence[zipfile.ZipInfo], name: str) -> None:
    """Refuse an archive by its directory, before anything is unpacked."""
    if len(members) > MOST_MEMBERS:
        raise DataError(f"{name}: {len(members)} files, more than {MOST_MEMBERS}; refused")
    if sum(m.file_size for m in members) > MOST_BYTES:
        raise DataError(f"{name}: would unpack to more than {MOST_BYTES >> 30} GB; refused")
    for member in members:
        path = PurePosixPath(member.filename)
        odd = "\\" in member.filename or ":" in member.filename or "\0" in member.filename
        if path.is_absolute() or ".." in path.parts or odd:
            raise DataError(f"{name}: a file in it would be written outside its folder; refused")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise DataError(f"{name}: holds a link; refused")
        if member.file_size > MOST_RATIO * max(member.compress_size, 1) and member.file_size > BLOCK:
            raise DataError(f"{name}: a file in it grows more than {MOST_RATIO} times; refused")


def _place(name: str, wanted: Sequence[str]) -> Path | None:
    """Give where a member goes: the shortest end of its path that is wanted."""
    parts = PurePosixPath(name).parts
    for first in range(len(parts) - 1, -1, -1):
        end = "/".join(parts[first:])
        if any(fnmatch(end, pattern) and end.count("/") == pattern.count("/") for pattern in wanted):
            return Path(end)
    return None


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path.parent).free
    if member.file_size > free:
        raise DataError(f"disk full: {path.name} needs {member.file_size / 1e6:.0f} MB, {free / 1e6:.0f} MB are free there")
    left = member.file_size
    with opened.open(member) as source, path.open("wb") as file:
        while block := source.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise DataError(f"{path.name}: longer than its archive says; refused")
            file.write(block)
