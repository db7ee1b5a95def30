"""The desk at which jobs are handed in, looked up, stopped, resumed and taken away; any process may have one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rdpd_core.errors import JobFileError, RdpdError, UnknownNameError
from rdpd_core.files import atomic_folder, work_root
from rdpd_core.jobs import rounds, states
from rdpd_core.jobs.engines import ENGINES, Engine
from rdpd_core.jobs.filing import is_awaited
from rdpd_core.jobs.folder import FORCE, STOP, JobFolder
from rdpd_core.jobs.spec import Spec
from rdpd_core.jobs.states import State, state_of
from rdpd_core.jobs.table import Entry, Table

TABLE = "jobs.sqlite"
SHARDS = "shards"
LEFTOVER_S = 3600.0
"""No submit, import or delete takes so long: a hidden folder that is older was left by a process that died."""
RESULT_GONE = "its result.json is gone; resume it, and it is made again from the checkpoints, or delete it"
"""Such a job looks like one whose worker died, but it had ended, and nobody looks after it."""
RESULT_DAMAGED = "; or resume it, and it is made again from the checkpoints"


@dataclass(frozen=True)
class Job:
    """One job as it is now.

    Attributes:
        entry: Its row.
        folder: Its folder.
        state: What it does.
        position: Its place among those that wait for the same engine, from 1; 0 if it does not wait.
    """

    entry: Entry
    folder: JobFolder
    state: State
    position: int = 0

    @property
    def id(self) -> str:
        """Give its identifier."""
        return self.entry.id

    @property
    def title(self) -> str:
        """Give its title."""
        return self.entry.title


class Desk:
    """All jobs below one folder."""

    def __init__(self, root: Path | None = None, engines: dict[str, Engine] | None = None) -> None:
        """Open the desk; folders that the table does not know are entered.

        `unreadable` then says which folders cannot be read and why, and `trouble` why a job cannot go on, by id.

        Args:
            root: Folder of the jobs; None takes the one of this user.
            engines: Engines by name, in place of those made from their names.

        Raises:
            DataError: The folder cannot be written.
        """
        self.root = root or work_root() / "jobs"
        self._engines: dict[str, Engine] = dict(engines or {})
        self.table = Table(self.root / TABLE)
        self.unreadable: dict[str, str] = {}
        self.trouble: dict[str, str] = {}
        self._results: dict[Path, tuple[tuple[int, int, int], State | None]] = {}
        self.rebuild()

    def engine(self, name: str) -> Engine:
        """Give an engine by name.

        Raises:
            UnknownNameError: There is none of that name.
        """
        if name not in self._engines:
            self._engines[name] = ENGINES.get(name)()
        return self._engines[name]

    def submit(self, spec: Spec) -> tuple[Job, bool]:
        """Hand in a job; the same work that has not ended yet is not started a second time.

        Returns:
            The job, and whether it is new.

        Raises:
            RdpdError: The work, the engine or the folder is refused; the message says why. Nothing is left behind.
        """
        experiments = spec.asked()
        self.engine(spec.engine).check(spec)
        with self.table.writing() as connection:
            if there := self.table.alive_with(spec.key, connection):
                return self._job(there), False
            with atomic_folder(self.root / spec.id) as draft:
                rounds.fill(JobFolder(draft), spec, experiments)
            self.table.add(_entry(spec, spec.id), connection)
            for shard in _shards(self.root / spec.id):
                self.table.add(_entry(shard.spec(), f"{spec.id}/{SHARDS}/{shard.path.name}"), connection)
        self.tick()
        return self.job(spec.id), True

    def finished(self, spec: Spec) -> Job | None:
        """Give the newest job that has done the same work, or None."""
        found = self.table.entries("key = ? AND state = ?", (spec.key, states.DONE))
        return self._job(found[-1]) if found else None

    def jobs(self, alive_only: bool = False) -> list[Job]:
        """Give the jobs, newest first, without the shards of studies."""
        condition = "parent IS NULL" + (" AND state IS NULL" if alive_only else "")
        found = [self._job(entry) for entry in self.table.entries(condition)]
        waiting: dict[str, list[str]] = {}
        for job in found:
            if job.state.name == states.QUEUED:
                waiting.setdefault(job.entry.engine, []).append(job.id)
        place = {job: at for line in waiting.values() for at, job in enumerate(line, 1)}
        return [replace(job, position=place.get(job.id, 0)) for job in found][::-1]

    def job(self, job: str) -> Job:
        """Give one job by its id, or by the beginning of it.

        Raises:
            UnknownNameError: There is none.
        """
        word = "".join(c for c in str(job) if c in "0123456789abcdef")
        found = self.table.entries("id LIKE ? AND ? = ?", (f"{word}%", word, str(job))) if word else []
        found = [entry for entry in found if entry.parent is None] or found  # shards are in no list, so nobody means them first
        if len(found) != 1:
            known = [entry.id for entry in self.table.entries("parent IS NULL")][-20:]
            raise UnknownNameError("job", str(job)[:60], known)
        one = self._job(found[0])
        line = self.jobs(alive_only=True) if one.state.name == states.QUEUED else []  # only there a place in the line matters
        return next((j for j in line if j.id == one.id), one)

    def shards(self, job: str) -> list[Job]:
        """Give the shards of a study, in order."""
        found = sorted(self.table.entries("parent = ?", (job,)), key=lambda entry: entry.path)
        return [self._job(entry) for entry in found]

    def stop(self, job: str) -> None:
        """Ask a job to stop and keep the best so far; asked a second time, its processes are killed."""
        self._ask(self.job(job), FORCE if self.job(job).folder.cancelled() else STOP)

    def force(self, job: str) -> None:
        """Kill the processes of a job; its last checkpoint stays."""
        self._ask(self.job(job), FORCE)

    def resume(self, job: str) -> None:
        """Let a job that was stopped or failed go on from its last checkpoint.

        Raises:
            JobFileError: It is done, still alive, or the same work is running as another job.
        """
        found = self.job(job)
        if found.state.name not in (states.STOPPED, states.FAILED):
            raise JobFileError(f"job {found.id} {states.WORDS[found.state.name]}; only stopped and failed jobs can be resumed")
        with rounds.alone(self.root, timeout_s=20):
            if not self.table.set_state(found.id, None, None) or self.table.entries("id = ?", (found.id,))[0].state:
                raise JobFileError("the same work is running as another job; wait for it, or stop it first")
            for shard in self.shards(found.id):
                if shard.state.name in (states.STOPPED, states.FAILED):
                    self.table.set_state(shard.id, None, None)
                    rounds.reopen(shard.folder)
            rounds.reopen(found.folder)
        self.tick()

    def delete(self, job: str) -> int:
        """Remove a job that has ended, with its folder; gives the bytes that are free again. Models in the store stay.

        Raises:
            JobFileError: It has not ended.
            EngineError: What there is of it on a cluster cannot be deleted now.
        """
        found = self.job(job)
        if not found.state.ended:
            raise JobFileError(f"job {found.id} {states.WORDS[found.state.name]}; stop it before it is deleted")
        size = 0
        if found.folder.path.is_dir():
            for one in [found, *self.shards(found.id)]:
                if one.state.name != states.BROKEN:
                    rounds.forget(one.folder, self.engine_of(one.entry))
            size = found.folder.size_bytes()
            found.folder.remove()
        for shard in self.table.entries("parent = ?", (found.id,)):
            self.table.remove(shard.id)
        self.table.remove(found.id)
        return size

    def tick(self) -> None:
        """Do what there is to do: start what waits, resume what died, note what ended; harmless at any time, from anywhere."""
        rounds.go_round(self)

    def rebuild(self) -> None:
        """Enter folders that the table does not know, and clear away what a killed submit or delete left half done."""
        known = {entry.id for entry in self.table.entries()}
        for path in sorted(self.root.iterdir()):
            if not path.is_dir() or path.name in known:
                continue
            if not path.name.startswith("."):
                self._enter(path)
            elif time.time() - path.stat().st_mtime > LEFTOVER_S:
                shutil.rmtree(path)

    def engine_of(self, entry: Entry) -> Engine:
        """Give the engine that runs a job's own worker; the shards of a study are merged on this machine."""
        return self.engine("local" if entry.kind == "study" else entry.engine)

    def alive(self) -> list[Entry]:
        """Give the rows of jobs and shards that have not ended, oldest first."""
        return self.table.entries("state IS NULL")

    def folder_of(self, entry: Entry) -> JobFolder:
        """Give the folder of a row."""
        return JobFolder(self.root / entry.path)

    def _enter(self, path: Path) -> None:
        try:
            spec = JobFolder(path).spec()
            if spec.id != path.name:
                raise JobFileError(f"the folder {path.name} holds the job {spec.id}; a job's folder must carry its id")
            shards = [(shard.spec(), f"{path.name}/{SHARDS}/{shard.path.name}") for shard in _shards(path)]
        except RdpdError as error:
            self.unreadable[path.name] = str(error)
            return
        self.unreadable.pop(path.name, None)
        with self.table.writing() as connection:
            for one, where in [(spec, path.name), *shards]:
                entry = _entry(one, where)
                state = self._state(entry, JobFolder(self.root / where))
                if state.ended and not self._is_awaited(JobFolder(self.root / where)):
                    entry = entry._replace(state=state.name, ended=_end_of(JobFolder(self.root / where), one.created))
                if not self.table.add(entry, connection) and entry.parent is None:
                    self.unreadable[path.name] = f"the work of {path.name} is under way as another job; delete one of them"

    @staticmethod
    def _is_awaited(folder: JobFolder) -> bool:
        try:
            return is_awaited(folder)
        except (RdpdError, KeyError):  # a broken folder made nothing that could be kept; its state says what is wrong
            return False

    def _ask(self, job: Job, how: str) -> None:
        if job.state.ended:
            raise JobFileError(f"job {job.id} {states.WORDS[job.state.name]}; there is nothing to stop")
        for one in [job, *(s for s in self.shards(job.id) if not s.state.ended)]:
            one.folder.cancel(how)
            rounds.pass_on(one.folder, self.engine_of(one.entry), how)
        self.tick()

    def _job(self, entry: Entry) -> Job:
        folder = self.folder_of(entry)
        if not folder.path.is_dir():
            return Job(entry, folder, State(states.BROKEN, f"its folder {entry.path} is gone; delete the job from the list"))
        if entry.state not in (None, states.BROKEN):
            return Job(entry, folder, self._ended(folder) or State(states.FAILED, RESULT_GONE))
        return Job(entry, folder, self._state(entry, folder))

    def _ended(self, folder: JobFolder) -> State | None:
        """Give how a job ended, or None if nothing says so; a result is read again only when its file is another one."""
        try:
            stat = (folder.path / "result.json").stat()
        except FileNotFoundError:
            return None
        mark, known = (stat.st_mtime_ns, stat.st_size, stat.st_ino), self._results.get(folder.path)
        if known is None or known[0] != mark:
            try:
                state = states.ended(folder)
            except JobFileError as error:
                state = State(states.FAILED, f"{error}{RESULT_DAMAGED}")
            known = self._results[folder.path] = (mark, state)
        return known[1]

    def _state(self, entry: Entry, folder: JobFolder) -> State:
        try:
            state = state_of(folder, self.engine_of(entry))
        except UnknownNameError as error:  # a folder from a version that has more engines
            return State(states.BROKEN, str(error))
        if entry.kind == "study":
            shards = [shard.state for shard in self.shards(entry.id)]
            state = states.of_study(state, shards, folder.cancelled() is not None)
        why = self.trouble.get(entry.id, "")
        return State(state.name, why) if why and not state.ended else state


def _entry(spec: Spec, path: str) -> Entry:
    return Entry(spec.id, spec.key, path, spec.kind, spec.title, spec.dataset, spec.engine, spec.parent, spec.created)


def _end_of(folder: JobFolder, otherwise: float) -> float:
    try:
        return float((folder.record("result") or {}).get("ended", otherwise))
    except RdpdError:  # a broken folder has no end of its own
        return otherwise


def _shards(path: Path) -> Sequence[JobFolder]:
    place = path / SHARDS
    return [JobFolder(p) for p in sorted(place.iterdir()) if p.is_dir()] if place.is_dir() else []


def wait(desk: Desk, job: str, seconds: float, poll_s: float = 0.05) -> Job:
    """Give a job once it has ended, or as it is after some seconds; keeps it going meanwhile."""
    last = time.monotonic() + seconds
    while True:
        desk.tick()
        found = desk.job(job)
        if found.state.ended or time.monotonic() >= last:
            return found
        time.sleep(poll_s)
