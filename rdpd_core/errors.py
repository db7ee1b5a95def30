"""Every error this library raises on purpose.

    RdpdError
    ├── UnknownNameError      no entry of that name: data set, view, channel, arm, class ...
    ├── ParameterError        a setting is outside its declared range
    ├── ShapeError            an array has the wrong shape
    ├── IncompatibleError     two things that do not fit: teacher and data, method and model
    ├── DataError             recordings that cannot be used as they are
    │   ├── MissingDataError  a data set's files are not where they were looked for
    │   └── SplitError        train, valid and test cannot be told apart by subject
    ├── TrainingError         training stopped for a stated reason, such as a loss that is not a number
    ├── StoppedError          somebody asked a running computation to stop
    ├── ModelFileError        saved weights or their card were refused
    ├── JobFileError          a file of a job is missing, damaged, edited, or from a newer version
    └── EngineError           what should run jobs cannot be reached, or refuses

A message says what was given, what is allowed, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RdpdError(Exception):
    """Base class: catch this to catch everything below."""


class UnknownNameError(RdpdError, KeyError):
    """No entry of that name."""

    def __init__(self, kind: str, name: object, known: Iterable[object]) -> None:
        """Build the message from the known names.

        Args:
            kind: What was looked for, in the singular ("data set").
            name: What was asked for.
            known: The names that exist.
        """
        names = [str(k) for k in known]
        close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        listing = ", ".join(names) if names else "none"
        super().__init__(f"unknown {kind} {name!r}{hint}; known: {listing}")

    def __str__(self) -> str:
        return str(self.args[0])


class ParameterError(RdpdError, ValueError):
    """A setting is outside its declared range."""


class ShapeError(RdpdError, ValueError):
    """An array has the wrong shape."""


class IncompatibleError(RdpdError):
    """Two things do not fit each other; the message shows both sides."""


class DataError(RdpdError):
    """Recordings cannot be used as they are."""


class MissingDataError(DataError):
    """A data set's files are not where they were looked for."""


class SplitError(DataError):
    """Train, valid and test cannot be told apart by subject."""


class TrainingError(RdpdError):
    """Training stopped for a stated reason."""


class StoppedError(RdpdError):
    """Somebody asked a running computation to stop."""


class ModelFileError(RdpdError):
    """Saved weights or their card were refused."""


class JobFileError(RdpdError):
    """A file of a job is missing, damaged, edited, or from a newer version."""


class EngineError(RdpdError):
    """What should run jobs cannot be reached, or refuses."""
