"""What every analysis must provide, and the record it gives: plain values, tables, and what may be concluded from them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments.source import Source
from rdpd_core.params import Params
from rdpd_core.registry import Registry

OnProgress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much; may raise to end it."""
SHOWN, NOT_SHOWN, UNKNOWN = "shown", "not shown", "unknown"


@dataclass(frozen=True)
class Sentence:
    """One conclusion, with all that a reader needs to judge it.

    Attributes:
        text: The conclusion, or that none may be drawn, in plain words.
        claim: "shown", "not shown" (no more than chance), or "unknown" (too little to say).
        n: What stands behind it: "n = 310 windows of 32 subjects".
        null: What chance alone would give, in words and numbers; empty only for a plain count.
        value: The number it is about, or None.
        interval: Of the number, or None where there are too few people.
        about: What it is about, for a reader that looks one up: {"arm": "rdpd"}.
    """

    text: str
    claim: str
    n: str
    null: str
    value: float | None = None
    interval: Interval | None = None
    about: Mapping[str, str] = field(default_factory=dict)

    def line(self) -> str:
        """Give the sentence with n, interval and null, as it may be quoted."""
        parts = [self.n]
        if self.value is not None and self.interval is not None:
            parts.append(f"{self.value:.3f}, {self.interval.level:.0%} [{self.interval.low:.3f}, {self.interval.high:.3f}]")
        elif self.value is not None:
            parts.append(f"{self.value:.3f}, no interval")
        return f"{self.text} ({'; '.join([*parts, *filter(None, [self.null])])})"


@dataclass(frozen=True)
class Result:
    """What an analysis found.

    Attributes:
        values: What pictures are drawn from: nested dicts and lists of plain values.
        tables: By title, rows as plain values by column; a column's name holds its unit. Written as CSV as they are.
        sentences: What may be concluded, the most important first; never empty.
        notices: What must be said beside every picture: what was resampled, left out or could not be done.
    """

    values: Mapping[str, Any]
    tables: Mapping[str, list[dict[str, Any]]]
    sentences: tuple[Sentence, ...]
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.sentences:
            raise DataError("an analysis must say what may be concluded, or that nothing may")
        for name in ("values", "tables"):
            object.__setattr__(self, name, plain(getattr(self, name)))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return plain(asdict(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave, also after JSON.

        Raises:
            DataError: A part is missing or unknown.
        """
        try:
            sentences = tuple(Sentence(**{**s, "interval": _interval(s["interval"])}) for s in values["sentences"])
            return cls(values["values"], values["tables"], sentences, tuple(values["notices"]))
        except (KeyError, TypeError) as error:
            raise DataError(f"this is no result of an analysis: {error}; give what Result.to_dict wrote") from error


class Analysis(ABC):
    """One question about stored models.

    Attributes:
        name: Identifier in the registry and on the command line.
        title: For people.
        help: One sentence: what it tells.
        version: Raised whenever the same input gives other numbers; kept results of older versions are not used.
        Params: Its settings; the form in the app and the options of the command follow from them.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    version: ClassVar[int] = 1
    Params: ClassVar[type[Params]] = Params

    def __init__(self, params: Params | None = None) -> None:
        self.params = params if params is not None else self.Params()

    @abstractmethod
    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Answer the question.

        Args:
            source: Windows, what the stored models say about them, and the models themselves.
            on_progress: To be told now and then.

        Raises:
            RdpdError: The question has no answer for this input; the message says why, and what to do.
        """


ANALYSES: Registry[Analysis] = Registry("analysis")


def plain(value: Any) -> Any:
    """Give a value as JSON knows it: arrays as lists, and None where a number is undefined."""
    if isinstance(value, Mapping):
        return {str(key): plain(own) for key, own in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(own) for own in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _interval(values: Mapping[str, Any] | None) -> Interval | None:
    return None if values is None else Interval.from_dict(values)
