"""Workers of toy jobs that need not load PyTorch each: one process has loaded it, and every worker is a copy of that.

Most of what a worker of a second's job does is to load PyTorch. In all else it is as any other: a session, an environment and
a log of its own, and a process that can be killed. What a worker that is finished starts by itself begins from nothing.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from tests import toy_worker

MOST_BYTES = 1 << 16


class Copied:
    """A worker that was copied, as its starter sees it.

    Attributes:
        pid: Its process.
        returncode: How it ended; None while it runs.
    """

    def __init__(self, pid: int, way: socket.socket) -> None:
        """Wait for its end in a thread.

        Args:
            pid: Its process.
            way: On which its exit code comes.
        """
        self.pid, self.returncode, self._way = pid, None, way
        self._over = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def poll(self) -> int | None:
        """Give the exit code if it has ended."""
        return self.returncode

    def wait(self) -> int | None:
        """Wait until it has ended; give the exit code."""
        self._over.wait()
        return self.returncode

    def _listen(self) -> None:
        try:
            with self._way:
                self.returncode = int(_line(self._way))
        finally:
            self._over.set()


def start(words: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> Copied:
    """Start a worker as a copy, on a system that can copy processes.

    Args:
        words: Its command.
        env: Its whole environment.
        log: What it says goes there.
    """
    assert words[2] == toy_worker.__name__, words
    way = socket.socket(socket.AF_UNIX)
    way.connect(_keeper())
    socket.send_fds(way, [json.dumps([words[3:], dict(env)]).encode() + b"\n"], [log.fileno()])
    return Copied(int(_line(way)), way)


@cache
def _keeper() -> str:
    """Start the process that is copied; it ends with this one. Gives its address."""
    place = tempfile.TemporaryDirectory(prefix="warm-")
    address = str(Path(place.name) / "way")
    keeper = subprocess.Popen([sys.executable, "-m", "tests.warm", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert keeper.stdout.readline() == b"ready\n", "the process that workers are copied from did not start"

    def end() -> None:
        keeper.communicate()
        place.cleanup()

    atexit.register(end)
    return address


def _line(way: socket.socket, got: bytes = b"") -> bytes:
    while not got.endswith(b"\n"):
        more = way.recv(MOST_BYTES)
        assert more, "the process that workers are copied from is gone"
        got += more
    return got


def serve(address: str) -> None:
    """Copy this process for everyone who asks, and tell how the copies end, until whoever started it is gone."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    ways: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)
        while sys.stdin not in (ready := select.select([listening, woken, sys.stdin], [], [])[0]):
            if listening in ready:
                pid, way = _copy(listening.accept()[0])
                ways[pid] = way
            if woken in ready:
                woken.recv(MOST_BYTES)
            for pid, status in [os.waitpid(pid, os.WNOHANG) for pid in ways]:
                if pid == 0:  # that one still runs
                    continue
                with ways.pop(pid) as way:
                    try:
                        way.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
                    except BrokenPipeError:  # whoever asked has ended before
                        continue


def _copy(way: socket.socket) -> tuple[int, socket.socket]:
    got, (log,), _, _ = socket.recv_fds(way, MOST_BYTES, 1)
    argv, env = json.loads(_line(way, got))
    pid = os.fork()
    if pid == 0:
        _be_worker(argv, env, log)
    os.close(log)
    way.sendall(b"%d\n" % pid)
    return pid, way


def _be_worker(argv: Sequence[str], env: Mapping[str, str], log: int) -> None:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for mine, other in ((0, nothing), (1, log), (2, log)):
            os.dup2(other, mine)
        os.environ.clear()
        os.environ.update(env)
        code = toy_worker.main(argv)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # the log tells it, as that of any worker
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    from rdpd_core.jobs import work  # noqa: F401 - what takes long to load

    serve(sys.argv[1])
