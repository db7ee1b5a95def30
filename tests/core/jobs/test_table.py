"""The list of jobs: many writers lose nothing, the same work is there once, and damage is put aside."""

import threading

import pytest

from rdpd_core.errors import DataError
from rdpd_core.jobs import Desk, table
from rdpd_core.jobs.table import Entry, Table
from tests.core.jobs.byhand import Puppet, a_folder, a_spec, python, small_disk

WRITE = """
import sys
from pathlib import Path
from rdpd_core.jobs.table import Entry, Table
path, who = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
table = Table(path)
for number in range(int(sys.argv[3])):
    name = f"{who}-{number}"
    assert table.add(Entry(name, name, name, "experiment", "t", "toy", "local", None, number))
    assert table.set_state(name, "done", 1.0)
"""


def entry(name, key="k", state=None):
    """Give a row."""
    return Entry(name, key, name, "experiment", "title", "toy", "local", None, 1.0, state, None)


@pytest.mark.slow
def test_eight_processes_lose_no_row(tmp_path):
    path = tmp_path / "jobs" / "jobs.sqlite"
    writers = [python(WRITE, path, who, 100) for who in range(8)]
    assert [w.stdout.readline() for w in writers] == ["ready\n"] * 8
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
    assert [w.returncode for w in writers] == [0] * 8
    found = Table(path).entries()
    assert {e.id for e in found} == {f"{who}-{number}" for who in range(8) for number in range(100)}
    assert all(e.state == "done" for e in found)


def test_one_key_lives_once(tmp_path):
    rows = Table(tmp_path / "t.sqlite")
    assert rows.add(entry("a"))
    assert not rows.add(entry("b"))
    assert rows.add(entry("c", state="done"))
    assert rows.add(entry("d", key="other"))
    assert [e.id for e in rows.entries()] == ["a", "c", "d"]
    assert not rows.set_state("c", None, None), "a lives with that key"
    assert rows.entries("id = ?", ("c",))[0].state == "done"
    assert rows.set_state("a", "stopped", 5.0)
    assert rows.set_state("c", None, None)
    with rows.writing() as connection:
        assert rows.alive_with("k", connection).id == "c"
        assert rows.alive_with("nobody", connection) is None


def test_an_id_is_there_once(tmp_path):
    rows = Table(tmp_path / "t.sqlite")
    assert rows.add(entry("a"))
    assert not rows.add(entry("a", key="other"))
    rows.remove("a")
    assert rows.entries() == []
    assert not rows.set_state("a", "done", 1.0)


def test_twenty_at_once_start_the_same_work_once(toy, tmp_path):
    gate, found, errors = threading.Barrier(20), [], []

    def submit():
        desk = Desk(tmp_path / "jobs", {"puppet": Puppet()})
        gate.wait()
        try:
            found.append(desk.submit(a_spec(engine="puppet")))
        except Exception as error:  # shown by the test
            errors.append(error)

    threads = [threading.Thread(target=submit) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len({job.id for job, _ in found}) == 1
    assert sorted(new for _, new in found) == [False] * 19 + [True]
    desk = Desk(tmp_path / "jobs", {"puppet": Puppet()})
    assert len(desk.jobs()) == 1
    assert [p.name for p in (tmp_path / "jobs").iterdir() if p.is_dir()] == [found[0][0].id], "no draft is left"


def test_an_error_takes_everything_back(tmp_path):
    rows = Table(tmp_path / "t.sqlite")

    def interrupted():
        with rows.writing() as connection:
            rows.add(entry("a"), connection)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert rows.entries() == []


def test_who_writes_too_long_is_not_waited_for(tmp_path, monkeypatch):
    rows = Table(tmp_path / "t.sqlite")
    monkeypatch.setattr(table, "WAIT_S", 0.05)
    with rows.writing(), pytest.raises(DataError, match=r"cannot be written: database is locked; .*try again"):
        rows.add(entry("a"))


@pytest.mark.parametrize("damage", ["no database", "empty", "middle", "cut"])
@pytest.mark.slow
def test_a_damaged_file_is_put_aside_and_made_again_from_the_folders(tmp_path, damage):
    root = tmp_path / "jobs"
    specs = [a_folder(root / f"{at:016x}", id=f"{at:016x}", engine="puppet", watch=str(at)).spec() for at in range(40)]
    engines = {"puppet": Puppet()}
    assert len(Desk(root, engines).jobs()) == 40
    path = root / "jobs.sqlite"
    data = path.read_bytes()
    changed = {
        "no database": b"hello" * 1000,
        "empty": b"",
        "middle": data[:4096] + b"\xff" * 4096 + data[8192:],
        "cut": data[: len(data) // 2],
    }[damage]
    path.write_bytes(changed)
    desk = Desk(root, engines)
    assert {job.id for job in desk.jobs()} == {spec.id for spec in specs}
    assert (root / "jobs.sqlite.damaged").exists() == (damage != "empty")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "jobs").touch()
    with pytest.raises(DataError, match=r"cannot use .*jobs\.sqlite: .*(File exists|Not a directory)"):
        Table(tmp_path / "jobs" / "jobs.sqlite")


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    (tmp_path / "jobs.sqlite").mkdir()
    with pytest.raises(DataError, match=r"cannot use .*jobs\.sqlite: unable to open"):
        Table(tmp_path / "jobs.sqlite")


def test_a_full_disk_keeps_the_rows_that_were_there(tmp_path):
    with small_disk(tmp_path / "disk", 200) as disk:
        rows = Table(disk / "jobs.sqlite")
        added = []

        def fill():
            while len(added) < 10_000:
                rows.add(entry(name := f"{len(added):05d}" + "x" * 200, key=name))
                added.append(name)

        with pytest.raises(DataError, match="free some space"):
            fill()
        assert [e.id for e in rows.entries()] == added
        assert len(added) > 10


def test_damage_while_it_is_used_is_a_plain_refusal(tmp_path):
    rows = Table(tmp_path / "t.sqlite")
    rows.path.write_bytes(b"hello" * 1000)
    with pytest.raises(DataError, match=r"cannot be read: .*start anew"):
        rows.entries()
    with pytest.raises(DataError, match="cannot be written"):
        rows.add(entry("a"))
