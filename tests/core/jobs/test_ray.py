"""A Ray cluster: what is asked of it and told of it, on a stand-in that only talks."""

import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from rdpd_core.errors import EngineError, ParameterError
from rdpd_core.files import OWNER
from rdpd_core.jobs import Desk, JobFolder, states, worker
from rdpd_core.jobs.engines import _dashboard, ray
from rdpd_core.jobs.engines.base import OVER, PENDING, RUNNING
from rdpd_core.jobs.engines.ray import Ray
from tests.core.jobs.byhand import a_folder, a_spec
from tests.core.jobs.stand_in import NODE, StandIn
from tests.ray_head import free_ports

TOKEN = "a-token-of-tests"


@pytest.fixture
def cluster(monkeypatch):
    """A cluster that only talks."""
    made = StandIn()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name in [name for name in os.environ if name.startswith("RDPD_RAY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RDPD_RAY_ADDRESS", made.address)
    monkeypatch.setenv("RDPD_RAY_TOKEN", TOKEN)
    monkeypatch.setattr(_dashboard, "QUIET_S", 0.0)
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def ray_spec(**changes):
    return a_spec(**{"engine": "ray", "device": "cpu", "id": "0123456789abcdef", **changes})


def job_of(path, **changes):
    return a_folder(path / "job", **{"engine": "ray", "device": "cpu", "id": "0123456789abcdef", **changes})


NAME = "rdpd-0123456789abcdef-1"


def launched(cluster, folder, **settings):
    handle = Ray().launch(folder, folder.spec(), 1)
    return handle, cluster.jobs.get(NAME)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "asks for a token; set RDPD_RAY_TOKEN"),
        (403, "refuses the token; set RDPD_RAY_TOKEN"),
        (500, r"refused \(HTTP 500\): ValueError: no"),
    ],
)
def test_a_refusal_is_a_plain_sentence(cluster, status, words):
    cluster.refuses = (status, b"Traceback\n  File\nValueError: no\n")
    with pytest.raises(EngineError, match=words) as error:
        Ray().check(ray_spec())
    assert TOKEN not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("answer", [b"<html>welcome</html>", b"[]", b"{}", b'{"ray_version": "x"}', b"[" * 100_000])
def test_what_is_no_ray_cluster_is_seen(cluster, answer):
    cluster.refuses = (200, answer)
    with pytest.raises(EngineError, match="is not the dashboard of a Ray cluster"):
        Ray().check(ray_spec())


@pytest.mark.parametrize("answer", [b"[]", b"{}", b'{"data": 5}', b'{"data": {"result": {"result": [{}]}}}', b'{"status": 7}'])
def test_odd_answers_are_seen(cluster, tmp_path, answer):
    folder = job_of(tmp_path)
    handle, _ = launched(cluster, folder)
    cluster.refuses = (200, answer)
    assert "is not the dashboard" in Ray().state(handle).reason
    with pytest.raises(EngineError, match="is not the dashboard"):
        Ray().launch(folder, folder.spec(), 2)


@pytest.mark.parametrize("version", ["2.51.9", "1.13.0"])
def test_an_old_version_is_refused(cluster, version):
    cluster.version = version
    with pytest.raises(EngineError, match=rf"runs Ray {version}, .* update it to 2\.52 or newer"):
        Ray().check(ray_spec())


@pytest.mark.parametrize("version", ["2.52.0", "2.60.0rc1", "3.0.0"])
def test_a_new_version_is_taken(cluster, version):
    cluster.version = version
    Ray().check(ray_spec())
    assert {asked[3] for asked in cluster.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("address", ["ftp://somewhere:8265", "http://", "http://a:b@c:1", "http://x:99999999", "http://x/y/z"])
def test_an_address_that_is_none_is_refused(monkeypatch, address):
    monkeypatch.setenv("RDPD_RAY_ADDRESS", address)
    with pytest.raises(EngineError, match="give it like"):
        Ray().check(ray_spec())


def test_a_token_with_a_line_break_is_refused(cluster, monkeypatch):
    monkeypatch.setenv("RDPD_RAY_TOKEN", "one\r\nX-Other: two")
    with pytest.raises(EngineError, match="copy it anew"):
        Ray().check(ray_spec())


def test_no_redirection_is_followed(cluster):
    cluster.refuses = (302, b"http://127.0.0.1:1/api/version")
    with pytest.raises(EngineError, match="HTTP 302"):
        Ray().check(ray_spec())
    assert len(cluster.asked) == 1


def test_nobody_there_is_said_and_not_asked_again_at_once(cluster, monkeypatch):
    monkeypatch.setattr(_dashboard, "QUIET_S", 1000.0)
    (port,) = free_ports(1)
    monkeypatch.setenv("RDPD_RAY_ADDRESS", f"127.0.0.1:{port}")
    with pytest.raises(EngineError, match=r"cannot be reached since \d\d:\d\d"):
        Ray().check(ray_spec())
    with socket.create_server(("127.0.0.1", port)) as listening:
        listening.settimeout(0)
        with pytest.raises(EngineError, match="cannot be reached since"):
            Ray()._configured().nodes()
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_whoever_asks_for_a_job_has_a_cluster_asked_again_at_once(cluster, monkeypatch):
    monkeypatch.setattr(_dashboard, "QUIET_S", 1000.0)
    Ray()._configured()._failed = time.monotonic()
    Ray().check(ray_spec())
    assert cluster.asked


def test_one_that_never_answers_is_not_waited_for(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(_dashboard, "QUICK_S", 0.1)
        monkeypatch.setattr("rdpd_core.jobs.engines.ray.PATIENT_S", 0.1)
        monkeypatch.setenv("RDPD_RAY_ADDRESS", f"127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(EngineError, match="cannot be reached"):
            Ray().check(ray_spec())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"gpus": 3.0}, "3 GPUs were asked for, the largest machine of the cluster has 2"),
        ({"gpus": 1.5}, "a part of one GPU, or whole ones"),
        ({"device": "cuda:1"}, "choose device cuda"),
        ({"threads": 9}, "9 CPU threads were asked for, the largest machine that fits has 8"),
    ],
)
def test_more_than_there_is_is_refused(cluster, asked, words):
    with pytest.raises(ParameterError, match=words):
        Ray().check(ray_spec(**asked))


def test_what_is_asked_of_the_cluster(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_RAY_FOLDER", "a folder/jobs")
    monkeypatch.setenv("RDPD_RAY_DATA", "/data")
    monkeypatch.setenv("RDPD_RAY_PYTHON", "python3.11")
    handle, asked = launched(cluster, job_of(tmp_path, gpus=0.5, device="cuda"))
    assert handle == {"id": NAME, "address": cluster.address, "wire": True}
    assert (asked["entrypoint_num_gpus"], asked["entrypoint_num_cpus"]) == (0.5, 2)
    assert asked["entrypoint"] == (
        "exec python3.11 -m rdpd_core.jobs.worker 'a folder/jobs/0123456789abcdef' --attempt 1 --guest --threads 2 --wire ."
    )
    assert asked["runtime_env"]["env_vars"] == {"RAY_JOB_STOP_WAIT_TIME_S": "0", "RDPD_DATA": "/data", OWNER: ""}
    assert TOKEN not in json.dumps(asked)
    uploads = [(path, body) for command, path, body, _ in cluster.asked if command == "PUT"]
    assert [path.rpartition("/")[2] for path, _ in uploads] == [
        asked["runtime_env"][kind].removeprefix("gcs://") if kind == "working_dir" else asked["runtime_env"][kind][0][6:]
        for kind in ("py_modules", "working_dir")
    ]
    assert not any(TOKEN.encode() in body for _, body in uploads)
    assert not any(TOKEN in path.read_text() for path in tmp_path.rglob("*.json"))


def test_a_shared_folder_needs_no_parcel(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_RAY_SHARED", "1")
    folder = job_of(tmp_path, threads=4)
    handle, asked = launched(cluster, folder)
    assert not handle["wire"]
    assert asked["entrypoint"] == (
        f"exec python -m rdpd_core.jobs.worker {folder.path} --attempt 1 --guest --threads 4 >> {folder.log} 2>&1"
    )
    assert "working_dir" not in asked["runtime_env"]
    assert "entrypoint_num_gpus" not in asked


def test_a_job_that_was_handed_in_before_is_taken_as_it_is(cluster, tmp_path):
    folder = job_of(tmp_path)
    assert launched(cluster, folder)[0] == launched(cluster, folder)[0]
    assert list(cluster.jobs) == [NAME]


def test_a_cluster_that_is_away_lets_a_job_wait(cluster, tmp_path, monkeypatch):
    desk = Desk(tmp_path / "jobs", {"ray": Ray()})
    spec = ray_spec()
    spec.write(tmp_path / "jobs" / spec.id / "spec.json")
    desk.rebuild()
    monkeypatch.setenv("RDPD_RAY_ADDRESS", f"127.0.0.1:{free_ports(1)[0]}")
    desk.tick()
    state = desk.job(spec.id).state
    assert state.name == states.QUEUED
    assert "cannot be reached" in state.reason
    monkeypatch.setenv("RDPD_RAY_ADDRESS", cluster.address)
    desk.tick()
    assert desk.job(spec.id).state.name == states.STARTING
    assert desk.job(spec.id).state.reason == "waits for room on the cluster"


ENDS = [
    ({"status": "STOPPED"}, OVER, "it was stopped on the cluster"),
    ({"status": "FAILED", "driver_exit_code": -9}, OVER, "killed by signal SIGKILL"),
    ({"status": "FAILED", "driver_exit_code": 137}, OVER, "killed by signal SIGKILL"),
    ({"status": "FAILED", "driver_exit_code": 1}, OVER, "ended with code 1"),
    ({"status": "SUCCEEDED", "driver_exit_code": 0}, OVER, "ended with code 0"),
    ({"status": "FAILED", "error_type": "JOB_SUPERVISOR_ACTOR_START_TIMEOUT"}, OVER, "had no room for it"),
    (
        {"status": "FAILED", "message": "runtime_env setup failed: x\nTraceback"},
        OVER,
        "Ray ended it: runtime_env setup failed: x",
    ),
    ({"status": "FAILED"}, OVER, "without a word"),
    ({"status": "PENDING"}, PENDING, "waits for room"),
    ({"status": "RUNNING"}, RUNNING, ""),
]


@pytest.mark.parametrize(("found", "name", "words"), ENDS)
def test_what_the_cluster_says_of_a_job(cluster, tmp_path, monkeypatch, found, name, words):
    monkeypatch.setenv("RDPD_RAY_SHARED", "1")
    handle, _ = launched(cluster, job_of(tmp_path))
    cluster.jobs[NAME] = found
    assert Ray().state(handle).name == name
    assert words in Ray().state(handle).reason


def test_a_job_has_ended_only_when_what_it_made_is_here(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "_BROUGHT", set())
    folder = job_of(tmp_path)
    handle, _ = launched(cluster, folder)
    cluster.jobs[NAME] = {"status": "SUCCEEDED", "driver_exit_code": 0, "driver_node_id": "aa"}
    cluster.log = b"Running entrypoint\n"
    assert Ray().state(handle)[:2] == (RUNNING, "what it made is being brought here")
    Ray().bring(folder, handle)
    assert Ray().state(handle).name == OVER
    assert folder.log.read_bytes() == cluster.log


def test_a_cluster_that_lost_a_log_with_its_machine_ends_the_job(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "_BROUGHT", set())
    folder = job_of(tmp_path)
    handle, _ = launched(cluster, folder)
    cluster.jobs[NAME] = {"status": "FAILED", "message": "node died", "driver_node_id": "aa"}
    Ray().bring(folder, handle)
    assert Ray().state(handle)[:2] == (OVER, "Ray ended it: node died")


@pytest.mark.parametrize(("status", "words"), [(404, "refused"), (503, "cannot be reached"), (401, "token"), (500, "refused")])
def test_what_a_server_in_between_says_is_no_death(cluster, tmp_path, status, words):
    folder = job_of(tmp_path)
    handle, _ = launched(cluster, folder)
    cluster.refuses = (status, b"<html>sorry</html>")
    assert Ray().state(handle).name == RUNNING
    assert words in Ray().state(handle).reason
    with pytest.raises(EngineError, match=words):
        Ray().bring(folder, handle)


def test_a_job_of_another_cluster_is_left_alone(cluster, tmp_path, monkeypatch):
    handle, _ = launched(cluster, job_of(tmp_path))
    before = len(cluster.asked)
    monkeypatch.setenv("RDPD_RAY_ADDRESS", "http://127.0.0.1:1")
    seen = Ray().state(handle)
    assert seen.name == RUNNING
    assert "set it back" in seen.reason
    with pytest.raises(EngineError, match="set it back"):
        Ray().kill(handle)
    assert len(cluster.asked) == before
    monkeypatch.delenv("RDPD_RAY_ADDRESS")
    assert Ray().state(handle).name == RUNNING


def test_one_that_waits_is_taken_back_at_a_stop(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "_WITHDRAWN", set())
    folder = job_of(tmp_path)
    handle, _ = launched(cluster, folder)
    folder.cancel()
    Ray().pass_on(folder, handle)
    assert ("POST", f"/api/jobs/{NAME}/stop") in [asked[:2] for asked in cluster.asked]
    assert Ray().state(handle)[:2] == (OVER, "it was taken back before it began")


def test_a_stop_is_an_errand_to_the_machine_of_the_worker(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "_TOLD", set())
    monkeypatch.setenv("RDPD_RAY_FOLDER", "~/my jobs")
    folder = job_of(tmp_path)
    handle, _ = launched(cluster, folder)
    cluster.jobs[NAME] = {"status": "RUNNING", "driver_agent_http_address": "http://10.0.0.9:52365"}
    folder.cancel()
    Ray().pass_on(folder, handle)
    Ray().bring(folder, handle)
    errands = [job for name, job in cluster.jobs.items() if name.startswith(f"{NAME}-stop-")]
    assert len(errands) == 1
    assert errands[0]["entrypoint_resources"] == {"node:10.0.0.9": 0.001}
    assert "\"$HOME\"/'my jobs/0123456789abcdef'/cancel" in errands[0]["entrypoint"]
    assert "echo stop 1 >" in errands[0]["entrypoint"]


@pytest.mark.slow
def test_waiting_for_room_does_not_count_as_dying(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "_BROUGHT", set())
    desk = Desk(tmp_path / "jobs", {"ray": Ray()})
    spec = ray_spec()
    spec.write(tmp_path / "jobs" / spec.id / "spec.json")
    desk.rebuild()
    for attempt in range(1, 8):
        desk.tick()
        assert desk.job(spec.id).folder.record("launch")["attempt"] == attempt
        cluster.jobs[f"rdpd-{spec.id}-{attempt}"].update(status="FAILED", error_type="JOB_SUPERVISOR_ACTOR_START_TIMEOUT")
    for _ in range(4):
        desk.tick()
        name = f"rdpd-{spec.id}-{desk.job(spec.id).folder.record('launch')['attempt']}"
        cluster.jobs[name].update(status="FAILED", error_type="JOB_ENTRYPOINT_COMMAND_ERROR", driver_exit_code=1)
    assert desk.job(spec.id).state.name == states.FAILED
    assert "died 3 times" in desk.job(spec.id).folder.record("result")["reason"]


def test_what_no_cluster_knows_can_be_deleted(cluster, tmp_path, monkeypatch):
    folder = job_of(tmp_path)
    handle, _ = launched(cluster, folder)
    monkeypatch.setenv("RDPD_RAY_ADDRESS", "http://127.0.0.1:1")
    Ray().forget(folder, handle)
    monkeypatch.delenv("RDPD_RAY_ADDRESS")
    Ray().forget(folder, handle)
    Ray().forget(folder, None)


def test_a_job_goes_back_to_the_machine_where_its_checkpoints_are(cluster, tmp_path, monkeypatch):
    folder = job_of(tmp_path)
    folder.write_record(
        "wire", {"source": "x", "seen": None, "place": "10.0.0.9", "next": 0, "after": 0, "latest": 0, "lost": ""}
    )
    assert launched(cluster, folder)[1]["entrypoint_resources"] == {"node:10.0.0.9": 0.001}
    cluster.jobs.clear()
    cluster.nodes = [{**NODE, "node_ip": "10.0.0.8"}]
    assert "entrypoint_resources" not in launched(cluster, folder)[1]


def test_folders_are_read_only_by_their_owner(tmp_path):
    spec = a_spec(dataset="none")
    parcel = tmp_path / "parcel"
    folder = JobFolder(tmp_path / "far" / spec.id)
    parcel.mkdir()
    (parcel / "parcel.json").write_text("{}")
    assert worker.main([str(folder.path), "--wire", str(parcel), "--guest"]) == 0
    assert Path(folder.path).stat().st_mode & 0o77 == 0
    assert folder.record("result")["status"] == states.FAILED
