"""Progress: events gathered as they come, each read once, none counted twice."""

from pathlib import Path

import pytest

from rdpd_core.jobs import Progress, events
from rdpd_core.jobs.report import Reporter
from tests.core.jobs.byhand import a_folder

KEY = "fixed/students"


def telling(moments):
    """Give events with times of their own."""
    return b"".join(events.encode({"n": n, "t": float(t), **event}) for n, (t, event) in enumerate(moments))


def an_epoch(number, score=0.5, stage=KEY, **more):
    """Give the event of an epoch of two members, the second of which stopped after two."""
    row = {"epoch": number, "score": score, "losses": {"hard": 1.0 / number, "soft": 2.0}}
    members = {"direct": row} if number > 2 else {"direct": row, "rdpd": {**row, "score": 0.1}}
    return {"kind": "epoch", "stage": stage, "epoch": number, "members": members, **more}


def training(epoch=0, step=0):
    """Give the event that begins a training."""
    return {
        "kind": "training", "stage": KEY, "members": ["direct", "rdpd"], "epochs": 10, "steps": 4, "epoch": epoch, "step": step,
        "done": False,
    }  # fmt: skip


def a_step(epoch, step):
    """Give the event of a step."""
    return {"kind": "step", "stage": KEY, "epoch": epoch, "step": step, "steps": 4}


STAGE = {"kind": "stage", "key": KEY, "title": "2 students"}
COURSE = [
    (0, {"kind": "started", "attempt": 1}),
    (1, {"kind": "stage", "key": "reading", "title": "reading toy"}),
    (2, {"kind": "recordings", "done": 3, "total": 18}),
    (3, {"kind": "plan", "stages": [{"key": KEY, "title": "2 students", "members": 2, "epochs": 10}]}),
    (4, STAGE),
    (5, {"kind": "watched", "stage": KEY, "subject": "eva", "segments": 2, "teacher": {"t": [0.5, 0.5]}}),
    (10, training()),
    (11, a_step(1, 2)),
    (14, an_epoch(1, 0.4, attention={"direct": [[0.9, 0.1]]})),
    (18, an_epoch(2, 0.6, attention={"direct": [[0.8, 0.2]]})),
    (22, an_epoch(3, 0.7)),
    (23, a_step(4, 2)),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def gathered(path, moments):
    """Give the progress of a course."""
    path.write_bytes(telling(moments))
    found = Progress(path)
    assert found.update()
    assert not found.update()
    return found


def test_before_anything_was_told_there_is_nothing(path):
    found = Progress(path)
    assert not found.update()
    assert found.current is None
    assert found.facts()["stage"] == ""


def test_reading_is_counted(path):
    found = gathered(path, COURSE[:3])
    assert (found.now["title"], found.count) == ("reading toy", (3, 18))
    assert (found.facts()["done"], found.facts()["total"]) == (3, 18)


def test_training_is_gathered_by_member(path):
    found = gathered(path, COURSE)
    stage = found.current
    assert (stage.key, stage.title, stage.members, stage.epoch, stage.step) == (KEY, "2 students", ("direct", "rdpd"), 3, 2)
    assert stage.scores == {"direct": [(1, 0.4), (2, 0.6), (3, 0.7)], "rdpd": [(1, 0.1), (2, 0.1)]}
    assert stage.losses["direct"] == {"hard": [1.0, 0.5, 1 / 3], "soft": [2.0] * 3}
    assert stage.attention == {"direct": [(1, [[0.9, 0.1]]), (2, [[0.8, 0.2]])]}
    assert stage.watched["subject"] == "eva"
    assert stage.share == pytest.approx(0.35)
    assert [entry["key"] for entry in found.plan] == [KEY]
    assert (found.read, found.last_t, len(found.starts)) == (len(COURSE), 23.0, 1)


def test_the_time_left_at_most_comes_from_the_last_epochs(path):
    stage = gathered(path, COURSE).current
    assert stage.most_left_s(now=22.0) == pytest.approx(7 * 4.0)
    assert stage.most_left_s(now=24.0) == pytest.approx(7 * 4.0 - 2.0)
    assert stage.most_left_s(now=1000.0) == pytest.approx(6 * 4.0)  # the epoch on its way takes longer than those before
    assert gathered(path, COURSE[:8]).current.most_left_s(now=12.0) is None


def test_a_next_stage_ends_the_one_before(path):
    found = gathered(path, [*COURSE, (30, {"kind": "stage", "key": "tables", "title": "intervals and tests"})])
    assert found.current is None
    assert (found.stages[KEY].ended, found.stages[KEY].share, found.stages[KEY].most_left_s(31.0)) == (30.0, 1.0, None)
    assert found.count is None


def test_the_end_ends_every_stage_and_is_noted(path):
    found = gathered(path, [*COURSE, (40, {"kind": "ended", "status": "stopped", "reason": "why"})])
    assert found.current is None
    assert found.notes[-1]["status"] == "stopped"


def test_it_may_be_read_in_any_pieces(path):
    data, whole = telling(COURSE), gathered(path, COURSE)
    path.write_bytes(b"")
    found = Progress(path)
    for cut in range(0, len(data), 97):
        with path.open("ab") as file:
            file.write(data[cut : cut + 97])
        found.update()
    assert vars(found) == vars(whole)


def test_an_unknown_kind_is_passed_over(path):
    found = gathered(path, [*COURSE, (50, {"kind": "weather", "sun": True})])
    assert found.last_t == 50.0
    assert found.current.epoch == 3


def test_a_damaged_line_is_told_and_the_rest_counts(path):
    data = telling(COURSE)
    path.write_bytes(data.replace(b"reading toy", b"reading tox"))
    found = Progress(path)
    found.update()
    assert len(found.damaged) == 1
    assert found.current.epoch == 3


def run_of(folder, first, last, again=False):
    """Tell what a worker tells that trains the epochs from `first` to `last`."""
    with Reporter(folder) as tell:
        tell({"kind": "started", "attempt": 1 + again, "again": again})
        tell({"kind": "plan", "stages": []})
        tell(STAGE)
        tell({"kind": "watched", "stage": KEY, "subject": "eva"})
        tell(training(epoch=first - 1))
        for number in range(first, last + 1):
            tell(a_step(number, 1))
            tell(an_epoch(number))


def test_epochs_of_a_worker_that_died_are_not_told_twice(tmp_path):
    folder = a_folder(tmp_path / ("0" * 16), id="0" * 16)
    run_of(folder, 1, 6)
    with folder.events.open("ab") as file:
        file.write(events.encode(an_epoch(7))[:-9])  # killed while it told the seventh; its checkpoint is that of the third
    run_of(folder, 4, 9, again=True)
    found = Progress(folder.events)
    found.update()
    stage = found.current
    assert [epoch for epoch, _ in stage.scores["direct"]] == list(range(1, 10))
    assert len(stage.losses["direct"]["hard"]) == 9
    assert stage.epoch == 9
    assert (len(found.starts), found.damaged) == (2, [])
    kinds = [event["kind"] for event in events.read_all(folder.events).events]
    assert (kinds.count("plan"), kinds.count("watched"), kinds.count("training")) == (1, 1, 2)


def test_epochs_that_are_made_again_move_on_too(path):
    """After a crash the checkpoint may be older than what was told; those epochs are seen by their steps only."""
    again = [(100, STAGE), (100, training(epoch=1)), (101, a_step(2, 4)), (102, a_step(3, 1)), (106, a_step(4, 1))]
    stage = gathered(path, [*COURSE, *again]).current
    assert stage.epoch == 3
    assert [epoch for epoch, _ in stage.scores["direct"]] == [1, 2, 3]
    assert stage.most_left_s(now=106.0) == pytest.approx(7 * 3.0)


def test_frequent_events_are_told_a_few_times_a_second(tmp_path):
    folder = a_folder(tmp_path / ("0" * 16), id="0" * 16)
    with Reporter(folder) as tell:
        for step in range(2000):
            tell(a_step(1, step))
        tell({"kind": "recordings", "done": 18, "total": 18})
    kinds = [event["kind"] for event in events.read_all(folder.events).events]
    assert 1 <= kinds.count("step") < 1000
    assert kinds[-1] == "recordings", "the last of a count is always told"


class Tally:
    """A file that notes what is read from it."""

    def __init__(self, file, notes):
        self.file, self.notes = file, notes

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def seek(self, offset):
        """Go there."""
        self.notes.append(("seek", self.file.seek(offset)))

    def read(self, most):
        """Read, and note how many bytes came."""
        data = self.file.read(most)
        self.notes.append(("read", len(data)))
        return data


class Watched(type(Path())):
    """A path whose reading is noted."""

    notes = []

    def open(self, *args, **kwargs):
        """Open it under watch."""
        return Tally(super().open(*args, **kwargs), self.notes)


def test_a_look_behind_many_events_reads_only_what_is_new(tmp_path):
    path = Watched(tmp_path / "events.jsonl")
    line = events.encode({"n": 1, "t": 1.0, **a_step(1, 1)})
    many = events.encode({"n": 0, "t": 1.0, **training()}) + line * 20_000
    Path(path).write_bytes(many)
    found = Progress(path)
    while found.update():
        pass
    assert found.read == 20_001
    Watched.notes.clear()
    with Path(path).open("ab") as file:
        file.write(line)
    assert found.update()
    assert Watched.notes == [("seek", len(many)), ("read", len(line))]
    assert found.read == 20_002
