"""Following a job on a terminal: drawn as it goes, and left to itself when nobody looks any more."""

import io
import json

import pytest

from rdpd_core.__main__ import main
from rdpd_core.jobs import Desk, following, states
from rdpd_core.jobs.engines.local import Local
from rdpd_core.jobs.events import EventWriter
from rdpd_core.jobs.facts import duration
from tests.core.jobs.byhand import a_folder
from tests.core.jobs.parcels import ID, RESULT

SHORT = ID[:8]


@pytest.fixture
def desk(toy, monkeypatch):
    """The desk of the commands, at which no worker is ever started."""
    monkeypatch.setattr(Local, "launch", lambda *given: None)
    return Desk()


def jobs(capsys, *arguments, code=0):
    """Give what an action that must end so prints on standard output."""
    assert main(["jobs", *map(str, arguments)]) == code
    return capsys.readouterr().out


def waiting(desk, **changes):
    """Put a job that waits on the desk."""
    folder = a_folder(desk.root / ID, id=ID, **changes)
    desk.rebuild()
    return folder


class Terminal(io.StringIO):
    """A text that takes itself for a terminal."""

    def isatty(self):
        """Say so."""
        return True


def running(desk, monkeypatch):
    """Put a job on the desk that goes a step further at every look, and ends after the third."""
    folder = waiting(desk, title="toys")
    writer, looks = EventWriter(folder.events), iter(range(10))

    def go_on(self):
        at = next(looks)
        if at == 0:
            writer.write({"kind": "stage", "key": "fixed/teacher", "title": "teacher"})
            facts = {"members": ["t"], "epochs": 9, "steps": 4, "epoch": 0, "step": 0, "done": False}
            writer.write({"kind": "training", "stage": "fixed/teacher", **facts})
        if at < 3:
            writer.write({"kind": "step", "stage": "fixed/teacher", "epoch": 1, "step": at + 1, "steps": 4})
        else:
            folder.write_record("result", RESULT)

    monkeypatch.setattr(Desk, "tick", go_on)
    monkeypatch.setattr(following, "POLL_S", 0.0)
    return folder


def test_follow_draws_a_line_that_changes_on_a_terminal(desk, capsys, monkeypatch):
    running(desk, monkeypatch)
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    assert f"{SHORT} (toys) is done" in jobs(capsys, "follow", SHORT)
    drawn = screen.getvalue().split("\r")[1:]
    assert [line.split(": ", 1)[-1][:41] for line in drawn[:3]] == [
        f"teacher, epoch 1 of at most 9, step {n} of 4"[:41] for n in (1, 2, 3)
    ]
    assert drawn[-1].startswith("done")
    assert all(len(line) < 120 for line in drawn)


def test_follow_prints_a_line_for_each_stage_elsewhere(desk, capsys, monkeypatch):
    running(desk, monkeypatch)
    assert main(["jobs", "follow", SHORT]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == ["queued, 1 in line: teacher, epoch 1 of at most 9, step 1 of 4", "done"]
    assert "is done" in said.out


@pytest.mark.parametrize("status", [states.FAILED, states.STOPPED])
def test_follow_says_by_its_exit_code_that_a_job_is_not_done(desk, capsys, status):
    folder = waiting(desk)
    folder.write_record("result", {**RESULT, "status": status, "reason": "why not"})
    assert "why not" in jobs(capsys, "follow", SHORT, code=1)
    assert json.loads(jobs(capsys, "follow", SHORT, "--json", code=1))["state"] == status


def test_an_interruption_ends_the_watching_only(desk, capsys, monkeypatch):
    folder = waiting(desk)

    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(following.time, "sleep", interrupt)
    assert main(["jobs", "follow", SHORT]) == 130
    assert f"the job goes on; watch it again: python -m rdpd_core jobs follow {SHORT}, stop it:" in capsys.readouterr().err
    assert folder.cancelled() is None


def test_times_are_told_in_units_a_person_takes_in():
    assert [duration(s) for s in (0.4, 45, 89, 90, 600, 5399, 5400, 36000)] == [
        "0 s", "45 s", "89 s", "2 min", "10 min", "90 min", "1.5 h", "10.0 h",
    ]  # fmt: skip
