"""What is said of jobs."""

import pytest

from app.figures import job_words
from rdpd_core.jobs import JobFolder, Progress, State, states
from rdpd_core.jobs.events import EventWriter
from tests.app.jobs_made import SPLIT, Course, end, tell


def progress_of(folder, course: Course, **ended: str) -> Progress:
    """Give the progress of a made-up course, ended if that is said."""
    tell(JobFolder(folder), course)
    if ended:
        end(JobFolder(folder), **ended)
    progress = Progress(folder / "events.jsonl")
    progress.update()
    return progress


def test_every_state_has_a_sign_and_a_word_of_its_own():
    names = [getattr(states, n) for n in dir(states) if n.isupper() and isinstance(getattr(states, n), str)]
    assert set(job_words.LOOKS) == set(names) == set(states.WORDS)
    for column in zip(*job_words.LOOKS.values(), strict=True):
        kinds = len(set(column))
        assert kinds == len(names) or column[0] in ("gray", "blue", "orange", "red", "green")


@pytest.mark.parametrize(
    ("state", "position", "told"),
    [
        (State(states.RUNNING), 0, "The job is running."),
        (State(states.QUEUED), 1, "The job waits for its turn."),
        (State(states.QUEUED), 3, "The job waits for its turn, 2 before it."),
        (State(states.FAILED, "out of memory; ask for fewer seeds"), 0, "The job failed. Out of memory; ask for fewer seeds."),
        (State(states.FAILED, "a sentence.  "), 0, "The job failed. A sentence."),
    ],
)
def test_a_state_is_a_sentence_with_its_reason(state, position, told):
    assert job_words.sentence(state, position) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (-3, "0 s"), (99.4, "99 s"), (100, "2 min"), (5999, "100 min"), (6000, "1 h 40 min"), (172800, "2 d 0 h")],
)
def test_durations_have_two_units_at_most(seconds, told):
    assert job_words.duration(seconds) == told


@pytest.mark.parametrize(("count", "told"), [(0, "0.0 kB"), (1500, "1.5 kB"), (2_500_000, "2.5 MB"), (3e9, "3.0 GB")])
def test_sizes_carry_their_unit(count, told):
    assert job_words.size(int(count)) == told


def test_a_running_job_tells_stage_epoch_and_time_left(tmp_path):
    progress = progress_of(tmp_path, Course(epoch=12, epochs=40, every_s=60.0))
    now = progress.current.ends[-1]
    assert job_words.doing(progress) == "15 students, epoch 13 of 40"
    assert job_words.left(progress, now) == "at most 28 min"
    assert job_words.share(progress) == pytest.approx(12 / 40)
    teacher, search, students = job_words.lines(progress, now, over=False)
    assert (teacher.title, teacher.share) == ("teacher (3 models)", 1.0)
    assert teacher.text == "done: 40 of at most 40 epochs, 40 min"
    assert search.text.startswith("done: 20 of at most 20 epochs")
    assert (students.title, students.text) == ("15 students", "epoch 13 of 40, at most 28 min left")


def test_what_is_to_come_is_told_from_the_plan(tmp_path):
    lines = job_words.lines(progress_of(tmp_path, Course(stage="teacher", epoch=2)), 0.0, over=False)
    assert lines[1].text == "to come: 16 models, at most 20 epochs, unless it was made before"
    assert lines[2] == job_words.Line("15 students", 0.0, "to come: 15 models, at most 40 epochs")


def test_a_search_that_was_made_before_fell_away(tmp_path):
    progress = progress_of(tmp_path, Course(epoch=1))
    del progress.stages[f"{SPLIT}/search-0"]
    assert job_words.lines(progress, 0.0, over=False)[1].text == "fell away: made before"


@pytest.mark.parametrize("status", [states.STOPPED, states.FAILED])
def test_a_stage_that_ended_with_its_job_was_broken_off(tmp_path, status):
    lines = job_words.lines(progress_of(tmp_path, Course(stage="teacher", epoch=3), status=status), 0.0, over=True)
    assert lines[0] == job_words.Line("teacher (3 models)", 3 / 40, "broken off after epoch 3 of at most 40")
    assert lines[2].text == "not begun"


def test_a_stage_that_was_stopped_before_its_models_were_saved_is_told_from_one_that_is_done(tmp_path):
    course = Course(stage="teacher", epoch=3)
    tell(JobFolder(tmp_path), course)
    writer = EventWriter(tmp_path / "events.jsonl")
    writer.write({"kind": "stage", "key": "models", "title": "scoring and saving models"})
    writer.close()
    end(JobFolder(tmp_path), states.STOPPED)
    progress = Progress(tmp_path / "events.jsonl")
    progress.update()
    assert job_words.lines(progress, 0.0, over=True)[0].text == "broken off after epoch 3 of at most 40"


def test_stages_before_the_one_that_was_stopped_stay_done(tmp_path):
    lines = job_words.lines(progress_of(tmp_path, Course(epoch=3), status=states.STOPPED), 0.0, over=True)
    assert [line.text.split(":")[0] for line in lines] == ["done", "done", "broken off after epoch 3 of at most 40"]


def test_a_worker_that_was_killed_broke_off_too(tmp_path):
    lines = job_words.lines(progress_of(tmp_path, Course(stage="teacher", epoch=3)), 0.0, over=True)
    assert lines[0].text == "broken off after epoch 3 of at most 40"


def test_members_that_stopped_early_make_a_stage_done(tmp_path):
    lines = job_words.lines(progress_of(tmp_path, Course(stage="tables", patience=5), status=states.DONE), 0.0, over=True)
    assert [line.share for line in lines] == [1.0, 1.0, 1.0]
    assert lines[0].text.startswith("done: 18 of at most 40 epochs")


def test_reading_and_scoring_are_counted(tmp_path):
    progress = progress_of(tmp_path, Course(stage="reading"))
    assert job_words.doing(progress) == "reading simulated_ecg, 240 of 240"
    assert job_words.left(progress, 0.0) == ""
    later = tmp_path / "later"
    later.mkdir()
    progress = progress_of(later, Course(stage="tables", epochs=4))
    assert (job_words.doing(progress), job_words.share(progress)) == ("scoring and saving models, 3 of 10", 0.3)


def test_nothing_is_said_of_a_job_that_told_nothing(tmp_path):
    progress = Progress(tmp_path / "events.jsonl")
    assert (job_words.doing(progress), job_words.share(progress), job_words.lines(progress, 0.0, False)) == ("", None, [])
    assert job_words.happened(progress) == []


def test_what_happened_is_told_in_order_with_checkpoints_summed_up(tmp_path):
    tell(JobFolder(tmp_path), Course(epoch=2))
    writer = EventWriter(tmp_path / "events.jsonl")
    writer.write({"kind": "damaged", "stage": "s", "serial": 2, "reason": "its sha256 differs"})
    writer.write({"kind": "started", "attempt": 2, "host": "here", "threads": 1, "again": True})
    writer.write({"kind": "restored", "stage": "s", "serial": 1})
    writer.close()
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'{"n":1}\n')
    progress = Progress(tmp_path / "events.jsonl")
    progress.update()
    happened = [line.partition(": ")[2] for line in job_words.happened(progress)]
    assert happened[0] == "worker started on here; it uses 1 thread."
    assert happened[1] == "a checkpoint of stage s was damaged and passed over: its sha256 differs."
    assert happened[2] == "worker started on here again, to go on; it uses 1 thread."
    assert happened[3] == "stage s went on from its checkpoint."
    assert happened[4] == f"last checkpoint, 800.0 kB, of stage {SPLIT}/students."
    assert "is not as it was written" in happened[5]
    assert len(happened) == 6


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        ([states.DONE, states.FAILED], ""),
        ([states.RUNNING, states.QUEUED], "1 running, 1 queued"),
        ([states.QUEUED, states.QUEUED], "2 queued"),
        ([states.STARTING, states.STOPPING, states.LOST], "3 running"),
    ],
)
def test_the_summary_counts_the_living(names, told):
    assert job_words.summary([State(name) for name in names]) == told


def test_news_name_what_ended():
    ended = [("a", states.DONE), ("b", states.FAILED), ("c", states.DONE)]
    assert job_words.news(ended) == "“a” and “c” done; “b” failed"


def test_experiments_are_told_apart_by_what_differs():
    asked = [{"view": "a", "first_seed": n, "seeds": 3} for n in (0, 3)]
    assert job_words.told_apart(asked) == ["first seed 0", "first seed 3"]
    assert job_words.told_apart(asked[:1]) == ["view a"]
    assert job_words.told_apart([]) == []
