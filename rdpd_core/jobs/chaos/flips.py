"""Single bytes changed in every kind of file a job has: each must be seen before anything is believed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rdpd_core.errors import RdpdError
from rdpd_core.jobs import checkpoints, events
from rdpd_core.jobs.chaos.trial import Trial
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.sealed import read_sealed
from rdpd_core.runtime import numpy_generator

FLIPS = 200


def flip(folder: JobFolder, flips: int = FLIPS, seed: int = 0) -> list[Trial]:
    """Change single bytes of every file of a finished job, one at a time, and ask whoever reads it.

    Args:
        folder: Of a job that is done; as before when this returns.
        flips: For each kind of file.
        seed: Keys places and values.
    """
    return [_flip(name, files, check, flips, seed) for name, files, check in _artifacts(folder)]


def _artifacts(folder: JobFolder) -> list[tuple[str, list[Path], Callable[[Path], None]]]:
    states = sorted(folder.checkpoints.glob("*/*/*"))
    models = sorted(folder.models.glob("*/*/*"))
    return [
        ("spec.json", [folder.spec_path], lambda path: folder.spec()),
        ("result.json", [folder.path / "result.json"], read_sealed),
        ("launch.json and alive.json", [folder.path / "launch.json", folder.path / "alive.json"], read_sealed),
        ("events.jsonl", [folder.events], _check_events),
        ("checkpoints", states, _check_state),
        ("models", models, lambda path: _check_model(folder, path)),
        ("outcomes", sorted(folder.outcomes.iterdir()), lambda path: _check_outcomes(folder)),
    ]


def _flip(name: str, files: list[Path], check: Callable[[Path], None], flips: int, seed: int) -> Trial:
    draw, missed = numpy_generator("chaos", "flips", name, seed), 0
    for _ in range(flips):
        path = files[int(draw.integers(len(files)))]
        data = path.read_bytes()
        at, by = int(draw.integers(len(data))), int(draw.integers(1, 256))
        path.write_bytes(data[:at] + bytes([data[at] ^ by]) + data[at + 1 :])
        try:
            check(path)
            missed += 1
        except RdpdError:
            pass  # seen, as it should be
        finally:
            path.write_bytes(data)
    return Trial(f"one byte changed in {name}", flips, f"{flips - missed} seen, {missed} missed", missed)


def _check_events(path: Path) -> None:
    found = events.read_all(path)
    numbers = [event["n"] for event in found.events]
    torn = path.stat().st_size != found.offset
    if found.damaged or torn or numbers != list(range(len(numbers))):
        raise RdpdError("damaged")


def _check_state(path: Path) -> None:
    manifest = read_sealed(path.parent / checkpoints.MANIFEST)
    checkpoints.read(path.parent, manifest["stage"])


def _check_model(folder: JobFolder, path: Path) -> None:
    from rdpd_core.store import Store

    Store([folder.models]).load(path.parent.parent.name, path.parent.name)


def _check_outcomes(folder: JobFolder) -> None:
    from rdpd_core.jobs.work import open_outcomes

    open_outcomes(folder)
