"""The trials in short: workers and servers killed, files changed, disks filled; and the trials see what is wrong."""

import os
import subprocess

import pytest

from rdpd_core.files import write_atomic
from rdpd_core.jobs.chaos import flips, kills, quickness, servers, walk, writers
from rdpd_core.jobs.chaos.__main__ import table
from rdpd_core.jobs.chaos.trial import Trial
from tests.core.jobs.made import desk, toy_spec, until_ended

LONG = {"epochs": 4000, "patience": 4000}


def sound(trials):
    """Say what went wrong in trials."""
    return [f"{t.what}: {t.found}" for t in trials if t.bad]


@pytest.mark.slow
@pytest.mark.trial
@pytest.mark.timeout(300)
def test_killed_workers_lose_nothing(toy, tmp_path):
    trials = kills.kill_workers(desk(tmp_path), [toy_spec(epochs=60, patience=60)], kills=3, longest_s=1.5)
    assert not sound(trials[:-1])  # the last one is about time, which a test must not judge
    assert trials[0].n == 3


@pytest.mark.slow
@pytest.mark.trial
@pytest.mark.timeout(300)
def test_killed_servers_lose_nothing(toy, tmp_path):
    specs = [toy_spec(title="short 40", first_seed=seed) for seed in range(3)]
    trials = servers.kill_servers(tmp_path / "jobs", specs, server_kills=4, worker_kills=2, module="tests.light_server")
    assert not sound(trials)
    assert [t.n for t in trials[:2]] == [6, 3]


@pytest.mark.slow
def test_changed_bytes_are_seen_in_every_file_of_a_job(toy, tmp_path):
    office = desk(tmp_path)
    job, _ = office.submit(toy_spec())
    folder = until_ended(office, job.id).folder
    before = {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()}
    trials = flips.flip(folder, 40)
    assert not sound(trials)
    assert len(trials) == 7
    assert {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()} == before


@pytest.mark.slow
def test_death_and_refusal_at_every_boundary_of_a_save(tmp_path):
    trials = walk.walk(tmp_path)
    assert not sound(trials)
    assert all(t.n >= 5 for t in trials)


@pytest.mark.slow
def test_a_careless_save_is_caught(tmp_path, monkeypatch):
    def careless(path, data):
        path.write_bytes(data[: len(data) // 2])
        with path.open("ab") as file:
            file.write(data[len(data) // 2 :])

    monkeypatch.setattr("rdpd_core.jobs.sealed.write_atomic", careless)
    assert sound(walk.walk(tmp_path))
    monkeypatch.setattr("rdpd_core.jobs.sealed.write_atomic", write_atomic)


def test_a_full_disk_leaves_what_was_there(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only who may mount a small disk can fill one")
    try:
        trial = walk.small_disk(place)
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert not sound([trial])
    assert trial.n > 5


@pytest.mark.slow
def test_many_writers_lose_no_row(tmp_path):
    assert not sound([writers.write_at_once(tmp_path, writers=4, rows=30)])


@pytest.mark.slow
@pytest.mark.trial
def test_stops_keep_models_and_leave_no_process(toy, tmp_path):
    trials = quickness.stop_jobs(desk(tmp_path), [toy_spec(first_seed=seed, **LONG) for seed in range(2)])
    assert trials[-1].bad == 0
    assert "0 without models" in trials[0].found


@pytest.mark.slow
def test_an_undisturbed_job_passes_its_states_in_order(toy, tmp_path):
    assert not sound([quickness.states_seen(desk(tmp_path), toy_spec())])


def test_a_look_reads_only_what_is_new(tmp_path):
    trial = quickness.poll(tmp_path, count=500, looks=3)
    assert trial.n == 3


def test_the_table_says_what_is_wrong():
    text = table([Trial("kill", 3, "0 lost", 0), Trial("flip", 2, "1 missed", 1)])
    assert "| kill | 3 | 0 lost | as it should be |" in text
    assert "| flip | 2 | 1 missed | WRONG |" in text
    assert f"{os.cpu_count()} cores" in text
