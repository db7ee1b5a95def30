"""Death and a full disk at every boundary of a save: a child process dies, or is refused, at its k-th work on a file."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from rdpd_core.errors import DataError, JobFileError
from rdpd_core.jobs import events
from rdpd_core.jobs.chaos.trial import Trial
from rdpd_core.jobs.checkpoints import Checkpoints
from rdpd_core.jobs.sealed import read_sealed, write_sealed

WATCHED = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "tempfile.mkstemp", "tempfile.mkdtemp")
FREEING = ("os.remove", "os.rmdir")
"""A full disk does not refuse these."""
DIED, REFUSED, FINISHED, UNDISTURBED = 9, 7, 6, 0
STAGE = "walk/teacher"


def walk(place: Path) -> list[Trial]:
    """Walk the boundaries of saving a checkpoint and of writing a record, by death and by refusal.

    Args:
        place: An empty folder.
    """
    found = []
    for title, save, load in (("a checkpoint", _save, _load), ("a record", _write, _read)):
        for how, words in ((_die, "death"), (_refuse, "disk full")):
            found.append(_walk(place / "walk", f"{words} at every file boundary of saving {title}", save, load, how))
            shutil.rmtree(place / "walk")
    return found


def _walk(place: Path, what: str, save: Callable[[Path, int], None], load: Callable[[Path], int], how: Callable) -> Trial:
    points = bad = 0
    said: list[str] = []
    place.mkdir(parents=True)
    save(place, 1)
    while True:
        before = load(place)
        code, words = _in_child(lambda: save(place, before + 1), how, points + 1)  # noqa: B023  (called at once)
        if code == UNDISTURBED:
            break
        points += 1
        after = load(place)
        bad += after not in (before, before + 1)
        if how is _refuse and code != FINISHED:
            bad += code != REFUSED or "disk full" not in words
            said.append(words)
        elif how is _refuse:
            bad += after != before + 1  # what was refused was not needed
    bad += load(place) != before + 1
    found = f"{bad} times neither the old nor the new"
    return Trial(what, points, found + (f"; it says: {said[-1][:60]} ..." if said else ""), bad)


def _in_child(call: Callable[[], None], how: Callable, at: int) -> tuple[int, str]:
    """Run something in a copy of this process that is disturbed at its k-th work on a file; give exit code and words."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        left = [at]

        def hook(event: str, given: tuple) -> None:
            if event not in WATCHED or (event == "open" and not _writes(given)):
                return
            if how is _refuse and event in FREEING:
                return
            left[0] -= 1
            if left[0] == 0:
                how()

        sys.addaudithook(hook)
        code = 1
        try:
            call()
            code = FINISHED if left[0] <= 0 else UNDISTURBED
        except DataError as error:
            os.write(write_end, str(error).encode())
            code = REFUSED
        except OSError as error:
            os.write(write_end, f"{type(error).__name__}: {error}".encode())
        os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        words = pipe.read().decode()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), words


def _writes(given: tuple) -> bool:
    flags = given[2] if len(given) > 2 and isinstance(given[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR))


def _die() -> None:
    os._exit(DIED)


def _refuse() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _save(place: Path, value: int) -> None:
    import torch

    from rdpd_core.training.keeper import State

    keeper = Checkpoints(place, 0.0, lambda event: None)
    keeper.save(STAGE, State({"weight": torch.full((1000,), float(value))}, {"value": value}), done=False)


def _load(place: Path) -> int:
    damaged: list[dict] = []
    state = Checkpoints(place, 0.0, damaged.append).load(STAGE)
    broken = [event for event in damaged if event["kind"] == "damaged"]
    same = state is not None and float(state.tensors["weight"].min()) == state.facts["value"]
    return state.facts["value"] if same and not broken else -1


def _write(place: Path, value: int) -> None:
    write_sealed(place / "result.json", {"value": value})


def _read(place: Path) -> int:
    try:
        return read_sealed(place / "result.json")["value"]
    except JobFileError:
        return -1


def small_disk(place: Path) -> Trial:
    """Write events and checkpoints onto a disk of 1 MB until it is full; what was written before must be whole.

    Args:
        place: A folder on such a disk.
    """
    import torch

    from rdpd_core.training.keeper import State

    writer, told, saved, said = events.EventWriter(place / "events.jsonl"), 0, 0, []
    keeper = Checkpoints(place / "checkpoints", 0.0, lambda event: None)
    for value in range(1, 10_000):
        try:
            writer.write({"kind": "epoch", "value": value, "filling": "x" * 2000})
            told = value
            keeper.save(
                STAGE, State({"weight": torch.full((20_000 + 2000 * value,), float(value))}, {"value": value}), done=False
            )
            saved = value
        except DataError as error:
            said.append(str(error))
            if len(said) == 3:
                break
    writer.close()
    found = events.read_all(place / "events.jsonl")
    bad = len(found.damaged) + (len(found.events) != told) + (_load(place / "checkpoints") != saved)
    bad += sum("disk full" not in words for words in said) + (len(said) < 3)
    return Trial("a disk of 1 MB filled to the end", told, f"{bad} wrong; it says: {said[0][:70] if said else 'nothing'}", bad)
