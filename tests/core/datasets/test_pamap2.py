"""PAMAP2: on simulated files, on faults put into them, and on the one published line at hand."""

from pathlib import Path

import numpy as np
import pytest

from rdpd_core.datasets._pamap2_files import COLUMNS, read_table, stretches
from rdpd_core.datasets._pamap2_simulated import write_files
from rdpd_core.datasets.base import check_assignment
from rdpd_core.datasets.pamap2 import ACTIVITIES, CHANNELS, PAMAP2, SUBJECTS
from rdpd_core.errors import DataError, SplitError, UnknownNameError
from rdpd_core.preprocessing import split, windows_of
from tests.real import real


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three people who did everything, one who did not run, and the one who only jumped."""
    root = tmp_path_factory.mktemp("pamap2")
    write_files(root / "pamap2" / "Protocol", 0.0, 0, subjects=(1, 2, 4, 5, 9))
    return root


def line(time: float, activity: int = 4, heart: str = "NaN", value: float = 1.5) -> str:
    return f"{time:.2f} {activity} {heart} " + " ".join([f"{value:g}"] * 51)


def written(root: Path, lines: list[str], subject: str = "subject101") -> PAMAP2:
    folder = root / "pamap2" / "Protocol"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{subject}.dat").write_text("\n".join(lines) + "\n")
    return PAMAP2(root)


@pytest.mark.slow
def test_channels_stand_as_in_the_files_and_the_published_views():
    names = [c.name for c in CHANNELS]
    assert len(names) == 52 == COLUMNS - 2
    assert names[0] == "heart_rate"
    for view, first in (("wrist", 1), ("chest", 18), ("ankle", 35)):
        assert list(PAMAP2.views[view]) == names[first : first + 17]
    assert names[1:5] == ["wrist_temp", "wrist_acc16_x", "wrist_acc16_y", "wrist_acc16_z"]
    assert names[14:18] == ["wrist_orient0", "wrist_orient1", "wrist_orient2", "wrist_orient3"]


@pytest.mark.slow
def test_every_activity_is_a_recording(made):
    dataset = PAMAP2(made)
    found = list(dataset.recordings())
    assert dataset.remarks == []
    whole = [r for r in found if r.subject == "subject101"]
    assert {r.label for r in whole} == set(ACTIVITIES.values())
    assert {r.label for r in found if r.subject == "subject109"} == {"rope jumping"}
    assert not {r.label for r in found if r.subject == "subject104"} & {"running", "rope jumping"}
    assert all(r.signal.shape == (52, 1000) and r.signal.dtype == np.float32 for r in whole)
    table = read_table(made / "pamap2" / "Protocol" / "subject101.dat", made, ACTIVITIES)
    first = int(np.flatnonzero(table[:, 1] == 1)[0])
    assert np.array_equal(whole[0].signal[1:], table[first : first + 1000, 3:].T, equal_nan=True)


def test_the_heart_rate_holds_into_a_stretch(tmp_path):
    lines = [line(1.0, 0, "80"), line(1.01, 0), line(1.02), line(1.03), line(1.04, 4, "90")]
    (only,) = written(tmp_path, lines).recordings()
    assert np.array_equal(only.signal[0], [80, np.nan, 90], equal_nan=True)
    assert only.facts == {"activity": "4", "begins": "1.02 s"}


def test_a_missing_line_ends_a_stretch_and_other_activities_are_passed_over(tmp_path):
    lines = [line(1, 4, "80"), line(1.01), line(1.03), line(1.04, 18), line(1.05, 4, "81"), line(1.06, 12, "82")]
    found = list(written(tmp_path, lines).recordings())
    shape = [(r.name, r.label, r.signal.shape[1]) for r in found]
    assert shape == [
        ("subject101-04-1", "walking", 2),
        ("subject101-04-2", "walking", 1),
        ("subject101-04-3", "walking", 1),
        ("subject101-12-1", "ascending stairs", 1),
    ]


def test_a_stretch_with_a_silent_channel_is_left_out_and_counted(tmp_path):
    mute = line(1.02, 5, "80").rsplit(" ", 1)[0] + " NaN"
    dataset = written(tmp_path, [line(1, 4, "80"), line(1.01, 4), mute])
    assert [r.label for r in dataset.recordings()] == ["walking"]
    assert dataset.remarks == ["1 stretches in which a channel has no value at all were left out."]


@pytest.mark.slow
def test_windows_are_those_of_the_paper(made):
    prepared = windows_of(PAMAP2(made), made / "cache")
    windows = prepared.windows
    assert (windows.samples, windows.sampling_rate, len(windows.channels)) == (256, 50.0, 52)
    one = windows.subject == "subject101"
    assert one.sum() == 12 * 5  # 10 s: windows of 5.12 s begin at 0, 1, 2, 3 and 4 s
    assert np.isfinite(windows.gather(slice(0, 20))).all()
    quality = {q.name: q for q in prepared.quality}
    assert 0.90 < quality["heart_rate"].missing / quality["heart_rate"].samples < 0.92
    assert 0 < quality["wrist_gyro_x"].missing < 0.01 * quality["wrist_gyro_x"].samples
    assert quality["chest_mag_z"].unit == "uT"


@pytest.mark.slow
def test_a_subject_who_did_not_do_all_can_be_tested(made):
    dataset = PAMAP2(made)
    windows = windows_of(dataset, made / "cache").windows
    there = sorted(set(windows.subject.tolist()))
    assigned = dataset.assign(there, "without_104")
    parts = split(windows, assigned, dataset.classes_in_every_part)
    lacking = set(windows.classes) - {windows.classes[t] for t in parts.test.target}
    assert lacking == {"running", "rope jumping"}
    with pytest.raises(SplitError, match="class running has no window in test"):
        split(windows, assigned)


def test_the_papers_split_and_all_together_leave_one_subject_out():
    dataset = PAMAP2("nowhere")
    tested = []
    for name in dataset.splits:
        assigned = dataset.assign(SUBJECTS, name)
        check_assignment(assigned, SUBJECTS)
        (test,) = [s for s, part in assigned.items() if part == "test"]
        tested.append(test)
    assert dataset.splits[0] == "paper"
    paper = dataset.assign(SUBJECTS, "paper")
    assert (paper["subject101"], paper["subject105"]) == ("test", "valid")
    assert sorted(tested) == list(SUBJECTS[:8])
    with pytest.raises(SplitError, match="needs subject101 and subject105 and one more subject"):
        dataset.assign(SUBJECTS[1:3], "paper")
    with pytest.raises(UnknownNameError, match="known: subject101"):
        dataset.assign(["ann", *SUBJECTS], "paper")


@pytest.mark.parametrize(
    ("at", "new", "words"),
    [
        (2, line(1.02).rsplit(" ", 1)[0], "line 3: 53 values, expected 54"),
        (2, line(1.02) + " 7", "line 3: 55 values, expected 54"),
        (2, line(1.02).replace("1.5", "high", 1), "line 3, field 4: not a number"),
        (2, line(1.02).replace("1.5", "1_5", 1), "line 3, field 4: not a number"),
        (2, line(1.0), "line 3, field 1: time does not go on"),
        (2, "NaN" + line(1.02)[4:], "line 3, field 1: the time is missing"),
        (2, line(1.02, 8), "line 3, field 2: the activity must be one of 0, 1, 2"),
        (2, line(1.02).replace(" 4 ", " 4.5 "), "line 3, field 2"),
        (2, line(1.02).replace("1.5", "\0", 1), "line 3"),
        (2, "<html>", "line 3: 1 values, expected 54"),
        (0, "<html>", "line 1: 1 values, expected 54"),
        (0, "1 " * 5000, "line 1: 2048 values, expected 54"),
    ],
)
def test_a_malformed_file_is_named_with_line_and_field(tmp_path, at, new, words):
    lines = [line(1 + 0.01 * n, 4, "80") for n in range(5)]
    lines[at] = new
    with pytest.raises(DataError, match=rf"Protocol/subject101\.dat, {words}"):
        list(written(tmp_path, lines).recordings())


def test_empty_and_binary_files_are_refused(tmp_path):
    dataset = written(tmp_path, ["x"])
    path = tmp_path / "pamap2" / "Protocol" / "subject101.dat"
    for content, words in ((b"", "empty"), (line(1, 4).encode() + b"\n\xff\xfe\n", "not text of 54 numbers")):
        path.write_bytes(content)
        with pytest.raises(DataError, match=words):
            list(dataset.recordings())
    with path.open("wb") as file:
        file.write(line(1, 4).encode())
        file.truncate((1 << 30) + 1)  # a sparse file, so that it costs nothing
    with pytest.raises(DataError, match="more than the 1073741824 that a file of this set may have"):
        list(dataset.recordings())


def test_infinite_values_count_as_missing(tmp_path):
    lines = [line(1 + 0.01 * n, 4, "80") for n in range(4)]
    lines[1] = lines[1].replace("1.5", "inf", 1).replace("1.5", "1e400", 1)
    (only,) = written(tmp_path, lines).recordings()
    assert not np.isfinite(only.signal[1:3, 1]).any()


def test_figures_count_all_lines_and_the_digest_follows_the_files(made, tmp_path):
    figures = PAMAP2(made).figures()
    assert figures["subjects"] == 5
    assert figures["samples"] == sum(p.read_bytes().count(b"\n") for p in (made / "pamap2" / "Protocol").iterdir())
    dataset = written(tmp_path, [line(1, 4, "80")])
    before = dataset.source_digest()
    assert written(tmp_path, [line(1, 4, "80"), line(1.01)]).source_digest() != before


def test_stretches_know_the_last_heart_rate_only_from_before():
    table = np.zeros((4, COLUMNS), dtype=np.float32)
    table[:, 0], table[:, 1], table[:, 2] = np.arange(4) / 100, [4, 4, 5, 5], [np.nan, 70, np.nan, 75]
    held = [s.heart_rate for s in stretches(table)]
    assert np.array_equal(held, [np.nan, 70], equal_nan=True)


@pytest.mark.data
def test_the_published_line_has_the_form_that_is_read(tmp_path):
    text = real("samples", "pamap2", "subject101_first_line.dat").read_text()
    path = tmp_path / "subject101.dat"
    path.write_text(text)
    table = read_table(path, tmp_path, ACTIVITIES)
    assert table.shape == (1, COLUMNS)
    assert (table[0, 1], table[0, 2]) == (0, 104)
    at = [c.name for c in CHANNELS].index
    assert 9.5 < np.linalg.norm(table[0, 2 + at("chest_acc16_x") : 5 + at("chest_acc16_x")]) < 10.1  # gravity, standing still
    assert table[0, 2 + at("ankle_temp")] == np.float32(30.3125)
