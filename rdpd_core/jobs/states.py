"""What state a job is in, told from its folder and its engine and from nothing that could have gone stale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rdpd_core.errors import RdpdError
from rdpd_core.jobs.folder import JobFolder

if TYPE_CHECKING:
    from rdpd_core.jobs.engines import Engine

QUEUED, STARTING, RUNNING, STOPPING = "queued", "starting", "running", "stopping"
STOPPED, FAILED, DONE, LOST, BROKEN = "stopped", "failed", "done", "lost-and-resuming", "broken"
ENDED = (STOPPED, FAILED, DONE, BROKEN)
WORDS = {
    QUEUED: "waits for its turn",
    STARTING: "is being started",
    RUNNING: "is running",
    STOPPING: "stops after this step, and keeps the best model so far",
    STOPPED: "was stopped; it can be resumed",
    FAILED: "failed",
    DONE: "is done",
    LOST: "lost its worker and is being resumed",
    BROKEN: "cannot be read",
}


class State(NamedTuple):
    """A job's state.

    Attributes:
        name: One of the words above.
        reason: A sentence, where there is something to say.
    """

    name: str
    reason: str = ""

    @property
    def ended(self) -> bool:
        """Say whether nothing more will happen by itself."""
        return self.name in ENDED


def state_of(folder: JobFolder, engine: Engine) -> State:
    """Give the state of a job; a folder that cannot be read has the state "broken", with the reason."""
    try:
        return _state_of(folder, engine)
    except (RdpdError, OSError) as error:
        return State(BROKEN, str(error))


def _state_of(folder: JobFolder, engine: Engine) -> State:
    if over := ended(folder):
        return over
    stop, launch, alive = folder.cancelled(), folder.record("launch"), folder.record("alive")
    ready = alive is not None and alive["attempt"] >= (0 if launch is None else launch["attempt"])
    if folder.is_held():
        return State(STOPPING if stop else RUNNING if ready else STARTING)
    if launch is None:
        return State(STOPPING if stop else QUEUED)
    seen = engine.state(launch["handle"])
    if seen.name != "ended":
        return State(STOPPING if stop else RUNNING if ready and seen.name == "running" else STARTING, seen.reason)
    # It may have written its result and let go of the lock between the two looks.
    return ended(folder) or State(STOPPING if stop else LOST, seen.reason)


def ended(folder: JobFolder) -> State | None:
    """Give how a job ended, or None if it did not.

    Raises:
        JobFileError: Its result is damaged or edited.
    """
    result = folder.record("result")
    return None if result is None else State(result["status"], result.get("reason") or "")


def of_study(own: State, shards: Sequence[State], cancelled: bool) -> State:
    """Give the state of a study from its own, which speaks of the merging only, and from those of its shards."""
    if own.ended or own.name in (STARTING, RUNNING, LOST) or not shards:
        return own
    over = sum(shard.ended for shard in shards)
    reason = f"{over} of {len(shards)} shards have ended"
    if cancelled:
        return State(STOPPING, reason)
    begun = over or any(shard.name not in (QUEUED, STARTING) for shard in shards)
    return State(RUNNING if begun else STARTING if any(s.name == STARTING for s in shards) else QUEUED, reason if begun else "")
