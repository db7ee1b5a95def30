"""The desk of jobs in this server, and the thread that looks after it whether or not a page is open."""

from __future__ import annotations

import threading

from app import gate
from rdpd_core.errors import RdpdError
from rdpd_core.files import work_root
from rdpd_core.jobs import Desk

BUSY_S, IDLE_S = 0.4, 1.0


class Watch:
    """Looks after the jobs of this user for as long as the server lives.

    Attributes:
        desk: The desk, or None if its folder cannot be used.
        trouble: Why the desk cannot be used, or what went wrong at the last round; empty if nothing did.
    """

    def __init__(self, owner: str = "") -> None:
        """Open the desk and begin.

        Args:
            owner: Of the workspace.
        """
        self._owner = owner
        self.desk: Desk | None = None
        self.trouble = ""
        self._over = threading.Event()
        with gate.acting(owner):
            self._open()
        threading.Thread(target=self._run, name="jobs", daemon=True).start()

    def _open(self) -> None:
        try:
            self.desk = Desk()
            self.trouble = ""
        except (RdpdError, OSError) as error:
            self.trouble = str(error)

    def _run(self) -> None:
        with gate.acting(self._owner):
            while not self._over.wait(self.round()):
                pass

    def close(self) -> None:
        """End the rounds; jobs go on without them."""
        self._over.set()

    def round(self) -> float:
        """Make one round; give the seconds until the next."""
        if self.desk is None:
            self._open()
            return IDLE_S
        try:
            self.desk.rebuild()
            self.desk.tick()
            self.trouble = ""
            return BUSY_S if self.desk.alive() else IDLE_S
        except (RdpdError, OSError) as error:  # shown on the page of jobs; the next round may fare better
            self.trouble = str(error)
            return IDLE_S


_watches: dict[str, Watch] = {}
_beginning = threading.Lock()


def watch() -> Watch:
    """Give the one watch of this workspace, begun at the first call."""
    return _of(gate.owner())


def begin() -> None:
    """Look after the jobs of all workspaces; those of an earlier server go on, whether or not a page is opened."""
    for owner in gate.owners():
        with gate.acting(owner):
            there = work_root().is_dir()
        if there or not owner:
            _of(owner)


def _of(owner: str) -> Watch:
    with _beginning:
        if owner not in _watches:
            _watches[owner] = Watch(owner)
        return _watches[owner]
