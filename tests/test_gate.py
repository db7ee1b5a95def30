"""What the test command and the gate promise: exit codes, a closing line, and no skipped browser test."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from rdpd_core.environment import ROOT
from tests import __main__ as command
from tests.conftest import MOST_PROCESSES, pytest_xdist_auto_num_workers

BROWSER_TESTS = """
import pytest
pytestmark = pytest.mark.browser
@pytest.fixture
def missing():
    pytest.skip("nothing to look with")
def test_inside():
    pytest.skip("nothing to look with")
def test_fixture(missing):
    pass
@pytest.mark.skip(reason="nothing to look with")
def test_mark():
    pass
@pytest.mark.xfail(strict=True)
def test_known():
    assert False
"""
TWO = ("-n", "2", "--dist", "loadfile")


@pytest.fixture
def project(tmp_path):
    """A folder of tests under the rules of this one."""
    (tmp_path / "tests" / "browser").mkdir(parents=True)
    shutil.copy(ROOT / ".pytest.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "tests" / "test_other.py").write_text("import pytest\ndef test_other():\n    pytest.skip('no data')\n")
    return tmp_path


def run(project, ci, *options):
    """Give the exit code and the closing lines of a run of pytest."""
    command = [sys.executable, "-m", "pytest", "-c", ".pytest.toml", "-p", "no:cacheprovider", *options]
    result = subprocess.run(command, cwd=project, env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


@pytest.mark.parametrize(
    ("ci", "code", "closing", "options"),
    [
        ("true", 1, "1 failed, 1 skipped, 1 xfailed, 2 errors", TWO),
        pytest.param("true", 1, "1 failed, 1 skipped, 1 xfailed, 2 errors", (), marks=pytest.mark.slow),
        pytest.param("", 0, "4 skipped, 1 xfailed", TWO, marks=pytest.mark.slow),
    ],
)
def test_a_browser_test_may_be_skipped_at_home_only(project, ci, code, closing, options):
    (project / "tests" / "browser" / "test_page.py").write_text(BROWSER_TESTS)
    returned, said = run(project, ci, *options)
    assert (returned, closing in said) == (code, True), said
    assert ("may not be skipped in CI: Skipped: nothing to look with" in said) == bool(ci)


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "good", "options"), [("1", False, TWO), ("1", False, ()), ("false", True, TWO)])
def test_a_whole_file_of_browser_tests_may_not_be_skipped_either(project, ci, good, options):
    (project / "tests" / "browser" / "test_page.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    returned, said = run(project, ci, *options)
    assert (returned == 0) == good, said
    assert ("may not be skipped in CI" in said) != good


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [["-n", "0"], ["--pdb"], ["-s"], ["tests/test_other.py"], ["-x", "-k", "other"]], ids=" ".join
)
def test_arguments_of_pytest_win(project, words):
    returned, said = run(project, "", *command.SPREAD, *words)
    assert (returned, "1 skipped" in said) == (0, True), said
    assert ("workers" in said) == (words[0] == "-x" and processes_of([]) > 0), said


def processes_of(words, **options):
    """Give how many processes run tests beside this one."""
    given = {"capture": "fd", "trace": False, "markexpr": "not trial", **options}
    return pytest_xdist_auto_num_workers(SimpleNamespace(args=words or ["tests"], option=SimpleNamespace(**given)))


@pytest.mark.parametrize(("cores", "wanted"), [(1, 0), (2, 3), (4, 6), (200, MOST_PROCESSES)])
def test_two_cores_have_three_processes(monkeypatch, cores, wanted):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.chdir(ROOT)
    for words in ([], ["tests/core"], ["tests/test_gate.py", "tests/test_readme.py"]):
        assert processes_of(words) == wanted
    assert processes_of([], markexpr=command.CHOSEN["quick"]) == (min(cores, MOST_PROCESSES) if cores > 1 else 0)
    for words in (["tests/test_gate.py"], ["tests/test_gate.py::test_one", "tests/test_gate.py::test_two"]):
        assert processes_of(words) == 0
    assert processes_of([], capture="no") == processes_of([], trace=True) == 0


@pytest.fixture
def pytest_stand_in(monkeypatch):
    """Takes the place of pytest and of the environment; remembers the arguments."""
    calls = []
    monkeypatch.setattr(command.environment, "enter", lambda module, requirements: calls.append((module, requirements)))
    monkeypatch.setattr(pytest, "main", lambda arguments: calls.append(arguments) or stand_in.code)
    monkeypatch.chdir(ROOT)

    class stand_in:
        code = 0
        seen = calls

    return stand_in


def test_quick_leaves_out_the_slow_ones(pytest_stand_in, capsys):
    assert command.main(["quick", "-k", "files"]) == 0
    assert pytest_stand_in.seen == [
        ("tests", ["requirements.txt", "tests/requirements.txt"]),
        ["-c", ".pytest.toml", *command.SPREAD, "-m", "not slow and not browser", "-k", "files"],
    ]
    assert capsys.readouterr().out.startswith("quick tests: passed (exit code 0) after 0 s")


@pytest.mark.parametrize(("code", "verdict"), [(1, "FAILED"), (2, "could not be run to the end"), (5, "no test was chosen")])
def test_the_exit_code_is_that_of_pytest(pytest_stand_in, capsys, code, verdict):
    pytest_stand_in.code = code
    assert command.main([]) == code
    assert capsys.readouterr().out.startswith(f"tests: {verdict} (exit code {code})")


def test_what_was_compiled_is_kept(pytest_stand_in, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    command.main(["quick"])
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert sys.dont_write_bytecode is False


def test_requirements_are_pinned():
    for name in ("requirements.txt", "tests/requirements.txt"):
        lines = (ROOT / name).read_text().splitlines()
        assert all("==" in line for line in lines if line and not line.startswith("#")), name


def test_the_engines_that_are_tested_are_those_that_are_named():
    tested = set((ROOT / "tests/requirements.txt").read_text().split())
    for name in ("ray", "slurm"):
        assert set((ROOT / f"rdpd_core/jobs/requirements-{name}.txt").read_text().split()) <= tested
