"""The process that reads files of unknown origin: a request as JSON on its standard input, an answer as one line of JSON.

It imports neither PyTorch nor anything that reaches a network, and it says only what it was asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rdpd_core.apart import limit_memory, limit_time
from rdpd_core.errors import DataError, RdpdError
from rdpd_core.intake.building import Builder, classes_of
from rdpd_core.intake.formats.base import Given, Options
from rdpd_core.intake.looking import look
from rdpd_core.intake.mapping import Mapping
from rdpd_core.intake.quality import Quality
from rdpd_core.intake.reading import read_all

SIGNALS = "signals.f32"


def answer(request: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """Do what is asked: "look", or "take", which writes all samples into a file as well.

    Raises:
        DataError: A file cannot be used.
        ParameterError: What was said about it does not fit.
    """
    files = [Given(Path(path), name) for path, name in request["files"]]
    table = read_all(files, Options(**request.get("options", {})), scratch)
    if request["act"] == "look":
        return look(table)
    mapping = Mapping.from_dict(request["mapping"])
    builder, quality = Builder(table, mapping), Quality(mapping.traces)
    rows: list[dict[str, Any]] = []
    sha256 = hashlib.sha256()
    with Path(request["out"], SIGNALS).open("wb") as file:
        for made in builder.recordings():
            data = np.ascontiguousarray(made.signal.T, dtype="<f4").tobytes()  # (time, C)
            file.write(data)
            sha256.update(data)
            rows.append({"subject": made.subject, "label": made.label, "length": made.signal.shape[1]})
            quality.add(made)
    if not rows:
        raise DataError("no recording of two samples or more is left; look at the columns of time and of subject")
    return {
        "recordings": rows, "rate_hz": builder.rate, "classes": list(classes_of([row["label"] for row in rows])),
        "quality": quality.report(), "notices": [*table.notices, *builder.notices()], "sha256": sha256.hexdigest(),
        "kind": table.kind,
    }  # fmt: skip


FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "ctypes.dlopen",
    "urllib.",
)


def guard(place: Path) -> None:
    """From now on let this process neither reach a network, nor start another, nor write outside one folder.

    A second wall behind readers that do none of this; it holds for what Python does, for good.
    """

    def look_at(event: str, given: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"{event} is not allowed to a process that reads files of unknown origin")
        if event == "open" and isinstance(given[0], (str, bytes)):
            changes = (isinstance(given[1], str) and set(given[1]) & set("wax+")) or (given[2] or 0) & (os.O_WRONLY | os.O_RDWR)
            if changes and not Path(os.fsdecode(given[0])).resolve().is_relative_to(place):
                raise PermissionError(
                    "writing outside the workspace is not allowed to a process that reads files of unknown origin"
                )

    sys.addaudithook(look_at)


def main(megabytes: str, seconds: str) -> None:
    """Read a request, and print the answer, or the reason why there is none."""

    request = json.loads(sys.stdin.buffer.read())
    limit_memory(int(megabytes))
    limit_time(float(seconds))
    guard(Path(request["scratch"]).resolve())
    with tempfile.TemporaryDirectory(dir=request["scratch"]) as scratch:
        try:
            told = {"answer": answer(request, Path(scratch))}
        except RdpdError as error:
            told = {"refused": str(error)}
        except MemoryError:
            told = {"refused": f"reading needs more than the {megabytes} MB it is given; split the file"}
        except OSError as error:
            told = {"refused": f"a file cannot be read or written ({error.strerror})"}
    print(json.dumps(told, allow_nan=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
