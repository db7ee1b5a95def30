"""Small JSON files that carry their own digest, so that a changed byte is seen before anything is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rdpd_core.errors import JobFileError
from rdpd_core.files import digest_json, to_json, write_atomic

SEAL = "sha256"
MOST_BYTES = 64 << 20


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Write a record with its digest, atomically.

    Raises:
        DataError: The disk is full, or the folder cannot be written.
    """
    write_atomic(path, sealed_bytes(value))


def sealed_bytes(value: dict[str, Any]) -> bytes:
    """Give a record with its digest, as it is written."""
    return (to_json({**value, SEAL: digest_json(value)}) + "\n").encode()


def read_sealed(path: Path) -> dict[str, Any]:
    """Give a record without its digest.

    Raises:
        JobFileError: It is not there, cannot be read, or is not as it was written.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise JobFileError(f"{_where(path)} cannot be read: {error.strerror}") from error
    return unseal(data, _where(path))


def unseal(data: bytes, name: str) -> dict[str, Any]:
    """Give the record in the bytes of a sealed file.

    Raises:
        JobFileError: It is not as it was written; the message begins with `name`.
    """
    import json

    if len(data) > MOST_BYTES:
        raise JobFileError(f"{name} has more than {MOST_BYTES} bytes, which none of ours has")
    try:
        value = json.loads(data.decode("utf-8"))
        same = isinstance(value, dict) and sealed_bytes({k: v for k, v in value.items() if k != SEAL}) == data
    except (ValueError, RecursionError) as error:  # not JSON, or what JSON of ours never holds: NaN, endless numbers
        raise JobFileError(
            f"{name} is not valid JSON ({error}); it was damaged or edited. Delete the job, or import it again"
        ) from error
    if not same:
        raise JobFileError(
            f"{name} is not as it was written (its sha256 differs): damaged or edited. Delete the job, or import it again"
        )
    return {k: v for k, v in value.items() if k != SEAL}


def _where(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
