"""What every engine owes the rest of the house: a worker that is started, seen, stopped and killed, the same way everywhere.

Ray and Slurm are tried where they are installed: a Ray head of our own, submitit's stand-in for Slurm on this machine, and the
Slurm of a cluster if one answers.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from rdpd_core.errors import EngineError, ParameterError
from rdpd_core.jobs import ENGINES, Desk, JobFolder, Spec, events, states
from rdpd_core.jobs.engines.base import OVER, PENDING, RUNNING
from rdpd_core.jobs.engines.local import Local
from rdpd_core.jobs.engines.ray import Ray
from rdpd_core.jobs.engines.slurm import Slurm

LIMIT_S = 60.0
MODULE = "tests.light_worker"
KINDS = [
    "local",
    pytest.param("slurm", marks=pytest.mark.slow),
    pytest.param("slurm of a cluster", marks=pytest.mark.slow),
    pytest.param("ray", marks=pytest.mark.slow),
    pytest.param("ray without a shared folder", marks=pytest.mark.slow),
]


@pytest.fixture(params=KINDS)
def engine(request, tmp_path, monkeypatch):
    """Every engine, whose workers have a light task."""
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    if request.param == "local":
        made = Local(tmp_path / "slots", cpu_slots=2)
    elif request.param.startswith("slurm"):
        pytest.importorskip("submitit", reason="pip install -r rdpd_core/jobs/requirements-slurm.txt")
        if request.param == "slurm of a cluster" and not has_slurm():
            pytest.skip("no Slurm answers on this machine")
        monkeypatch.setenv("RDPD_SLURM_CPUS", "1")
        monkeypatch.setenv("RDPD_SLURM_LOCAL", "1" if request.param == "slurm" else "0")
        made = Slurm()
    else:
        running = request.getfixturevalue("ray_cluster")
        monkeypatch.setenv("RDPD_RAY_ADDRESS", running.address)
        monkeypatch.setenv("RDPD_RAY_TOKEN", running.token)
        monkeypatch.setenv("RDPD_RAY_FOLDER", str(running.folder / "jobs"))
        monkeypatch.setenv("RDPD_RAY_PYTHON", sys.executable)
        monkeypatch.setenv("RDPD_RAY_CPUS", "1")
        monkeypatch.setenv("RDPD_RAY_SHARED", "1" if request.param == "ray" else "0")
        made = Ray()
    monkeypatch.setattr(made, "module", MODULE, raising=False)
    return made


@pytest.fixture
def jobs(engine, tmp_path):
    """Makes and watches jobs, and leaves none alive."""
    made = Jobs(engine, tmp_path)
    yield made
    for handle in made.handles:
        engine.kill(handle)
    made.until(lambda: all(made.look(handle).name == OVER for handle in made.handles))


def has_slurm():
    """Say whether a Slurm answers here."""
    return shutil.which("sinfo") is not None and not subprocess.run(["sinfo"], capture_output=True, check=False).returncode


class Jobs:
    """Some jobs on one engine."""

    def __init__(self, engine, root):
        self.engine, self.root, self.handles = engine, root, []
        self.folders = {}

    def new(self, title="long"):
        """Give the folder of a new job."""
        spec = Spec("experiment", title, "toy", ({"dataset": "toy"},), engine=self.engine.name, device="cpu", threads=1)
        folder = JobFolder(self.root / "jobs" / spec.id)
        folder.path.mkdir(parents=True)
        spec.write(folder.spec_path)
        return folder

    def launch(self, folder, attempt=1):
        handle = self.engine.launch(folder, folder.spec(), attempt)
        if handle is not None:
            self.handles.append(handle)
            self.folders[json.dumps(handle)] = folder
        return handle

    def look(self, handle):
        folder = self.folders[json.dumps(handle)]
        self.engine.bring(folder, handle)
        return self.engine.state(handle)

    def until(self, wanted):
        last = time.monotonic() + LIMIT_S
        while not wanted():
            assert time.monotonic() < last, "it did not happen in time"
            time.sleep(0.02)

    def begun(self, title="long"):
        """Give a job that counts, with the handle of its worker."""
        folder = self.new(title)
        handle = self.launch(folder)
        self.until(lambda: self.look(handle).name == RUNNING and self.told(folder, "step"))
        return folder, handle

    def ended(self, handle):
        self.until(lambda: self.look(handle).name == OVER)
        return self.engine.state(handle).reason

    def told(self, folder, kind):
        return [e for e in events.read_all(folder.events).events if e["kind"] == kind]


def gone(pid):
    """Say whether a process has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_every_engine_is_tried_here():
    assert {kind if isinstance(kind, str) else kind.values[0] for kind in KINDS} >= set(ENGINES.names())


@pytest.mark.parametrize("kind", ENGINES, ids=lambda kind: kind.name)
def test_it_describes_itself(kind):
    assert kind.title[0].islower()
    assert not kind.needs.endswith(".")


def test_a_worker_is_launched_runs_and_ends(jobs):
    folder = jobs.new("short")
    handle = jobs.launch(folder)
    assert json.loads(json.dumps(handle)) == handle
    seen = []
    jobs.until(lambda: seen.append(jobs.look(handle).name) or seen[-1] == OVER)
    assert seen == sorted(seen, key=[PENDING, RUNNING, OVER].index)
    assert folder.record("result")["status"] == "done"
    assert folder.record("alive")["threads"] == 1
    assert json.loads((folder.outcomes / "0.json").read_text()) == {"steps": 5}
    assert "counting" in folder.log.read_text()


@pytest.mark.slow
def test_a_second_start_of_the_same_job_runs_nothing(jobs):
    folder, first = jobs.begun()
    second = jobs.launch(folder, attempt=2)
    if second is not None:
        jobs.ended(second)
    assert jobs.look(first).name == RUNNING
    folder.cancel()
    jobs.engine.pass_on(folder, first)
    jobs.ended(first)
    assert len({e["run"] for e in jobs.told(folder, "step")}) == 1
    assert len(jobs.told(folder, "started")) == 1


@pytest.mark.slow
def test_a_stop_keeps_what_was_made_and_the_job_can_go_on(jobs):
    folder, handle = jobs.begun()
    folder.cancel()
    jobs.engine.pass_on(folder, handle)
    jobs.ended(handle)
    assert folder.record("result")["status"] == "stopped"
    assert (folder.outcomes / "0.json").exists()
    steps = len(jobs.told(folder, "step"))
    folder.clear_cancel()
    folder.remove_record("result")
    again = jobs.launch(folder, attempt=2)
    jobs.until(lambda: jobs.look(again).name == RUNNING and len(jobs.told(folder, "step")) > steps)
    assert jobs.told(folder, "stage")[-1]["done"] == 1, "it goes on from what it made"
    numbers = [e["n"] for e in events.read_all(folder.events).events]
    assert numbers == list(range(len(numbers)))


def test_killing_ends_a_worker_and_its_children(jobs):
    folder, handle = jobs.begun("parent")
    pids = [folder.record("alive")["pid"], jobs.told(folder, "stage")[0]["child"]]
    assert not any(map(gone, pids))
    jobs.engine.kill(handle)
    jobs.until(lambda: all(map(gone, pids)))
    assert jobs.ended(handle)
    assert folder.record("result") is None
    jobs.engine.kill(handle)


@pytest.mark.slow
def test_a_worker_that_dies_is_seen(jobs):
    folder, handle = jobs.begun()
    os.kill(folder.record("alive")["pid"], signal.SIGKILL)
    reason = jobs.ended(handle)
    assert reason
    assert reason[0].islower()
    assert folder.record("result") is None
    again = jobs.launch(folder, attempt=2)
    jobs.until(lambda: jobs.look(again).name == RUNNING and len({e["run"] for e in jobs.told(folder, "step")}) == 2)


def test_one_that_was_never_started_has_ended(jobs):
    assert jobs.engine.state(None).name == OVER
    jobs.engine.kill(None)
    jobs.engine.pass_on(jobs.new(), None)
    jobs.engine.bring(jobs.new(), None)


@pytest.mark.slow
def test_one_that_nobody_knows_has_ended(jobs):
    folder = jobs.new("short")
    handle = jobs.launch(folder)
    jobs.ended(handle)
    unknown = {k: strange(v) if k in ("pid", "id", "started") else v for k, v in handle.items()}
    assert jobs.engine.state(unknown).name == OVER
    jobs.engine.kill(unknown)


def strange(value):
    """Give what nobody has."""
    if isinstance(value, int):
        return 2**22 + 5
    return "rdpd-0000000000000000-1" if str(value).startswith("rdpd-") else str(2**22 + 5)


@pytest.mark.parametrize("gpus", [64.0, 4096.0])
def test_more_gpus_than_there_are_are_refused(engine, gpus):
    spec = Spec("experiment", "toy", "toy", ({"dataset": "toy"},), engine=engine.name, gpus=gpus, device="cuda")
    with pytest.raises(ParameterError, match=f"{gpus:g} GPUs were asked for"):
        engine.check(spec)
    engine.check(Spec("experiment", "toy", "toy", ({"dataset": "toy"},), engine=engine.name, device="cpu"))


@pytest.mark.parametrize("kind", [k for k in ENGINES if k.needs], ids=lambda kind: kind.name)
@pytest.mark.slow
def test_what_is_not_installed_says_what_it_needs_and_hinders_nothing(kind, tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("RDPD_RAY", "RDPD_SLURM"))]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "submitit", None)
    spec = Spec("experiment", "toy", "toy", ({"dataset": "toy"},), engine=kind.name, device="cpu")
    with pytest.raises(EngineError, match=r"pip install -r .*rdpd_core/jobs/requirements"):
        kind().check(spec)
    folder = JobFolder(tmp_path / "jobs" / spec.id)
    spec.write(folder.spec_path)
    handle = {"id": "4194304", "address": "", "wire": True, "here": False}
    folder.write_record("launch", {"handle": handle, "attempt": 1, "idle": 0, "mark": []})
    desk = Desk(tmp_path / "jobs")
    desk.tick()
    assert desk.job(spec.id).state.name in (states.STARTING, states.FAILED)
    assert desk.job(spec.id).state.reason or desk.job(spec.id).folder.record("result")["reason"], "what is wrong is said"
