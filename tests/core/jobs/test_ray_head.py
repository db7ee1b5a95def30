"""Whole jobs on a real Ray head that shares no folder with the desk: sent, watched, stopped, resumed, and brought back."""

import os
import shutil
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from rdpd_core.errors import EngineError
from rdpd_core.jobs import Desk, events, states
from rdpd_core.jobs.engines import _dashboard
from rdpd_core.jobs.engines.base import OVER
from rdpd_core.jobs.engines.ray import Ray
from rdpd_core.jobs.transfer import export_job, import_job
from tests.core.jobs.byhand import a_spec
from tests.core.jobs.made import ToyLocal, models_of, toy_spec, until, until_counted, until_ended, until_trained
from tests.ray_head import ray_head

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class ToyRay(Ray):
    """A Ray cluster whose workers know the toy data set."""

    module = "tests.toy_worker"


class LightRay(Ray):
    """A Ray cluster whose workers only count."""

    module = "tests.light_worker"


class Cut:
    """A way to a cluster that can be cut and mended."""

    def __init__(self, port):
        self.port, self.whole, self.pairs = port, True, []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.port))
            for one, other in ((near, far), (far, near)):
                thread = threading.Thread(target=self.carry, args=(one, other))
                thread.start()
                self.pairs.append((thread, one))

    def carry(self, one, other):
        try:
            while data := one.recv(1 << 16):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.whole = False
        for _, end in self.pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.whole = True

    def close(self):
        self.cut()
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()
        for thread, end in self.pairs:
            thread.join()
            end.close()


@pytest.fixture
def head(ray_cluster):
    """The Ray head of all tests that need one."""
    return ray_cluster


@pytest.fixture
def way(head, toy, monkeypatch):
    """The way to the head, with settings to use it; its own folder for jobs."""
    made = Cut(head.ports[0])
    monkeypatch.setenv("RDPD_RAY_ADDRESS", made.address)
    monkeypatch.setenv("RDPD_RAY_TOKEN", head.token)
    monkeypatch.setenv("RDPD_RAY_FOLDER", str(head.folder / "jobs"))
    monkeypatch.setenv("RDPD_RAY_PYTHON", sys.executable)
    monkeypatch.setattr(_dashboard, "QUIET_S", 0.2)
    yield made
    made.close()


@pytest.fixture(params=[ToyRay])
def office(request, way, tmp_path):
    """A desk with jobs on that head; leaves none alive."""
    made = Desk(tmp_path / "jobs", {"ray": request.param(), "local": ToyLocal(tmp_path / "slots")})
    yield made
    way.mend()
    for job in made.jobs(alive_only=True):
        made.force(job.id)
        until_ended(made, job.id)


counting = pytest.mark.parametrize("office", [LightRay], indirect=True)
"""For tests to which it does not matter what a worker does."""


def submitted(office, threads=1, **changes):
    spec = replace(toy_spec(**changes), engine="ray", threads=threads, id="")
    return office.submit(spec)[0]


def told(job):
    found = events.read_all(job.folder.events)
    assert not found.damaged
    return found.events


def whole(job):
    """Say whether the events have every number once, and no epoch twice."""
    numbers = [e["n"] for e in told(job)]
    epochs = [(e["stage"], e["epoch"]) for e in told(job) if e["kind"] == "epoch"]
    return numbers == list(range(len(numbers))) and len(epochs) == len(set(epochs))


def test_a_job_travels_is_watched_stopped_resumed_and_done(head, office, tmp_path):
    job = submitted(office, epochs=60, patience=60, checkpoint_s=0.05)
    until_trained(office, job.id, epochs=3)
    office.stop(job.id)
    stopped = until_ended(office, job.id)
    assert stopped.state.name == states.STOPPED
    assert models_of(job.folder.path), "the best so far are here"
    assert list(job.folder.checkpoints.glob("*/*/manifest.json"))
    office.resume(job.id)
    done = until_ended(office, job.id)
    assert done.state.name == states.DONE
    assert whole(job)
    kinds = [e["kind"] for e in told(job)]
    assert (kinds.count("started"), kinds.count("restored") >= 1, kinds[-1]) == (2, True, "ended")
    far = head.folder / "jobs" / job.id
    here = [p for place in ("models", "outcomes") for p in (job.folder.path / place).rglob("*") if p.is_file()]
    assert len(here) >= 6
    assert all((far / p.relative_to(job.folder.path)).read_bytes() == p.read_bytes() for p in here)
    assert job.folder.record("result")["tables"]
    assert job.folder.record("alive")["attempt"] == 2
    lone = until_ended(office, office.submit(replace(job.folder.spec(), engine="local", id=""))[0].id)
    assert models_of(lone.folder.path) == models_of(job.folder.path), "as if it had run here, without a stop"
    export_job(job.folder, tmp_path / "job.zip")
    (tmp_path / "elsewhere").mkdir()
    assert import_job(tmp_path / "job.zip", tmp_path / "elsewhere") == job.id
    nowhere = [*job.folder.path.rglob("*"), *far.rglob("*"), *(head.folder / "t").rglob("job-driver*")]
    assert not [p for p in nowhere if p.is_file() and head.token.encode() in p.read_bytes()]


@counting
def test_a_lost_connection_is_no_death_and_loses_nothing(office, way):
    job = submitted(office)
    until_counted(office, job.id)
    for _ in range(3):
        way.cut()
        until(lambda: "cannot be reached since" in office.job(job.id).state.reason, office)
        assert office.job(job.id).state.name == states.RUNNING
        before = len(told(job))
        way.mend()
        until(lambda n=before: len(told(job)) > n, office)
    way.cut()
    office.tick()
    office.stop(job.id)
    assert office.job(job.id).state.name == states.STOPPING
    way.mend()
    assert until_ended(office, job.id).state.name == states.STOPPED
    assert whole(job)
    assert [e["kind"] for e in told(job)].count("started") == 1
    assert job.folder.record("launch")["attempt"] == 1


@pytest.mark.trial
def test_a_killed_worker_goes_on_and_what_was_not_seen_is_sent_again(head, office):
    job = submitted(office, epochs=200, patience=200, checkpoint_s=0.05)
    until_trained(office, job.id, epochs=5)
    until(lambda: any(e["kind"] == "checkpoint" for e in told(job)), office)
    time.sleep(0.3)  # so that the worker is ahead of what came back
    os.kill(job.folder.record("alive")["pid"], 9)
    until(lambda: (job.folder.record("launch") or {})["attempt"] == 2, office)
    until(lambda: [e["kind"] for e in told(job)].count("started") == 2, office)
    office.stop(job.id)
    until_ended(office, job.id)
    assert whole(job)
    assert (head.folder / "jobs" / job.id / "events.jsonl").read_bytes() == job.folder.events.read_bytes()


@pytest.mark.trial
def test_what_got_lost_on_the_way_is_sent_again_and_not_made_again(head, office):
    job = submitted(office)
    until_ended(office, job.id)
    before = {p: p.read_bytes() for p in job.folder.path.rglob("*") if p.is_file() and p.suffix in (".json", ".safetensors")}
    lines = job.folder.events.read_bytes().splitlines(keepends=True)
    job.folder.events.write_bytes(b"".join(lines[: len(lines) // 2]))
    shutil.rmtree(job.folder.models)
    shutil.rmtree(job.folder.outcomes)
    for name in ("result", "wire"):
        job.folder.remove_record(name)
    handle = office.engine("ray").launch(job.folder, job.folder.spec(), 2)
    seen = office.engine("ray")
    until(lambda: seen.bring(job.folder, handle) or seen.state(handle).name == OVER, office, looking_after=False)
    assert job.folder.events.read_bytes() == b"".join(lines)
    assert whole(job)
    kept = [p for p in before if p.name not in ("wire.json", "launch.json")]
    assert all(p.read_bytes() == before[p] for p in kept)


@pytest.mark.trial
def test_a_job_goes_on_where_its_folder_on_the_cluster_is_gone(head, office):
    job = submitted(office, epochs=40, patience=40, checkpoint_s=0.05)
    until(lambda: any(e["kind"] == "checkpoint" and e["done"] for e in told(job)), office)
    office.stop(job.id)
    until_ended(office, job.id)
    shutil.rmtree(head.folder / "jobs" / job.id)
    office.resume(job.id)
    assert until_ended(office, job.id).state.name == states.DONE
    numbers = [e["n"] for e in told(job)]
    assert numbers == list(range(len(numbers)))
    assert [e for e in told(job) if e["kind"] == "restored"], "a finished stage went along"


@counting
def test_jobs_wait_for_room_and_can_be_taken_back(office, head):
    first = submitted(office, threads=2)
    until_counted(office, first.id)
    second = submitted(office, first_seed=5)
    assert office.job(second.id).state.reason == "waits for room on the cluster"
    office.stop(second.id)
    taken_back = until_ended(office, second.id)
    assert taken_back.state.name == states.STOPPED
    assert not told(taken_back)
    office.force(first.id)
    assert until_ended(office, first.id).state.name == states.STOPPED


@counting
def test_a_stop_before_the_worker_has_begun_stops_it(office, head):
    job = submitted(office)
    office.stop(job.id)
    assert until_ended(office, job.id).state.name == states.STOPPED
    assert sum(e["kind"] == "step" for e in told(job)) <= 1


@counting
def test_a_deleted_job_leaves_nothing_on_the_cluster(office, head, way):
    job = submitted(office, title="short")
    until_ended(office, job.id)
    far = head.folder / "jobs" / job.id
    assert far.is_dir()
    way.cut()
    with pytest.raises(EngineError, match="cannot be reached"):
        office.delete(job.id)
    assert job.folder.path.is_dir()
    way.mend()
    time.sleep(_dashboard.QUIET_S)  # a failure is believed for so long
    office.delete(job.id)
    until(lambda: not far.exists(), office)
    assert not job.folder.path.exists()


@pytest.mark.trial
def test_a_study_is_cut_there_and_merged_here(office, head):
    alone = toy_spec().asked()[0]
    both = [alone.to_dict(), replace(alone, noise=0.5).to_dict()]
    study, _ = office.submit(replace(toy_spec(), kind="study", experiments=both, engine="ray", id=""))
    done = until_ended(office, study.id)
    result = done.folder.record("result")
    assert (done.state.name, result["reason"]) == (states.DONE, "")
    assert [t["experiment"]["noise"] for t in result["tables"]] == [0.0, 0.5]
    assert len(result["models"]) == 12
    assert all((head.folder / "jobs" / shard.id).is_dir() for shard in office.shards(study.id))
    office.delete(study.id)
    until(lambda: not list((head.folder / "jobs").glob(f"{study.id}*")), office)


def test_a_wrong_token_is_told(head, way, monkeypatch):
    monkeypatch.setenv("RDPD_RAY_TOKEN", "wrong")
    with pytest.raises(EngineError, match="refuses the token"):
        Ray().check(a_spec(engine="ray", device="cpu"))
    monkeypatch.delenv("RDPD_RAY_TOKEN")
    with pytest.raises(EngineError, match="asks for a token"):
        Ray().check(a_spec(engine="ray", device="cpu"))


@pytest.mark.trial
def test_a_cluster_that_was_started_anew_does_not_know_its_jobs(toy, tmp_path, monkeypatch):
    with ray_head(gpus=0) as first:
        monkeypatch.setenv("RDPD_RAY_ADDRESS", first.address)
        monkeypatch.setenv("RDPD_RAY_TOKEN", first.token)
        monkeypatch.setenv("RDPD_RAY_FOLDER", str(tmp_path / "far"))
        monkeypatch.setenv("RDPD_RAY_PYTHON", sys.executable)
        monkeypatch.setattr(_dashboard, "QUIET_S", 0.2)
        desk = Desk(tmp_path / "jobs", {"ray": ToyRay()})
        job = submitted(desk, checkpoint_s=0.05, epochs=4000, patience=4000)
        until_trained(desk, job.id)
        first.stop()
        desk.tick()
        assert "cannot be reached since" in desk.job(job.id).state.reason
        first.start()
        until(lambda: (job.folder.record("launch") or {})["attempt"] == 2, desk)
        until(lambda: [e["kind"] for e in told(job)].count("started") == 2, desk)
        desk.force(job.id)
        assert until_ended(desk, job.id).state.name == states.STOPPED
    assert whole(job)
