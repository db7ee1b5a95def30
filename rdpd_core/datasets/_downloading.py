"""A data set fetched from its publisher: what broke off goes on, what is here already is not fetched again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from rdpd_core.datasets._fetching import fetch, listed
from rdpd_core.datasets._unpacking import unpack
from rdpd_core.errors import DataError
from rdpd_core.files import digest_file, write_json

SUMS = "SHA256SUMS.txt"
RECORD = "DOWNLOADED.json"


@dataclass(frozen=True)
class Download:
    """Where a data set lies on the web.

    Attributes:
        address: A folder that ends in "/" and holds a list of sha256 sums, or one zip archive.
        wanted: Patterns of the files to have, relative to the data set's folder.
        size: How much is fetched, for people, such as "1.7 GB".
    """

    address: str
    wanted: tuple[str, ...]
    size: str

    @property
    def archive(self) -> bool:
        """Whether it is one archive, whose publisher tells no sums."""
        return not self.address.endswith("/")


Told = Callable[[str, int, int], None]


def download(what: Download, folder: Path, address: str = "", tell: Told | None = None) -> int:
    """Fetch the files of a data set into its folder.

    Args:
        what: Where it lies.
        folder: Of the data set.
        address: Another place that holds the same; empty takes the publisher's.
        tell: Told the file, how much of it is here, and of how much, 0 if unknown; may raise to end it.

    Returns:
        How many files were fetched or unpacked; those that are here already are not counted.

    Raises:
        DataError: The place cannot be reached, gives something else than it says, or the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = address or what.address
    if what.archive:
        return _archive(place, what, folder, tell)
    return _listing(place if place.endswith("/") else f"{place}/", what, folder, tell)


def _listing(place: str, what: Download, folder: Path, tell: Told | None) -> int:
    sums_file = folder / SUMS
    sums_file.unlink(missing_ok=True)
    fetch(place + SUMS, sums_file, on_bytes=_named(SUMS, tell))
    try:
        sums = listed(sums_file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{place}{SUMS} is no list of sums; look whether the address is right") from error
    chosen = {name: found for name, found in sums.items() if any(_fits(name, pattern) for pattern in what.wanted)}
    if not chosen:
        raise DataError(f"{place}{SUMS} lists none of {', '.join(what.wanted)}; it is another data set")
    fetched = 0
    for name, found in chosen.items():
        path = _inside(folder, name)
        if not (path.is_file() and digest_file(path) == found):
            fetch(place + quote(name), path, found, _named(name, tell))
            fetched += 1
    return fetched


def _archive(place: str, what: Download, folder: Path, tell: Told | None) -> int:
    path = folder / "archive.zip"
    found = fetch(place, path, on_bytes=_named(PurePosixPath(place).name, tell))
    many = unpack(path, folder, what.wanted)
    # The publisher tells no sum; ours is kept, so that two copies can be compared.
    write_json(folder / RECORD, {"address": place, "sha256": found, "files": many})
    path.unlink()
    return many


def _fits(name: str, pattern: str) -> bool:
    return fnmatch(name, pattern) and (pattern.startswith("**") or name.count("/") == pattern.count("/"))


def _inside(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or any(sign in name for sign in ("\\", ":", "\0")):
        raise DataError(f"{SUMS} names a file outside the data set's folder; refused")
    return folder / name


def _named(name: str, tell: Told | None) -> Callable[[int, int], None] | None:
    return None if tell is None else lambda done, total: tell(name, done, total)
