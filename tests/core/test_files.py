"""Files are whole or not there, whatever happens while they are written."""

import errno
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdpd_core import files
from rdpd_core.errors import DataError


def failing(number):
    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    return fail


def test_write_makes_folders_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    files.write_atomic(path, b"one")
    files.write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["file.bin"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_keeps_the_old_file_and_says_so(tmp_path, monkeypatch, call):
    path = tmp_path / "card.json"
    files.write_atomic(path, b"old")
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))
    with pytest.raises(DataError, match=r"disk full: card.json needs 2.0 MB, [\d.]+ MB are free .*; free some space"):
        files.write_atomic(path, b"x" * 2_000_000)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["card.json"]


def test_a_folder_that_cannot_be_made_names_the_file(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(DataError, match=r"cannot write .*card\.json: (File exists|Not a directory); choose a folder"):
        files.write_atomic(tmp_path / "a" / "card.json", b"x")


def test_a_disk_too_full_for_a_new_folder_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "mkdir", failing(errno.ENOSPC))
    with pytest.raises(DataError, match=r"disk full: card\.json needs"):
        files.write_atomic(tmp_path / "a" / "b" / "card.json", b"x")


def test_a_write_that_is_refused_names_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", failing(errno.EACCES))
    with pytest.raises(DataError, match=r"cannot write .*card.json: Permission denied; choose a folder"):
        files.write_atomic(tmp_path / "card.json", b"x")
    assert os.listdir(tmp_path) == []


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_atomic(tmp_path / "card.json", b"x")
    assert os.listdir(tmp_path) == []


def test_a_reader_sees_the_old_or_the_new(tmp_path):
    path = tmp_path / "file.bin"
    contents = [bytes([i]) * 50_000 for i in range(2)]
    files.write_atomic(path, contents[0])

    def write():
        for turn in range(40):
            files.write_atomic(path, contents[turn % 2])

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while writer.is_alive():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(contents)


def test_a_folder_appears_whole(tmp_path):
    with files.atomic_folder(tmp_path / "model") as draft:
        (draft / "card.json").write_text("{}")
        assert not (tmp_path / "model").exists()
    assert os.listdir(tmp_path) == ["model"]
    assert os.listdir(tmp_path / "model") == ["card.json"]


def test_a_folder_replaces_the_old_one(tmp_path):
    for name in ("first", "second"):
        with files.atomic_folder(tmp_path / "model") as draft:
            (draft / name).touch()
    assert os.listdir(tmp_path) == ["model"]
    assert os.listdir(tmp_path / "model") == ["second"]


def test_a_folder_half_made_is_not_kept(tmp_path):
    with files.atomic_folder(tmp_path / "model") as draft:
        (draft / "good").touch()

    def fill():
        with files.atomic_folder(tmp_path / "model") as other:
            (other / "bad").touch()
            raise RuntimeError("halt")

    with pytest.raises(RuntimeError, match="halt"):
        fill()
    assert os.listdir(tmp_path) == ["model"]
    assert os.listdir(tmp_path / "model") == ["good"]


@pytest.mark.slow
@given(st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5), st.booleans(), st.none())))
def test_json_does_not_depend_on_order(value):
    turned = dict(reversed(list(value.items())))
    assert files.digest_json(value) == files.digest_json(turned)


def test_json_round_trips(tmp_path):
    value = {"name": "Gräf", "rate_hz": 100.0, "leads": ["I", "II"]}
    files.write_json(tmp_path / "a.json", value)
    assert files.read_json(tmp_path / "a.json") == value


def test_json_refuses_what_is_not_a_number():
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.to_json({"loss": float("nan")})


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{}", b""])
def test_broken_json_names_the_file(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.json is not valid JSON"):
        files.read_json(tmp_path / "a.json")


def test_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    data = os.urandom(2 * files.BLOCK + 17)
    (tmp_path / "a").write_bytes(data)
    assert files.digest_file(tmp_path / "a") == files.digest_bytes(data)
    assert files.digest_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


HOLD = """
import sys
from pathlib import Path
from rdpd_core.files import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as child:
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def test_a_lock_keeps_another_process_out(tmp_path, holder):
    with pytest.raises(DataError, match="is held by another process"), files.lock(tmp_path / "lock", timeout_s=0.05):
        pytest.fail("two held one lock")


def test_a_lock_ends_with_its_holder(tmp_path, holder):
    holder.kill()
    holder.wait()
    with files.lock(tmp_path / "lock", timeout_s=5):
        pass


def test_folders_come_from_the_argument_then_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_DATA", str(tmp_path / "env"))
    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RDPD_WORK", "~/work")
    assert files.data_root("given").name == "given"
    assert files.data_root() == tmp_path / "env"
    assert files.cache_root() == tmp_path / "cache"
    assert files.work_root().is_absolute()


def test_folders_have_a_place_without_being_told(monkeypatch):
    for name in ("RDPD_DATA", "RDPD_CACHE", "RDPD_WORK"):
        monkeypatch.delenv(name, raising=False)
    places = {files.data_root(), files.cache_root(), files.work_root()}
    assert len(places) == 3
    assert all(files.APP in str(place) for place in places)


def test_every_owner_has_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(files.OWNER, "a1")
    assert files.work_root() == tmp_path / "work" / "users" / "a1"
    assert files.cache_root() == tmp_path / "cache" / "users" / "a1"
    assert (files.shared_work_root(), files.shared_cache_root()) == (tmp_path / "work", tmp_path / "cache")
    assert files.environment(MORE="1")[files.OWNER] == "a1"
    assert files.environment(MORE="1")["MORE"] == "1"


def test_a_process_that_serves_several_asks_whose_turn_it_is(monkeypatch):
    monkeypatch.setenv(files.OWNER, "a1")
    turns = iter(["b2", ""])
    files.ask_owner(lambda: next(turns))
    try:
        assert files.work_root().name == "b2"
        assert files.work_root() == files.shared_work_root()
    finally:
        files.ask_owner(None)
    assert files.owner() == "a1"


@pytest.mark.parametrize("name", ["../b2", "a/b", "A", "a" * 41, "."])
def test_an_owner_is_no_way_out_of_the_folder(monkeypatch, name):
    monkeypatch.setenv(files.OWNER, name)
    with pytest.raises(DataError, match="digits and small letters"):
        files.work_root()
