"""The lock with digests holds what requirements.txt pins, and nothing without a digest."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>\S+) --hash=sha256:[0-9a-f]{64}$")


def test_the_lock_agrees_with_the_requirements():
    lines = (ROOT / ".ci" / "requirements-cpu.lock").read_text(encoding="utf-8").splitlines()
    locked = {found["name"]: found["version"].partition("+")[0] for line in lines if (found := LINE.match(line))}
    assert len(locked) == sum(not line.startswith("#") for line in lines)
    pinned = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").split())
    assert {name: locked.get(name) for name in pinned} == pinned
