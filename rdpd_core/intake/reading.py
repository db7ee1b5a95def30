"""Files, a folder of them or an archive of them, to one table."""

from __future__ import annotations

import errno
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rdpd_core.errors import DataError
from rdpd_core.intake.formats import kind_of
from rdpd_core.intake.formats.base import MOST_BYTES, Given, Options, Table, joined

ZIP = b"PK\x03\x04"
MOST_FILES, MOST_MEMBERS, MOST_RATIO, SMALL = 2000, 2000, 200, 32 << 20
ARCHIVES = (".zip", ".gz", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz")


def read_all(files: Sequence[Given], options: Options, scratch: Path) -> Table:
    """Read files of one form.

    Args:
        files: At least one; a single zip archive stands for the files in it.
        options: What was said about them.
        scratch: Empty folder in which an archive is unpacked, under names of our own.

    Raises:
        DataError: A file cannot be used; the message names it.
    """
    if len(files) == 1 and files[0].size and files[0].head(4) == ZIP and not files[0].name.lower().endswith(".npz"):
        files = _unpacked(files[0], scratch)
    if not files:
        raise DataError("no file was given; give at least one")
    if len(files) > MOST_FILES:
        raise DataError(f"{len(files)} files; up to {MOST_FILES} are read at a time")
    heads = [file for file in files if file.name.lower().endswith(".hea")]
    tables = []
    for file in heads or files:
        table = kind_of(file).read(file, options, [other for other in files if other is not file])
        parts = file.name.replace("\\", "/").split("/")
        words = (parts[-1].partition(".")[0], parts[-2] if len(parts) > 1 else "")
        tables.append(replace(table, pieces=tuple(replace(piece, file=words) for piece in table.pieces)))
    return tables[0] if len(tables) == 1 else joined(tables)


def _unpacked(given: Given, scratch: Path) -> list[Given]:
    """Give the files of an archive, after its directory was looked at; nothing in it decides where anything is written."""
    try:
        with zipfile.ZipFile(given.path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            _check(given, members)
            found = []
            for at, member in enumerate(members):
                path = scratch / f"{at:06d}"
                with archive.open(member) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                found.append(Given(path, member.filename))
            return found
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place outside the file is damage, a full disk is not
            raise
        raise given.refuse("the zip archive is damaged or locked; make it again") from error


def _check(given: Given, members: Sequence[zipfile.ZipInfo]) -> None:
    names = [m.filename for m in members]
    if "[Content_Types].xml" in names:
        raise given.refuse("an Office file; save its table as CSV")
    if not 1 <= len(members) <= MOST_MEMBERS:
        raise given.refuse(f"an archive of {len(members)} files; from 1 to {MOST_MEMBERS} are read")
    for at, member in enumerate(members, start=1):
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or ".." in name.split("/") or stat.S_ISLNK(member.external_attr >> 16):
            raise given.refuse(f"member {at} of the archive leads out of it or is a link; nothing was unpacked")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise given.refuse(f"member {at} of the archive is packed in a way that is not read; make an ordinary zip")
        if name.lower().endswith(ARCHIVES):
            raise given.refuse(f"member {at} of the archive is an archive itself; unpack it first")
    total = sum(m.file_size for m in members)
    if total > min(MOST_BYTES, max(SMALL, MOST_RATIO * given.size)):
        raise given.refuse(f"its {given.size} bytes would unpack to {total}; that is more than is read")
