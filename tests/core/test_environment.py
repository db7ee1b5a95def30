"""The environment is made once, finished when interrupted, and says in words what is missing."""

import ast
import errno
import importlib.util
import json
import os
import re
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from rdpd_core import environment
from rdpd_core.environment import LOCK, STAMP, Progress, SetupError

REQUIREMENTS = ["requirements.txt", "tests/requirements.txt"]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project with two requirements files, in place of this one."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    for name in REQUIREMENTS:
        (folder / name).write_text("tiny==1.0\n")
    monkeypatch.setattr(environment, "ROOT", folder)
    monkeypatch.delenv("RDPD_VENV", raising=False)
    return folder


@pytest.fixture
def home(root):
    """A folder that looks like a finished environment."""
    folder = root / ".venv"
    packages = folder / "lib" / "python3" / "site-packages"
    packages.mkdir(parents=True)
    python = environment.interpreter(folder)
    python.parent.mkdir(parents=True, exist_ok=True)
    python.symlink_to(sys.executable)
    (folder / "pyvenv.cfg").touch()
    environment._write_stamp(folder, packages, {name: environment._digest(name) for name in REQUIREMENTS})
    return folder


def test_an_environment_with_a_fitting_stamp_is_left_alone(home, monkeypatch):
    monkeypatch.setattr(environment, "_install", lambda *args: pytest.fail("installed again"))
    environment.prepare(home, REQUIREMENTS)
    assert not (home / LOCK).exists()


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_a_changed_file_counts_only_for_those_who_need_it(root, home, name):
    (root / name).write_text("tiny==2.0\n")
    for wanted in REQUIREMENTS:
        assert environment.is_current(home, [wanted]) == (wanted != name)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda home: (home / STAMP).unlink(),
        lambda home: (home / STAMP).write_text("{"),
        lambda home: (home / STAMP).write_text("{}"),
        lambda home: shutil.rmtree(home / "lib"),
        lambda home: (home / "pyvenv.cfg").unlink(),
        lambda home: environment.interpreter(home).unlink(),
        lambda home: (environment.interpreter(home).unlink(), environment.interpreter(home).symlink_to("gone")),
        lambda home: (environment.interpreter(home).unlink(), environment.interpreter(home).symlink_to(shutil.which("git"))),
    ],
    ids=["no stamp", "half a stamp", "empty stamp", "no packages", "no settings", "no python", "python gone", "another python"],
)
def test_what_does_not_fit_the_stamp_is_seen(home, spoil):
    assert environment.is_current(home, REQUIREMENTS)
    spoil(home)
    assert not environment.is_current(home, REQUIREMENTS)


def test_the_folder_may_be_named(root, monkeypatch, tmp_path):
    assert environment.folder() == root / ".venv"
    monkeypatch.setenv("RDPD_VENV", str(tmp_path / "x" / ".." / "other"))
    assert environment.folder() == tmp_path / "other"


def test_a_folder_with_other_files_is_refused_and_kept(root):
    home = root / ".venv"
    home.mkdir()
    (home / "thesis.txt").write_text("precious")
    with pytest.raises(SetupError, match="holds files, but no Python environment"):
        environment.prepare(home, REQUIREMENTS)
    assert os.listdir(home) == ["thesis.txt"]


def test_a_folder_that_cannot_be_made(root):
    (root / "file").touch()
    with pytest.raises(SetupError, match=r"cannot be made in .*file.*: .*(File exists|Not a directory).*RDPD_VENV"):
        environment.prepare(root / "file" / ".venv", REQUIREMENTS)


def test_a_lock_that_cannot_be_written(root, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SetupError, match="Permission denied"):
        environment.prepare(root / ".venv", REQUIREMENTS)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_names_the_package(root, monkeypatch, module):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else found(name))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    with pytest.raises(SetupError, match=rf"module {module}.*sudo apt install {re.escape(version)}"):
        environment.prepare(root / ".venv", REQUIREMENTS)


def test_too_little_room(root, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**10, 10**10 - 10**9, 10**9))
    with pytest.raises(SetupError, match=r"about 2.5 GB are needed, 1.0 GB are free"):
        environment.prepare(root / ".venv", REQUIREMENTS)
    assert os.listdir(root / ".venv") == [LOCK]


@pytest.mark.parametrize("version", [(3, 8), (3, 10)])
def test_an_old_python_is_told_so(version, monkeypatch):
    monkeypatch.setattr(environment, "_runs", lambda name: False)
    with pytest.raises(SetupError, match=rf"Python 3.11 or newer is needed; this is Python 3.{version[1]} .*python.org"):
        environment.check_python(version, "app")


def test_an_old_python_is_shown_a_newer_one(monkeypatch):
    monkeypatch.setattr(environment, "_runs", lambda name: name == "python3.12")
    with pytest.raises(SetupError, match=r"Run: python3.12 -m app"):
        environment.check_python((3, 9), "app")


@pytest.mark.parametrize("name", ["rdpd_core/__init__", "rdpd_core/environment", "app/__main__", "tests/__main__"])
def test_an_old_python_can_read_enough_to_say_so(name):
    path = Path(__file__).parents[2] / f"{name}.py"
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("version", [(3, 11), (3, 13), (4, 0)])
def test_a_python_that_is_new_enough_passes(version):
    environment.check_python(version, "app")


@pytest.mark.slow
def test_a_failure_is_one_message_and_exit_code_1(root, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit) as end:
        environment.enter("app", REQUIREMENTS)
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith("Python 3.11 or newer is needed; this is Python 3.9")
    assert not (root / ".venv").exists()


def test_halves_left_by_an_interruption_are_removed(tmp_path):
    for name in ("whole-1.0.dist-info", "half-1.0.dist-info", "half", "~old"):
        (tmp_path / name).mkdir()
    (tmp_path / "whole-1.0.dist-info" / "RECORD").touch()
    environment._remove_halves(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["half", "whole-1.0.dist-info"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        ("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'", "cannot be reached"),
        ("WARNING: ProxyError('Cannot connect.')\nERROR: No matching distribution found for x", "cannot be reached"),
        ("ERROR: No matching distribution found for torch==2.13.0", r"No torch==2.13.0 was found"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: 'x'", "cannot be written"),
        ("ERROR: something never seen", "last words of pip:\n    ERROR: something never seen"),
    ],
)
def test_what_pip_says_is_put_in_words(tmp_path, said, told):
    error = environment._explained(tmp_path, said.split("\n"))
    assert re.search(told, str(error))
    assert (tmp_path / environment.LOG).read_text() == said + "\n"


PIP = """\
Collecting captum==0.9.0 (from -r requirements.txt (line 1))
  Downloading captum-0.9.0-py3-none-any.whl (455 kB)
Processing ./wheels/numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl (from -r requirements.txt (line 3))
Requirement already satisfied: pillow<14,>=9.2.0 in ./site-packages (from streamlit)
Installing collected packages: captum, numpy
Successfully installed captum-0.9.0 numpy-2.4.6"""


def test_progress_names_the_package_and_how_many(tmp_path):
    progress = Progress(tmp_path)
    seen = [progress.text()]
    for line in PIP.split("\n"):
        progress.tell(line)
        seen.append(progress.text())
        if line.startswith("Installing"):
            (tmp_path / "numpy-2.4.6.dist-info").mkdir()
    assert seen == [
        "asking for packages",
        "fetching package 1: captum",
        "fetching package 1: captum 0.9.0 (455 kB)",
        "fetching package 2: numpy 2.4.6",
        "fetching package 3: pillow",
        "installing package 0 of 2",
        "installing package 1 of 2: numpy 2.4.6",
    ]


def test_progress_counts_only_what_is_new(tmp_path):
    (tmp_path / "old-1.0.dist-info").mkdir()
    os.utime(tmp_path / "old-1.0.dist-info", (0, 0))
    progress = Progress(tmp_path)
    progress.tell("Installing collected packages: new")
    assert progress.text() == "installing package 0 of 1"


def test_progress_in_a_log_is_plain_lines_and_few(tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as while_telling:
        while_telling.setattr(environment.time, "monotonic", iter([0.0, *(2.5 + n / 10 for n in range(30))]).__next__)
        progress = Progress(tmp_path)
        for number in range(30):
            progress.tell(f"Collecting package{number}")
        progress.close()
    shown = capsys.readouterr().out
    assert shown == "  2 s  fetching package 1: package0\n  4 s  fetching package 21: package20\n"


def test_progress_on_a_terminal_is_one_line(tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as while_telling:  # pytest itself asks for the size, too
        while_telling.setattr(environment.shutil, "get_terminal_size", lambda: os.terminal_size((20, 5)))
        progress = Progress(tmp_path)
        progress.terminal = True
        progress.tell("Collecting a-package-with-a-long-name")
        progress.close()
    assert capsys.readouterr().out == "\r  0 s  fetching pac\n"


def test_a_restart_that_led_nowhere_is_not_repeated(home, monkeypatch):
    monkeypatch.setenv(environment.STARTED_BY, str(os.getpid()))
    with pytest.raises(SetupError, match="does not run as an environment"):
        environment._restart(home, "app")


def test_the_stamp_holds_digests_and_no_more(home):
    stamp = json.loads((home / STAMP).read_text())
    assert set(stamp) == {"python", "packages", "requirements"}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in stamp["requirements"].values())
    assert not list(home.glob("*.draft"))
