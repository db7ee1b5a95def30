"""Activities: on files written here in the published form, and on real ones."""

from pathlib import Path

import numpy as np
import pytest

from rdpd_core.datasets.base import check_assignment
from rdpd_core.datasets.dsads import ACTIVITIES, CHANNELS, DSADS, read_segments
from rdpd_core.errors import DataError, MissingDataError, SplitError, UnknownNameError
from rdpd_core.preprocessing import split, windows_of
from tests.real import real

EIGHT = [f"p{n}" for n in range(1, 9)]


def write_segment(root: Path, activity: int, subject: int, number: int) -> np.ndarray:
    """Write one file in the published form and give its values, (125, 45)."""
    values = np.random.default_rng([activity, subject, number]).normal(size=(125, 45)).round(4)
    folder = root / "dsads" / "data" / f"a{activity:02d}" / f"p{subject}"
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / f"s{number:02d}.txt", values, fmt="%.4f", delimiter=",")
    return values.astype(np.float32)


def small(root: Path) -> DSADS:
    for activity in (1, 12):
        for subject in (2, 5, 8):
            for number in (1, 2, 3):
                write_segment(root, activity, subject, number)
    return DSADS(root)


def test_segments_join_to_streams(tmp_path: Path) -> None:
    dataset = small(tmp_path)
    found = list(dataset.recordings())
    assert [r.name for r in found] == ["a01p2", "a01p5", "a01p8", "a12p2", "a12p5", "a12p8"]
    assert dataset.count() == 6
    last = found[-1]
    assert (last.subject, last.label, last.sampling_rate) == ("p8", "treadmill running 8 km/h", 25.0)
    want = np.concatenate([write_segment(tmp_path, 12, 8, n) for n in (1, 2, 3)]).T
    assert np.array_equal(last.signal, want)
    assert last.signal.dtype == np.float32


def test_a_missing_segment_ends_a_stream(tmp_path: Path) -> None:
    for number in (1, 2, 5, 6, 9):
        write_segment(tmp_path, 3, 1, number)
    found = list(DSADS(tmp_path).recordings())
    assert [(r.name, r.signal.shape[1]) for r in found] == [("a03p1", 250), ("a03p1s05", 250), ("a03p1s09", 125)]


def test_channels_are_named_as_published() -> None:
    names = [c.name for c in CHANNELS]
    assert len(set(names)) == 45
    assert (names[0], names[9], names[12], names[44]) == ("T_xacc", "RA_xacc", "RA_xgyro", "LL_zmag")
    assert {c.unit for c in CHANNELS if c.name.endswith("gyro")} == {"rad/s"}
    assert [c.name for c in CHANNELS if c.group == "right_arm"] == list(DSADS.view("right_arm")) == names[9:18]
    assert DSADS.view("right_arm_acc") == ("RA_xacc", "RA_yacc", "RA_zacc")
    assert len(DSADS.view("legs")) == 18
    assert len(ACTIVITIES) == 19


@pytest.mark.parametrize("split", DSADS.splits)
def test_every_split_has_one_test_and_one_valid_subject(split: str) -> None:
    assigned = DSADS("nowhere").assign(EIGHT, split)
    check_assignment(assigned, EIGHT)
    assert assigned[split] == "test"
    assert sorted(assigned.values()) == ["test", *["train"] * 6, "valid"]


FAULTS = ["short", "long", "word", "nan", "infinite", "empty", "underscore", "lost"]


@pytest.mark.parametrize(
    ("line", "new", "words"),
    [
        (7, "1.0,2.0", "s02.txt, line 7: 2 values, expected 45"),
        (125, ",".join(["1"] * 46), "s02.txt, line 125: 46 values"),
        (3, ",".join(["1"] * 44 + ["x"]), "s02.txt, line 3: a value is not a finite number"),
        (3, ",".join(["1"] * 44 + ["nan"]), "line 3: a value is not a finite number"),
        (3, ",".join(["1"] * 44 + ["1e999"]), "line 3: a value is not a finite number"),
        (3, ",".join(["1"] * 44 + [""]), "line 3: a value is not a finite number"),
        (3, ",".join(["1"] * 44 + ["1_0"]), "line 3: a value is not a finite number"),
        (9, None, "a01/p2/s02.txt: 124 lines, expected 125"),
    ],
    ids=FAULTS,
)
def test_a_malformed_file_is_named_with_its_line(tmp_path: Path, line: int, new: str | None, words: str) -> None:
    dataset = small(tmp_path)
    path = dataset.folder / "data" / "a01" / "p2" / "s02.txt"
    lines = path.read_text().splitlines()
    lines[line - 1 : line] = [] if new is None else [new]
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=words):
        list(dataset.recordings())


def test_rows_that_lost_and_won_a_value_are_seen(tmp_path: Path) -> None:
    dataset = small(tmp_path)
    path = dataset.folder / "data" / "a01" / "p2" / "s01.txt"
    lines = path.read_text().splitlines()
    lines[4], lines[5] = lines[4] + ",1.0", lines[5].rsplit(",", 1)[0]
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match="line 5: 46 values"):
        read_segments([path])


def test_line_ends_of_other_systems_are_read(tmp_path: Path) -> None:
    want = write_segment(tmp_path, 1, 1, 1)
    path = tmp_path / "dsads" / "data" / "a01" / "p1" / "s01.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert np.array_equal(read_segments([path]), want.T)


def test_one_subject_is_held_out() -> None:
    dataset = DSADS("nowhere")
    assert DSADS.splits[0] == "p8"
    assert dataset.assign(EIGHT, "p8") == {"p8": "test", "p1": "valid", **{f"p{n}": "train" for n in range(2, 8)}}
    assert dataset.assign(EIGHT, "p3")["p4"] == "valid"
    assert dataset.assign(["p2", "p5", "p8"], "p5") == {"p2": "train", "p5": "test", "p8": "valid"}
    with pytest.raises(SplitError, match="split p3 needs p3"):
        dataset.assign(["p1", "p2", "p4"], "p3")
    with pytest.raises(UnknownNameError, match="p9"):
        dataset.assign(EIGHT, "p9")


def test_digest_follows_the_files(tmp_path: Path) -> None:
    before = small(tmp_path).source_digest()
    assert DSADS(tmp_path).source_digest() == before
    write_segment(tmp_path, 1, 2, 4)
    assert DSADS(tmp_path).source_digest() != before


def test_nothing_there_says_so(tmp_path: Path) -> None:
    for call in (lambda d: list(d.recordings()), lambda d: d.source_digest()):
        with pytest.raises(MissingDataError, match="Daily and Sports"):
            call(DSADS(tmp_path))


def test_windows_of_a_partial_copy(tmp_path: Path) -> None:
    dataset = small(tmp_path)
    prepared = windows_of(dataset, tmp_path / "cache")
    assert prepared.windows.classes == ("sitting", "treadmill running 8 km/h")
    assert "Classes left out for want of recordings: standing (0 subjects" in prepared.notices[0]
    parts = split(prepared.windows, dataset.assign(np.unique(prepared.windows.subject).tolist(), "p8"))
    assert [len(p) for p in parts] == [2 * 3, 2 * 3, 2 * 3]  # each segment of 5 s is a window


@pytest.mark.data
@pytest.mark.slow
def test_real_files_are_plausible(tmp_path: Path) -> None:
    source = real("samples", "dsads", "data")
    (tmp_path / "dsads").mkdir()
    (tmp_path / "dsads" / "data").symlink_to(source)
    found = list(DSADS(tmp_path).recordings())
    assert len(found) == 152
    assert {r.label for r in found} == set(ACTIVITIES)
    still = {r.subject: r.signal for r in found if r.label == "lying on back"}
    rows = [i for i, c in enumerate(CHANNELS) if c.name.startswith("T_") and c.name.endswith("acc")]
    for signal in still.values():
        assert np.linalg.norm(signal[rows].mean(axis=1)) == pytest.approx(9.81, rel=0.05)  # gravity, in m/s^2


@pytest.mark.data
def test_real_stream_restored_from_the_compact_form(tmp_path: Path) -> None:
    packed = np.load(real("compact", "dsads", "p7.npz"))
    codes = np.cumsum(packed["delta"][16], axis=-1, dtype=np.int16).astype("f4")
    values = (codes + 32768) * packed["scale"][:, None] + packed["offset"][:, None]
    folder = tmp_path / "dsads" / "data" / "a17" / "p7"
    folder.mkdir(parents=True)
    for at in range(4):
        np.savetxt(folder / f"s{at + 1:02d}.txt", values[:, at * 125 : (at + 1) * 125].T, fmt="%.4f", delimiter=",")
    (recording,) = DSADS(tmp_path).recordings()
    assert np.abs(recording.signal - values[:, :500]).max() <= 6e-5
    published = read_segments([real("samples", "dsads", "data", "a17", "p7", "s01.txt")])
    assert np.abs(recording.signal[:, :125] - published).max() <= 0.0016
    assert recording.label == "rowing"
