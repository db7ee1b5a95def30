"""Jobs from the desk to the store, through real workers."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rdpd_core.errors import JobFileError, ParameterError, UnknownNameError
from rdpd_core.jobs import Desk, Spec, events, states
from rdpd_core.store import Store
from tests.core.jobs.made import (
    Dying,
    Light,
    ToyLocal,
    desk,
    kill_worker,
    models_of,
    pid_of,
    toy_spec,
    until,
    until_counted,
    until_ended,
    until_trained,
)

LONG = {"epochs": 4000, "patience": 4000}
counting = pytest.mark.parametrize("office", [Light], indirect=True)
"""For tests to which it does not matter what a worker does; it goes on until it is stopped."""


@pytest.fixture(params=[ToyLocal])
def office(request, toy, tmp_path):
    """A desk, whose jobs are ended when the test is over."""
    opened = desk(tmp_path, request.param(tmp_path / "slots"))
    yield opened
    for job in opened.jobs():
        if not job.state.ended:
            opened.force(job.id)
            until_ended(opened, job.id)


@pytest.mark.slow
def test_a_job_is_done_and_its_models_are_in_the_store(office):
    job, new = office.submit(toy_spec())
    assert new
    done = until_ended(office, job.id)
    result = done.folder.record("result")
    assert (done.state.name, result["reason"]) == (states.DONE, "")
    assert len(result["models"]) == 6
    cards = {card.key: card for card in Store.default().list("toy").cards}
    assert set(result["models"]) == set(cards)
    assert all(card.training["job"] == job.id for card in cards.values())
    student = next(card for card in cards.values() if card.arm == "rdpd")
    assert Store.default().teacher_of(student).arm == "teacher"
    assert {row["arm"] for row in result["tables"][0]["comparison"]["rows"]["pr_auc"]} == {"teacher", "direct", "rdpd"}


@pytest.mark.slow
@counting
def test_the_same_work_runs_once(office):
    first, new = office.submit(toy_spec())
    second, again = office.submit(toy_spec())
    assert (new, again) == (True, False)
    assert second.id == first.id
    assert len(office.jobs()) == 1
    until_counted(office, first.id)
    pid = pid_of(office.job(first.id))
    for _ in range(5):
        office.tick()
    assert pid_of(office.job(first.id)) == pid


@pytest.mark.slow
def test_stop_keeps_the_best_and_resume_ends_as_if_never_stopped(office, tmp_path):
    whole, _ = office.submit(toy_spec(epochs=10, patience=10))
    until_ended(office, whole.id)
    wanted = models_of(office.job(whole.id).folder.path)
    office.delete(whole.id)
    job, _ = office.submit(toy_spec(epochs=10, patience=10))
    until_trained(office, job.id, 5)
    office.stop(job.id)
    stopped = until_ended(office, job.id)
    assert stopped.state.name == states.STOPPED
    assert stopped.folder.record("result")["models"], "what was trained so far is kept"
    office.resume(job.id)
    assert until_ended(office, job.id).state.name == states.DONE
    assert models_of(stopped.folder.path) == wanted


@pytest.mark.slow
def test_a_killed_worker_is_resumed_to_the_same_weights(office, tmp_path):
    whole, _ = office.submit(toy_spec(epochs=12, patience=12))
    until_ended(office, whole.id)
    wanted = models_of(office.job(whole.id).folder.path)
    told = _epochs(office.job(whole.id))
    office.delete(whole.id)
    shutil.rmtree(tmp_path / "cache" / "taught")  # or the second would find its teacher there and have fewer epochs to lose
    job, _ = office.submit(toy_spec(epochs=12, patience=12))
    for epochs in (4, 16):
        until_trained(office, job.id, epochs)
        kill_worker(office.job(job.id))
    done = until_ended(office, job.id)
    assert done.state.name == states.DONE
    assert models_of(done.folder.path) == wanted
    assert _epochs(done) == told, "no epoch is missing, none is told twice, and each says the same"


def _epochs(job):
    return [
        {k: v for k, v in e.items() if k not in ("n", "t")}
        for e in events.read_all(job.folder.events).events
        if e["kind"] == "epoch"
    ]


@pytest.mark.slow
def test_a_second_stop_forces(office):
    job, _ = office.submit(toy_spec(**LONG))
    until_trained(office, job.id)
    office.job(job.id).folder.cancel()
    office.stop(job.id)
    forced = until_ended(office, job.id)
    assert forced.state.name == states.STOPPED
    assert "forced" in forced.folder.record("result")["reason"]


@pytest.mark.slow
@counting
def test_one_job_runs_and_the_others_wait_in_order(office):
    jobs = [office.submit(toy_spec(first_seed=seed))[0] for seed in range(3)]
    until(lambda: office.job(jobs[0].id).state.name == states.RUNNING, office)
    assert [office.job(j.id).position for j in jobs] == [0, 1, 2]
    office.stop(jobs[1].id)
    assert until_ended(office, jobs[1].id).state.name == states.STOPPED
    assert office.job(jobs[2].id).position == 1
    office.stop(jobs[0].id)
    until_ended(office, jobs[0].id)
    until(lambda: office.job(jobs[2].id).state.name == states.RUNNING, office)


@pytest.mark.slow
def test_a_finished_worker_starts_the_next_by_itself(office):
    first, second = (office.submit(toy_spec(first_seed=seed, seeds=1, arms=("direct",)))[0] for seed in (0, 5))
    until(lambda: office.job(second.id).state.name == states.DONE, office, looking_after=False)
    assert office.job(first.id).state.name == states.DONE


@pytest.mark.slow
@counting
def test_a_new_desk_finds_every_job(office, tmp_path):
    job, _ = office.submit(toy_spec())
    until_counted(office, job.id)
    (tmp_path / "jobs" / "jobs.sqlite").unlink()
    found = desk(tmp_path, Light(tmp_path / "slots"))
    assert [j.id for j in found.jobs()] == [job.id]
    assert found.job(job.id).state.name == states.RUNNING


@pytest.mark.slow
def test_a_worker_that_dies_at_once_is_given_up_with_its_reason(toy, tmp_path):
    office = desk(tmp_path, Dying(tmp_path / "slots"))
    job, _ = office.submit(toy_spec())
    failed = until_ended(office, job.id)
    assert failed.state.name == states.FAILED
    reason = failed.folder.record("result")["reason"]
    assert "died 3 times" in reason
    assert "code 1" in reason


def test_a_job_that_cannot_be_done_is_refused_before_it_is_there(toy, tmp_path):
    office = desk(tmp_path)
    with pytest.raises(ParameterError, match="GPUs"):
        office.submit(Spec(**{**toy_spec().to_dict(), "device": "cuda:7", "id": ""}))
    gone = toy_spec().to_dict()
    gone["experiments"] = [{**gone["experiments"][0], "dataset": "gone"}]
    with pytest.raises(UnknownNameError, match="data set"):
        office.submit(Spec(**gone))
    assert office.jobs() == []
    assert [p.name for p in (tmp_path / "jobs").iterdir() if p.is_dir()] == []


@pytest.mark.parametrize("damage", ["edited", "newer", "spec gone", "folder gone", "unknown engine"])
@pytest.mark.slow
def test_a_broken_folder_says_so_and_the_others_go_on(toy, tmp_path, damage):
    office = desk(tmp_path, Dying(tmp_path / "slots"))
    broken, _ = office.submit(toy_spec())
    path = office.job(broken.id).folder.spec_path
    until_ended(office, broken.id)
    good, _ = office.submit(toy_spec(first_seed=9))
    until_ended(office, good.id)
    spec = office.job(broken.id).folder.spec()
    if damage == "edited":
        path.write_text(path.read_text().replace('"toy"', '"tot"', 1))
    elif damage == "newer":
        from rdpd_core.jobs.sealed import write_sealed

        write_sealed(path, {**spec.to_dict(), "format": 99})
    elif damage == "unknown engine":
        Spec(**{**spec.to_dict(), "engine": "moon"}).write(path)
    elif damage == "spec gone":
        path.unlink()
    else:
        shutil.rmtree(path.parent)
    (tmp_path / "jobs" / "jobs.sqlite").unlink()
    again = desk(tmp_path)
    assert good.id in [j.id for j in again.jobs()]
    if damage == "folder gone":
        assert broken.id not in again.unreadable
    else:
        words = {"edited": "edited", "newer": "newer version", "spec gone": "cannot be read", "unknown engine": "engine"}
        told = again.unreadable.get(broken.id) or again.job(broken.id).state.reason
        assert words[damage] in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asks", "told"),
    [
        ({"dataset": "gone"}, "unknown data set 'gone'; known: "),
        ({"view": "gone"}, "unknown view or channel of toy 'gone'; known: "),
        ({"teacher": "teacher-gone"}, "there is no model toy/teacher-gone; here are none for this data set"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_a_job_that_asks_for_what_is_gone_fails_with_the_reason(office, asks, told):
    made = toy_spec()
    spec = replace(made, dataset=asks.get("dataset", "toy"), experiments=({**made.experiments[0], **asks},))
    spec.write(office.root / spec.id / "spec.json")
    office.rebuild()
    assert until_ended(office, spec.id).state.name == states.FAILED
    assert told in office.job(spec.id).state.reason


@pytest.mark.slow
def test_a_job_whose_result_is_gone_says_so_and_makes_it_again(office):
    job, _ = office.submit(toy_spec())
    wanted = models_of(until_ended(office, job.id).folder.path)
    job.folder.remove_record("result")
    office.tick()
    found = office.job(job.id)
    assert (found.state.name, found.state.ended) == (states.FAILED, True)
    assert "result.json is gone; resume it" in found.state.reason
    office.resume(job.id)
    assert until_ended(office, job.id).state.name == states.DONE
    assert models_of(job.folder.path) == wanted


@pytest.mark.slow
@counting
def test_delete_frees_the_disk_and_refuses_while_it_runs(office):
    job, _ = office.submit(toy_spec())
    until_counted(office, job.id)
    with pytest.raises(JobFileError, match="stop it before"):
        office.delete(job.id)
    with pytest.raises(JobFileError, match="only stopped and failed"):
        office.resume(job.id)
    office.force(job.id)
    path = until_ended(office, job.id).folder.path
    assert office.delete(job.id) > 1000
    assert not path.exists()
    assert office.jobs() == []


def test_an_unknown_job_is_refused(toy, tmp_path):
    office = Desk(tmp_path / "jobs")
    for word in ("abcd", "../..", "", "%"):
        with pytest.raises(UnknownNameError, match="job"):
            office.job(word)


@pytest.mark.slow
@counting
def test_a_worker_that_has_ended_is_no_zombie(office):
    job, _ = office.submit(toy_spec(title="short"))
    pid = pid_of(until_ended(office, job.id))
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self").exists():
        pytest.skip("this system tells of processes in another way")
    until(lambda: not stat.exists(), office)
