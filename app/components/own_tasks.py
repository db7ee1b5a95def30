"""Reading uploaded recordings, in threads that wait for a process of its own; nothing of an upload stays behind."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app import kept
from app.cached import Task, Tell

if TYPE_CHECKING:
    from rdpd_core.intake.formats.base import Given
    from rdpd_core.intake.keeping import Draft, Plan

Files = Sequence[tuple[str, bytes]]


@contextmanager
def written(files: Files) -> Iterator[list[Given]]:
    """Write files into a folder of the workspace while inside, under names of our own."""
    from rdpd_core.intake.keeping import workspace
    from rdpd_core.intake.sources import given_bytes

    folder = workspace() / f".given-{secrets.token_hex(8)}"
    try:
        yield given_bytes(files, folder)
    finally:
        shutil.rmtree(folder)


@kept.resource(max_entries=4, show_spinner=False)
def look_task(_files: Files, ids: tuple[str, ...], delimiter: str, decimal: str, gain: bool) -> Task[dict[str, Any]]:
    """Give the work that looks at uploaded files.

    Args:
        _files: Name and bytes.
        ids: Of the uploads, which tell them from others.
        delimiter: As in `Options`.
        decimal: As in `Options`.
        gain: As `default_gain` in `Options`.
    """

    def work(tell: Tell) -> dict[str, Any]:
        tell("Looking at the files in a process of its own", None)
        from rdpd_core.intake.formats.base import Options
        from rdpd_core.intake.keeping import look

        with written(_files) as given:
            return look(given, Options(delimiter, decimal, gain))

    return Task(work)


@kept.resource(max_entries=4, show_spinner=False)
def take_task(
    _files: Files, ids: tuple[str, ...], delimiter: str, decimal: str, gain: bool, _plan: Plan, digest: str
) -> Task[Draft]:
    """Give the work that makes a draft of a data set.

    Args:
        _files: Name and bytes.
        ids: Of the uploads.
        delimiter: As in `Options`.
        decimal: As in `Options`.
        gain: As `default_gain` in `Options`.
        _plan: What is to become of them.
        digest: Of the plan, which tells it from others.
    """

    def work(tell: Tell) -> Draft:
        tell("Reading the recordings in a process of its own", None)
        from rdpd_core.intake.formats.base import Options
        from rdpd_core.intake.keeping import take

        with written(_files) as given:
            return take(_plan, given, Options(delimiter, decimal, gain))

    return Task(work)
