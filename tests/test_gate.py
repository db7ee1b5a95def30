"""What the test command and the gate promise: exit codes, a closing line, and no skipped browser test."""

import os
import shutil
import subprocess
import sys

import pytest

from rdpd_core.environment import ROOT
from tests import __main__ as command

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


@pytest.fixture
def project(tmp_path):
    """A folder of tests under the rules of this one."""
    (tmp_path / "tests" / "browser").mkdir(parents=True)
    shutil.copy(ROOT / ".pytest.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "tests" / "test_other.py").write_text("import pytest\ndef test_other():\n    pytest.skip('no data')\n")
    return tmp_path


def run(project, ci):
    """Give the exit code and the closing lines of a run of pytest."""
    command = [sys.executable, "-m", "pytest", "-c", ".pytest.toml", "-p", "no:cacheprovider"]
    result = subprocess.run(command, cwd=project, env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


@pytest.mark.parametrize(
    ("ci", "code", "closing"), [("true", 1, "1 failed, 1 skipped, 1 xfailed, 2 errors"), ("", 0, "4 skipped, 1 xfailed")]
)
def test_a_browser_test_may_be_skipped_at_home_only(project, ci, code, closing):
    (project / "tests" / "browser" / "test_page.py").write_text(BROWSER_TESTS)
    returned, said = run(project, ci)
    assert (returned, closing in said) == (code, True), said
    assert ("may not be skipped in CI: Skipped: nothing to look with" in said) == bool(ci)


@pytest.mark.parametrize(("ci", "code"), [("1", 2), ("false", 0)])
def test_a_whole_file_of_browser_tests_may_not_be_skipped_either(project, ci, code):
    (project / "tests" / "browser" / "test_page.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    returned, said = run(project, ci)
    assert returned == code, said


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
        ["-c", ".pytest.toml", "-m", "not slow and not browser", "-k", "files"],
    ]
    assert capsys.readouterr().out.startswith("quick tests: passed (exit code 0) after 0 s")


@pytest.mark.parametrize(("code", "verdict"), [(1, "FAILED"), (2, "could not be run to the end"), (5, "no test was chosen")])
def test_the_exit_code_is_that_of_pytest(pytest_stand_in, capsys, code, verdict):
    pytest_stand_in.code = code
    assert command.main([]) == code
    assert capsys.readouterr().out.startswith(f"tests: {verdict} (exit code {code})")


def test_requirements_are_pinned():
    for name in ("requirements.txt", "tests/requirements.txt"):
        lines = (ROOT / name).read_text().splitlines()
        assert all("==" in line for line in lines if line and not line.startswith("#")), name


def test_the_engines_that_are_tested_are_those_that_are_named():
    tested = set((ROOT / "tests/requirements.txt").read_text().split())
    for name in ("ray", "slurm"):
        assert set((ROOT / f"rdpd_core/jobs/requirements-{name}.txt").read_text().split()) <= tested
