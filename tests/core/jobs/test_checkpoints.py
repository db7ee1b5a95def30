"""Checkpoints: whole or not there, two of them, and no changed byte is ever believed."""

import errno
import os
import shutil

import pytest
import torch

from rdpd_core.errors import DataError, JobFileError
from rdpd_core.jobs import checkpoints
from rdpd_core.jobs.checkpoints import Checkpoints, folder_name, progress_mark, read, serials
from rdpd_core.training.keeper import State
from tests.core.jobs.byhand import flips, python, small_disk

STAGE = "fixed/teacher"
SAVE_FOREVER = """
import sys
from pathlib import Path
import torch
from rdpd_core.jobs.checkpoints import Checkpoints
from rdpd_core.training.keeper import State
kept = Checkpoints(Path(sys.argv[1]), 0.0, lambda event: None)
number = 0
while True:
    number += 1
    kept.save("fixed/teacher", State({"w": torch.full((20_000,), float(number))}, {"step": number}), False)
    print(number, flush=True)
"""


def a_state(number):
    """Give a state that differs from others everywhere."""
    return State({"w": torch.arange(6.0).reshape(2, 3) + number, "n": torch.tensor(number)}, {"step": number, "who": ["a"]})


def assert_state(found, number):
    """Compare a state with the one of that number."""
    wanted = a_state(number)
    assert found is not None
    assert found.facts == wanted.facts
    assert set(found.tensors) == set(wanted.tensors)
    assert all(torch.equal(found.tensors[name], wanted.tensors[name]) for name in wanted.tensors)


@pytest.fixture
def kept(tmp_path):
    """An empty keeper; `kept.told` is what it told."""
    told = []
    keeper = Checkpoints(tmp_path / "checkpoints", 10.0, told.append)
    keeper.told = told
    return keeper


def kinds(keeper):
    """Give what was told, in short."""
    return [(event["kind"], event["serial"]) for event in keeper.told]


def test_a_stage_that_has_not_begun_has_no_state(kept):
    assert kept.load(STAGE) is None
    assert progress_mark(kept.root) == []


def test_a_state_comes_back_as_it_was(kept):
    kept.save(STAGE, a_state(1), done=False)
    assert_state(kept.load(STAGE), 1)
    assert kinds(kept) == [("checkpoint", 1), ("restored", 1)]
    assert kept.told[0]["bytes"] > 0


def test_views_and_transposed_tensors_come_back(kept):
    wide = torch.arange(12.0).reshape(3, 4)
    kept.save(STAGE, State({"t": wide.T, "v": wide[:, 1]}, {}), done=False)
    found = kept.load(STAGE).tensors
    assert torch.equal(found["t"], wide.T)
    assert torch.equal(found["v"], wide[:, 1])


def test_two_are_kept_while_it_runs_and_one_when_it_is_done(kept):
    place = kept.root / folder_name(STAGE)
    for number in range(1, 6):
        kept.save(STAGE, a_state(number), done=False)
        assert serials(place) == [n for n in (number - 1, number) if n]
    kept.save(STAGE, a_state(6), done=True)
    assert serials(place) == [6]
    assert_state(kept.load(STAGE), 6)
    assert progress_mark(kept.root) == ["fixed+teacher/6"]


def test_stages_do_not_mix(kept):
    for number, stage in enumerate(("fixed/teacher", "fixed/students", "limb lead, 1/ß")):
        kept.save(stage, a_state(number), done=False)
    for number, stage in enumerate(("fixed/teacher", "fixed/students", "limb lead, 1/ß")):
        assert_state(kept.load(stage), number)
    shutil.copytree(kept.root / "fixed+teacher" / "000001", kept.root / "fixed+students" / "000002")
    assert_state(kept.load("fixed/students"), 1)
    assert "of stage 'fixed/teacher'" in kept.told[-2]["reason"]


def test_a_damaged_newest_is_passed_over_and_told(kept):
    for number in (1, 2):
        kept.save(STAGE, a_state(number), done=False)
    newest = kept.root / folder_name(STAGE) / "000002"
    (newest / "state.safetensors").write_bytes(b"half")
    kept.told.clear()
    assert_state(kept.load(STAGE), 1)
    assert kinds(kept) == [("damaged", 2), ("restored", 1)]
    assert kept.told[0]["reason"] == "000002/state.safetensors is not as it was written (its sha256 differs)"
    kept.save(STAGE, a_state(3), done=False)
    assert_state(kept.load(STAGE), 3)


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "manifest.json"])
def test_every_flipped_bit_is_found(kept, name):
    kept.save(STAGE, a_state(1), done=False)
    folder = kept.root / folder_name(STAGE) / "000001"
    data = (folder / name).read_bytes()
    for changed in flips(data):
        (folder / name).write_bytes(changed)
        with pytest.raises(JobFileError, match=name.replace(".", r"\.")):
            read(folder, STAGE)
    (folder / name).write_bytes(data)
    assert_state(read(folder, STAGE), 1)


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "manifest.json"])
def test_a_missing_or_cut_file_is_found(kept, name):
    kept.save(STAGE, a_state(1), done=False)
    path = kept.root / folder_name(STAGE) / "000001" / name
    data = path.read_bytes()
    for part in (data[:-1], b""):
        path.write_bytes(part)
        assert kept.load(STAGE) is None
    path.unlink()
    assert kept.load(STAGE) is None
    assert {event["kind"] for event in kept.told[1:]} == {"damaged"}


def test_what_a_killed_writer_left_is_removed(kept, tmp_path):
    kept.save(STAGE, a_state(1), done=False)
    place = kept.root / folder_name(STAGE)
    shutil.copytree(place / "000001", place / ".000002.x1y2")
    again = Checkpoints(kept.root, 10.0, lambda event: None)
    assert sorted(p.name for p in place.iterdir()) == ["000001"]
    assert_state(again.load(STAGE), 1)


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_the_newest_whole(tmp_path):
    root = tmp_path / "checkpoints"
    for turn in range(4):
        writer = python(SAVE_FOREVER, root)
        lines = [int(writer.stdout.readline()) for _ in range(3 + 5 * turn)]
        writer.kill()
        said = max([*lines, *map(int, writer.stdout.read().split())])
        writer.communicate()
        told = []
        found = Checkpoints(root, 10.0, told.append).load(STAGE)
        assert [event["kind"] for event in told] == ["restored"]
        assert found.facts["step"] in (said, said + 1)
        assert torch.equal(found.tensors["w"], torch.full((20_000,), float(found.facts["step"])))
        shutil.rmtree(root)


@pytest.mark.parametrize("call", ["fsync", "replace", "mkdir"])
def test_a_refused_write_leaves_the_one_before(kept, monkeypatch, call):
    kept.save(STAGE, a_state(1), done=False)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    with pytest.raises((DataError, OSError), match=r"disk full|No space left"):
        kept.save(STAGE, a_state(2), done=False)
    monkeypatch.undo()
    assert [p.name for p in (kept.root / folder_name(STAGE)).iterdir()] == ["000001"]
    assert_state(kept.load(STAGE), 1)


def test_a_full_disk_leaves_the_one_before_and_says_what_is_needed(tmp_path):
    with small_disk(tmp_path / "disk", 500) as disk:
        kept = Checkpoints(disk / "checkpoints", 10.0, lambda event: None)
        kept.save(STAGE, a_state(1), done=False)
        with pytest.raises(DataError, match=r"disk full: state\.safetensors needs 4\.0 MB, 0\.\d MB are free"):
            kept.save(STAGE, State({"w": torch.zeros(1_000_000)}, {}), done=True)
        assert_state(kept.load(STAGE), 1)
        assert [p.name for p in (disk / "checkpoints" / folder_name(STAGE)).iterdir()] == ["000001"]


def test_it_is_due_after_some_time_and_sooner_when_an_epoch_ended(kept, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now[0])
    kept.save(STAGE, a_state(1), done=False)
    due = []
    for later in (0.5, 1.5, 11.0):
        now[0] = 100.0 + later
        due.append((kept.due(STAGE, epoch_ended=False), kept.due(STAGE, epoch_ended=True)))
    assert due == [(False, False), (False, True), (True, True)]
    kept.save(STAGE, a_state(2), done=False)
    assert not kept.due(STAGE, epoch_ended=True)


def test_who_dies_while_an_old_state_is_deleted_leaves_no_half_of_it(tmp_path, monkeypatch):
    keeper = Checkpoints(tmp_path, 0.0, lambda event: None)
    state = State({"weight": torch.ones(3)}, {"value": 1})
    for _ in range(2):
        keeper.save("s/teacher", state, done=False)

    def die(path):
        (path / "manifest.json").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr("rdpd_core.jobs.checkpoints.shutil.rmtree", die)
    with pytest.raises(KeyboardInterrupt):
        keeper.save("s/teacher", state, done=False)
    monkeypatch.undo()
    place = next(tmp_path.iterdir())
    assert serials(place) == [2, 3]
    for serial in serials(place):
        read(place / f"{serial:06d}", "s/teacher")
    Checkpoints(tmp_path, 0.0, lambda event: None)
    assert sorted(p.name for p in place.iterdir()) == ["000002", "000003"]
