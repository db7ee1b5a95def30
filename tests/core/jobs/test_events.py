"""Events: whole lines, in order, or a sentence that says what is missing; never something else than what was told."""

import errno
import os

import pytest

from rdpd_core.errors import DataError, JobFileError
from rdpd_core.jobs import events
from rdpd_core.jobs.events import EventWriter, decode, encode, read, read_all
from tests.core.jobs.byhand import flips, small_disk

ODD = {"kind": "note", "text": 'Zoë said: "a\nb\\", ,"crc":"00000000"}', "nested": {"x": [1.5, None, True]}, "empty": ""}


def written(path, count, first=0):
    """Write some events; give what was told."""
    told = [{"kind": "step", "stage": "fixed/teacher", "step": number} for number in range(first, first + count)]
    writer = EventWriter(path)
    for event in told:
        writer.write(event)
    writer.close()
    return told


def bare(found):
    """Give events without number and time."""
    return [{k: v for k, v in event.items() if k not in ("n", "t")} for event in found]


def test_an_event_comes_back_as_it_was():
    assert decode(encode(ODD)) == ODD
    assert encode(ODD).count(b"\n") == 1


def test_values_that_json_does_not_have_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        encode({"kind": "epoch", "loss": float("nan")})


def test_numbers_go_on_after_reopening(tmp_path):
    path = tmp_path / "events.jsonl"
    told = written(path, 3) + written(path, 2, first=3)
    found = read(path)
    assert bare(found.events) == told
    assert [event["n"] for event in found.events] == [0, 1, 2, 3, 4]
    assert found.offset == path.stat().st_size
    assert not found.damaged


def test_a_file_that_is_not_there_yet_has_no_events(tmp_path):
    assert read(tmp_path / "events.jsonl", 0) == ([], 0, [])


def test_reading_goes_on_where_it_was(tmp_path):
    path = tmp_path / "events.jsonl"
    first = written(path, 3)
    one = read(path)
    second = written(path, 2, first=3)
    two = read(path, one.offset)
    assert (bare(one.events), bare(two.events)) == (first, second)
    assert read(path, two.offset) == ([], two.offset, [])


def test_a_line_that_is_being_written_waits(tmp_path):
    path = tmp_path / "events.jsonl"
    told = written(path, 2)
    whole = path.read_bytes()
    line = encode(ODD)
    for cut in range(1, len(line)):
        path.write_bytes(whole + line[:cut])
        found = read(path)
        assert bare(found.events) == told
        assert (found.offset, found.damaged) == (len(whole), [])
    path.write_bytes(whole + line)
    assert read(path, len(whole)).events == [ODD]


@pytest.mark.parametrize("long", [0, 200_000], ids=["short", "longer than what is read at once"])
def test_a_torn_tail_is_cut_off_and_numbers_go_on(tmp_path, long):
    path = tmp_path / "events.jsonl"
    told = written(path, 3)
    whole = path.read_bytes()
    line = encode({"kind": "epoch", "text": "x" * long})
    for cut in {1, len(line) // 2, len(line) - 1}:
        path.write_bytes(whole + line[:cut])
        more = written(path, 1, first=3)
        found = read(path)
        assert bare(found.events) == told + more
        assert [event["n"] for event in found.events] == [0, 1, 2, 3]
        assert not found.damaged


def test_numbers_go_on_behind_damaged_lines(tmp_path):
    path = tmp_path / "events.jsonl"
    written(path, 3)
    with path.open("ab") as file:
        file.write((b"y" * 1000 + b"\n") * 100)
    written(path, 1)
    assert read(path).events[-1]["n"] == 3


def test_a_flipped_bit_is_told_or_changes_nothing(tmp_path):
    path = tmp_path / "events.jsonl"
    written(path, 30)
    data = path.read_bytes()
    sound = read(path).events
    told = 0
    for changed in flips(data):
        path.write_bytes(changed)
        found = read(path)
        assert all(event in sound for event in found.events), "an event that nobody told"
        missing = [event for event in sound if event not in found.events]
        assert found.events == [event for event in sound if event not in missing], "events out of order"
        # Without its end the last line counts as one that is being written.
        assert found.damaged or (missing == sound[-1:] and found.offset < len(data))
        assert all("events.jsonl: the line at byte" in sentence for sentence in found.damaged)
        told += bool(found.damaged)
    assert told > 190


def test_long_files_are_read_in_pieces(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    told = written(path, 50)
    monkeypatch.setattr(events, "MOST_AT_ONCE", 300)
    assert 0 < len(read(path).events) < 50
    assert bare(read_all(path).events) == told


def test_an_endless_line_is_told_and_passed_over(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    first = written(path, 1)
    with path.open("ab") as file:
        file.write(b"x" * 1000 + b"\n")
    more = written(path, 1, first=1)
    monkeypatch.setattr(events, "MOST_AT_ONCE", 300)
    found = read_all(path)
    assert bare(found.events) == first + more
    assert any("more than 300 bytes" in sentence for sentence in found.damaged)


def test_every_line_is_echoed_as_it_was_written(tmp_path):
    path, lines = tmp_path / "events.jsonl", []
    writer = EventWriter(path, lines.append)
    writer.write(ODD)
    writer.write(ODD)
    writer.sync()
    writer.close()
    assert b"".join(lines) == path.read_bytes()


def test_on_a_full_disk_earlier_lines_stay_whole(tmp_path):
    with small_disk(tmp_path / "disk", 64) as disk:
        path = disk / "events.jsonl"
        writer = EventWriter(path)

        def fill():
            while True:
                writer.write(ODD)

        with pytest.raises(DataError, match=r"disk full: events\.jsonl needs \d+ bytes more.*free some space"):
            fill()
        found = read(path)
        assert len(found.events) == writer.count > 100
        assert (found.offset, found.damaged) == (path.stat().st_size, [])
        writer.close()


@pytest.mark.parametrize("room", [0, 7], ids=["no byte fits", "some bytes fit"])
def test_a_refused_write_says_so_and_leaves_nothing(tmp_path, monkeypatch, room):
    path, write = tmp_path / "events.jsonl", os.write
    writer = EventWriter(path)
    writer.write(ODD)
    before = path.read_bytes()

    def refuse(handle, data):
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data[:room])

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(DataError, match="disk full"):
        writer.write(ODD)
    monkeypatch.undo()
    assert path.read_bytes() == before
    writer.write(ODD)
    assert [event["n"] for event in read(path).events] == [0, 1]
    writer.close()


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot write gone/events\.jsonl"):
        EventWriter(tmp_path / "gone" / "events.jsonl")


def test_a_changed_line_is_refused():
    with pytest.raises(JobFileError, match="checksum"):
        decode(encode(ODD).replace("Zoë".encode(), b"Tim"))
