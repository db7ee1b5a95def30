"""The one validation window in which everybody can be watched while they learn."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import UnknownNameError
from rdpd_core.types import Windows

_LISTED = 20


@dataclass(frozen=True)
class Watched:
    """A window to watch.

    Attributes:
        position: Among the validation windows.
        facts: Subject, recording, offset and length in s, and class, ready for an event.
    """

    position: int
    facts: dict[str, Any]


def find_watched(valid: Windows, subject: str = "") -> Watched | None:
    """Give the first window of a subject whose class is known; of the first such subject where it has none here.

    Args:
        valid: The validation windows.
        subject: Whom to watch; empty takes the first.

    Returns:
        None if no class is known at all.
    """
    labeled = np.flatnonzero(valid.target >= 0)
    mine = labeled[valid.subject[labeled] == subject]
    chosen = mine if len(mine) else labeled
    if not len(chosen):
        return None
    at = int(chosen[0])
    facts = {
        "subject": str(valid.subject[at]),
        "recording": str(valid.recording[at]),
        "position": at,
        "offset_s": float(valid.offset_s[at]),
        "seconds": valid.samples / valid.sampling_rate,
        "class": valid.classes[int(valid.target[at])],
    }
    return Watched(at, facts)


def check_subject(valids: Iterable[Windows], subject: str) -> None:
    """Raise UnknownNameError unless the subject has a window of known class among the validation windows of some split."""
    known = dict.fromkeys(s for w in valids for s in w.subject[w.target >= 0].tolist())
    if subject and subject not in known:
        near = difflib.get_close_matches(subject, known, 3, 0.5)
        listed = [*near, *(s for s in known if s not in near)][:_LISTED]
        more = [f"and {len(known) - _LISTED} more"] if len(known) > _LISTED else []
        raise UnknownNameError("validation subject", subject, [*listed, *more])
