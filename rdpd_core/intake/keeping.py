"""From files to a data set in the workspace: look, take, keep, verify, delete. Files are read in a process of their own."""

from __future__ import annotations

import json
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rdpd_core.apart import ask
from rdpd_core.datasets.base import DATASETS
from rdpd_core.datasets.own import NAME, RECORD, SIGNALS, OwnRecord, OwnSet, found, own_root
from rdpd_core.errors import DataError, ParameterError
from rdpd_core.files import cache_root, lock, remove_folder, sync_folder
from rdpd_core.intake.formats.base import Given, Options
from rdpd_core.intake.mapping import Mapping
from rdpd_core.types import Channel, Preparation

MEMORY_MB, TIME_S, MB_PER_S, PATIENCE = 1536, 10.0, 3.0, 6.0
"""What reading may take: memory beyond what the process needs itself, and computing time; large files get more. A busy machine
takes longer for the same work, so that the clock on the wall may show several times as much."""
MOST_VIEWS = 40
FORGOTTEN_S = 6 * 3600.0
DERIVED = ("case_outputs", "teacher_outputs", "analyses", "beliefs", "controls", "tuning", "guided")
"""Folders of the cache whose files do not say which data set they are of; all of it can be made again."""


@dataclass(frozen=True)
class Plan:
    """What is to become of files.

    Attributes:
        name: Identifier of the data set.
        title: For people; empty takes the name.
        mapping: What the columns mean.
        like: Data set whose stored models are to read it; empty makes a data set of its own.
        split: Under which these models were trained.
        order: For `like`: all channels that models of `view` read.
        views: Named sets of channels.
        classes: For `like`: the classes of these models.
        masked: For `like`: channels nobody measured, and the value that stands for them.
        preparation: How recordings become windows; None chooses it by the rate found.
        window_s: Without preparation: length of a window, in s; 0 takes 5 s, or 50 samples if these are longer.
    """

    name: str
    mapping: Mapping
    title: str = ""
    like: str = ""
    split: str = ""
    order: tuple[Channel, ...] = ()
    views: AnyMapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    masked: AnyMapping[str, float] = field(default_factory=dict)
    preparation: Preparation | None = None
    window_s: float = 0.0


@dataclass(frozen=True)
class Draft:
    """A data set that was read and is not kept yet.

    Attributes:
        folder: Where it lies; removed unless it is kept.
        record: What was found.
    """

    folder: Path
    record: OwnRecord


def look(files: Sequence[Given], options: Options = Options()) -> dict[str, Any]:  # noqa: B008  (frozen)
    """Give a first look at files, as `looking.look` describes it.

    Raises:
        DataError: They cannot be used; the message names file and place.
    """
    with tempfile.TemporaryDirectory(dir=workspace()) as scratch:
        return _ask({"act": "look", "scratch": scratch, "options": asdict(options)}, files)


def check_name(name: str) -> None:
    """Raise ParameterError unless a data set may be added under this name."""
    if not NAME.match(name):
        raise ParameterError(f"name {name[:60]!r}: give up to 40 small letters, digits and _, a letter first")
    taken = DATASETS.registered()
    if name in taken or name in {DATASETS.get(own).stored_as for own in taken}:
        raise ParameterError(f"name {name!r} belongs to a data set of the program; give another one")
    if (own_root() / name).exists():
        raise ParameterError(f"a data set named {name!r} is there already; delete it first, or give another name")


def take(plan: Plan, files: Sequence[Given], options: Options = Options()) -> Draft:  # noqa: B008  (frozen)
    """Read files into a draft of a data set.

    Raises:
        DataError: They cannot be used.
        ParameterError: Name, mapping or plan cannot be right.
    """
    check_name(plan.name)
    folder = Path(tempfile.mkdtemp(prefix=".draft-", dir=workspace()))
    try:
        request = {"act": "take", "scratch": str(folder), "out": str(folder), "options": asdict(options)}
        told = _ask(request | {"mapping": plan.mapping.to_dict()}, files)
        (folder / SIGNALS).chmod(0o600)
        return Draft(folder, _record(plan, told))
    except BaseException:
        shutil.rmtree(folder)
        raise


def keep(draft: Draft) -> type[OwnSet]:
    """Make a draft a data set.

    Raises:
        ParameterError: The name was taken meanwhile.
        DataError: It cannot be written.
    """
    draft.record.write(draft.folder)
    (draft.folder / RECORD).chmod(0o600)
    with lock(own_root() / ".lock"):
        check_name(draft.record.name)
        draft.folder.rename(own_root() / draft.record.name)
        sync_folder(own_root())
    return found()[draft.record.name]


def discard(draft: Draft) -> None:
    """Remove a draft."""
    if draft.folder.exists():
        shutil.rmtree(draft.folder)


def delete(name: str) -> tuple[int, int]:
    """Remove a data set with all that was derived from it.

    What other caches hold does not say which data set it is of, so all of it goes; it is made again when it is needed.

    Returns:
        Bytes of the data set, and bytes of caches.

    Raises:
        DataError: There is no such added data set, or it cannot be removed.
    """
    folder = own_root() / name
    if not NAME.match(name) or not folder.is_dir():
        raise DataError(f"there is no added data set {name[:60]!r}; added are: {', '.join(found()) or 'none'}")
    of_set = size_of(folder)
    stored = cache_root() / "recordings"
    places = [*stored.glob(f"{name}-*"), *stored.glob(f".{name}-*.part"), *(cache_root() / kind for kind in DERIVED)]
    of_caches = sum(size_of(place) for place in places)
    remove_folder(folder)
    for place in places:
        if place.is_dir():
            remove_folder(place)
    return of_set, of_caches


def size_of(folder: Path) -> int:
    """Give the bytes of all files below a folder; 0 if there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def workspace() -> Path:
    """Give the folder of added data sets, for nobody else to read."""
    root = own_root()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
    except OSError as error:
        raise DataError(f"cannot write {root}: {error.strerror}; name a folder that can be written with RDPD_WORK") from error
    for draft in root.glob(".draft-*"):  # of somebody who went away
        if time.time() - draft.stat().st_mtime > FORGOTTEN_S:
            shutil.rmtree(draft, ignore_errors=True)
    return root


def _ask(request: dict[str, Any], files: Sequence[Given]) -> dict[str, Any]:
    if not files:
        raise DataError("no file was given; give at least one")
    request = request | {"files": [[str(file.path.resolve()), file.name] for file in files]}
    time_s = TIME_S + sum(file.size for file in files) / (MB_PER_S * 1e6)
    limits = [str(MEMORY_MB), f"{time_s:.0f}"]
    told, code = ask("rdpd_core.intake.child", limits, PATIENCE * time_s, json.dumps(request).encode())
    if "refused" in told:
        raise DataError(str(told["refused"]))
    if code is None or (code and code == -getattr(signal, "SIGXCPU", 0)):
        raise DataError(f"reading took more than {time_s:.0f} s and was ended; nothing was kept. Give fewer or smaller files")
    if code or "answer" not in told:
        raise DataError(
            f"reading ended with code {code} without an answer, perhaps for want of memory ({MEMORY_MB} MB are given); "
            "nothing was kept"
        )
    return told["answer"]


def _record(plan: Plan, told: AnyMapping[str, Any]) -> OwnRecord:
    traces = {trace.name: trace for trace in plan.mapping.traces}
    measured = tuple(Channel(t.name, t.unit, t.group) for t in traces.values())
    order, views = plan.order or measured, dict(plan.views)
    classes = plan.classes or tuple(told["classes"])
    if not plan.like:
        views = views or _views(measured)
        if len(classes) < 2:
            raise DataError(
                f"{len(classes)} classes were found; a data set of its own needs two or more. Name the column of labels, or "
                "say which stored models are to read the recordings"
            )
    strange = sorted(set(told["classes"]) - set(classes))
    if strange:
        raise DataError(
            f"label {strange[0]!r} is no class of the models of {plan.like}; leave the labels out, or say which class "
            f"each means (known: {', '.join(classes)})"
        )
    for name, count in told["quality"]["silent"].items():
        raise DataError(
            f"channel {name} holds no value at all in {count} of {len(told['recordings'])} recordings; leave the "
            "channel out, or give only recordings that have it"
        )
    preparation = plan.preparation or preparation_for(float(told["rate_hz"]), plan.window_s)
    return OwnRecord(
        name=plan.name, title=plan.title.strip() or plan.name, created=datetime.now(UTC).isoformat(timespec="seconds"),
        kind=told["kind"], mapping=plan.mapping.to_dict(), measured=measured, masked=dict(plan.masked), order=order,
        classes=classes, rate_hz=float(told["rate_hz"]), recordings=tuple(told["recordings"]), preparation=preparation,
        like=plan.like, split=plan.split, views=views, quality=told["quality"],
        notices=(*told["notices"], *told["quality"]["warnings"]), sha256=told["sha256"],
    )  # fmt: skip


def _views(channels: Sequence[Channel]) -> dict[str, tuple[str, ...]]:
    """Give the channels of each group, or each channel, as a view of its own."""
    groups: dict[str, tuple[str, ...]] = {}
    for channel in channels:
        groups[channel.group] = (*groups.get(channel.group, ()), channel.name)
    if len(groups) < 2:
        groups = {c.name: (c.name,) for c in channels[:MOST_VIEWS]}
    found: dict[str, tuple[str, ...]] = {}
    for at, (name, names) in enumerate(groups.items(), start=1):
        word = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:30] or "view"  # it becomes part of the names of models
        found[f"{word}_{at}" if word in found else word] = names
    return found


def preparation_for(rate_hz: float, window_s: float = 0.0) -> Preparation:
    """Give windows of five segments for a rate, at most 100 Hz.

    Args:
        rate_hz: Of the recordings.
        window_s: Wanted length of a window, in s; 0 takes 5 s, or 50 samples if these are longer.

    Raises:
        ParameterError: A window would have fewer than 10 or more than 20000 samples.
    """
    rate = min(rate_hz, 100.0)
    segment = max(1, round((window_s or max(5.0, 50 / rate)) * rate / 5))
    samples = 5 * segment
    if not 10 <= samples <= 20_000:
        raise ParameterError(f"window of {window_s:g} s at {rate:g} Hz: give one of 10 to 20000 samples")
    return Preparation(rate_hz=rate, window_s=samples / rate, stride_s=samples / rate, segment_s=segment / rate)
