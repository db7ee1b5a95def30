"""What is sent along with a job, and what a folder far away makes of it."""

import io
import zipfile

import pytest

from rdpd_core.errors import JobFileError
from rdpd_core.files import digest_bytes, to_json
from rdpd_core.jobs import JobFolder, events, parcel
from rdpd_core.jobs.events import EventWriter
from rdpd_core.jobs.sealed import sealed_bytes
from tests.core.jobs.byhand import a_folder, flips

RESULT = sealed_bytes({"status": "stopped", "reason": "", "models": [], "tables": [], "ended": 1.5})


def sent(folder, place):
    """Pack a job and unpack it somewhere, as a cluster does."""
    with zipfile.ZipFile(io.BytesIO(parcel.job(folder))) as archive:
        archive.extractall(place)
    return place


def tell(folder, number):
    writer = EventWriter(folder.events)
    for _ in range(number):
        writer.write({"kind": "step"})
    writer.close()


def checkpoint(folder, stage, serial, parts=("state.json", "state.safetensors")):
    place = folder.checkpoints / stage / f"{serial:06d}"
    place.mkdir(parents=True)
    for name in parts:
        (place / name).write_bytes(f"{stage} {serial} {name}".encode())
    (place / "manifest.json").write_bytes(sealed_bytes({"files": {"state.json": {}, "state.safetensors": {}}}))


@pytest.fixture
def here(tmp_path):
    folder = a_folder(tmp_path / "here")
    (folder.inputs / "toy" / "a").mkdir(parents=True)
    (folder.inputs / "toy" / "a" / "card.json").write_text("{}")
    tell(folder, 3)
    checkpoint(folder, "fixed+teacher", 4)
    return folder


@pytest.fixture
def far(tmp_path):
    place = tmp_path / "far"
    place.mkdir()
    return JobFolder(place)


def names(place):
    return {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}


def test_the_same_code_gives_the_same_bytes():
    assert parcel.code() == parcel.code()
    with zipfile.ZipFile(io.BytesIO(parcel.code())) as archive:
        found = archive.namelist()
    assert "rdpd_core/jobs/worker.py" in found
    assert all(name.startswith("rdpd_core/") and "__pycache__" not in name for name in found)


def test_a_new_folder_gets_all_that_was_sent(here, far, tmp_path):
    have = parcel.unpack(sent(here, tmp_path / "parcel"), far, 1)
    assert have == 3
    assert names(far.path) == {
        "spec.json",
        "events.jsonl",
        "inputs/toy/a/card.json",
        *(f"checkpoints/fixed+teacher/000004/{name}" for name in ("manifest.json", "state.json", "state.safetensors")),
    }
    assert far.spec() == here.spec()


def test_what_is_private_to_a_machine_stays(here, far, tmp_path):
    for name in ("launch", "result", "wire"):
        here.write_record(name, {})
    here.cancel()
    here.log.write_text("words")
    (here.models / "toy").mkdir(parents=True)
    (here.models / "toy" / "x").write_text("")
    checkpoint(here, "direct", 1, parts=("state.json",))
    parcel.unpack(sent(here, tmp_path / "parcel"), far, 1)
    assert not {"launch.json", "result.json", "wire.json", "cancel", "log.txt", "models/toy/x"} & names(far.path)
    assert not (far.checkpoints / "direct").exists(), "half a state is none"


def test_what_is_there_and_newer_stays(here, far, tmp_path):
    parcel.unpack(sent(here, tmp_path / "one"), far, 1)
    tell(far, 2)
    checkpoint(far, "fixed+teacher", 5)
    before = {p: p.read_bytes() for p in far.path.rglob("*") if p.is_file()}
    (far.checkpoints / "fixed+teacher" / "000004" / "state.json").unlink()
    assert parcel.unpack(sent(here, tmp_path / "two"), far, 2) == 3, "two events did not come back yet"
    del before[far.checkpoints / "fixed+teacher" / "000004" / "state.json"]
    assert {p: p.read_bytes() for p in far.path.rglob("*") if p.is_file()} == before


def test_events_that_were_lost_there_come_back(here, far, tmp_path):
    parcel.unpack(sent(here, tmp_path / "one"), far, 1)
    far.events.write_bytes(far.events.read_bytes()[:70])
    parcel.unpack(sent(here, tmp_path / "two"), far, 2)
    assert [e["n"] for e in events.read_all(far.events).events] == [0, 1, 2]


@pytest.mark.parametrize(("seen", "stays"), [(digest_bytes(RESULT), False), (None, True), ("0" * 64, True)])
def test_a_result_is_taken_away_only_if_it_came_back(here, far, tmp_path, seen, stays):
    here.write_record("wire", {"seen": seen})
    (far.path / "result.json").write_bytes(RESULT)
    parcel.unpack(sent(here, tmp_path / "parcel"), far, 2)
    assert (far.record("result") is not None) == stays


@pytest.mark.parametrize(
    ("note", "stays"),
    [("stop 2\n", True), ("stop 3\n", True), ("stop 1\n", False), ("stop\n", False), ("", False), ("stop \u00e9", False)],
)
def test_a_stop_counts_for_the_start_that_it_names(here, far, tmp_path, note, stays):
    (far.path / "cancel").write_text(note, encoding="utf-8")
    parcel.unpack(sent(here, tmp_path / "parcel"), far, 2)
    assert (far.cancelled() == "stop") == stays


def test_damage_is_seen(here, far, tmp_path):
    place = sent(here, tmp_path / "parcel")
    whole = (place / "parcel.json").read_bytes()
    for spoiled in flips(whole, 40):
        (place / "parcel.json").write_bytes(spoiled)
        with pytest.raises(JobFileError):
            parcel.unpack(place, far, 1)
    (place / "parcel.json").write_text(to_json({"have": 0}))
    with pytest.raises(JobFileError):
        parcel.unpack(place, far, 1)
    assert not names(far.path)
