"""What every engine can do. It holds nothing that matters: all of a job is in its folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.spec import Spec
from rdpd_core.registry import Registry

ENGINES: Registry[Engine] = Registry("engine")
Handle = dict[str, Any]
PENDING, RUNNING, OVER = "pending", "running", "ended"


class Seen(NamedTuple):
    """What an engine sees of a worker it started.

    Attributes:
        name: "pending" (the engine will start it), "running", or "ended".
        reason: How it ended, or what it waits for, where the engine knows.
        began: False if it ended before it could begin, so that this start does not count against the job.
    """

    name: str
    reason: str = ""
    began: bool = True


class Engine(ABC):
    """Runs `python -m rdpd_core.jobs.worker FOLDER` somewhere, and never starts it a second time by itself.

    Attributes:
        name: Identifier.
        title: For people.
        needs: What has to be installed or configured, in a sentence; empty if nothing.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[str] = ""

    def check(self, spec: Spec) -> None:  # noqa: B027  (an engine without conditions checks nothing)
        """Raise unless this engine could run such a job.

        Raises:
            EngineError: It is not installed, cannot be reached, or refuses the token.
            ParameterError: More is asked for than there is.
        """

    @abstractmethod
    def launch(self, folder: JobFolder, spec: Spec, attempt: int) -> Handle | None:
        """Start a worker, or give None while there is no room for one.

        Args:
            folder: Of the job.
            spec: What it asks for.
            attempt: Counted from 1; handed on to the worker.

        Returns:
            Plain values that tell the worker from others, ready for JSON.

        Raises:
            EngineError: It cannot be started.
            ConnectionError: It cannot be said now whether it can; the next round tries again, with the same attempt.
        """

    @abstractmethod
    def state(self, handle: Handle | None) -> Seen:
        """Say whether a worker lives; None stands for a start that was not finished."""

    @abstractmethod
    def kill(self, handle: Handle | None) -> None:
        """End a worker and its children at once; one that has ended already is left alone."""

    def pass_on(self, folder: JobFolder, handle: Handle | None) -> None:  # noqa: B027  (a shared folder needs no messenger)
        """Let a worker know what lies in the folder's `cancel`, where it does not see the folder."""

    def bring(self, folder: JobFolder, handle: Handle | None) -> None:  # noqa: B027  (a shared folder needs no messenger)
        """Bring what a worker wrote into the folder, where it does not see the folder."""

    def forget(self, folder: JobFolder, handle: Handle | None) -> None:  # noqa: B027  (a shared folder is deleted by who sees it)
        """Delete what there is of a job where the worker ran, when the job is deleted here.

        Raises:
            EngineError: It cannot be deleted now.
        """
