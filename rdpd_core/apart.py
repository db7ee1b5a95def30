"""Reading files that nobody vouches for: in a process of its own, with little memory and little time.

The process says one line of JSON, an object; whatever else it prints is not looked at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_PROJECT = Path(__file__).resolve().parents[1]


class Answer(NamedTuple):
    """What a process said.

    Attributes:
        told: Its JSON; empty if it said none.
        code: With which it ended; None if it was ended for taking too long.
    """

    told: dict[str, Any]
    code: int | None


def ask(module: str, arguments: Sequence[str], time_s: float, given: bytes = b"") -> Answer:
    """Run `python -m module` in a process of its own, without a GPU and on one thread.

    Args:
        module: Dotted name.
        arguments: Of the command.
        time_s: After which the process is ended, in s.
        given: What it reads from its standard input.
    """
    words = [sys.executable, "-m", module, *arguments]
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
    around = {**os.environ, **one, "CUDA_VISIBLE_DEVICES": "", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    try:
        done = subprocess.run(
            words, cwd=_PROJECT, env=around, input=given, capture_output=True, timeout=time_s, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Answer({}, None)
    return Answer(_told(done.stdout), done.returncode)


def _told(output: bytes) -> dict[str, Any]:
    lines = output.decode(errors="replace").strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def limit_time(seconds: float) -> bool:
    """Let this process compute only for so long, whatever else the machine does; say whether the system can do that."""
    if os.name != "posix":
        return False
    import resource

    most = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    return True


def limit_memory(megabytes: int) -> bool:
    """Let this process take only so much more memory than it has now; say whether the system can do that."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return False
    import resource

    now = int(status.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + (megabytes << 20),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what was read must not end in a file of a crash
    return True
