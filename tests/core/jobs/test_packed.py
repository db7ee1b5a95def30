"""Files that should be a job and are not: each refused in a sentence, before anything of it is believed."""

import shutil
import stat
import struct
import zipfile

import pytest

from rdpd_core.errors import JobFileError
from rdpd_core.jobs import Desk, JobFolder, packed
from rdpd_core.jobs.events import encode
from rdpd_core.jobs.sealed import read_sealed, unseal, write_sealed
from rdpd_core.jobs.transfer import MANIFEST, export_job, import_job
from tests.core.jobs.byhand import Puppet, a_spec, flips
from tests.core.jobs.parcels import ID, OTHER, a_job, a_study, changed, contents, pack, parts, refused


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "jobs", {"puppet": Puppet()})


@pytest.fixture
def parcel(tmp_path):
    """A file with a job, which is not here."""
    export_job(a_job(tmp_path / "elsewhere" / ID), tmp_path / "job.zip")
    return tmp_path / "job.zip"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", r"bad\.zip is no zip"),
        (b"PK", r"bad\.zip is cut short"),
        (b"\x80\x04 a pickle", r"bad\.zip is no zip; give a file that an export wrote"),
        (b"x" * 100_000, "is no zip"),
    ],
)
def test_what_is_no_zip_is_refused(tmp_path, data, reason):
    (tmp_path / "bad.zip").write_bytes(data)
    refused(tmp_path / "bad.zip", tmp_path / "jobs", reason)


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path):
    refused(tmp_path / "gone.zip", tmp_path / "jobs", r"gone\.zip cannot be read: No such file")
    refused(tmp_path, tmp_path / "jobs", "cannot be read: Is a directory")


def test_every_cut_is_refused(parcel, tmp_path):
    data = parcel.read_bytes()
    for cut in range(0, len(data), 41):
        parcel.write_bytes(data[:cut])
        refused(parcel, tmp_path / "jobs", "cut short|no zip|damaged")
    parcel.write_bytes(data[100:])
    refused(parcel, tmp_path / "jobs", "job.zip")


@pytest.mark.slow
def test_every_flipped_bit_is_refused_or_changes_no_file(parcel, tmp_path):
    data, wanted = parcel.read_bytes(), None
    assert import_job(parcel, tmp_path / "sound") == ID
    wanted = contents(JobFolder(tmp_path / "sound" / ID))
    told = 0
    for flipped in flips(data):
        parcel.write_bytes(flipped)
        try:
            import_job(parcel, tmp_path / "jobs")
        except JobFileError:
            told += 1
            assert not (tmp_path / "jobs" / ID).exists()
        else:  # such as a date in the directory
            assert contents(JobFolder(tmp_path / "jobs" / ID)) == wanted
            shutil.rmtree(tmp_path / "jobs" / ID)
    assert told > 150


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/evil", "..\\evil", "C:\\evil", "models/../../evil", "models/toy/../card.json", "spec.json/", "evil.py",
        "models/toy/a/evil.pkl", "models/toy/CON/card.json", "models/con/a/card.json", "shards/000/shards/000/spec.json",
        "lock", "launch.json", "cancel", "filed", ".hidden", "checkpoints/../000001/state.json", "Spec.json", "job.zip",
        "models//a/card.json", "./spec.json", f"models/toy/{'a' * 200}/card.json", "outcomes/outcomes.npy", "\u202egpj.zip",
    ],
)  # fmt: skip
def test_a_name_that_no_job_has_is_refused(parcel, tmp_path, name):
    pack(parcel, {**parts(parcel), name: b"evil"})
    refused(parcel, tmp_path / "jobs", "is no file of a job; nothing was taken")
    assert not list(tmp_path.rglob("*evil*"))


def test_a_name_with_an_end_inside_is_refused(parcel, tmp_path):
    found = parts(parcel)
    del found["log.txt"]
    pack(parcel, found)
    parcel.write_bytes(parcel.read_bytes().replace(b"alive.json", b"log.txt\0.x"))
    refused(parcel, tmp_path / "jobs", r"'log\.txt\\x00\.x' is no file of a job")


def test_a_name_that_is_there_twice_is_refused(parcel, tmp_path):
    with zipfile.ZipFile(parcel, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("log.txt", b"other")
    refused(parcel, tmp_path / "jobs", "'log.txt' is there twice")
    found = parts(parcel)
    pack(
        parcel,
        {
            **found,
            "models/toy/a/card.json": b"a",
            "checkpoints/A/000001/state.json": b"b",
            "checkpoints/a/000001/state.json": b"c",
        },
    )
    refused(parcel, tmp_path / "jobs", "is there twice")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_device_is_refused(parcel, tmp_path, kind):
    found = parts(parcel)
    link = zipfile.ZipInfo("log.txt")
    link.external_attr = (kind | 0o777) << 16
    found.pop("log.txt")
    pack(parcel, {**found, link: b"/etc/passwd"})
    refused(parcel, tmp_path / "jobs", r"'log\.txt' is a link or no plain file")


def test_other_ways_of_packing_are_refused(parcel, tmp_path):
    found = parts(parcel)
    pack(parcel, found, compression=zipfile.ZIP_BZIP2)
    refused(parcel, tmp_path / "jobs", "packed in a way that an export does not use")
    pack(parcel, found)
    data = bytearray(parcel.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    parcel.write_bytes(bytes(data))
    refused(parcel, tmp_path / "jobs", "encrypted")


def test_a_bomb_is_refused_before_it_is_unpacked(parcel, tmp_path, monkeypatch):
    found = parts(parcel)
    pack(parcel, {**found, "log.txt": bytes(30 << 20)}, compression=zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *a, **k: pytest.fail("something was unpacked"))
    refused(parcel, tmp_path / "jobs", r"'log\.txt' would unpack to more than 100 times its size")


@pytest.mark.parametrize(
    ("limit", "most", "reason"),
    [
        ("MOST_TOTAL", 1000, "would unpack to 0 MB; the most is 0 MB"),
        ("MOST_MEMBER", 3000, "would unpack to 0 MB; the most is 0 MB"),
        ("MOST_MEMBERS", 5, "holds more than 5 files"),
        ("_MOST_DIRECTORY", 100, "holds more than"),
    ],
)
def test_a_file_beyond_a_limit_is_refused(parcel, tmp_path, monkeypatch, limit, most, reason):
    pack(parcel, {**parts(parcel), "log.txt": bytes(5000)})
    monkeypatch.setattr(packed, limit, most)
    refused(parcel, tmp_path / "jobs", reason)


def test_a_directory_that_lies_about_its_count_is_seen(parcel, tmp_path, monkeypatch):
    data = parcel.read_bytes()
    parcel.write_bytes(data[:-14] + struct.pack("<HH", 1, 1) + data[-10:])
    monkeypatch.setattr(packed, "MOST_MEMBERS", 5)
    refused(parcel, tmp_path / "jobs", "files, more than 5")


def test_a_size_that_lies_is_seen(parcel, tmp_path):
    pack(parcel, {**parts(parcel), "log.txt": bytes(5000)}, compression=zipfile.ZIP_DEFLATED)
    data = bytearray(parcel.read_bytes())
    at = data.rindex(b"log.txt") - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    parcel.write_bytes(bytes(data))
    refused(parcel, tmp_path / "jobs", "damaged")


def test_a_large_directory_of_another_kind_is_not_read(parcel, tmp_path):
    data = parcel.read_bytes()
    parcel.write_bytes(data[:-22] + b"PK\x06\x07" + bytes(16) + data[-22:])
    refused(parcel, tmp_path / "jobs", "larger than an export may be")


def test_an_archive_inside_stays_closed(parcel, tmp_path):
    pack(parcel, {**parts(parcel), "log.txt": parcel.read_bytes()})
    import_job(parcel, tmp_path / "jobs")
    assert (tmp_path / "jobs" / ID / "log.txt").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("spec.json", {"format": 2}, r"^job\.zip: spec\.json has format 2, this version reads up to 1; get a newer version"),
        ("spec.json", {"surprise": 1}, "unknown fields surprise"),
        ("spec.json", {"id": OTHER}, f"spec.json is that of the experiment {OTHER}, not of the job {ID}"),
        ("spec.json", {"kind": "shard"}, "spec.json is that of the shard"),
        ("spec.json", {"parent": OTHER}, "spec.json is that of the experiment"),
        ("spec.json", {"kind": "study"}, "asks for 'study', but there are 0 shards"),
        ("result.json", {"status": "running"}, "result.json is none of ours: status is not as expected"),
        ("result.json", {"models": "all"}, "result.json is none of ours: models"),
        ("result.json", {"tables": ...}, "result.json is none of ours: tables"),
        ("result.json", {"ended": "today"}, "result.json is none of ours: ended"),
        ("alive.json", {"threads": "many"}, "alive.json is none of ours"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_records_that_say_something_else_are_refused(parcel, tmp_path, name, values, reason):
    pack(parcel, changed(parts(parcel), name, **values))
    refused(parcel, tmp_path / "jobs", reason)


@pytest.mark.parametrize("name", ["spec.json", "result.json"])
def test_a_job_without_its_records_is_refused(parcel, tmp_path, name):
    found = parts(parcel)
    del found[name]
    pack(parcel, found)
    refused(parcel, tmp_path / "jobs", rf"^job\.zip: {name} (cannot be read|is missing)|result\.json is missing")


def test_an_edited_record_is_refused(parcel, tmp_path):
    found = parts(parcel)
    pack(parcel, {**found, "spec.json": found["spec.json"].replace(b"puppet", b"muppet")})
    refused(parcel, tmp_path / "jobs", r"spec\.json is not as it was written")


def test_events_that_nobody_tells_are_refused(parcel, tmp_path):
    pack(parcel, {**parts(parcel), "events.jsonl": encode({"kind": "epoch", "t": 1.0})})
    refused(parcel, tmp_path / "jobs", r"events\.jsonl holds an event that is none of ours")


def test_a_manifest_has_to_fit(parcel, tmp_path):
    found = parts(parcel)
    pack(parcel, found, manifest=False)
    refused(parcel, tmp_path / "jobs", r"holds no manifest\.json")
    for values, reason in (
        ({"format": 2}, "format 2, this version reads up to 1; get a newer version"),
        ({"format": "1"}, "none of ours"),
        ({"id": "../.."}, "none of ours"),
        ({"files": ["spec.json"]}, "none of ours"),
        ({"files": {}}, r"alive\.json is not in manifest\.json"),
        ({"files": {**unseal(found[MANIFEST], MANIFEST)["files"], "gone": {"sha256": "", "bytes": 1}}}, "gone is missing"),
    ):
        with zipfile.ZipFile(parcel, "w") as archive:
            for name, data in changed(found, MANIFEST, **values).items():
                archive.writestr(name, data)
        refused(parcel, tmp_path / "jobs", reason)


def test_a_file_that_is_not_the_one_in_the_manifest_is_refused(parcel, tmp_path):
    with zipfile.ZipFile(parcel) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(parcel, "w") as archive:
        for name, data in {**found, "log.txt": found["log.txt"][::-1]}.items():
            archive.writestr(name, data)
    refused(parcel, tmp_path / "jobs", r"log\.txt is not as it was exported \(its sha256 differs\)")


@pytest.mark.slow
def test_a_shard_of_another_study_or_with_an_id_that_is_here_is_refused(desk, tmp_path):
    folder = a_study(tmp_path / ID)
    spec = JobFolder(folder.shards / "001").spec_path
    write_sealed(spec, {**read_sealed(spec), "parent": OTHER})
    export_job(folder, tmp_path / "a.zip")
    refused(tmp_path / "a.zip", desk.root, "a shard belongs to another study")
    write_sealed(spec, {**read_sealed(spec), "parent": ID, "id": f"{0:016x}"})
    export_job(folder, tmp_path / "b.zip")
    refused(tmp_path / "b.zip", desk.root, "two of its jobs have the same id")
    write_sealed(spec, {**read_sealed(spec), "id": OTHER})
    export_job(folder, tmp_path / "c.zip")
    a_spec(id=OTHER, engine="puppet").write(desk.root / OTHER / "spec.json")
    desk.rebuild()
    shutil.rmtree(desk.root / OTHER)
    refused(tmp_path / "c.zip", desk.root, "one of them is here already")


def test_a_job_that_is_in_the_list_without_its_folder_is_here_too(desk, parcel):
    a_spec(id=ID, engine="puppet").write(desk.root / ID / "spec.json")
    desk.rebuild()
    shutil.rmtree(desk.root / ID)
    refused(parcel, desk.root, "is here already; delete that one first")
