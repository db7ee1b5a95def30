"""Rich and poor: which rows a student may see, and whether a model fits the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rdpd_core.errors import IncompatibleError, ParameterError, UnknownNameError
from rdpd_core.types import Channel, Windows


class Interface(NamedTuple):
    """What a model expects of data, or data offer a model.

    Attributes:
        channels: Names in order.
        units: One per channel.
        classes: Names in the order of the targets.
        sampling_rate: Hz.
        samples: T.
    """

    channels: tuple[str, ...]
    units: tuple[str, ...]
    classes: tuple[str, ...]
    sampling_rate: float
    samples: int


def interface(windows: Windows, rows: Sequence[int] | None = None) -> Interface:
    """Give what windows offer; `rows` picks channels by position, None takes all."""
    channels = windows.channels if rows is None else tuple(windows.channels[i] for i in rows)
    names, units = tuple(c.name for c in channels), tuple(c.unit for c in channels)
    return Interface(names, units, windows.classes, windows.sampling_rate, windows.samples)


def view_rows(channels: Sequence[Channel], names: Sequence[str]) -> list[int]:
    """Give the positions of a view's channels, in the order of `names`.

    Raises:
        UnknownNameError: No channel of that name.
        ParameterError: No name, or one named twice.
    """
    at = {c.name: i for i, c in enumerate(channels)}
    for name in names:
        if name not in at:
            raise UnknownNameError("channel", name, at)
    if not names or len(set(names)) != len(names):
        raise ParameterError(f"a view of {list(names)}: name at least one channel, and none twice")
    return [at[name] for name in names]


def check_fit(model: Interface, data: Interface, what: str = "model") -> None:
    """Raise unless a model and data agree in channels, order, units, classes, rate and window.

    Args:
        model: What the model was made for.
        data: What is at hand.
        what: How to call the model in the message ("teacher").

    Raises:
        IncompatibleError: They differ; every difference is named with both sides.
    """
    said = {
        "channels": "channels", "units": "units", "classes": "classes",
        "sampling_rate": "sampling rate in Hz", "samples": "samples in a window",
    }  # fmt: skip
    different = []
    for field, words in said.items():
        ours, theirs = getattr(model, field), getattr(data, field)
        if ours != theirs:
            different.append(f"{words}: {what} {_shown(ours, theirs)}, data {_shown(theirs, ours)}")
    if different:
        listed = "; ".join(different)
        raise IncompatibleError(f"the {what} does not fit these data: {listed}. Choose another {what} or other data")


def _shown(value: object, other: object) -> str:
    """Show one side; of two sequences with the same members, say that the order differs."""
    if not isinstance(value, tuple) or not isinstance(other, tuple):
        return str(value)
    note = " (same names, other order)" if sorted(value) == sorted(other) else ""
    return f"[{', '.join(value)}]{note}"
