"""What takes seconds with one model: its time and its ONNX form, made by our own command in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from app import kept
from app.cached import Task, Tell
from rdpd_core.errors import DataError
from rdpd_core.files import environment

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 600.0


def told_by(words: list[str]) -> dict[str, Any]:
    """Give what the command `models` says as JSON.

    Raises:
        DataError: It refused, which is said in its words, or took too long.
    """
    command = [sys.executable, "-m", "rdpd_core", "models", *words, "--json"]
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment(**one), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise DataError(f"it took more than {PATIENCE_S:g} s and was ended; try again when the machine is less busy") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise DataError(last.removeprefix("python -m rdpd_core models: "))
    return json.loads(done.stdout)


@kept.resource(max_entries=64, show_spinner=False)
def cost_task(key: str, digest: str, turn: int) -> Task[dict[str, Any]]:
    """Give the work that times a model.

    Args:
        key: Of the model.
        digest: Of its weights.
        turn: How often it was asked for.
    """

    def work(tell: Tell) -> dict[str, Any]:
        tell("Timing one window on one thread", None)
        return told_by(["--cost", key])

    return Task(work)


@kept.resource(max_entries=16, show_spinner=False)
def onnx_task(key: str, digest: str, turn: int) -> Task[tuple[bytes, dict[str, Any]]]:
    """Give the work that writes a model as ONNX and compares it with PyTorch.

    Args:
        key: Of the model.
        digest: Of its weights.
        turn: How often it was asked for.
    """

    def work(tell: Tell) -> tuple[bytes, dict[str, Any]]:
        tell("Writing ONNX and comparing it with PyTorch on real windows", None)
        with tempfile.TemporaryDirectory(prefix="rdpd-onnx-") as folder:
            path = Path(folder) / "model.onnx"
            found = told_by(["--onnx", key, str(path)])
            return path.read_bytes(), found

    return Task(work)


@kept.resource(max_entries=16, show_spinner=False)
def take_task(_files: dict[str, bytes], ids: tuple[str, ...]) -> Task[str]:
    """Give the work that checks an uploaded model and keeps it; its result is the model's key.

    Args:
        _files: Bytes by name.
        ids: Of the uploads, which tell them from others.
    """

    def work(tell: Tell) -> str:
        tell("Checking the model in a process of its own", None)
        from rdpd_core.store import Store
        from rdpd_core.store.exchange import take_in

        return take_in(Store.default(), _files).key

    return Task(work)
