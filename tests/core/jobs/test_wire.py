"""What comes over a wire arrives whole, in order and once, and only where it may."""

import io
import json
import random
import zlib
from pathlib import Path

import pytest

from rdpd_core.errors import DataError
from rdpd_core.files import digest_bytes
from rdpd_core.jobs import events
from rdpd_core.jobs.sealed import sealed_bytes
from rdpd_core.jobs.wire import MARK, PIECE_BYTES, Receiver, Sender, allowed, parse
from tests.core.jobs.byhand import a_folder, flips, small_disk

RESULT = sealed_bytes({"status": "done", "reason": "", "models": [], "tables": [], "ended": 1.5})
ALIVE = sealed_bytes({"attempt": 1, "pid": 7, "threads": 2, "host": "far"})
BIG = random.Random(0).randbytes(3 * PIECE_BYTES + 5)


class Far:
    """A worker far away: what it wrote to its log."""

    def __init__(self):
        self.stream = io.BytesIO()
        self.sender = Sender(self.stream)
        self.count = 0

    def tell(self, number=1):
        for _ in range(number):
            self.sender.event(events.encode({"n": self.count, "t": 1.0, "kind": "step"}))
            self.count += 1

    def say(self, text):
        self.stream.write(text.encode())

    def file(self, name, data):
        self.sender.file(Path(name), data)

    @property
    def log(self):
        return self.stream.getvalue()


def lines_of(log, last=-1):
    """Give the last lines of a log; one that is being written counts."""
    lines = log.splitlines(keepends=True)
    return lines if last < 0 else lines[len(lines) - last :]


def bring(folder, log, source="a", last=-1):
    """Take what is new of a log, as anybody would who knows nothing but the folder."""
    receiver = Receiver(folder, source)
    reached = receiver.take(lines_of(log, last), whole=last < 0)
    return receiver, reached


def numbers(folder):
    found = events.read_all(folder.events)
    assert not found.damaged
    return [e["n"] for e in found.events]


@pytest.fixture
def folder(tmp_path):
    return a_folder(tmp_path / "job")


@pytest.fixture
def far():
    made = Far()
    made.say("Running entrypoint\n")
    made.tell(2)
    made.file("alive.json", ALIVE)
    made.say("a warning\nof two lines\n")
    made.tell(3)
    made.file("models/toy/direct-1/card.json", b"{}")
    made.file("models/toy/direct-1/model.safetensors", BIG)
    made.file("outcomes/outcomes.json", b"")
    made.say("unfinished ")
    made.tell(1)
    made.file("result.json", RESULT)
    return made


def all_there(folder):
    """Say whether everything that the worker above made is there as it was made."""
    made = folder.path / "models" / "toy" / "direct-1"
    assert folder.log.read_text() == "Running entrypoint\na warning\nof two lines\nunfinished \n"
    assert numbers(folder) == list(range(6))
    assert (made / "model.safetensors").read_bytes() == BIG
    assert (folder.outcomes / "outcomes.json").read_bytes() == b""
    assert folder.record("alive")["host"] == "far"
    return folder.record("result") is not None and (made / "card.json").read_bytes() == b"{}"


def test_everything_arrives(folder, far):
    receiver, reached = bring(folder, far.log)
    assert reached
    assert not receiver.lost
    assert all_there(folder)
    assert receiver.seen == digest_bytes(RESULT)
    assert not list((folder.path / ".wire").iterdir())


def test_everything_arrives_byte_by_byte(folder, far):
    for end in range(0, len(far.log), 997):
        bring(folder, far.log[:end])
        assert folder.record("result") is None
    bring(folder, far.log)
    assert all_there(folder)


def test_taking_it_twice_changes_nothing(folder, far):
    bring(folder, far.log)
    before = {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()}
    bring(folder, far.log)
    assert {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()} == before


def test_forgetting_how_far_it_came_changes_no_event_and_no_file(folder, far):
    bring(folder, far.log)
    folder.remove_record("wire")
    bring(folder, far.log)
    assert numbers(folder) == list(range(6))
    assert (folder.path / "models" / "toy" / "direct-1" / "model.safetensors").read_bytes() == BIG


def test_the_end_of_a_log_is_enough_once_the_beginning_is_known(folder, far):
    lines = far.log.splitlines(keepends=True)
    known = b"".join(lines[:6])
    bring(folder, known)
    for last in range(len(lines)):
        receiver, reached = bring(folder, far.log, last=last)
        assert reached == (last >= len(lines) - 4 + 1)
        if reached:
            break
    assert not receiver.lost
    assert all_there(folder)


def test_printed_lines_are_taken_once(folder):
    far = Far()
    far.tell()
    far.say("one\n")
    bring(folder, far.log)
    far.say("two\nhalf")
    bring(folder, far.log, last=4)
    far.say(" done\n")
    bring(folder, far.log)
    bring(folder, far.log, last=4)
    assert folder.log.read_text() == "one\ntwo\nhalf done\n"


def test_little_time_leaves_the_rest_for_later(folder, far):
    for _ in range(40):
        Receiver(folder, "a").take(lines_of(far.log), whole=True, until=0.0)
    assert all_there(folder)


def test_how_far_behind_is_known(folder, far):
    bring(folder, far.log[:200])
    receiver, reached = bring(folder, far.log, last=1)
    assert not reached
    assert Receiver(folder, "a").behind == receiver.behind > 5


@pytest.mark.parametrize("where", range(0, 200, 5))
def test_a_changed_bit_is_seen_and_nothing_later_is_taken(folder, far, where):
    marked = [i for i, line in enumerate(lines_of(far.log)) if MARK in line]
    lines = lines_of(far.log)
    at = marked[where % len(marked)]
    spoiled = next(flips(lines[at].rstrip(b"\n"), 1, seed=where))
    receiver, _ = bring(folder, b"".join([*lines[:at], spoiled + b"\n", *lines[at + 1 :]]))
    if at == marked[-1]:
        assert folder.record("result") is None
    else:
        assert receiver.lost
    assert folder.record("result") is None
    assert numbers(folder) == list(range(len(numbers(folder))))


def test_what_was_lost_can_be_sent_again_by_the_next_worker(folder, far):
    lines = lines_of(far.log)
    receiver, _ = bring(folder, b"".join(lines[:3] + lines[4:]))
    assert receiver.lost
    bring(folder, far.log)
    assert folder.record("result") is None
    receiver, _ = bring(folder, far.log, source="b")
    assert not receiver.lost
    assert numbers(folder) == list(range(6))
    assert folder.record("result") is not None


def test_a_torn_line_before_a_whole_one_is_seen(folder):
    far = Far()
    far.tell(2)
    whole = lines_of(far.log)
    receiver, _ = bring(folder, whole[0] + whole[1][:20] + whole[1])
    assert numbers(folder) == [0, 1]
    assert not receiver.lost


def test_a_log_that_lost_its_beginning_is_seen(folder, far):
    bring(folder, far.log[: len(far.log) // 2])
    assert bring(folder, b"".join(lines_of(far.log)[-2:]))[0].lost


def test_an_event_that_says_it_is_marked_is_an_event(folder):
    far = Far()
    far.sender.event(events.encode({"n": 0, "t": 1.0, "kind": "stage", "title": "@rdpd 12 @rdpd 00000000 0 e {}"}))
    bring(folder, far.log)
    assert events.read_all(folder.events).events[0]["title"] == "@rdpd 12 @rdpd 00000000 0 e {}"


def test_printing_a_mark_does_no_harm(folder):
    far = Far()
    far.say("@rdpd is a word\n@rdpd 00000000 5 e {}\n@rdpd")
    far.say(" 1 2\n")
    far.tell()
    receiver, _ = bring(folder, far.log)
    assert not receiver.lost
    assert numbers(folder) == [0]
    assert "@rdpd is a word" in folder.log.read_text()


def test_a_torn_end_of_the_events_is_cut_off(folder):
    far = Far()
    far.tell(2)
    bring(folder, far.log)
    with folder.events.open("ab") as file:
        file.write(b'{"n":2,"t"')
    far.tell(2)
    bring(folder, far.log)
    assert numbers(folder) == [0, 1, 2, 3]


GOOD = [
    "alive.json",
    "result.json",
    "models/toy/a-b_1/card.json",
    "outcomes/outcomes.safetensors",
    "checkpoints/teacher/000001/manifest.json",
]
BAD = [
    "",
    ".",
    "..",
    "../result.json",
    "models",
    "models/",
    "models/../result.json",
    "models/a/../../x",
    "models//x",
    "./result.json",
    "/etc/passwd",
    "models/.hidden/x",
    "models\\..\\x",
    "C:/x",
    "models/a:b",
    "models/\0",
    "models/con/x",
    "models/NUL.txt",
    "models/a.",
    "models/a b",
    "models/a\n",
    "result.json\n",
    "spec.json",
    "launch.json",
    "cancel",
    "lock",
    "events.jsonl",
    "wire.json",
    "inputs/x/y",
    "shards/x",
    "checkpoints/teacher/000001/other",
    "checkpoints/teacher/x/manifest.json",
    "models/" + "a" * 300,
    "models/1/2/3/4/5/6/7",
    None,
    5,
    ["models/a"],
]


@pytest.mark.parametrize("name", GOOD)
def test_files_of_a_worker_may_come(name):
    assert allowed(name)


@pytest.mark.parametrize("name", BAD, ids=repr)
def test_no_other_file_may_come(folder, name):
    assert not allowed(name)
    before = sorted(p for p in folder.path.parent.rglob("*"))
    far = Far()
    far.file("models/a", b"x")
    body = far.log.partition(b" ")[2].partition(b" ")[2].rstrip(b"\n").replace(b'"models/a"', json.dumps(name).encode())
    receiver, _ = bring(folder, resent(body))
    assert receiver.lost
    assert "no worker may write" in folder.log.read_text()
    after = set(folder.path.parent.rglob("*")) - {folder.path / "wire.json", folder.log}
    assert sorted(after) == before


def resent(body):
    """Give a marked line with a checksum that is right."""
    return MARK + b"%08x " % zlib.crc32(body) + body + b"\n"


def spoiled(**changes):
    return sealed_bytes({"status": "done", "reason": "", "models": [], "tables": [], "ended": 1.5, **changes})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("result.json", RESULT[:-5]),
        ("result.json", spoiled(status="splendid")),
        ("result.json", spoiled(models=None)),
        ("result.json", b"[" * 100_000),
        ("alive.json", sealed_bytes({"attempt": "x", "pid": 7, "threads": 2})),
    ],
    ids=["not sealed", "unknown end", "no models", "endless", "no attempt"],
)
def test_records_that_cannot_be_used_are_not_taken(folder, name, data):
    far = Far()
    far.file(name, data)
    assert bring(folder, far.log)[0].lost
    assert not (folder.path / name).exists()


@pytest.mark.parametrize(
    "about",
    [
        b'["models/a",0,1,2,"00"]',
        b'["models/a",0,1,5000000000,"%064d"]' % 0,
        b'["models/a",-1,1,1,"%064d"]' % 0,
        b'["models/a",0,0,0,"%064d"]' % 0,
        b'["models/a",0,1,true,"%064d"]' % 0,
        b'["models/a"]',
        b"{}",
        b"[" * 100_000,
    ],
)
def test_pieces_whose_numbers_do_not_fit_are_not_taken(folder, about):
    assert bring(folder, resent(b"0 f eA== " + about))[0].lost
    assert not (folder.path / "models").exists()


@pytest.mark.parametrize("event", [b"{}", b'{"n":"x"}', b'{"kind":"step"}', b"[" * 100_000])
def test_events_that_cannot_be_read_are_not_taken(folder, event):
    line = event[:-1] + b',"crc":"%08x"}' % zlib.crc32(event)
    assert bring(folder, resent(b"0 e " + line))[0].lost
    assert not folder.events.exists() or not numbers(folder)


def test_a_full_disk_loses_nothing(tmp_path):
    with small_disk(tmp_path / "disk", 400) as disk:
        folder = a_folder(disk / "job")
        far = Far()
        far.tell(3)
        far.file("models/toy/a/model.safetensors", random.Random(1).randbytes(300_000))
        far.file("result.json", RESULT)
        filler = disk / "filler"
        filler.write_bytes(bytes(250_000))
        with pytest.raises(DataError, match="disk full"):
            bring(folder, far.log)
        assert folder.record("result") is None
        filler.unlink()
        bring(folder, far.log)
        assert numbers(folder) == [0, 1, 2]
        assert folder.record("result") is not None


def test_only_the_newest_note_of_a_state_stays(folder):
    far = Far()
    for serial in (1, 2, 3):
        far.file(f"checkpoints/teacher/{serial:06d}/manifest.json", b"{}")
    bring(folder, far.log)
    assert [p.name for p in (folder.checkpoints / "teacher").iterdir()] == ["000003"]


def test_parsing_gives_back_what_was_sent():
    far = Far()
    far.say("before ")
    far.tell()
    printed, frame = parse(far.log)
    assert printed == b"before "
    assert frame.number == 0
    assert events.decode(frame.body)["kind"] == "step"
