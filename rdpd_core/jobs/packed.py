"""Every doubt about a zip of somebody else's, before a byte of it is unpacked."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from rdpd_core.errors import JobFileError

MOST_TOTAL = 2_000_000_000
"""Bytes of all members together, unpacked."""
MOST_MEMBER = 1 << 30
MOST_MEMBERS = 20_000
MOST_RATIO = 100
"""Of unpacked to packed bytes, for members of more than `SMALL` bytes."""
SMALL = 1 << 20
_MOST_DIRECTORY = MOST_MEMBERS * 512
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, RuntimeError, struct.error, OSError)


@contextmanager
def open_packed(file: Path | BinaryIO, shown: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose directory is small enough to be read.

    Raises:
        JobFileError: It cannot be read, is no zip, is cut short, or has too many members.
    """
    try:
        stream = file.open("rb") if isinstance(file, Path) else file
    except OSError as error:
        raise JobFileError(f"{shown} cannot be read: {error.strerror}; give a file that an export wrote") from error
    try:
        _check_end(stream, shown)
        with _readable(shown):
            archive = zipfile.ZipFile(stream)
        with archive:
            yield archive
    finally:
        if isinstance(file, Path):
            stream.close()


def members(archive: zipfile.ZipFile, allowed: Callable[[str], Any], shown: str) -> set[str]:
    """Give the names of all members, after checking names, kinds and sizes.

    Args:
        archive: Whose directory was read.
        allowed: Says whether a name may be there.
        shown: The archive's name, for messages.

    Raises:
        JobFileError: A name is not allowed or there twice, or a member is no plain file, is encrypted, or is too large.
    """
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise JobFileError(f"{shown} holds {len(infos)} files, more than {MOST_MEMBERS}, the most a job may have")
    if (total := sum(info.file_size for info in infos)) > MOST_TOTAL:
        raise JobFileError(f"{shown} would unpack to {total / 1e6:.0f} MB; the most is {MOST_TOTAL / 1e6:.0f} MB")
    found: set[str] = set()
    for info in infos:
        if problem := _problem(info, allowed):
            raise JobFileError(f"{shown}: {info.orig_filename[:100]!a} {problem}; nothing was taken from it")
        if (name := info.filename.casefold()) in found:  # on many disks they would be one file
            raise JobFileError(f"{shown}: {info.filename[:100]!a} is there twice; nothing was taken from it")
        found.add(name)
    return {info.filename for info in infos}


def read_member(archive: zipfile.ZipFile, name: str, shown: str) -> bytes:
    """Give the bytes of a member, never more than its directory entry says.

    Raises:
        JobFileError: It is damaged.
    """
    with _readable(shown), archive.open(name) as member:
        return member.read(archive.getinfo(name).file_size + 1)


def _problem(info: zipfile.ZipInfo, allowed: Callable[[str], Any]) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.orig_filename != info.filename or not allowed(info.filename):
        return "is no file of a job"
    if kind not in (0, stat.S_IFREG):
        return "is a link or no plain file"
    if info.flag_bits & 0x41 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is encrypted, or packed in a way that an export does not use"
    if info.file_size > MOST_MEMBER:
        return f"would unpack to {info.file_size / 1e6:.0f} MB; the most is {MOST_MEMBER / 1e6:.0f} MB"
    if info.file_size > SMALL and info.file_size > MOST_RATIO * info.compress_size:
        return f"would unpack to more than {MOST_RATIO} times its size"
    return None


def _check_end(stream: BinaryIO, shown: str) -> None:
    """Raise JobFileError unless the file ends as an export ends, with a directory of bearable size."""
    with _readable(shown):
        size = stream.seek(0, 2)
        stream.seek(0)
        start = stream.read(4)
        stream.seek(max(0, size - 42))
        tail = stream.read(42)
    if tail[-22:-18] != _END:
        cut = start[:2] == b"PK"
        raise JobFileError(
            f"{shown} is cut short; copy or export it again" if cut else f"{shown} is no zip; give a file that an export wrote"
        )
    count, directory = struct.unpack("<10xHI6x", tail[-22:])
    if count > MOST_MEMBERS or directory > _MOST_DIRECTORY or tail[:4] == _END_64:
        raise JobFileError(f"{shown} holds more than {MOST_MEMBERS} files, or is larger than an export may be")


@contextmanager
def _readable(shown: str) -> Iterator[None]:
    """Say of every failure inside that the file is damaged."""
    try:
        yield
    except _UNREADABLE as error:
        raise JobFileError(f"{shown} is damaged or cut short ({error}); copy or export it again") from error
