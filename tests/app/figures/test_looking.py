"""Where members look, and whether they move towards where their teacher looks."""

import numpy as np
import pytest

from app import theme
from app.figures import looking
from app.figures.looking import looking_of
from rdpd_core.jobs import JobFolder, Progress
from rdpd_core.jobs.progress import Stage
from tests.app.jobs_made import SPLIT, TAUGHT, Course, tell
from tests.app.test_theme import contrast

WINDOW = {"subject": "<s012>", "recording": "r1", "offset_s": 5.0, "seconds": 10.0, "class": "healthy"}


def watched(teacher: dict | None, looks: dict[str, list[list[float]]], **changes) -> Stage:
    """Give a stage in which members look so in the epochs from 1 on; their scores rise unless they are given."""
    stage = Stage("split/students", members=tuple(looks), epochs=9)
    stage.watched = WINDOW | ({"teacher": teacher} if teacher else {})
    for name, rows in looks.items():
        stage.attention[name] = [(epoch, [row]) for epoch, row in enumerate(rows, 1)]
        scores = changes.get("scores", range(len(rows)))
        stage.scores[name] = [(epoch, float(score)) for epoch, score in enumerate(scores, 1)]
    stage.ended = changes.get("ended")
    return stage


def told(folder, course: Course) -> Stage:
    """Give the last stage of a made-up course."""
    tell(JobFolder(folder), course)
    progress = Progress(folder / "events.jsonl")
    progress.update()
    return progress.stages[f"{SPLIT}/{course.stage}"]


def test_the_overlap_is_the_sum_of_the_smaller_shares():
    assert looking.overlap(np.array([0.5, 0.5, 0.0]), np.array([0.2, 0.2, 0.6])) == pytest.approx(0.4)
    assert looking.overlap(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([1.0, 0.0])) == pytest.approx([1.0, 0.5])


def test_a_member_is_compared_with_the_teacher_of_its_own_seed():
    teacher = {"teacher, seed 0": [1.0, 0.0], "teacher, seed 1": [0.0, 1.0]}
    seen = looking_of(watched(teacher, {"RDPD, seed 0": [[0.9, 0.1]], "RDPD, seed 1": [[0.2, 0.8]]}))
    assert seen.gazes[1].overlap == pytest.approx(0.85)
    assert seen.overlaps[0].value[:, 0] == pytest.approx([0.9, 0.8])


def test_a_stored_teacher_is_the_teacher_of_every_seed():
    seen = looking_of(watched({"toy/teacher-seed7": [1.0, 0.0]}, {"RDPD, seed 0": [[0.9, 0.1]], "RDPD, seed 1": [[0.7, 0.3]]}))
    assert seen.gazes[1].overlap == pytest.approx(0.8)


def test_a_member_without_a_teacher_of_its_seed_is_not_compared():
    teacher = {"teacher, seed 0": [1.0, 0.0], "teacher, seed 1": [0.0, 1.0]}
    seen = looking_of(watched(teacher, {"RDPD, seed 5": [[0.9, 0.1]]}))
    assert seen.gazes[1].overlap is None
    assert seen.overlaps == ()


def test_now_is_the_last_epoch_and_afterwards_the_best():
    rows = [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    running = watched({"teacher, seed 0": [1.0, 0.0]}, {"RDPD, seed 0": rows}, scores=(0.1, 0.9, 0.3))
    assert looking_of(running).gazes[1].attention.tolist() == [0.0, 1.0]
    running.ended = 100.0
    assert looking_of(running).gazes[1].attention.tolist() == [0.5, 0.5]


def test_strips_lie_on_the_time_of_the_recording_under_the_teacher(tmp_path):
    seen = looking_of(told(tmp_path, Course(epoch=6)))
    fig = looking.attention_figure(seen, "t")
    assert [t.type for t in fig.data] == ["heatmap"] * 6
    assert np.allclose(fig.data[0].z[0], TAUGHT)
    assert (fig.data[0].x[0], fig.data[0].x[-1]) == (5.5, 14.5)
    assert tuple(fig.layout.xaxis.range) == (5.0, 15.0)
    assert [a.text.split("<b>")[1].split("</b>")[0] for a in fig.layout.annotations][:2] == ["Teacher", "Direct"]
    assert len({t.zmax for t in fig.data}) == 1
    assert fig.data[0].texttemplate


def test_many_segments_carry_no_numbers():
    many = np.full(40, 1 / 40).tolist()
    fig = looking.attention_figure(looking_of(watched({"teacher, seed 0": many}, {"RDPD, seed 0": [many]})), "t")
    assert fig.data[0].texttemplate is None


def test_overlap_rises_in_the_arms_that_are_taught_attention(tmp_path):
    seen = looking_of(told(tmp_path, Course(epoch=30)))
    ends = {c.group.arm: (c.mean[0], c.mean[-1]) for c in seen.overlaps}
    assert ends["rdpd"][1] > ends["rdpd"][0] + 0.15
    assert ends["direct"][1] < ends["rdpd"][1] - 0.1
    fig = looking.overlap_figure(seen, "t")
    assert fig.layout.shapes[0].y0 == pytest.approx(np.minimum(TAUGHT, 0.1).sum())
    table = looking.overlap_table(seen)
    assert table[(table["arm"] == "RDPD") & (table["epoch"] == 30)]["mean"].item() == pytest.approx(ends["rdpd"][1])


def test_thousands_of_epochs_stay_small_and_hold_the_last():
    rows = [[1 - at / 5000, at / 5000] for at in range(5000)]
    (given,) = looking_of(watched({"teacher, seed 0": [1.0, 0.0]}, {"RDPD, seed 0": rows})).overlaps
    assert len(given.epoch) <= looking.MOST_EPOCHS
    assert (given.epoch[0], given.epoch[-1]) == (1, 5000)
    assert given.mean[-1] == pytest.approx(1 - 4999 / 5000)


def test_members_that_stopped_at_different_epochs_are_all_there():
    looks = {"RDPD, seed 0": [[0.5, 0.5]] * 2, "RDPD, seed 1": [[0.6, 0.4]] * 4}
    (given,) = looking_of(watched({"t": [1.0, 0.0]}, looks)).overlaps
    assert list(given.epoch) == [1, 2, 3, 4]
    assert list(given.count) == [2, 2, 1, 1]


def test_teachers_are_shown_while_they_learn_and_compared_with_nobody(tmp_path):
    seen = looking_of(told(tmp_path, Course(stage="teacher", epoch=6)))
    assert [gaze.arm for gaze in seen.gazes] == ["teacher"]
    assert seen.overlaps == ()
    assert "nothing can be compared" in looking.describe_attention(seen, "t")
    assert len(looking.attention_figure(seen, "t").data) == 1


def test_nothing_is_shown_of_a_search_or_where_nobody_tells(tmp_path):
    assert looking_of(told(tmp_path, Course(stage="search-0", epoch=3))) is None
    assert looking_of(Stage("split/students")) is None


def test_words_and_numbers_stand_in_for_the_pictures(tmp_path):
    seen = looking_of(told(tmp_path, Course(epoch=6)))
    words = looking.describe_attention(seen, "Lead I")
    for part in ("Lead I", "s012", "5 to 15 s", "Teacher: 0.04, 0.05", "RDPD from", "looking everywhere alike"):
        assert part in words
    table = looking.attention_table(seen)
    assert list(table["arm"]) == ["Teacher", "Direct", "Distill", "RDPD_r1", "RDPD_r2", "RDPD"]
    assert table.loc[0, "5 to 6 s"] == pytest.approx(TAUGHT[0])
    assert np.isnan(table.loc[0, "overlap with teacher"])


def test_names_from_files_are_shown_as_text():
    stage = watched({"t": [1.0, 0.0]}, {"<b>x</b>, seed 0": [[0.5, 0.5]]})
    seen = looking_of(stage)
    for fig in (looking.attention_figure(seen, "<img>"), looking.overlap_figure(seen, "<img>")):
        assert "<img>" not in fig.to_json()
        assert "<b>x</b>" not in fig.to_json()


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_numbers_are_readable_on_every_shade_in_both_themes(kind):
    def over(color: str, share: float) -> str:
        """Give a color of which so much lies on the background."""
        pairs = [(int(color[i : i + 2], 16), int(theme.BACKGROUND[kind][i : i + 2], 16)) for i in (1, 3, 5)]
        return "#" + "".join(f"{round(front * share + back * (1 - share)):02X}" for front, back in pairs)

    for mark in (*theme.ARM_MARKS.values(), theme.OTHER):
        for share in (looking.FAINT, looking.STRONG):
            assert contrast(theme.TEXT[kind], over(mark.color, share)) >= 4.5
