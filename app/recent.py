"""What was looked at last on this machine: the last view of each visit to a page, in a file that outlives the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rdpd_core.errors import DataError
from rdpd_core.files import read_json, to_json, work_root, write_atomic

FILE, FORMAT = "recent.json", 1
KEPT, MOST_BYTES, LONGEST, LONGEST_ADDRESS = 12, 200_000, 200, 6000
"""Views kept; the largest file that is read; signs kept of a title, and of an address."""
DAMAGED = "The list of what was looked at last could not be read, so it begins anew"
_LOCK = threading.Lock()
_failed: dict[Path, str] = {}


class View(NamedTuple):
    """What a visit to a page left.

    Attributes:
        page: Prefix of the page's keys in the address.
        title: Its choices in a few words.
        address: What its link holds, by key.
        visit: Tells one visit to a page from another.
        at: When, in seconds since 1970.
    """

    page: str
    title: str
    address: dict[str, str]
    visit: str
    at: float


class Seen(NamedTuple):
    """What the file holds.

    Attributes:
        views: Newest first.
        trouble: Why it cannot be read or written, as a sentence; empty if nothing is wrong.
    """

    views: tuple[View, ...]
    trouble: str


def place() -> Path:
    """Give the file."""
    return work_root() / FILE


def note(page: str, title: str, address: Mapping[str, str], visit: str) -> None:
    """Keep a view as the newest, in place of what the same visit left before and of a view with the same link.

    Nothing is raised if it cannot be kept, since a page is of use without that: `seen` says so. A link that is too long is not
    kept.

    Args:
        page: Prefix of the page's keys.
        title: Its choices in a few words.
        address: What the link holds; a view without any choice of its own is not kept.
        visit: Tells one visit to a page from another.
    """
    if not address or sum(len(key) + len(value) for key, value in address.items()) > LONGEST_ADDRESS:
        return
    new = View(page, title[:LONGEST], dict(address), visit, time.time())
    with _LOCK:
        old = seen().views
        others = [view for view in old if view.visit != visit and (view.page, view.address) != (page, new.address)]
        _write([new, *others][:KEPT])


def forget() -> None:
    """Empty the list."""
    with _LOCK:
        _write([])


def seen() -> Seen:
    """Give what was looked at last; a damaged file is an empty list and a sentence."""
    path = place()
    try:
        if not path.exists():
            return Seen((), _failed.get(path, ""))
        if path.stat().st_size > MOST_BYTES:
            return Seen((), f"{DAMAGED}: it is larger than {MOST_BYTES // 1000} kB.")
        views = tuple(_view(row) for row in _rows(read_json(path)))
    except (DataError, OSError, KeyError, TypeError, ValueError, RecursionError) as error:
        return Seen((), f"{DAMAGED}: {_reason(error)}.")
    return Seen(tuple(sorted(views, key=lambda view: -view.at)), _failed.get(path, ""))


def _rows(plain: Any) -> list[Any]:
    if not isinstance(plain, dict) or plain["format"] != FORMAT or not isinstance(plain["views"], list):
        raise DataError("it is not a list of views that this version knows")
    return plain["views"][:KEPT]


def _view(row: Any) -> View:
    """Give a view from what was read.

    Raises:
        KeyError: Something is missing.
        TypeError: Something is of another kind than it should be.
        ValueError: The time is no number.
    """
    if not isinstance(row["address"], dict):
        raise TypeError("choices are not given by name")
    view = View(row["page"], row["title"], row["address"], row["visit"], float(row["at"]))
    texts = [view.page, view.title, view.visit, *view.address, *view.address.values()]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("it holds something else than text")
    return view


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") if isinstance(error, DataError) else "an entry is not as it should be"


def _write(views: list[View]) -> None:
    path = place()
    data = (to_json({"format": FORMAT, "views": [view._asdict() for view in views]}) + "\n").encode()
    try:
        write_atomic(path, data, durable=False)
    except DataError as error:
        _failed[path] = f"What is looked at is not being kept: {str(error).rstrip('.')}."
    else:
        _failed.pop(path, None)
