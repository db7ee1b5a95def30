"""The table of inputs that fight back, through the command line and through what the app does with an upload."""

import os
import re
import resource
import shutil
import tempfile
from pathlib import Path

import pytest

from app.components.own_tasks import written
from rdpd_core.__main__ import main
from rdpd_core.datasets import own
from rdpd_core.errors import RdpdError
from rdpd_core.intake.keeping import look
from tests.core.intake.bad_inputs import ROWS, Bad

pytestmark = pytest.mark.slow

MOST_S, MOST_MB = 10.0, 2048.0


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A workspace, a cache, and a folder of temporary files of the test's own."""
    for name in ("files", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path


def files_of(place: Path) -> list[Path]:
    """Give everything that lies anywhere but in the folder of the input."""
    return [p for p in place.rglob("*") if p.is_file() and place / "files" not in p.parents and p.name != ".lock"]


def said_by_command(bad: Bad, place: Path, capsys) -> tuple[str, int, float]:
    found = bad.make(place / "files")
    if isinstance(found, dict):
        for name, data in found.items():
            (place / "files" / name).write_bytes(data)
        found = [str(place / "files" / next(iter(found)))]
    named = ["--name", "bad"] if bad.act == "add" else []
    began = computed()
    code = main(["data", bad.act, *found, *named, *bad.more])
    seconds = computed() - began
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return (out if not code else err).strip(), code, seconds


def computed() -> float:
    """Give the time this process and its children have computed, in s; the clock on the wall depends on who else is there."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


@pytest.mark.parametrize("bad", ROWS, ids=lambda bad: f"{bad.row} {bad.what}")
def test_a_bad_input_gives_a_sentence(bad, place, capsys, result):
    said, code, seconds = said_by_command(bad, place, capsys)
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    assert re.search(bad.says, said), said
    assert code == (0 if bad.kept else 1)
    if not bad.kept or bad.act == "look":
        assert bad.kept or len(said.splitlines()) == 1
        assert files_of(place) == []
    else:
        inside = place / "work" / "recordings" / "bad"
        assert {p.parent for p in files_of(place)} == {inside}
        assert inside.stat().st_mode & 0o777 == 0o700
        assert {p.stat().st_mode & 0o777 for p in inside.iterdir()} == {0o600}
    assert seconds < MOST_S
    assert megabytes < MOST_MB
    told = next(line for line in said.splitlines() if re.search(bad.says, line)).partition("data add: ")
    result.append((bad.row, bad.what, f"taken: {told[0]}" if bad.kept else told[2], seconds, megabytes))


@pytest.mark.parametrize("bad", [b for b in ROWS if b.upload and not b.kept and not b.more], ids=lambda b: f"{b.row} {b.what}")
def test_the_app_says_the_same_of_an_upload(bad, place):
    found = bad.make(place / "files")
    with pytest.raises(RdpdError, match=bad.says) as refused, written(list(found.items())) as given:
        look(given)
    assert "\n" not in str(refused.value)
    assert files_of(place) == []


@pytest.mark.parametrize(
    "name",
    ["..\\..\\x.csv", "../../x.csv", "CON", "a" * 4096 + ".csv", "x\0y.csv", "\u202egnp.csv", "/etc/passwd", "C:\\x.csv", ""],
    ids=ascii,
)
def test_a_name_from_a_browser_is_never_a_path(name, place, result):
    began = computed()
    with written([(name, b"t,x\n0,1\n1,2\n2,4\n")]) as given:
        (file,) = given
        assert file.path.parent.parent == own.own_root()
        assert re.fullmatch("[0-9a-f]{16}", file.path.name)
        assert file.path.stat().st_mode & 0o777 == 0o600
        assert len(file.name) <= 120
        assert not set(file.name) & set("/\\\0\u202e")
        assert look(given)["rows"] == 3
    assert files_of(place) == []
    result.append(
        (20, f"upload named {ascii(name)[:24]}", "kept under a name of our own; shown as text", computed() - began, None)
    )


def test_a_subject_is_never_in_two_parts(place, capsys, result):
    bad = next(b for b in ROWS if b.row == 40 and b.kept)
    said_by_command(bad, place, capsys)
    assigned = own.found()["bad"]().assign(["0", "1", "2"], "0")
    assert sorted(assigned.values()) == ["test", "train", "valid"]
    result.append((48, "a person in train and test", "cannot be: parts are made of people", 0.0, None))


def test_a_disk_that_is_full_is_said_and_nothing_is_left(place, capsys, result):
    bad = next(b for b in ROWS if b.row == 40 and b.kept)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    data = next(iter(bad.make(place).values()))
    (place / "files" / "a.csv").write_bytes(data)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, hard))
    try:
        code = main(["data", "add", str(place / "files" / "a.csv"), "--name", "bad", *bad.more])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    said = capsys.readouterr().err.strip()
    assert code == 1
    assert "a file cannot be read or written (File too large)" in said
    assert files_of(place) == []
    result.append((50, "no room for the samples", said.partition(": ")[2], 0.0, None))


def test_a_workspace_that_cannot_be_written_is_said(place, monkeypatch, capsys, result):
    (place / "files" / "a.csv").write_bytes(b"t,x\n0,1\n1,2\n")
    (place / "no_folder").touch()
    monkeypatch.setenv("RDPD_WORK", str(place / "no_folder" / "work"))
    assert main(["data", "add", str(place / "files" / "a.csv"), "--name", "bad"]) == 1
    said = capsys.readouterr().err.strip()
    assert "cannot write" in said
    assert "RDPD_WORK" in said
    result.append((50, "workspace cannot be written", said.partition(": ")[2].replace(str(place), "…"), 0.0, None))


def test_a_folder_that_vanished_is_said(place, capsys, result):
    bad = next(b for b in ROWS if b.row == 40 and b.kept)
    said_by_command(bad, place, capsys)
    dataset = own.found()["bad"]()
    shutil.rmtree(own.own_root() / "bad")
    with pytest.raises(RdpdError, match="is not in") as refused:
        list(dataset.recordings())
    result.append((50, "folder deleted meanwhile", str(refused.value).replace(str(place), "…"), 0.0, None))


def test_the_process_that_reads_cannot_reach_a_network_start_another_or_write_elsewhere(place):
    """The second wall, asked directly: what no reader does is also forbidden to it."""
    import subprocess
    import sys

    (place / "in").mkdir()
    lines = [
        "import os, sys, pathlib, socket, subprocess",
        "from rdpd_core.intake.child import guard",
        "place = pathlib.Path(sys.argv[1])",
        "guard((place / 'in').resolve())",
        "(place / 'in' / 'fine').write_text('x')",
        "acts = [lambda: socket.create_connection(('127.0.0.1', 9)), lambda: subprocess.run(['true']),",
        "        lambda: (place / 'out').write_text('x'), lambda: os.system('true')]",
        "for act in acts:",
        "    try:",
        "        act()",
        "    except PermissionError as error:",
        "        print(error)",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), str(place)], capture_output=True, text=True, check=True, cwd=os.getcwd()
    )
    assert len(done.stdout.splitlines()) == 4, done.stdout + done.stderr
    assert not (place / "out").exists()
