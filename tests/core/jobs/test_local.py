"""This machine as an engine: who gets which GPU, how many threads, and what is refused. No GPU is needed."""

import json
import os
import time
from pathlib import Path

import pytest

from rdpd_core.errors import ParameterError
from rdpd_core.files import OWNER
from rdpd_core.jobs import JobFolder
from rdpd_core.jobs.engines import local
from rdpd_core.jobs.engines.base import OVER
from rdpd_core.jobs.engines.local import Local
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.worker import NICE, step_back
from tests.core.jobs.byhand import a_folder, a_spec
from tests.core.jobs.made import Light


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine that says it has two GPUs; ends what runs on it."""
    monkeypatch.setattr(local, "gpu_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    made, handles = Light(tmp_path / "slots"), []

    def launched(device: str) -> tuple[JobFolder, dict | None]:
        spec = a_spec(title="long", device=device)
        folder = a_folder(tmp_path / "jobs" / spec.id, title="long", device=device, id=spec.id)
        handle = made.launch(folder, folder.spec(), 1)
        handles.append(handle)
        return folder, handle

    yield made, launched
    for handle in filter(None, handles):
        made.kill(handle)


def gpus_of(handle):
    """Give the GPUs that a worker sees."""
    if not Path("/proc/self").exists():
        pytest.skip("this system tells of processes in another way")
    told = Path(f"/proc/{handle['pid']}/environ").read_bytes().decode().split("\0")
    return next((line.partition("=")[2] for line in told if line.startswith("CUDA_VISIBLE_DEVICES=")), None)


@pytest.mark.slow
def test_two_gpus_run_two_jobs_and_the_third_waits_for_the_first_that_ends(machine):
    engine, launch = machine
    (_, first), (_, second) = launch("auto"), launch("cuda")
    assert [first["slot"], second["slot"]] == ["cuda-0", "cuda-1"]
    assert [gpus_of(first), gpus_of(second)] == ["0", "1"]
    assert launch("auto")[1] is None
    engine.kill(second)
    assert engine.state(second).name == OVER
    _, third = launch("auto")
    assert (third["slot"], gpus_of(third)) == ("cuda-1", "1")


def test_a_gpu_that_is_named_is_waited_for(machine):
    _, launch = machine
    _, first = launch("cuda:1")
    assert (first["slot"], gpus_of(first)) == ("cuda-1", None)
    assert launch("cuda:1")[1] is None
    assert launch("cuda:0")[1]["slot"] == "cuda-0"


def test_a_job_on_the_cpu_takes_no_gpu(machine):
    _, launch = machine
    assert launch("cpu")[1]["slot"] == "cpu-0"
    assert launch("cuda")[1]["slot"] == "cuda-0"


def test_slots_are_counted_among_the_gpus_that_are_seen(machine, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5, GPU-7a")
    _, launch = machine
    assert [gpus_of(launch("auto")[1]) for _ in range(2)] == ["5", "GPU-7a"]


@pytest.mark.parametrize(
    ("cores", "cpu_slots", "gpus", "device", "threads"),
    [
        (8, 1, 0, "cpu", 7), (8, 2, 0, "cpu", 3), (8, 1, 0, "auto", 7), (8, 1, 2, "auto", 3), (8, 1, 2, "cpu", 7),
        (2, 1, 0, "auto", 1), (1, 4, 0, "auto", 1), (16, 1, 4, "cuda:3", 3),
    ],
)  # fmt: skip
def test_all_jobs_together_leave_a_core_free(monkeypatch, tmp_path, cores, cpu_slots, gpus, device, threads):
    monkeypatch.setattr(local, "cores", lambda: cores)
    monkeypatch.setattr(local, "gpu_count", lambda: gpus)
    assert Local(tmp_path, cpu_slots).threads(device) == threads


def test_a_worker_is_told_how_many_threads_it_may_use(machine, monkeypatch):
    _, launch = machine
    monkeypatch.setattr(local, "cores", lambda: 9)
    folder, _ = launch("auto")
    while folder.record("alive") is None:
        pass
    assert folder.record("alive")["threads"] == 4


def test_a_worker_stands_apart_and_behind(machine, monkeypatch):
    monkeypatch.delenv("RDPD_NICE", raising=False)
    _, launch = machine
    folder, handle = launch("cpu")
    while folder.record("alive") is None:
        pass
    assert os.getsid(handle["pid"]) == os.getpgid(handle["pid"]) == handle["pid"], "a Ctrl-C in the terminal does not reach it"
    assert os.getpriority(os.PRIO_PROCESS, handle["pid"]) >= NICE
    group = Path(f"/proc/{handle['pid']}/autogroup")
    if (
        group.exists() and group.read_text().strip()
    ):  # Linux may share cores by session first, where being nice counts for nothing
        assert int(group.read_text().rpartition(" ")[2]) >= NICE


@pytest.mark.parametrize("given", ["many", "0", "-1", "1.5"])
def test_a_number_of_slots_that_is_none_is_refused(monkeypatch, tmp_path, given):
    monkeypatch.setenv("RDPD_CPU_SLOTS", given)
    with pytest.raises(ParameterError, match="whole number from 1"):
        Local(tmp_path)


def test_cores_are_those_that_this_process_may_use():
    assert 1 <= local.cores() <= (os.cpu_count() or 1)


def test_a_handle_is_plain(machine):
    _, launch = machine
    _, handle = launch("cpu")
    assert json.loads(json.dumps(handle)) == handle


def test_two_desks_never_start_for_the_same_slot(machine):
    found, launch = machine
    with hold(found.slots / local.LAUNCH) as mine:
        assert mine
        assert launch("cpu")[1] is None, "another desk is starting a worker, whose slot still looks free"
    assert launch("cpu")[1] is not None


@pytest.mark.slow
def test_people_who_wait_for_the_same_slot_take_turns(machine, monkeypatch):
    engine, launch = machine

    def asked(who):
        monkeypatch.setenv(OWNER, who)
        return launch("cpu")[1]

    first = asked("ann")
    assert first is not None
    assert asked("ann") is None
    assert asked("bob") is None, "both wait now, and bob has had nothing yet"
    engine.kill(first)
    assert asked("ann") is None, "it is bob's turn, though ann asks first"
    assert launch("cuda")[1] is not None, "nobody else waits for a GPU"
    assert launch("cuda:0")[1] is None
    monkeypatch.setenv(OWNER, "cem")
    assert launch("cuda:1")[1] is not None, "ann waits for the other GPU, which cem does not ask for"
    second = asked("bob")
    assert second is not None
    assert asked("bob") is None
    engine.kill(second)
    assert asked("bob") is None, "ann has waited longer"
    third = asked("ann")
    assert third is not None
    assert asked("bob") is None
    engine.kill(third)
    wants = engine.slots / local.TURNS / "bob-cpu-0.wants"
    long_ago = time.time() - 2 * local.WANTS_S
    os.utime(wants, (long_ago, long_ago))
    assert asked("ann") is not None, "bob does not ask any more"


def test_how_far_it_stands_back_can_be_said(machine, monkeypatch):
    monkeypatch.setenv("RDPD_NICE", "3")
    _, launch = machine
    folder, handle = launch("cpu")
    while folder.record("alive") is None:
        pass
    assert os.getpriority(os.PRIO_PROCESS, handle["pid"]) == os.getpriority(os.PRIO_PROCESS, 0) + 3


@pytest.mark.parametrize("told", ["20", "-1", "much"])
def test_what_says_nothing_is_refused(monkeypatch, told):
    monkeypatch.setenv("RDPD_NICE", told)
    with pytest.raises(ParameterError, match="RDPD_NICE"):
        step_back()
