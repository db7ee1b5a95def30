"""The names of the scores and the records that carry them: values, intervals, and how many people are behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from rdpd_core.errors import DataError, UnknownNameError


@dataclass(frozen=True)
class Metric:
    """One score.

    Attributes:
        name: Identifier in records, on the command line and in model cards.
        title: For people.
        help: What it says, and how it is averaged.
        higher_is_better: Direction.
        low: Smallest possible value.
        high: Largest possible value; None if there is none.
    """

    name: str
    title: str
    help: str
    higher_is_better: bool = True
    low: float = 0.0
    high: float | None = 1.0


_TABLE = (
    Metric("roc_auc", "ROC-AUC", "Chance that a window of a class ranks above one of the others; class mean, 0.5 by guessing."),
    Metric("pr_auc", "PR-AUC", "Average precision of a class against the others; class mean, the class's share by guessing."),
    Metric(
        "macro_f1", "macro-F1", "F1 of the most probable class; class mean, so that rare classes count as much as common ones."
    ),
    Metric(
        "macro_f1_threshold",
        "macro-F1 at 0.5",
        "F1 of each class, called where its probability reaches 0.5, as in RDPD; class mean.",
    ),
    Metric(
        "micro_f1", "micro-F1", "F1 of the most probable class over all windows; equals accuracy, as a window has one class."
    ),
    Metric("accuracy", "accuracy", "Share of windows whose most probable class is the true one."),
    Metric("ece", "ECE", "Calibration error: mean gap of confidence and accuracy in 15 bins; few windows raise it.", False),
    Metric("nll", "NLL", "Mean negative logarithm of the probability given to the true class, in nats.", False, 0.0, None),
    Metric("brier", "Brier", "Mean squared distance of class distribution and truth, summed over classes.", False, 0.0, 2.0),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _TABLE}
HEADLINE = ("roc_auc", "pr_auc", "macro_f1")
COMPARED = (*HEADLINE, "macro_f1_threshold", "accuracy")
CALIBRATION = ("ece", "nll", "brier")
PER_CLASS = {
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "f1": "F1",
    "f1_threshold": "F1 at 0.5",
    "precision": "precision",
    "recall": "recall",
}


def metric(name: str) -> Metric:
    """Give a metric by name.

    Raises:
        UnknownNameError: No such metric.
    """
    if name not in METRICS:
        raise UnknownNameError("metric", name, METRICS)
    return METRICS[name]


@dataclass(frozen=True)
class Interval:
    """A percentile interval from resampling people.

    Attributes:
        low: Lower end.
        high: Upper end.
        unit: What was resampled: "subjects", or "recordings" where there are fewer than 5 subjects.
        n: How many units there are.
        draws: How often they were resampled.
        partial: Draws in which a class was missing, so that the average ran over the classes present.
        level: Confidence, in (0, 1).
    """

    low: float
    high: float
    unit: str
    n: int
    draws: int
    partial: int = 0
    level: float = 0.95

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(**values)

    def excludes(self, value: float) -> bool:
        """Say whether `value` lies outside."""
        return value < self.low or value > self.high

    def sentence(self) -> str:
        """Say how the interval came about."""
        text = f"{self.level:.0%} interval from resampling {self.n} {self.unit} {self.draws} times"
        if self.unit == "recordings":
            text += " (fewer than 5 subjects, so it says little about new people)"
        if self.partial:
            text += f"; {self.partial} draws lacked a class and average the classes they have"
        return text


@dataclass(frozen=True)
class Scores:
    """How well predictions fit the truth.

    Attributes:
        values: By metric.
        per_class: By per-class metric, then class; classes without a window are left out.
        support: Windows of each class.
        subjects: Subjects of each class.
        n_windows: Windows with a label.
        n_subjects: Their subjects.
        n_recordings: Their recordings.
        n_unlabeled: Windows left out for want of a label.
        absent: Classes without a window, left out of the averages.
        intervals: By metric; empty if none were computed, None where there are too few units.
        per_class_intervals: By per-class metric, then class.
    """

    values: Mapping[str, float]
    per_class: Mapping[str, Mapping[str, float]]
    support: Mapping[str, int]
    subjects: Mapping[str, int]
    n_windows: int
    n_subjects: int
    n_recordings: int
    n_unlabeled: int = 0
    absent: tuple[str, ...] = ()
    intervals: Mapping[str, Interval | None] = field(default_factory=dict)
    per_class_intervals: Mapping[str, Mapping[str, Interval | None]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        plain = asdict(self)
        plain["absent"] = list(self.absent)
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave.

        Raises:
            DataError: A part is missing or unknown.
        """
        try:
            scores = cls(**{**values, "absent": tuple(values["absent"])})
            one = {name: _interval(v) for name, v in scores.intervals.items()}
            many = {name: {c: _interval(v) for c, v in by.items()} for name, by in scores.per_class_intervals.items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"these are not scores: {error}; give what Scores.to_dict wrote") from error
        return cls(**{**scores.__dict__, "intervals": one, "per_class_intervals": many})

    def cell(self, name: str) -> str:
        """Give one score as a person reads it: "0.812 [0.774, 0.846]"."""
        return cell(self.values[name], self.intervals.get(name))

    def basis(self) -> str:
        """Say in one sentence what stands behind the numbers."""
        text = people(self.n_windows, self.n_subjects)
        if self.n_unlabeled:
            text += f", {self.n_unlabeled} without label left out"
        if self.absent:
            text += f"; no window of {', '.join(self.absent)}, left out of the averages"
        return text


def people(n_windows: int, n_subjects: int) -> str:
    """Give "n = 600 windows of 30 subjects", in the singular where it is due."""
    windows, subjects = (f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((n_windows, "window"), (n_subjects, "subject")))
    return f"n = {windows} of {subjects}"


def cell(
    value: float, interval: Interval | None = None, spread: float | None = None, *, digits: int = 3, sign: bool = False
) -> str:
    """Give a number with its interval and spread: "0.812 [0.774, 0.846] ± 0.012"."""
    form = f"{'+' if sign else ''}z.{digits}f"  # z: no minus before a rounded zero
    text = format(value, form)
    if interval is not None:
        text += f" [{interval.low:{form}}, {interval.high:{form}}]"
    return text if spread is None else f"{text} ± {spread:.{digits}f}"


def _interval(values: Mapping[str, Any] | None) -> Interval | None:
    return None if values is None else Interval.from_dict(values)
