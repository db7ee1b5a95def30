"""Jobs made by hand, without workers and without PyTorch: an engine that does as it is told, and damage of all kinds."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rdpd_core.jobs import Engine, JobFolder, Spec
from rdpd_core.jobs.engines import Seen
from rdpd_core.jobs.engines.base import Handle

ROOT = Path(__file__).resolve().parents[3]


class Puppet(Engine):
    """Starts nothing; says what it was told to say."""

    name = "puppet"
    title = "for tests"

    def __init__(self, seen: Seen | None = None) -> None:
        """Choose what it says of every worker; None has no room for any."""
        self.seen, self.launched, self.killed = seen, [], []

    def launch(self, folder: JobFolder, spec: Spec, attempt: int) -> Handle | None:
        """Note that a worker was asked for."""
        if self.seen is None:
            return None
        self.launched.append((spec.id, attempt))
        return {"number": len(self.launched)}

    def state(self, handle: Handle | None) -> Seen:
        """Say what it was told to say."""
        return self.seen or Seen("ended", "it was not started")

    def kill(self, handle: Handle | None) -> None:
        """Note it."""
        self.killed.append(handle)


def a_spec(**changes: Any) -> Spec:
    """Give a job that no worker will ever see."""
    given = {"kind": "experiment", "title": "toy", "dataset": "toy", "experiments": ({"dataset": "toy", "view": "wrist"},)}
    return Spec(**{**given, **changes})


def a_folder(path: Path, **changes: Any) -> JobFolder:
    """Give the folder of such a job."""
    folder = JobFolder(path)
    a_spec(**changes).write(folder.spec_path)
    return folder


def flips(data: bytes, count: int = 200, seed: int = 0) -> Iterator[bytes]:
    """Give copies of some bytes, each with one bit changed."""
    draw = random.Random(seed)
    for _ in range(count):
        changed = bytearray(data)
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        yield bytes(changed)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Give an empty disk of a few kilobytes, where this user may have one."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def python(code: str, *arguments: object, **options: Any) -> subprocess.Popen:
    """Start Python on some lines of code, which find arguments in `sys.argv[1:]`; what it prints can be read."""
    words = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, **options)
