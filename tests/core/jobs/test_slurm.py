"""Slurm: what is asked of it, and what is made of its answers, on commands that only talk."""

import shutil
import stat
import sys

import pytest

from rdpd_core.errors import EngineError, ParameterError
from rdpd_core.jobs.engines import slurm
from rdpd_core.jobs.engines.base import OVER, PENDING, RUNNING
from rdpd_core.jobs.engines.slurm import Slurm
from tests.core.jobs.byhand import a_folder, a_spec

HANDLE = {"id": "17", "job": "0123456789abcdef", "here": False, "started": None}
GOOD = """echo "$0 $@" >> {log}
case $(basename $0) in
sinfo) echo '(null)'; echo 'gpu:a100:4(S:0-1),mps:100'; echo 'gpu:2,gpu:h200:1';;
sbatch) cp "$1" {log}.script; echo 'Submitted batch job 17';;
esac
"""


class Talking:
    """Commands of Slurm that say what they are told to say."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"
        for name in ("sbatch", "srun", "scontrol", "scancel", "sinfo", "sacct"):
            self.say(name, GOOD.format(log=self.log))

    def say(self, name, script):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    @property
    def asked(self):
        return self.log.read_text().replace(f"{self.folder}/", "").splitlines() if self.log.exists() else []


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Commands of Slurm on the path, and no setting."""
    for name in ("LOCAL", "HOURS", "PARTITION", "ACCOUNT", "CPUS"):
        monkeypatch.delenv(f"RDPD_SLURM_{name}", raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{'/usr/bin:/bin'}")
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    monkeypatch.setattr(slurm, "_LOOKS", {})
    return Talking(tmp_path / "bin")


def slurm_spec(**changes):
    return a_spec(**{"engine": "slurm", "device": "cpu", **changes})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"gpus": 0.5}, "0.5 GPUs were asked for; Slurm gives whole ones only"),
        ({"gpus": 5.0}, "5 GPUs were asked for, the largest machine has 4"),
        ({"device": "cuda:1"}, "choose device cuda"),
    ],
)
def test_what_slurm_cannot_give_is_refused(commands, asked, words):
    with pytest.raises(ParameterError, match=words):
        Slurm().check(slurm_spec(**asked))
    Slurm().check(slurm_spec(gpus=4.0))


def test_without_its_commands_it_says_so(commands):
    (commands.folder / "srun").unlink()
    if shutil.which("srun"):
        pytest.skip("Slurm is installed here")
    with pytest.raises(EngineError, match=r"not on this machine \(srun\)"):
        Slurm().check(slurm_spec())


def test_a_slurm_that_does_not_answer_is_told(commands):
    commands.say("sinfo", "echo 'slurm_load_partitions: Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(EngineError, match="Slurm cannot be reached: slurm_load"):
        Slurm().check(slurm_spec())


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "many", "1e9"])
def test_a_time_limit_that_is_none_is_refused(commands, monkeypatch, hours):
    monkeypatch.setenv("RDPD_SLURM_HOURS", hours)
    with pytest.raises(ParameterError, match="RDPD_SLURM_HOURS"):
        Slurm().check(slurm_spec())


def test_a_job_is_submitted_once_with_all_that_it_asks_for(commands, tmp_path, monkeypatch):
    pytest.importorskip("submitit", reason="pip install -r rdpd_core/jobs/requirements-slurm.txt")
    monkeypatch.setenv("RDPD_SLURM_PARTITION", "long")
    monkeypatch.setenv("RDPD_SLURM_HOURS", "1.5")
    monkeypatch.setenv("RDPD_RAY_TOKEN", "a-secret-token")
    folder = a_folder(tmp_path / "job", engine="slurm", gpus=2.0, threads=3)
    handle = Slurm().launch(folder, folder.spec(), 4)
    assert handle == {**HANDLE, "job": folder.spec().id}
    script = (commands.folder / "log.script").read_text()
    wanted = (
        "partition=long",
        "time=90",
        "gpus-per-node=2",
        "cpus-per-task=3",
        "no-requeue",
        f"job-name=rdpd-{folder.spec().id}-4",
    )
    assert [w for w in wanted if f"#SBATCH --{w}" not in script] == []
    own = tmp_path / "work" / "submitit"
    assert not list((tmp_path / "job").rglob("*.pkl")), "no pickle lies in a job's folder"
    kept = {p.name: p.read_bytes() for p in own.rglob("*") if p.is_file()}
    assert any(name.endswith(".pkl") for name in kept)
    assert not [name for name, data in kept.items() if b"a-secret-token" in data]
    pickled = next(data for name, data in kept.items() if name.endswith(".pkl"))
    assert str(folder.path).encode() in pickled
    Slurm().forget(folder, {**handle, "job": "../submitit"})
    assert list(own.iterdir())
    Slurm().forget(folder, handle)
    assert not list(own.iterdir())


def test_a_refusal_is_a_sentence(commands, tmp_path):
    pytest.importorskip("submitit", reason="pip install -r rdpd_core/jobs/requirements-slurm.txt")
    commands.say("sbatch", "echo 'sbatch: error: invalid partition specified: long' >&2; exit 1")
    folder = a_folder(tmp_path / "job", engine="slurm")
    with pytest.raises(EngineError, match=r"Slurm does not take the job: .*invalid partition"):
        Slurm().launch(folder, folder.spec(), 1)


STATES = [
    ("PENDING", "0:0", PENDING, "waits in the queue of Slurm (Resources)"),
    ("RUNNING", "0:0", RUNNING, ""),
    ("COMPLETING", "0:0", RUNNING, ""),
    ("COMPLETED", "0:0", OVER, "ended with code 0"),
    ("FAILED", "3:0", OVER, "ended with code 3"),
    ("FAILED", "137:0", OVER, "killed by signal SIGKILL"),
    ("FAILED", "0:9", OVER, "killed by signal SIGKILL"),
    ("FAILED", "140:0", OVER, "reached the time limit"),
    ("TIMEOUT", "0:15", OVER, "reached the time limit"),
    ("OUT_OF_MEMORY", "0:125", OVER, "ran out of the memory"),
    ("NODE_FAIL", "0:0", OVER, "its machine failed"),
    ("CANCELLED", "0:15", OVER, "canceled in Slurm"),
    ("BOOT_FAIL", "", OVER, "Slurm says BOOT_FAIL of it"),
]


@pytest.mark.parametrize(("state", "code", "name", "words"), STATES)
def test_what_slurm_says_of_a_job(commands, state, code, name, words):
    commands.say("scontrol", f"echo 'JobId=17 JobName=a=b JobState={state} Reason=Resources ExitCode={code} Command=(null)'")
    seen = Slurm().state(HANDLE)
    assert seen.name == name
    assert words in seen.reason


@pytest.mark.parametrize(("state", "code", "name", "words"), [s for s in STATES if s[0] != "PENDING"])
def test_what_its_accounts_say_of_an_older_job(commands, state, code, name, words):
    commands.say("scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    commands.say("sacct", f"echo '{state} by 1000|{code}'" if state == "CANCELLED" else f"echo '{state}|{code}'")
    seen = Slurm().state(HANDLE)
    assert seen.name == name
    assert words in seen.reason


def test_one_that_nobody_knows_has_ended(commands):
    commands.say("scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    commands.say("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1")
    assert Slurm().state(HANDLE)[:2] == (OVER, "Slurm does not know it any more")


@pytest.mark.parametrize("script", ["echo 'Unable to contact slurm controller' >&2; exit 1", "sleep 60", "echo nothing"])
def test_a_slurm_that_is_away_is_no_death(commands, monkeypatch, script):
    monkeypatch.setattr(slurm, "QUICK_S", 0.2)
    commands.say("scontrol", f"exec {script}" if script.startswith("sleep") else script)
    seen = Slurm().state(HANDLE)
    assert seen.name == RUNNING
    assert "Slurm cannot be reached" in seen.reason


def test_killing_ends_the_worker_at_once_and_then_the_job(commands):
    commands.say("scontrol", "echo 'JobState=RUNNING ExitCode=0:0'")
    Slurm().kill(HANDLE)
    assert [line for line in commands.asked if line.startswith("scancel")] == ["scancel --signal=KILL 17.0", "scancel 17"]


def test_a_handle_that_names_no_job_runs_no_command(commands):
    with pytest.raises(EngineError, match="names no job"):
        Slurm().kill({**HANDLE, "id": "--user=root"})
    assert commands.asked == []


def test_submitit_is_not_needed_to_look(commands, monkeypatch):
    monkeypatch.setitem(sys.modules, "submitit", None)
    commands.say("scontrol", "echo 'JobState=RUNNING ExitCode=0:0'")
    assert Slurm().state(HANDLE).name == RUNNING
