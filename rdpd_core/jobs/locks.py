"""Locks of the operating system: whoever holds one is alive, since the kernel takes it back from the dead."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

PROBED_S = 1.0
"""How long a worker tries: who only looks holds a shared lock for less than a millisecond."""


@contextmanager
def hold(path: Path, timeout_s: float = PROBED_S) -> Iterator[bool]:
    """Hold a lock while inside, if it can be had; gives whether it is held.

    Args:
        path: The lock file; made if missing, left behind.
        timeout_s: Seconds to try.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.name != "posix":
        with _hold_elsewhere(path, timeout_s) as got:
            yield got
        return
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _try_until(lambda: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB), time.monotonic() + timeout_s)
    finally:
        os.close(handle)  # the lock goes with the last handle


def held(path: Path) -> bool:
    """Say whether somebody holds a lock; works in a folder that cannot be written."""
    if not path.is_file():
        return False
    if os.name != "posix":
        with _hold_elsewhere(path, 0) as got:
            return not got
    import fcntl

    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _try_until(take, last: float) -> bool:
    while True:
        try:
            take()
        except BlockingIOError:
            if time.monotonic() >= last:
                return False
            time.sleep(0.01)
        else:
            return True


@contextmanager
def _hold_elsewhere(path: Path, timeout_s: float) -> Iterator[bool]:
    holder = FileLock(path, timeout=timeout_s)
    try:
        holder.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        holder.release()
