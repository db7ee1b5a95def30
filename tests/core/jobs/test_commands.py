"""`python -m rdpd_core jobs`: what it prints, what it changes, and how it refuses."""

import io
import json
import shutil

import pytest

from rdpd_core.__main__ import main
from rdpd_core.datasets import leaving
from rdpd_core.evaluation import Run, compare
from rdpd_core.jobs import Desk, Progress, looking
from rdpd_core.jobs.engines import Seen
from rdpd_core.jobs.engines.local import Local
from rdpd_core.jobs.events import EventWriter
from rdpd_core.jobs.sealed import read_sealed, write_sealed
from tests.core.evaluation.made import predictions
from tests.core.jobs.byhand import a_folder, python
from tests.core.jobs.parcels import ID, RESULT, a_job, a_study, contents

SHORT = ID[:8]
LOOK = """
import sys
from rdpd_core.__main__ import main
code = main(sys.argv[1:])
print(code, [name for name in ("torch", "pandas", "numpy") if name in sys.modules])
"""


@pytest.fixture
def desk(toy, monkeypatch, tmp_path):
    """The desk of the commands, at which no worker is ever started."""
    monkeypatch.setattr(Local, "launch", lambda *given: None)
    return Desk()


def jobs(capsys, *arguments, code=0):
    """Give what an action that must end so prints on standard output."""
    assert main(["jobs", *map(str, arguments)]) == code
    return capsys.readouterr().out


def refused(capsys, action, *arguments):
    """Give the one line in which an action is refused."""
    assert main(["jobs", action, *map(str, arguments)]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1].startswith(f"python -m rdpd_core jobs {action}: ")
    assert "Traceback" not in "".join(lines)
    return lines[-1]


def done(desk, **changes):
    """Put a job that has ended on the desk."""
    folder = a_job(desk.root / changes.get("id", ID), engine="local", **changes)
    desk.rebuild()
    return folder


def waiting(desk, **changes):
    """Put a job that waits on the desk."""
    folder = a_folder(desk.root / changes.get("id", ID), **{"id": ID, **changes})
    desk.rebuild()
    return folder


@pytest.mark.slow
def test_a_listing_loads_nothing_heavy(desk):
    done(desk)
    for words in (["jobs", "list", "--all"], ["jobs", "list", "--json"], ["jobs", "show", SHORT], ["jobs", "log", SHORT]):
        process = python(LOOK, *words)
        out = process.communicate()[0]
        assert out.splitlines()[-1] == "0 []", words
    assert ID in out or "byte" in out


def test_a_listing_shows_states_places_and_the_last_that_ended(desk, capsys, monkeypatch):
    assert "start one: python -m rdpd_core jobs start" in jobs(capsys, "list")
    for at in range(3):
        done(desk, id=f"{at:016x}", watch=str(at), title=f"old {at}", created=10.0 + at)
    for at in (8, 9):
        waiting(desk, id=f"{at:016x}", watch=str(at), title=f"new {at}", created=10.0 + at)
    monkeypatch.setattr(looking, "RECENT", 2)
    lines = jobs(capsys, "list").splitlines()
    assert lines[0].split() == ["job", "state", "title", "dataset", "engine", "asked"]
    assert [line[line.index("  toy") - 5 :][:5] for line in lines[1:-1]] == ["new 9", "new 8", "old 2", "old 1"]
    assert "queued, 1 in line" in lines[2]
    assert lines[-1] == "and 1 older ones: python -m rdpd_core jobs list --all"
    assert "old 0" in jobs(capsys, "list", "--all")
    rows = json.loads(jobs(capsys, "list", "--json"))
    assert [row["id"] for row in rows] == [f"{at:016x}" for at in (9, 8, 2, 1)]


def test_a_listing_says_what_it_left_out(desk, capsys):
    (done(desk).spec_path).write_text("{")
    shutil.copytree(desk.root / ID, desk.root / ("a" * 16))
    assert main(["jobs", "list"]) == 0
    said = capsys.readouterr()
    assert f"refused: {'a' * 16}: {'a' * 16}/spec.json is not" in said.err
    assert SHORT in said.out


def test_a_title_cannot_command_a_terminal(desk, capsys):
    done(desk, title="nice\x1b[2J\ntitle\u202e")
    for action in (["list"], ["show", SHORT], ["delete", SHORT, "--yes"]):
        out = jobs(capsys, *action)
        assert "nice?[2J title?" in out
        assert "\x1b" not in out


def test_show_tells_stages_models_and_what_to_do_next(desk, capsys):
    folder = waiting(desk, title="toys")
    writer = EventWriter(folder.events)
    plan = [{"key": "fixed/teacher", "title": "teacher"}, {"key": "fixed/students", "title": "4 students"}]
    training = {"kind": "training", "stage": "fixed/teacher", "members": ["t"], "epochs": 9, "steps": 4, "epoch": 0, "step": 0}
    for event in ({"kind": "plan", "stages": plan}, {"kind": "stage", "key": "fixed/teacher", "title": "teacher"}, training):
        writer.write(event)
    writer.write({"kind": "step", "stage": "fixed/teacher", "epoch": 3, "step": 2, "steps": 4})
    writer.close()
    text = jobs(capsys, "show", SHORT)
    assert "now           teacher, epoch 3 of at most 9, step 2 of 4" in text
    assert "2 of at most 9" in text
    assert "4 students          to come" in text
    assert f"follow  python -m rdpd_core jobs follow {SHORT}" in text
    facts = json.loads(jobs(capsys, "show", SHORT, "--json"))
    assert (facts["id"], facts["state"], facts["place in line"], facts["folder"]) == (ID, "queued", 1, str(folder.path))
    folder.write_record("result", {**RESULT, "status": "failed", "reason": "a loss is no number"})
    text = jobs(capsys, "show", SHORT)
    assert "failed: a loss is no number" in text
    assert "1, such as toy/rdpd-wrist" in text
    assert f"log     python -m rdpd_core jobs log {SHORT}" in text


def test_a_study_shows_its_shards(desk, capsys):
    folder = a_study(desk.root / ID)
    for path in folder.path.rglob("spec.json"):
        write_sealed(path, {**read_sealed(path), "engine": "local"})
    desk.rebuild()
    text = jobs(capsys, "show", SHORT)
    assert "00000000  done" in text
    assert [s["state"] for s in json.loads(jobs(capsys, "show", SHORT, "--json"))["shards"]] == ["done", "done"]


def test_the_end_of_a_log_is_printed(desk, capsys):
    folder = done(desk)
    folder.log.write_bytes(b"".join(b"line %d\n" % n for n in range(100)) + b"\x1b[31mred \xff\n")
    assert jobs(capsys, "log", SHORT, "--lines", 2) == "line 99\n?[31mred \N{REPLACEMENT CHARACTER}\n"
    assert len(json.loads(jobs(capsys, "log", SHORT, "--json"))["lines"]) == 40
    folder.log.unlink()
    assert "has printed nothing" in jobs(capsys, "log", SHORT)
    assert "give at least 1" in refused(capsys, "log", SHORT, "--lines", 0)


def test_stop_ends_what_waits_and_resume_puts_it_back(desk, capsys):
    waiting(desk, title="toys")
    text = jobs(capsys, "stop", SHORT)
    assert "was stopped; it can be resumed: stopped before it was started" in text
    assert f"resume  python -m rdpd_core jobs resume {SHORT}" in text
    assert "there is nothing to stop" in refused(capsys, "stop", SHORT)
    assert "waits for its turn" in jobs(capsys, "resume", SHORT)
    assert "only stopped and failed jobs can be resumed" in refused(capsys, "resume", SHORT)
    assert json.loads(jobs(capsys, "stop", SHORT, "--now", "--json"))["state"] == "stopped"


@pytest.mark.parametrize("how", ["twice", "now"])
def test_a_second_stop_and_a_stop_now_kill(desk, capsys, monkeypatch, how):
    killed = []
    monkeypatch.setattr(Local, "state", lambda self, handle: Seen("running"))
    monkeypatch.setattr(Local, "kill", lambda self, handle: killed.append(handle))
    folder = waiting(desk)
    folder.write_record("launch", {"attempt": 1, "handle": {"pid": 0}, "engine": "local", "idle": 0, "mark": [], "at": 1.0})
    folder.write_record("alive", {"attempt": 1, "threads": 1})
    if how == "twice":
        text = jobs(capsys, "stop", SHORT)
        assert "stops after this step, and keeps the best model so far" in text
        assert f"asked a second time it is killed at once: python -m rdpd_core jobs stop {SHORT}" in text
        assert (folder.cancelled(), killed) == ("stop", [])
    text = jobs(capsys, "stop", SHORT, *(["--now"] if how == "now" else []))
    assert "its processes are killed; what was saved stays" in text
    assert folder.cancelled() == "force"
    assert {"pid": 0} in killed


def test_delete_asks_and_says_what_is_free_again(desk, capsys, monkeypatch):
    done(desk, title="toys")
    (desk.root / ID / "outcomes" / "outcomes.safetensors").write_bytes(bytes(3_000_000))
    for answer in ("", "n\n", "maybe\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert "was not deleted; answer y, or say --yes" in refused(capsys, "delete", SHORT)
    assert (desk.root / ID).exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["jobs", "delete", SHORT]) == 0
    said = capsys.readouterr()
    assert f"delete {SHORT} (toys), 3." in said.err
    assert "is deleted: 3." in said.out
    assert "MB are free again; its models in the store stay" in said.out
    assert not (desk.root / ID).exists()
    waiting(desk)
    assert "stop it before it is deleted" in refused(capsys, "delete", SHORT)


@pytest.mark.slow
def test_a_job_on_credentialed_data_is_exported_only_to_who_asks_twice(desk, capsys, tmp_path, monkeypatch):
    done(desk, title="toys")
    monkeypatch.setattr(leaving, "is_held", lambda name, root: name == "toy")
    assert "Toy is credentialed" in refused(capsys, "export", SHORT, tmp_path / "job.zip")
    assert not (tmp_path / "job.zip").exists()
    assert "(toys) is in" in jobs(capsys, "export", SHORT, tmp_path / "job.zip", "--credentialed")


@pytest.mark.slow
def test_export_and_import_from_the_command_line(desk, capsys, tmp_path):
    folder, file = done(desk, title="toys"), tmp_path / "job.zip"
    before = contents(folder)
    assert f"{SHORT} (toys) is in {file}" in jobs(capsys, "export", SHORT, file)
    assert "already; choose another name" in refused(capsys, "export", SHORT, file)
    assert "is here already" in refused(capsys, "import", file)
    jobs(capsys, "delete", SHORT, "--yes")
    text = jobs(capsys, "import", file)
    assert f"taken in: {SHORT} (toys); its models stay with it and are in no list" in text
    assert all(before[name] == data for name, data in contents(folder).items())
    assert SHORT in jobs(capsys, "list")
    jobs(capsys, "delete", SHORT, "--yes")
    assert "card.json" in refused(capsys, "import", file, "--models"), "models made of thin air are not taken into the store"


def test_a_table_that_is_not_there_is_refused(desk, capsys):
    folder = waiting(desk)
    assert f"job {SHORT} has no table; it waits for its turn" in refused(capsys, "table", SHORT)
    folder.write_record("result", {**RESULT, "status": "stopped", "reason": "stopped before it was started"})
    assert "stopped before it was started" in refused(capsys, "table", SHORT)
    (folder.path / "result.json").write_text("{")
    assert "result.json is not" in refused(capsys, "table", SHORT)
    folder.write_record("result", {**RESULT, "tables": [{"experiment": {}, "comparison": {}}]})
    assert "not a comparison" in refused(capsys, "table", SHORT)


def test_a_study_prints_a_table_for_each_experiment(desk, capsys):
    runs = [Run(arm, 0, "0", predictions(40, seed=arm)) for arm in ("teacher", "direct")]
    asked = {"dataset": "toy", "view": "wrist", "recipe": "paper"}
    record = {
        "experiment": asked,
        "command": "none",
        "comparison": compare(runs, draws=100).to_dict(),
        "chosen": {},
        "notices": [],
    }
    folder = done(desk)
    folder.write_record("result", {**RESULT, "tables": [record, record]})
    text = jobs(capsys, "table", SHORT)
    assert text.startswith("experiment 1 of 2\n\nToy (simulated), view wrist, recipe paper\n")
    assert text.count("PR-AUC (higher is better)") == 2
    assert len(json.loads(jobs(capsys, "table", SHORT, "--json"))) == 2
    assert "jobs table" in jobs(capsys, "show", SHORT)
    folder.write_record("result", RESULT)
    assert "jobs table" not in jobs(capsys, "show", SHORT)


def test_the_list_is_made_again_from_the_folders(desk, capsys):
    done(desk)
    for at in (1, 2, 3):
        waiting(desk, id=f"{at:016x}", watch=str(at))
    shutil.rmtree(desk.root / f"{1:016x}")
    desk.table.set_state(f"{2:016x}", "done", 1.0)
    desk.table.set_state(ID, None, None)
    desk.table.remove(f"{3:016x}")
    found = json.loads(jobs(capsys, "rebuild", "--json"))
    assert set(found["jobs"]) == {ID, f"{2:016x}", f"{3:016x}"}
    assert found["removed"] == [f"{1:016x}"]
    states_now = {e.id: e.state for e in desk.table.entries()}
    assert states_now == {ID: "done", f"{2:016x}": None, f"{3:016x}": None}
    assert "in the list: 3 jobs; taken out of it, as their folders are gone: 0" in jobs(capsys, "rebuild")


def test_refusals_are_one_line_with_the_way_out(desk, capsys):
    assert "unknown job 'abc'" in refused(capsys, "show", "abc")
    assert "unknown job '../..'" in refused(capsys, "log", "../..")
    assert "did you mean 'toy'" in refused(capsys, "start", "tyo")
    assert "did you mean 'local'" in refused(capsys, "start", "toy", "--engine", "lokal")
    assert "choose one of auto, cpu" in refused(capsys, "start", "toy", "--device", "gpu")
    assert "is not on this machine" in refused(capsys, "start", "toy", "--device", "mps")
    assert "threads must be a number" in refused(capsys, "start", "toy", "--threads", -1)
    assert "nobody" in refused(capsys, "start", "toy", "--teacher", "nobody", "--arms", "rdpd")
    assert "is not in" in refused(capsys, "start", "dsads", "--data-root", "/nowhere")
    assert Desk().jobs() == []


def test_start_hands_in_once_and_says_what_to_do_next(desk, capsys):
    asked = ["start", "toy", "--arms", "rdpd", "direct", "--seeds", "2", "--watch", "eva", "--threads", "1"]
    text = jobs(capsys, *asked)
    (job,) = desk.jobs()
    assert f"a job was started: {job.id[:8]} (Direct and RDPD, wrist, 2 seeds, toy)" in text
    assert f"follow  python -m rdpd_core jobs follow {job.id[:8]}" in text
    assert "the same work is a job already" in jobs(capsys, *asked)
    again = json.loads(jobs(capsys, *asked, "--json"))
    assert (again["new"], again["id"]) == (False, job.id)
    spec = job.folder.spec()
    assert (spec.kind, spec.watch, spec.threads, spec.engine) == ("experiment", "eva", 1, "local")
    assert spec.asked()[0].arms == ("direct", "rdpd")


def test_a_grid_makes_a_study(desk, capsys):
    text = jobs(capsys, "start", "toy", "--grid", "noise=0,0.5", "--grid", "view=wrist,wrist+pulse", "--title", "grids")
    (job,) = desk.jobs()
    assert f"a study was started: {job.id[:8]} (grids)" in text
    spec = job.folder.spec()
    assert [(e.noise, e.view) for e in spec.asked()] == [
        (0.0, "wrist"),
        (0.0, "wrist,pulse"),
        (0.5, "wrist"),
        (0.5, "wrist,pulse"),
    ]
    assert len(desk.shards(job.id)) == 4
    assert len(json.loads(jobs(capsys, "list", "--json"))) == 1


@pytest.mark.slow
def test_from_start_to_table_and_away_again(toy, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(Local, "module", "tests.toy_worker")
    brief = [
        "toy",
        "--view",
        "wrist",
        "--recipe",
        "paper",
        "--epochs",
        "3",
        "--seeds",
        "2",
        "--arms",
        "teacher",
        "direct",
        "rdpd",
    ]
    text = jobs(capsys, "start", *brief, "--threads", "1", "--device", "cpu", "--follow")
    assert "a job was started" in text
    assert "(RDPD and 2 more arms, wrist, 2 seeds, toy) is done" in text
    (job,) = Desk().jobs()
    printed = jobs(capsys, "table", job.id[:6])
    assert main(["compare", *brief, "--device", "cpu"]) == 0
    assert printed == capsys.readouterr().out, "a job prints what compare prints"
    assert f"{job.id[:6]}" in jobs(capsys, "show", job.id)
    file = tmp_path / "job.zip"
    jobs(capsys, "export", job.id, file)
    before = contents(job.folder)
    jobs(capsys, "delete", job.id, "--yes")
    shutil.rmtree(tmp_path / "work" / "models")
    assert "6 models are in the store" in jobs(capsys, "import", file, "--models")
    after = contents(job.folder)
    assert all(before[name] == data for name, data in after.items() if name != "filed")
    assert set(before) - set(after) == {"lock", "launch.json", "models/.lock"}
    assert jobs(capsys, "table", job.id) == printed
    assert len(json.loads(jobs_of(capsys))) == 6
    progress = Progress(job.folder.events)
    progress.update()
    assert [stage.epoch for stage in progress.stages.values()] == [3, 3]


def jobs_of(capsys):
    """Give the listing of models."""
    assert main(["models", "--dataset", "toy", "--verify", "--json"]) == 0
    return capsys.readouterr().out
