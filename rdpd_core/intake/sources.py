"""Which files a person means: never an address on a network, never a link that leads elsewhere."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from rdpd_core.errors import DataError
from rdpd_core.intake.formats.base import LONGEST_NAME, Given
from rdpd_core.terminal import plain

MOST_FILES = 2000
REMOTE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:(//)?|\\\\|//)")
DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
SAMPLES = (".dat", ".mat")


def given_paths(texts: Sequence[str]) -> list[Given]:
    """Give the files that paths mean: a file, or all files of a folder and of the folders in it.

    Raises:
        DataError: An address instead of a path, nothing there, no ordinary file, or a link that leads out of the folder.
    """
    found: list[Given] = []
    for text in texts:
        shown = plain(text)[:LONGEST_NAME]
        if "\0" in text or (REMOTE.match(text) and not DRIVE.match(text)):
            raise DataError(f"{shown}: an address on a network, or no path; give a file or a folder of this machine")
        path = Path(text).expanduser()
        if not path.exists():
            raise DataError(f"{shown}: there is no such file or folder")
        if path.is_dir():
            found += _in_folder(path, shown)
        elif path.is_file():
            found += [Given(path, path.name), *_beside(path)]
        else:
            raise DataError(f"{shown}: no ordinary file; give a file or a folder")
    return found


def _in_folder(folder: Path, shown: str) -> list[Given]:
    root, found = folder.resolve(), []
    for path in sorted([*folder.glob("*"), *folder.glob("*/*")]):
        if path.name.startswith(".") or path.is_dir():
            continue
        place = path.resolve()
        if not place.is_relative_to(root):
            raise DataError(
                f"{shown}: file {len(found) + 1} in it is a link that leads out of the folder; copy the file itself"
            )
        if place.is_file():
            found.append(Given(path, path.relative_to(folder.parent).as_posix()))
        if len(found) > MOST_FILES:
            raise DataError(f"{shown}: more than {MOST_FILES} files; give fewer at a time")
    if not found:
        raise DataError(f"{shown}: the folder is empty")
    return found


def _beside(path: Path) -> list[Given]:
    """Give the files of samples beside a WFDB header; they have its name, as a rule."""
    if path.suffix.lower() != ".hea":
        return []
    here = [other for other in path.parent.iterdir() if other.stem == path.stem and other.suffix.lower() in SAMPLES]
    return [Given(other, other.name) for other in sorted(here) if other.is_file() and not other.is_symlink()]


def given_bytes(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]], folder: Path) -> list[Given]:
    """Write what a browser sent, under names of our own.

    Args:
        files: Name as the browser says it, and content.
        folder: Where to write; made if missing, for nobody else to read.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = []
    for name, data in files.items() if isinstance(files, Mapping) else files:
        path = folder / secrets.token_hex(8)
        path.touch(mode=0o600)
        path.write_bytes(data)
        found.append(Given(path, plain(name).replace("\\", "/").rpartition("/")[2][:LONGEST_NAME] or "file"))
    return found
