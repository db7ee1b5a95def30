"""The list of jobs on this machine, in SQLite: an index over the folders, which can always be made again from them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from rdpd_core.errors import DataError
from rdpd_core.jobs.locks import hold

WAIT_S = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, dataset TEXT NOT NULL,
    engine TEXT NOT NULL, parent TEXT, created REAL NOT NULL, state TEXT, ended REAL
);
CREATE UNIQUE INDEX IF NOT EXISTS one_alive ON jobs(key) WHERE state IS NULL;
CREATE INDEX IF NOT EXISTS by_time ON jobs(created);
"""


class Entry(NamedTuple):
    """One row.

    Attributes:
        id: Of the job.
        key: Tells the same work apart from other work; unique among jobs that have not ended.
        path: Of the folder, relative to the root.
        kind: As in `Spec`.
        title: As in `Spec`.
        dataset: As in `Spec`.
        engine: As in `Spec`.
        parent: As in `Spec`.
        created: Seconds since 1970.
        state: How it ended, or None while it has not.
        ended: When it ended, in seconds since 1970.
    """

    id: str
    key: str
    path: str
    kind: str
    title: str
    dataset: str
    engine: str
    parent: str | None
    created: float
    state: str | None = None
    ended: float | None = None


class Table:
    """The rows, safe for many processes at once. Every call opens the file anew, so that no thread owns it."""

    def __init__(self, path: Path) -> None:
        """Make the table if need be; a file that is no database is put aside.

        Raises:
            DataError: The folder cannot be written, or the disk is full.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Alone: two that turn a new file to WAL at the same time hinder each other, and damage is put aside once.
            with hold(path.with_name(f".{path.name}.lock"), WAIT_S) as mine:
                if not mine:
                    raise DataError(f"another process has been opening {path} for {WAIT_S:g} s; try again in a moment")
                self._make()
        except (OSError, sqlite3.OperationalError) as error:
            raise DataError(f"cannot use {path}: {error}; free some space, or allow writing there") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection on which nobody else writes until the end; an error takes everything back.

        Raises:
            DataError: The disk is full, or somebody else wrote for longer than 10 s.
        """
        try:
            with closing(self._open()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
        except sqlite3.DatabaseError as error:
            raise DataError(f"the list of jobs cannot be written: {error}; free some space, and try again") from error

    def add(self, entry: Entry, connection: sqlite3.Connection | None = None) -> bool:
        """Add a row unless its id, or its key among the living, is there already; say whether it was added."""
        if connection is None:
            with self.writing() as own:
                return self.add(entry, own)
        marks = ", ".join("?" * len(entry))
        return connection.execute(f"INSERT OR IGNORE INTO jobs VALUES ({marks})", entry).rowcount > 0

    def alive_with(self, key: str, connection: sqlite3.Connection) -> Entry | None:
        """Give the row of that key that has not ended."""
        found = connection.execute("SELECT * FROM jobs WHERE key = ? AND state IS NULL", (key,)).fetchone()
        return None if found is None else Entry(*found)

    def entries(self, where: str = "1", given: tuple = ()) -> list[Entry]:
        """Give rows, oldest first.

        Args:
            where: A condition of ours, never words of a user.
            given: Its values.

        Raises:
            DataError: The file was damaged since it was opened.
        """
        try:
            with closing(self._open()) as connection:
                rows = connection.execute(f"SELECT * FROM jobs WHERE {where} ORDER BY created, rowid", given)
                return [Entry(*row) for row in rows.fetchall()]
        except sqlite3.DatabaseError as error:
            raise DataError(f"the list of jobs cannot be read: {error}; start anew, and it is made again") from error

    def set_state(self, job: str, state: str | None, ended: float | None) -> bool:
        """Note how a job ended, or that it goes on; False if another job with the same key lives, so that it cannot."""
        with self.writing() as connection:
            query = "UPDATE OR IGNORE jobs SET state = ?, ended = ? WHERE id = ?"
            return connection.execute(query, (state, ended, job)).rowcount > 0

    def remove(self, job: str) -> None:
        """Remove a row."""
        with self.writing() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def _make(self) -> None:
        try:
            self._create()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                there = Path(f"{self.path}{suffix}")
                if there.exists():
                    there.replace(there.with_name(f"{there.name}.damaged"))
            self._create()

    def _create(self) -> None:
        with closing(self._open()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)
            if (problem := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(problem)
