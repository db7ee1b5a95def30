"""States: each told from files made by hand, none from what could have gone stale."""

import pytest

from rdpd_core.jobs import Desk, State, states
from rdpd_core.jobs.engines import Seen
from rdpd_core.jobs.folder import FORCE
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.states import of_study, state_of
from tests.core.jobs.byhand import Puppet, a_folder, a_spec

PENDING, RUNNING, OVER = Seen("pending", "waits for a node"), Seen("running"), Seen("ended", "killed by signal SIGKILL")
LAUNCH = {"attempt": 2, "handle": {"number": 1}}


@pytest.fixture
def folder(tmp_path):
    return a_folder(tmp_path / ("0" * 16), id="0" * 16)


def look(folder, seen=OVER):
    """Give the state while the engine sees that."""
    return state_of(folder, Puppet(seen))


def test_nothing_but_a_spec_waits(folder):
    assert look(folder) == State(states.QUEUED)


def test_a_note_before_the_start_is_a_stop(folder):
    folder.cancel()
    assert look(folder) == State(states.STOPPING)


@pytest.mark.parametrize("seen", [PENDING, RUNNING])
def test_a_start_that_no_worker_answered_yet_is_a_start(folder, seen):
    folder.write_record("launch", LAUNCH)
    assert look(folder, seen) == State(states.STARTING, seen.reason)


def test_a_worker_that_holds_its_lock_starts_until_it_says_that_it_computes(folder):
    with hold(folder.lock):
        assert look(folder).name == states.STARTING
        folder.write_record("launch", LAUNCH)
        assert look(folder).name == states.STARTING
        folder.write_record("alive", {"attempt": 1})
        assert look(folder).name == states.STARTING, "that was the worker before"
        folder.write_record("alive", {"attempt": 2})
        assert look(folder).name == states.RUNNING
        folder.cancel()
        assert look(folder).name == states.STOPPING


def test_a_worker_elsewhere_is_seen_by_its_engine(folder):
    folder.write_record("launch", LAUNCH)
    folder.write_record("alive", {"attempt": 2})
    assert look(folder, RUNNING).name == states.RUNNING
    assert look(folder, PENDING) == State(states.STARTING, "waits for a node")
    folder.cancel(FORCE)
    assert look(folder, RUNNING).name == states.STOPPING


def test_a_dead_worker_without_result_is_lost(folder):
    folder.write_record("launch", LAUNCH)
    folder.write_record("alive", {"attempt": 2})
    assert look(folder) == State(states.LOST, "killed by signal SIGKILL")
    folder.cancel()
    assert look(folder).name == states.STOPPING


def test_a_result_written_between_two_looks_counts(folder):
    class Ending(Puppet):
        def state(self, handle):
            folder.write_record("result", {"status": states.DONE, "reason": ""})
            return OVER

    folder.write_record("launch", LAUNCH)
    assert state_of(folder, Ending()) == State(states.DONE)


@pytest.mark.parametrize("status", [states.DONE, states.FAILED, states.STOPPED])
def test_a_result_is_the_end_whatever_else_lies_there(folder, status):
    folder.write_record("launch", LAUNCH)
    folder.cancel()
    folder.write_record("result", {"status": status, "reason": "why"})
    with hold(folder.lock):
        found = look(folder, RUNNING)
    assert found == State(status, "why")
    assert found.ended


@pytest.mark.parametrize("name", ["launch", "alive", "result"])
def test_a_damaged_record_is_broken_and_says_which(folder, name):
    (folder.path / f"{name}.json").write_text("{")
    found = look(folder)
    assert found.name == states.BROKEN
    assert f"{name}.json" in found.reason
    assert found.ended


def test_every_state_has_words_and_only_four_are_ends():
    assert {name for name in states.WORDS if State(name).ended} == {states.STOPPED, states.FAILED, states.DONE, states.BROKEN}
    names = {value for name, value in vars(states).items() if name.isupper() and isinstance(value, str)}
    assert names == set(states.WORDS)


def own(*names):
    """Give states of shards."""
    return [State(name) for name in names]


@pytest.mark.parametrize(
    ("shards", "cancelled", "wanted"),
    [
        (["queued", "queued"], False, ("queued", "")),
        (["starting", "queued"], False, ("starting", "")),
        (["running", "queued"], False, ("running", "0 of 2 shards have ended")),
        (["done", "queued"], False, ("running", "1 of 2 shards have ended")),
        ([states.LOST, "queued"], False, ("running", "0 of 2 shards have ended")),
        (["failed", "done"], False, ("running", "2 of 2 shards have ended")),
        (["running", "queued"], True, ("stopping", "0 of 2 shards have ended")),
    ],
)
def test_a_study_is_what_its_shards_are_until_it_merges(shards, cancelled, wanted):
    assert of_study(State(states.QUEUED), own(*shards), cancelled) == State(*wanted)


@pytest.mark.parametrize("name", ["starting", "running", states.LOST, "done", "failed", "stopped", "broken"])
def test_a_study_that_merges_or_ended_speaks_for_itself(name):
    assert of_study(State(name, "why"), own("done", "done"), False) == State(name, "why")


def test_a_desk_tells_states_places_and_trouble(tmp_path):
    root = tmp_path / "jobs"
    for at in range(3):
        a_folder(root / f"{at:016x}", id=f"{at:016x}", engine="puppet", watch=str(at), created=1.0 + at)
    desk = Desk(root, {"puppet": Puppet()})
    assert [(job.id[-1], job.state.name, job.position) for job in desk.jobs()] == [
        ("2", "queued", 3),
        ("1", "queued", 2),
        ("0", "queued", 1),
    ]
    (root / f"{1:016x}" / "cancel").touch()
    assert [job.position for job in desk.jobs()] == [2, 0, 1]
    desk.trouble[f"{2:016x}"] = "the cluster cannot be reached"
    assert desk.job(f"{2:016x}").state == State(states.QUEUED, "the cluster cannot be reached")
    (root / f"{0:016x}" / "spec.json").unlink()
    (root / f"{0:016x}").rmdir()
    gone = desk.job(f"{0:016x}")
    assert gone.state.name == states.BROKEN
    assert "is gone; delete the job from the list" in gone.state.reason
    desk.delete(gone.id)
    assert len(desk.jobs()) == 2


def test_an_engine_that_is_not_here_makes_a_job_broken_and_not_the_list(tmp_path):
    a_folder(tmp_path / ("0" * 16), id="0" * 16, engine="moon")
    (job,) = Desk(tmp_path).jobs()
    assert job.state.name == states.BROKEN
    assert "unknown engine 'moon'" in job.state.reason


def test_the_beginning_of_an_id_is_enough_if_it_is_one_job(tmp_path):
    for name in ("ab" + "0" * 14, "ac" + "0" * 14):
        a_folder(tmp_path / name, id=name, engine="puppet", watch=name)
    study = a_folder(tmp_path / ("d" * 16), id="d" * 16, kind="study", engine="puppet")
    shard = a_spec(id="ad" + "0" * 14, kind="shard", parent="d" * 16, engine="puppet")
    shard.write(study.shards / "000" / "spec.json")
    desk = Desk(tmp_path, {"puppet": Puppet()})
    assert desk.job("ab").id == "ab" + "0" * 14
    assert desk.job("ad").entry.parent == "d" * 16
    assert desk.job("d").id == "d" * 16
    for word in ("a", "zz", "", "%"):
        with pytest.raises(KeyError, match="unknown job"):
            desk.job(word)
    desk.folder_of(desk.job("ac").entry).remove()
    desk.table.remove("ac" + "0" * 14)
    assert desk.job("a").id == "ab" + "0" * 14, "a shard, which no list shows, is not meant"
