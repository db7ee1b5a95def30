"""A job's folder: records, requests to stop, size, and going away as a whole."""

import os

import pytest

from rdpd_core.errors import JobFileError
from rdpd_core.jobs import Desk, JobFolder
from rdpd_core.jobs.folder import FORCE, STOP
from rdpd_core.jobs.locks import hold
from tests.core.jobs.byhand import a_folder


@pytest.fixture
def folder(tmp_path):
    return a_folder(tmp_path / "jobs" / ("0" * 16), id="0" * 16)


def test_records_are_written_replaced_and_removed(folder):
    assert folder.record("launch") is None
    folder.write_record("launch", {"attempt": 1, "handle": None})
    folder.write_record("launch", {"attempt": 2, "handle": {"pid": 3}})
    assert folder.record("launch") == {"attempt": 2, "handle": {"pid": 3}}
    folder.remove_record("launch")
    folder.remove_record("launch")
    assert folder.record("launch") is None


@pytest.mark.parametrize("name", ["launch", "alive", "result"])
def test_an_edited_record_is_refused(folder, name):
    folder.write_record(name, {"status": "failed"})
    path = folder.path / f"{name}.json"
    path.write_text(path.read_text().replace("failed", "done"))
    with pytest.raises(JobFileError, match=rf"{'0' * 16}/{name}\.json is not as it was written"):
        folder.record(name)


def test_a_missing_spec_is_named(folder):
    folder.spec_path.unlink()
    with pytest.raises(JobFileError, match=r"spec\.json cannot be read: No such file"):
        folder.spec()


@pytest.mark.parametrize(
    ("content", "wanted"), [(b"stop\n", STOP), (b"force\n", FORCE), (b"", STOP), (b"\xff\x00", STOP), (b"forced", STOP)]
)
def test_a_note_to_stop_is_understood(folder, content, wanted):
    assert folder.cancelled() is None
    (folder.path / "cancel").write_bytes(content)
    assert folder.cancelled() == wanted


def test_a_note_to_stop_is_written_and_taken_back(folder):
    folder.cancel()
    assert folder.cancelled() == STOP
    folder.cancel(FORCE)
    assert folder.cancelled() == FORCE
    folder.clear_cancel()
    folder.clear_cancel()
    assert folder.cancelled() is None


def test_it_is_held_while_a_worker_lives(folder):
    assert not folder.is_held()
    with hold(folder.lock):
        assert folder.is_held()
    assert not folder.is_held()


def test_its_size_is_that_of_its_files(folder):
    before = folder.size_bytes()
    (folder.models / "toy" / "a").mkdir(parents=True)
    (folder.models / "toy" / "a" / "model.safetensors").write_bytes(bytes(1000))
    os.symlink("/dev/zero", folder.path / "link")
    assert 1000 <= folder.size_bytes() - before < 1100


def test_it_goes_away_whole_and_a_half_deleted_one_is_no_job(folder, monkeypatch):
    folder.checkpoints.mkdir()
    grave = folder.path.with_name(f".{folder.path.name}.gone")
    (grave / "old").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(
            "rdpd_core.files.shutil.rmtree",
            lambda path: None if path == grave and not folder.path.exists() else _empty(path),
        )
        folder.remove()
    assert grave.exists(), "the removal was broken off"
    assert Desk(folder.path.parent).jobs() == []
    again = a_folder(folder.path, id="0" * 16)
    again.remove()
    assert [p.name for p in folder.path.parent.iterdir() if p.is_dir()] == []


def _empty(path):
    for inner in path.iterdir():
        inner.rmdir()
    path.rmdir()


def test_every_path_lies_inside(tmp_path):
    folder = JobFolder(tmp_path)
    names = [name for name, value in vars(JobFolder).items() if isinstance(value, property)]
    assert len(names) == 9
    assert all(getattr(folder, name).parent == tmp_path for name in names)


def test_models_that_are_gone_are_known(folder):
    for path in (folder.models / "toy" / "one", folder.shards / "001" / "models" / "toy" / "two"):
        path.mkdir(parents=True)
        (path / "card.json").touch()
    assert folder.lacks(["toy/one", "toy/two", "toy/three"]) == ["toy/three"]
    assert folder.lacks([]) == []
