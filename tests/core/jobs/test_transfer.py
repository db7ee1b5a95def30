"""A job as one file: exported, deleted and imported it is the same, byte for byte."""

import io
import os

import pytest

from rdpd_core.errors import DataError, JobFileError
from rdpd_core.jobs import Desk, JobFolder, states, transfer
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.transfer import export_job, import_job, write_job
from tests.core.jobs.byhand import Puppet, small_disk
from tests.core.jobs.parcels import ID, RESULT, STAYS, a_job, a_study, contents, parts, put


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "jobs", {"puppet": Puppet()})


@pytest.fixture
def parcel(tmp_path):
    """A file with a job, which is not here."""
    export_job(a_job(tmp_path / "elsewhere" / ID), tmp_path / "job.zip")
    return tmp_path / "job.zip"


@pytest.mark.parametrize("make", [a_job, a_study])
def test_export_delete_and_import_give_identical_files(desk, tmp_path, make):
    folder = make(desk.root / ID)
    before = contents(folder)
    desk.rebuild()
    size = export_job(folder, tmp_path / "job.zip")
    assert size == (tmp_path / "job.zip").stat().st_size
    desk.delete(ID)
    assert desk.jobs() == []
    assert import_job(tmp_path / "job.zip", desk.root) == ID
    after = contents(folder)
    assert after == {name: before[name] for name in after}
    left_out = {name.removeprefix("shards/000/").removeprefix("shards/001/") for name in set(before) - set(after)}
    assert left_out == STAYS
    desk.rebuild()
    found = desk.job(ID)
    assert (found.state.name, found.entry.state) == (states.DONE, states.DONE)
    assert len(desk.shards(ID)) == (2 if make is a_study else 0)
    assert desk.alive() == [], "nothing of it is run"


def test_an_imported_job_can_be_resumed(desk, parcel):
    folder = JobFolder(desk.root / import_job(parcel, desk.root))
    folder.write_record("result", {**RESULT, "status": "stopped"})
    desk.rebuild()
    desk.resume(ID)
    assert desk.job(ID).state.name == states.QUEUED


def test_equal_jobs_give_equal_files(tmp_path):
    folder, streams = a_study(tmp_path / ID), [io.BytesIO(), io.BytesIO()]
    for stream in streams:
        write_job(folder, stream)
        os.utime(folder.events, (1, 1))
    assert streams[0].getvalue() == streams[1].getvalue()
    assert not any(name.startswith(".") or "/." in name for name in parts(streams[0]))


def test_a_stream_is_as_good_as_a_file(desk, parcel):
    assert import_job(io.BytesIO(parcel.read_bytes()), desk.root) == ID
    with pytest.raises(JobFileError, match=rf"the file holds the job {ID}, which is here already; delete that one first"):
        import_job(io.BytesIO(parcel.read_bytes()), desk.root)


def test_what_shrinks_too_well_is_stored_and_comes_back(desk, tmp_path):
    folder = a_job(tmp_path / ID)
    put(folder, "log.txt", data=b"again and again\n" * 200_000)
    put(folder, "outcomes/outcomes.safetensors", data=bytes(3_000_000))
    export_job(folder, tmp_path / "job.zip")
    import_job(tmp_path / "job.zip", desk.root)
    assert (desk.root / ID / "log.txt").read_bytes() == folder.log.read_bytes()


def test_only_what_has_ended_is_exported(tmp_path):
    folder = a_study(tmp_path / ID)
    with hold(folder.lock), pytest.raises(JobFileError, match="has not ended; wait for it or stop it"):
        export_job(folder, tmp_path / "job.zip")
    (folder.shards / "001" / "result.json").unlink()
    with pytest.raises(JobFileError, match="has not ended"):
        export_job(folder, tmp_path / "job.zip")
    assert not (tmp_path / "job.zip").exists()


def test_a_job_that_lost_a_model_is_not_exported_in_silence(tmp_path):
    folder = a_job(tmp_path / ID)
    (folder.models / "toy" / "rdpd-wrist-0" / "card.json").unlink()
    with pytest.raises(JobFileError, match="has lost 1 of the models it made, toy/rdpd-wrist-0 first; ask for the same job"):
        export_job(folder, tmp_path / "job.zip")
    assert [p.name for p in tmp_path.iterdir()] == [ID]


def test_a_result_that_was_damaged_after_the_end_is_told_in_the_list(desk, parcel):
    folder = JobFolder(desk.root / import_job(parcel, desk.root))
    desk.rebuild()
    assert [job.state.name for job in desk.jobs()] == [states.DONE]
    path = folder.path / "result.json"
    path.write_bytes(path.read_bytes().replace(b"done", b"dong"))
    (found,) = desk.jobs()
    assert found.state.name == states.FAILED
    assert "result.json is not as it was written" in found.state.reason
    assert found.state.reason.endswith("or resume it, and it is made again from the checkpoints")
    desk.resume(ID)
    assert desk.job(ID).state.name == states.QUEUED


def test_no_file_is_written_over(tmp_path):
    (tmp_path / "job.zip").write_bytes(b"precious")
    with pytest.raises(DataError, match=r"there is a file .*job\.zip already"):
        export_job(a_job(tmp_path / ID), tmp_path / "job.zip")
    with pytest.raises(DataError, match=r"there is a folder .* already"):
        export_job(JobFolder(tmp_path / ID), tmp_path)
    assert (tmp_path / "job.zip").read_bytes() == b"precious"


def test_a_link_is_not_followed_out_of_the_job(tmp_path):
    folder = a_job(tmp_path / ID)
    folder.log.unlink()
    folder.log.symlink_to("/etc/passwd")
    with pytest.raises(JobFileError, match=r"log\.txt is a link"):
        export_job(folder, tmp_path / "job.zip")
    assert [p.name for p in tmp_path.iterdir()] == [ID]


def test_a_job_that_could_not_be_imported_is_not_exported(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "MOST_TOTAL", 100)
    with pytest.raises(JobFileError, match=r"at most .* go into one file\. Copy its folder"):
        export_job(a_job(tmp_path / ID), tmp_path / "job.zip")


def test_a_full_disk_leaves_no_half_file(tmp_path):
    folder = a_job(tmp_path / ID)
    put(folder, "outcomes/outcomes.safetensors", data=os.urandom(300_000))
    with small_disk(tmp_path / "disk", 100) as disk:
        with pytest.raises(DataError, match="No space left on device; free some space"):
            export_job(folder, disk / "job.zip")
        assert list(disk.iterdir()) == []
        export_job(folder, tmp_path / "job.zip")
        with pytest.raises(DataError, match=r"disk full: job\.zip needs 0\.\d MB, 0\.1 MB are free"):
            import_job(tmp_path / "job.zip", disk / "jobs")
        assert list(disk.iterdir()) == []
