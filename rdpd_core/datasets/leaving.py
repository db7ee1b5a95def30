"""Data that may not leave this machine without being asked for twice: those whose users signed to share them with nobody."""

from __future__ import annotations

from pathlib import Path

from rdpd_core.datasets.base import DATASETS
from rdpd_core.errors import IncompatibleError
from rdpd_core.terminal import CREDENTIALED


def is_held(dataset: str, data_root: str | Path | None = None) -> bool:
    """Say whether what comes from a data set is held back: it is credentialed, and its files here were not simulated.

    Args:
        dataset: Its name; of an unknown one nothing is held.
        data_root: Where data sets lie.
    """
    if dataset not in DATASETS:
        return False
    kind = DATASETS.get(dataset)
    return kind.credentialed and not kind(data_root).simulated


def words(dataset: str) -> str:
    """Say why it is held back."""
    kind = DATASETS.get(dataset)
    return f"{kind.title} is credentialed ({kind.licence}): what was made from it is given out only to who asks twice"


def check(dataset: str, asked_twice: bool, data_root: str | Path | None = None) -> None:
    """Raise IncompatibleError unless files of a data set may be written for somebody to take away.

    Args:
        dataset: Its name.
        asked_twice: Whether that was confirmed.
        data_root: Where data sets lie.
    """
    if is_held(dataset, data_root) and not asked_twice:
        raise IncompatibleError(f"{words(dataset)}; add {CREDENTIALED} if its agreement allows that")
