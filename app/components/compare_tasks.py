"""The work behind comparisons that takes seconds, in the background: two selections, and what models cost."""

from __future__ import annotations

import threading

from app import kept, watch
from app.cached import Task, Tell
from rdpd_core.errors import DataError
from rdpd_core.experiments import Loaded, Result
from rdpd_core.experiments.compared import Entry
from rdpd_core.experiments.compared.learned import Size, sizes
from rdpd_core.experiments.compared.sides import Beside, Side, beside
from rdpd_core.jobs import Desk
from rdpd_core.jobs.finished import facts_of, find, result_of

KEPT = 4
_ONE = threading.Lock()
"""One reading of recordings at a time, and one timing: several would only slow each other down."""
Asked = tuple[str, tuple[tuple[str, str], ...]]
"""An arm, and key and digest of each experiment of a side."""


@kept.resource(max_entries=2, show_spinner=False)
def _data(root: str) -> dict[str, Loaded]:
    return {}


@kept.resource(max_entries=24, show_spinner=False)
def beside_task(first: Asked, second: Asked, score: str, root: str) -> Task[Beside]:
    """Give the work that compares two selections.

    Args:
        first: What the other is held against.
        second: The other.
        score: Name of a metric.
        root: The data root.
    """

    def work(tell: Tell) -> Beside:
        desk, data, results = _desk(), _data(root), dict[str, Result]()

        def result(entry: Entry) -> Result:
            if entry.key not in results:
                tell(f"Reading what the models of {entry.key} predicted", None)
                results[entry.key] = result_of(desk, entry, data)
            return results[entry.key]

        with _ONE:
            sides = [Side(name, arm, _entries(desk, keys)) for name, (arm, keys) in (("first", first), ("second", second))]
            tell("Reading the recordings", None)
            for side in sides:
                for entry in side.entries:
                    result(entry)
            tell("Resampling people and seeds", None)
            return beside(sides[0], sides[1], score, result)

    return Task(work)


@kept.resource(max_entries=24, show_spinner=False)
def sizes_task(keys: tuple[tuple[str, str], ...], turn: int) -> Task[dict[str, Size]]:
    """Give the work that counts and times a model of every arm of some experiments.

    Args:
        keys: Key and digest of each.
        turn: How often it was asked for.
    """

    def work(tell: Tell) -> dict[str, Size]:
        desk = _desk()

        def progress(done: int, total: int) -> None:
            tell(f"Timing one window on one thread: experiment {done} of {total}", done / total)

        with _ONE:
            return sizes(_entries(desk, keys), lambda entry: facts_of(desk, entry), True, progress)

    return Task(work)


def _desk() -> Desk:
    here = watch.watch()
    if here.desk is None:
        raise DataError(f"jobs cannot be looked after: {here.trouble}")
    return here.desk


def _entries(desk: Desk, keys: tuple[tuple[str, str], ...]) -> tuple[Entry, ...]:
    found = {entry.key: entry for entry in find(desk, [key.partition(".")[0] for key, _ in keys]).entries}
    if missing := [key for key, digest in keys if key not in found or found[key].digest != digest]:
        raise DataError(f"{', '.join(missing)}: changed or gone since it was chosen; load the page again")
    return tuple(found[key] for key, _ in keys)


def asked(entries: list[Entry]) -> tuple[tuple[str, str], ...]:
    """Give key and digest of each of several experiments."""
    return tuple((entry.key, entry.digest) for entry in entries)
