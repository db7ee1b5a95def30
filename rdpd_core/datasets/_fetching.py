"""Files fetched from the web: what broke off goes on, and nothing is used before it was checked."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from rdpd_core.errors import DataError
from rdpd_core.files import BLOCK, digest_file, sync_folder

PATIENCE_S = 30.0
ATTEMPTS = 4
PAUSE_S = 1.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BROKEN = (urllib.error.URLError, http.client.HTTPException, OSError)


def fetch(url: str, out: Path, sha256: str = "", on_bytes: Callable[[int, int], None] | None = None) -> str:
    """Fetch one file; what is there of it already is kept, and only the rest is asked for.

    Args:
        url: https, or http of this machine.
        out: Where it goes; until it is whole and checked it is called `out`.part.
        sha256: What its content must have, in hexadecimal; empty if the publisher tells none.
        on_bytes: Told how much is here, and of how much, 0 if unknown; may raise to end it.

    Returns:
        The sha256 of what was fetched.

    Raises:
        DataError: The address is refused, cannot be reached, or gives something else; what was fetched so far stays.
    """
    check_address(url)
    part = out.with_name(out.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(ATTEMPTS):
        try:
            _go_on(url, part, on_bytes)
            break
        except urllib.error.HTTPError as error:
            raise DataError(
                f"{url}: the server answers {error.code} {error.reason}; look whether the address is right"
            ) from error
        except BROKEN as error:
            if attempt == ATTEMPTS - 1:
                here = part.stat().st_size if part.exists() else 0
                raise DataError(
                    f"{url}: broke off after {here} bytes ({type(error).__name__}); ask again, and it goes on from there"
                ) from error
            time.sleep(PAUSE_S * 2**attempt)
    found = digest_file(part)
    if sha256 and found != sha256.lower():
        part.unlink()
        raise DataError(f"{out.name}: sha256 {found[:12]}... instead of {sha256[:12].lower()}...; it was removed, get it again")
    os.replace(part, out)
    sync_folder(out.parent)
    return found


def check_address(url: str) -> None:
    """Raise DataError unless an address is https, or http of this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    raise DataError(f"{url!r} is refused; only https addresses are fetched")


class _Careful(urllib.request.HTTPRedirectHandler):
    """Follows a server's word to another place only where that would have been fetched too."""

    def redirect_request(self, request, answer, code, message, headers, url):
        """Check the new address first."""
        check_address(url)
        return super().redirect_request(request, answer, code, message, headers, url)


def _go_on(url: str, part: Path, on_bytes: Callable[[int, int], None] | None) -> None:
    """Append to `part` what is missing of it."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(
        url, headers={"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    )
    try:
        answer = urllib.request.build_opener(_Careful).open(request, timeout=PATIENCE_S)
    except urllib.error.HTTPError as error:
        # What is asked for lies behind the end: the file is whole, or not this file.
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and _total(error.headers) == have:
            return
        raise
    with answer:
        goes_on = answer.status == http.client.PARTIAL_CONTENT
        if not goes_on:
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else 0
        _check_room(part, total - have)
        with part.open("ab" if goes_on else "wb") as file:
            while block := answer.read(BLOCK):
                file.write(block)
                have += len(block)
                if on_bytes is not None:
                    on_bytes(have, total)
            file.flush()
            os.fsync(file.fileno())
    if total and have != total:
        raise http.client.IncompleteRead(b"", total - have)


def _total(headers: http.client.HTTPMessage) -> int:
    """Give the size of the whole file out of "Content-Range: bytes */SIZE"; -1 if it is not told."""
    told = (headers.get("Content-Range") or "").rpartition("/")[2]
    return int(told) if told.isdigit() else -1


def _check_room(part: Path, need: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if need > free:
        raise DataError(f"disk full: {part.name} needs {need / 1e6:.0f} MB more, {free / 1e6:.0f} MB are free in {part.parent}")


def listed(text: str) -> dict[str, str]:
    """Read a list of sha256 sums, "SUM  NAME" a line; give name to sum.

    Raises:
        DataError: A line has another form.
    """
    sums = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            found, _, name = line.strip().partition(" ")
            if len(found) != hashlib.sha256().digest_size * 2 or not name.strip():
                raise DataError(f"the list of sums, line {number}: expected a sha256 and a file name")
            sums[name.strip().removeprefix("*").removeprefix("./")] = found
    return sums
