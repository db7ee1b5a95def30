"""Locks: seen from other processes, and free as soon as their holder is dead."""

import signal
import time

import pytest

from rdpd_core.jobs.locks import held, hold
from tests.core.jobs.byhand import python

HOLD = """
import sys
from pathlib import Path
from rdpd_core.jobs.locks import hold
with hold(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""
PROBE = """
import sys
from pathlib import Path
from rdpd_core.jobs.locks import held
print("probing", flush=True)
while not Path(sys.argv[2]).exists():
    held(Path(sys.argv[1]))
"""


@pytest.fixture
def start(tmp_path):
    """Start processes that are ended when the test is over."""
    running = []

    def begin(code, *arguments):
        process = python(code, *arguments)
        running.append(process)
        return process, process.stdout.readline().strip()

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def until(wanted):
    """Wait for something that has to become true."""
    last = time.monotonic() + 30
    while not wanted():
        assert time.monotonic() < last
        time.sleep(0.005)


def test_a_lock_that_nobody_ever_held_is_free(tmp_path):
    assert not held(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


def test_a_lock_is_held_inside_and_free_after(tmp_path):
    path = tmp_path / "new" / "lock"
    with hold(path) as mine:
        assert mine
        assert held(path)
        with hold(path, timeout_s=0) as second:
            assert not second
    assert not held(path)
    assert path.exists()


def test_an_error_inside_frees_the_lock(tmp_path):
    with pytest.raises(KeyError), hold(tmp_path / "lock"):
        raise KeyError
    assert not held(tmp_path / "lock")


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_another_process_holds_until_it_dies(tmp_path, start, how):
    path = tmp_path / "lock"
    process, said = start(HOLD, path)
    assert said == "True"
    assert held(path)
    with hold(path, timeout_s=0.05) as mine:
        assert not mine
    assert start(HOLD, path)[1] == "False"
    process.send_signal(how)
    until(lambda: not held(path))
    with hold(path) as mine:
        assert mine


@pytest.mark.slow
def test_looking_does_not_keep_anybody_from_holding(tmp_path, start):
    path, over = tmp_path / "lock", tmp_path / "over"
    with hold(path):
        pass
    lookers = [start(PROBE, path, over) for _ in range(2)]
    assert [said for _, said in lookers] == ["probing"] * 2
    for _ in range(50):
        with hold(path, timeout_s=20) as mine:
            assert mine
            assert held(path)
    over.touch()
    assert [process.wait(30) for process, _ in lookers] == [0, 0]


def test_two_that_look_at_once_do_not_take_each_other_for_a_holder(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "lock"
    path.touch()
    with path.open("rb") as looker:
        fcntl.flock(looker, fcntl.LOCK_SH)
        assert not held(path)


def test_looking_does_not_take_a_lock_away(tmp_path, start):
    path = tmp_path / "lock"
    process, _ = start(HOLD, path)
    for _ in range(100):
        assert held(path)
    assert process.poll() is None


def test_looking_needs_no_right_to_write(tmp_path):
    path = tmp_path / "lock"
    with hold(path):
        path.chmod(0o444)
        tmp_path.chmod(0o555)
        assert held(path)
    tmp_path.chmod(0o755)
    assert not held(path)
