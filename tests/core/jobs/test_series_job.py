"""A series as a job: by a real worker, killed and resumed, its records on the shelf, exported and taken in again."""

from dataclasses import replace

import pytest

from rdpd_core.experiments import Experiment
from rdpd_core.experiments.evidence import Room, Shelf, key_of, run_series
from rdpd_core.jobs import states
from rdpd_core.jobs.asking import spec_of_series
from rdpd_core.jobs.series_work import CELLS, cells_of
from rdpd_core.jobs.transfer import export_job, import_job
from rdpd_core.store import Store
from tests.core.jobs.made import desk, until, until_ended

BASE = {"dataset": "toy", "arms": ("teacher", "direct", "rdpd", "forest"), "seeds": 1, "recipe": "paper", "patience": 1000}


def series(epochs=3, count=2):
    base = Experiment(**BASE, epochs=epochs)
    experiments = [replace(base, noise=0.5 * at) for at in range(count)]
    return experiments, spec_of_series(experiments, title="toys", device="cpu", threads=1, checkpoint_s=0.0)


@pytest.mark.slow
def test_a_kill_costs_nothing_that_was_finished(toy, tmp_path):
    office, (experiments, spec) = desk(tmp_path), series(epochs=20, count=3)
    job, _ = office.submit(spec)
    until(lambda: any((job.folder.outcomes / CELLS).glob("*.json")), office)
    office.force(job.id)
    until(lambda: office.job(job.id).state.ended, office)
    kept = len(cells_of(job.folder))
    assert kept >= 1
    if office.job(job.id).state.name != states.DONE:
        office.resume(job.id)
    done = until_ended(office, job.id)
    assert done.state.name == states.DONE, done.folder.record("result")
    assert {cell.key for cell in cells_of(done.folder)} == {key_of(e) for e in experiments}
    alone = Shelf([tmp_path / "alone"])
    assert run_series(experiments, alone.match, alone.put, Room(device="cpu"))
    for experiment in experiments:
        ours = Shelf().find(key_of(experiment))
        assert len(ours) == 1, "the worker put it on the user's shelf, once"
        assert ours[0].runs == alone.find(key_of(experiment))[0].runs
    assert not Store.default().list("toy").cards, "a series keeps records, not models"


@pytest.mark.slow
def test_a_kill_between_job_and_shelf_costs_nothing_either(toy, tmp_path):
    office, (experiments, spec) = desk(tmp_path), series(count=2)
    job, _ = office.submit(spec)
    until_ended(office, job.id)
    (lost,) = Shelf().roots[0].glob(f"{key_of(experiments[0])}-*.json")
    lost.unlink()
    job.folder.remove_record("result")
    office.table.set_state(job.id, None, None)
    assert until_ended(office, job.id).state.name == states.DONE
    assert Shelf().find(key_of(experiments[0]))


@pytest.mark.slow
def test_records_travel_with_the_job(toy, tmp_path):
    office, (_, spec) = desk(tmp_path), series(count=1)
    job = until_ended(office, office.submit(spec)[0].id)
    export_job(job.folder, tmp_path / "job.zip")
    taken = import_job(tmp_path / "job.zip", tmp_path / "elsewhere")
    there = next((tmp_path / "elsewhere").glob(f"{taken}*"))
    assert [p.name for p in (there / "outcomes" / CELLS).iterdir()] == [p.name for p in (job.folder.outcomes / CELLS).iterdir()]


@pytest.mark.slow
def test_a_stop_before_the_first_record_says_so_and_goes_on(toy, tmp_path):
    office, (_, spec) = desk(tmp_path), series(epochs=120)
    job, _ = office.submit(spec)
    until(lambda: any(job.folder.checkpoints.glob("*students*/[0-9]*")), office)
    office.stop(job.id)
    ended = until_ended(office, job.id)
    assert ended.state.name == states.STOPPED
    assert "before the first experiment had ended" in ended.folder.record("result")["reason"]
    assert any(job.folder.checkpoints.glob("*students*/[0-9]*")), "and its state is kept"
