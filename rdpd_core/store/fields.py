"""Checks of single values in a model card; each gives a phrase that says what is wrong, or None."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rdpd_core.errors import DataError
from rdpd_core.evaluation.scores import Scores
from rdpd_core.types import Channel

Check = Callable[[Any], str | None]

_SLUG = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,98}[a-z0-9_])?\Z")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")
_PARTS = ("train", "valid", "test")
_MOST = 4096
_DEEPEST = 8


def slug(value: Any) -> str | None:
    """Check a name that may become a folder on any system."""
    if isinstance(value, str) and _SLUG.match(value) and ".." not in value and not _DEVICES.match(value):
        return None
    return "must be 1 to 100 of a-z, 0-9, '.', '_' and '-', must not begin or end with '.' or '-', nor hold '..'"


def text(value: Any) -> str | None:
    """Check a text of 1 to 1000 visible characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= 1000:
        return "must be text of 1 to 1000 characters"
    odd = next((c for c in value if unicodedata.category(c) in _INVISIBLE), None)
    return None if odd is None else f"holds the invisible character U+{ord(odd):04X}"


def switch(value: Any) -> str | None:
    """Check true or false."""
    return None if isinstance(value, bool) else "must be true or false"


def sha256(value: Any) -> str | None:
    """Check a sha256 in hexadecimal."""
    return None if isinstance(value, str) and _SHA256.match(value) else "must be a sha256: 64 of 0-9 and a-f"


def utc(value: Any) -> str | None:
    """Check a moment in UTC, as in 2025-01-31T12:00:00Z."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    return None if moment and moment.utcoffset() == timedelta(0) else "must be a moment in UTC, as in 2025-01-31T12:00:00Z"


def whole(low: int, high: int = 2**63 - 1) -> Check:
    """Give a check of a whole number from `low` to `high`."""

    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if good else f"must be a whole number from {low} to {high}"

    return check


def one_of(*words: str) -> Check:
    """Give a check of one of a few words."""
    return lambda value: None if isinstance(value, str) and value in words else f"must be one of {', '.join(words)}"


def optional(check: Check) -> Check:
    """Give a check that lets None pass."""
    return lambda value: None if value is None else check(value)


def rate(value: Any) -> str | None:
    """Check a positive number of Hz."""
    return None if _real(value) and 0 < value <= 1e9 else "must be a positive number of Hz"


def settings(value: Any) -> str | None:
    """Check a mapping of names to plain values, as `Params.to_dict` gives."""
    if not isinstance(value, Mapping):
        return "must map names to values"
    for name, given in value.items():
        if not isinstance(name, str) or not (given is None or isinstance(given, (str, bool)) or _real(given)):
            return f"{name!r} must be text, a finite number, true, false or null"
    return None


def plain(value: Any, depth: int = 0) -> bool:
    """Say whether JSON holds a value: texts, finite numbers, true, false, null, and lists and mappings of them."""
    if isinstance(value, (Mapping, list, tuple)):
        inner = value.values() if isinstance(value, Mapping) else value
        named = not isinstance(value, Mapping) or all(isinstance(name, str) for name in value)
        return depth < _DEEPEST and named and all(plain(v, depth + 1) for v in inner)
    return value is None or isinstance(value, (str, bool)) or _real(value)


def words(value: Any) -> str | None:
    """Check a mapping of text to text."""
    good = isinstance(value, Mapping) and all(text(k) is None and text(v) is None for k, v in value.items())
    return None if good else "must map text to text"


def channels(value: Any) -> str | None:
    """Check 1 to 4096 channels of different names."""
    if not _filled(value, 1) or not all(isinstance(c, Channel) for c in value):
        return f"must be 1 to {_MOST} channels, each with name, unit and group"
    for channel in value:
        for part in ("name", "unit", "group"):
            if problem := text(getattr(channel, part)):
                return f"the {part} {getattr(channel, part)!r} {problem}"
    return _unlike("channels", [c.name for c in value])


def classes(value: Any) -> str | None:
    """Check 2 to 4096 different class names."""
    if not _filled(value, 2) or any(text(name) for name in value):
        return f"must be 2 to {_MOST} class names"
    return _unlike("classes", value)


def normalization(value: Any) -> str | None:
    """Check mean, std and standardize, with one finite mean and one positive std per channel; "source" may say of what."""
    wanted = {"mean", "std", "standardize"}
    if not isinstance(value, Mapping) or not wanted <= set(value) <= wanted | {"source"}:
        return "must hold mean, std and standardize, and may hold source"
    if "source" in value and (problem := text(value["source"])):
        return f"source {problem}"
    if not all(isinstance(value[k], Sequence) and all(map(_real, value[k])) for k in ("mean", "std")):
        return "mean and std must be lists of finite numbers"
    if len(value["mean"]) != len(value["std"]) or min(value["std"], default=0) <= 0:
        return "mean and std must be equally long, and every std positive"
    problem = one_of("train", "recording")(value["standardize"])
    return problem and f"standardize {problem}"


def scores(value: Any) -> str | None:
    """Check scores by part (train, valid, test), each as `Scores.to_dict` gives."""
    if not isinstance(value, Mapping) or not set(value) <= set(_PARTS):
        return f"must map parts ({', '.join(_PARTS)}) to scores"
    for part, given in value.items():
        try:
            read = Scores.from_dict(given)
        except DataError as error:
            return f"{part}: {error}"
        numbers = [*read.values.values(), *(x for i in read.intervals.values() if i for x in (i.low, i.high))]
        if not all(map(_real, numbers)):
            return f"{part}: a score is not a finite number"
        if any(whole(1)(n) for n in (read.n_windows, read.n_subjects)):
            return f"{part}: n_windows and n_subjects must be whole numbers of 1 and more"
    return None


def parameters(value: Any) -> str | None:
    """Check the counts of parameters, used and with the dormant layer."""
    if problem := _keys(value, ("used", "with_dormant")):
        return problem
    if any(whole(0)(n) for n in value.values()) or value["used"] > value["with_dormant"]:
        return "must hold whole numbers, used no larger than with_dormant"
    return None


def training(value: Any) -> str | None:
    """Check what is said of training: at least epochs and best_epoch; the rest is anything that JSON holds."""
    if not isinstance(value, Mapping) or not plain(value):
        return f"must map names to texts, finite numbers, true, false, null, lists and mappings, at most {_DEEPEST} deep"
    if not {"epochs", "best_epoch"} <= set(value) or any(whole(0)(value[k]) for k in ("epochs", "best_epoch")):
        return "must hold epochs and best_epoch, whole numbers of 0 and more"
    return None


def _real(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _filled(value: Any, least: int) -> bool:
    return isinstance(value, tuple) and least <= len(value) <= _MOST


def _unlike(what: str, names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return f"two {what} are named {name!r}"
        seen.add(name)
    return None


def _keys(value: Any, wanted: tuple[str, ...]) -> str | None:
    good = isinstance(value, Mapping) and set(value) == set(wanted)
    return None if good else f"must hold exactly {', '.join(wanted)}"
