"""Settings of networks in words, as command lines and pages take them: `student.filters=32 dropout=0.2`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.experiment import MODEL, ROLES
from rdpd_core.models import MODELS

FORM = "give ROLE.SETTING=VALUE, or SETTING=VALUE for all roles, as in student.filters=32 dropout=0.2"


def networks_of(words: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give settings by role, as `Experiment.architecture` has them.

    Args:
        words: Each a setting of one role, "student.filters=32", or of all of them, "segments=10"; what is said of one role
            counts more than what is said of all.

    Raises:
        ParameterError: A word has another form, a setting is there twice, or a value cannot be read or is out of range.
        UnknownNameError: No such role or setting.
    """
    found: dict[str, dict[str, str]] = {"": {}} | {role: {} for role in ROLES}
    for word in words:
        place, sign, value = word.partition("=")
        role, _, name = place.rpartition(".")
        if not sign or not name or not value:
            raise ParameterError(f"{word!r} sets nothing of a network; {FORM}")
        if role not in found:
            raise UnknownNameError("role of a network", role, ROLES)
        if name in found[role]:
            raise ParameterError(f"{place} is there twice; {FORM}")
        found[role][name] = value
    every = found.pop("")
    told = {role: {**every, **own} for role, own in found.items()}
    return {role: _read(values) for role, values in told.items() if values}


def _read(values: Mapping[str, str]) -> dict[str, Any]:
    read = MODELS.get(MODEL).Params.from_dict(values)
    return {name: getattr(read, name) for name in values}


def words_of_setting(name: str, value: Any) -> list[str]:
    """Give the words that stand behind the name of a setting of an experiment on a command line."""
    if name == "architecture":
        return words_of(value)
    return list(value) if name == "arms" else [str(value)]


def words_of(architecture: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Give the words that `networks_of` reads, role by role."""
    return [
        f"{role}.{name}={str(value).lower() if isinstance(value, bool) else value}"
        for role in ROLES
        for name, value in sorted(architecture.get(role, {}).items())
    ]
