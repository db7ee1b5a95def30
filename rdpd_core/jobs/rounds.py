"""One round of the desk: note who ended, resume who died, start who waits; any process may make one at any time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rdpd_core.errors import DataError, EngineError, JobFileError, RdpdError
from rdpd_core.jobs import states
from rdpd_core.jobs.checkpoints import progress_mark
from rdpd_core.jobs.engines import Engine
from rdpd_core.jobs.engines.base import Handle
from rdpd_core.jobs.filing import FILED, file_models, is_awaited
from rdpd_core.jobs.folder import FORCE, JobFolder
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.states import state_of

if TYPE_CHECKING:
    from rdpd_core.experiments import Experiment
    from rdpd_core.jobs.desk import Desk
    from rdpd_core.jobs.spec import Spec
    from rdpd_core.jobs.table import Entry

LOCK, RETRIED = ".rounds.lock", "retried"
IDLE_STARTS = 2
"""How often a worker that died without coming any further is started again."""


@contextmanager
def alone(root: Path, timeout_s: float) -> Iterator[None]:
    """Keep every other process from making a round.

    Raises:
        DataError: Somebody else was at it for all of that time.
    """
    with hold(root / LOCK, timeout_s) as mine:
        if not mine:
            raise DataError("another process looks after the jobs just now; try again in a moment")
        yield


def go_round(desk: Desk) -> None:
    """Look after every job that has not ended. If somebody else is at it, it is being done already."""
    if not desk.alive():
        return
    with hold(desk.root / LOCK, 0) as mine:
        for entry in desk.alive() if mine else []:
            try:
                _look_after(desk, entry)
                desk.trouble.pop(entry.id, None)
            except (RdpdError, OSError) as error:  # told beside that job; the others go on
                desk.trouble[entry.id] = str(error)


def fill(folder: JobFolder, spec: Spec, experiments: list[Experiment]) -> None:
    """Write a new job: its spec, the stored teachers it needs, and the shards if it is a study."""
    from rdpd_core.experiments.study import cut
    from rdpd_core.store import Store

    spec.write(folder.spec_path)
    if spec.kind == "study":
        parts = cut(experiments)
        for at, part in enumerate(parts):
            title = f"{spec.title}, shard {at + 1} of {len(parts)}"
            one = replace(
                spec, kind="shard", title=title, experiments=(part.experiment.to_dict(),), parent=spec.id, id="",
                whole=experiments[part.whole].digest(), dataset=part.experiment.dataset,
            )  # fmt: skip
            fill(JobFolder(folder.shards / f"{at:03d}"), one, [part.experiment])
        return
    for experiment in experiments:
        if experiment.teacher:
            weights, card = Store.default().load(experiment.dataset, experiment.teacher)
            Store([folder.inputs]).save(card, weights, overwrite=True)


def reopen(folder: JobFolder) -> None:
    """Take back that a job ended, so that it can go on; earlier idle starts are forgiven."""
    folder.clear_cancel()
    launch = folder.record("launch")
    if folder.shards.is_dir():
        folder.remove_record("launch")  # merging begins anew when the shards have ended
    elif launch is not None:
        folder.write_record("launch", {**launch, "idle": -1})
    folder.remove_record("result")
    (folder.path / FILED).unlink(missing_ok=True)


def pass_on(folder: JobFolder, engine: Engine, how: str) -> None:
    """Tell a worker to stop, or kill it."""
    launch = folder.record("launch")
    handle = None if launch is None else launch["handle"]
    if how == FORCE:
        engine.kill(handle)
    else:
        engine.pass_on(folder, handle)


def forget(folder: JobFolder, engine: Engine) -> None:
    """Delete what there is of a job elsewhere.

    Raises:
        EngineError: It cannot be deleted now.
    """
    try:
        launch = folder.record("launch")
    except JobFileError:  # it names no machine that could be believed, and a damaged job can be deleted too
        return
    if launch is not None:
        engine.forget(folder, launch["handle"])


def _look_after(desk: Desk, entry: Entry) -> None:
    folder, engine = desk.folder_of(entry), desk.engine_of(entry)
    if not folder.path.is_dir():
        return
    if (launch := folder.record("launch")) is not None:
        _bring(folder, engine, launch["handle"])
    state, stop = state_of(folder, engine), folder.cancelled()
    if state.name == states.BROKEN:
        return
    if state.ended:
        if is_awaited(folder):
            file_models(folder)
        desk.table.set_state(entry.id, state.name, folder.record("result")["ended"])
    elif entry.kind == "study" and launch is None and not _shards_ended(desk, entry):
        return
    elif entry.kind == "study" and state.name in (states.QUEUED, states.STOPPING) and _is_idle(folder, engine):
        _start(desk, entry, folder, engine, state.reason)  # a stopped study is merged too: that keeps what its shards have
    elif state.name in (states.LOST, states.STOPPING) and _is_idle(folder, engine):
        if stop:
            _end(desk, entry, folder, states.STOPPED, _why_stopped(folder, stop))
        else:
            _start(desk, entry, folder, engine, state.reason)
    elif state.name == states.QUEUED:
        _start(desk, entry, folder, engine, "")
    elif stop == FORCE:
        pass_on(folder, engine, FORCE)


def _bring(folder: JobFolder, engine: Engine, handle: Handle | None) -> None:
    """Bring what is new; a cluster that is gone hinders nothing once all that a job made is here."""
    try:
        engine.bring(folder, handle)
    except EngineError:
        result = folder.record("result")
        if result is None or folder.lacks(result["models"]):
            raise


def _shards_ended(desk: Desk, study: Entry) -> bool:
    """Say whether all shards have ended; one that failed is tried once more, alone."""
    shards = desk.shards(study.id)
    for shard in shards:
        tried = shard.folder.path / RETRIED
        if shard.state.name == states.FAILED and not tried.exists():
            tried.touch()
            desk.table.set_state(shard.id, None, None)
            reopen(shard.folder)
            return False
    return all(shard.state.ended for shard in shards)


def _start(desk: Desk, entry: Entry, folder: JobFolder, engine: Engine, died: str) -> None:
    """Start a worker if there is room; a job that dies without progress is given up after some starts."""
    mark = progress_mark(folder.checkpoints)
    before = folder.record("launch") or {"attempt": 0, "idle": -1, "mark": mark}
    alive = folder.record("alive") or {"attempt": 0}
    counts = "handle" not in before or engine.state(before["handle"]).began
    idle = before["idle"] + counts if before["mark"] == mark else 0
    if idle > IDLE_STARTS:
        reason = f"the worker died {idle} times without coming any further; the last time {died or 'without a word'}"
        _end(desk, entry, folder, states.FAILED, reason)
        return
    number = max(before["attempt"], alive["attempt"]) + 1
    attempt = {"attempt": number, "engine": engine.name, "idle": idle, "mark": mark, "at": time.time()}
    try:
        handle = engine.launch(folder, folder.spec(), number)
    except (EngineError, JobFileError) as error:
        _end(desk, entry, folder, states.FAILED, str(error))
        return
    if handle is not None:
        folder.write_record("launch", {**attempt, "handle": handle})


def _is_idle(folder: JobFolder, engine: Engine) -> bool:
    """Say whether no worker lives, nor will."""
    launch = folder.record("launch")
    return not folder.is_held() and (launch is None or engine.state(launch["handle"]).name == "ended")


def _why_stopped(folder: JobFolder, stop: str) -> str:
    if folder.record("launch") is None:
        return "stopped before it was started"
    if not progress_mark(folder.checkpoints):
        return "stopped before anything was saved"
    how = "forced to stop" if stop == FORCE else "stopped"
    return f"{how}; the last checkpoint is there, and Resume goes on from it"


def _end(desk: Desk, entry: Entry, folder: JobFolder, status: str, reason: str) -> None:
    """Write how a job ended whose worker cannot say so itself."""
    now = time.time()
    folder.write_record("result", {"status": status, "reason": reason, "ended": now, "models": [], "tables": []})
    desk.table.set_state(entry.id, status, now)
