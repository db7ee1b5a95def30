"""The record of a comparison: every arm's score, and its difference to the reference arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from rdpd_core.errors import DataError
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import Interval

REFERENCE = "direct"
TITLES = {
    "teacher": "Teacher",
    "direct": "Direct",
    "distill": "Distill",
    "rdpd_r1": "RDPD_r1",
    "rdpd_r2": "RDPD_r2",
    "rdpd": "RDPD",
    "oracle": "Oracle",
}


@dataclass(frozen=True)
class Run:
    """One trained model's answers.

    Attributes:
        arm: Row of the comparison.
        seed: Of the training.
        fold: Which people were held out; runs of one fold answer the same windows.
        predictions: On the held-out people.
    """

    arm: str
    seed: int
    fold: str
    predictions: Predictions


@dataclass(frozen=True)
class Difference:
    """An arm against the reference arm.

    Attributes:
        mean: Mean difference over runs of equal seed and fold.
        interval: 95%, resampling people and seeds; None if there are too few people.
        p: Two-sided signed-rank test; None if there is no pair.
        p_holm: Corrected for the arms compared; None if there are too few seeds for a test to mean anything.
        n_pairs: Independent pairs.
        pairs: What a pair is: "seeds" or "folds".
        n_seeds: Seeds that both arms have; of folds as pairs, in the fold that has fewest.
        claim: "better", "worse" or "none".
        verdict: The same as a sentence.
    """

    mean: float | None
    interval: Interval | None
    p: float | None
    p_holm: float | None
    n_pairs: int
    pairs: str
    n_seeds: int
    claim: str
    verdict: str


@dataclass(frozen=True)
class Row:
    """One arm under one metric.

    Attributes:
        arm: Identifier.
        title: For people.
        mean: Over all runs.
        spread: Sample standard deviation over seeds, folds averaged; None for one seed.
        interval: 95%, resampling people and seeds; None if there are too few people.
        n_seeds: Seeds.
        n_folds: Folds.
        seeds: Score of each seed, folds averaged.
        difference: Against the reference; None in the reference's own row.
    """

    arm: str
    title: str
    mean: float
    spread: float | None
    interval: Interval | None
    n_seeds: int
    n_folds: int
    seeds: tuple[tuple[int, float], ...]
    difference: Difference | None


@dataclass(frozen=True)
class Comparison:
    """All arms under several metrics.

    Attributes:
        reference: The arm the others are compared with.
        rows: By metric; one row per arm, in the order in which arms were handed in.
        n_windows: Windows that were answered, over all folds.
        n_subjects: Their subjects.
        unit: What was resampled beside seeds: "subjects", or "recordings" of fewer than 5 subjects.
        n_units: How many.
        draws: Resamples.
        absent: Classes that no fold has.
        lacking: Classes without a window by fold, where a fold lacks some; its averages run over the others.
    """

    reference: str
    rows: Mapping[str, tuple[Row, ...]]
    n_windows: int
    n_subjects: int
    unit: str
    n_units: int
    draws: int
    absent: tuple[str, ...]
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave, also after JSON.

        Raises:
            DataError: A part is missing or unknown.
        """
        try:
            rows = {name: tuple(map(_row, many)) for name, many in values["rows"].items()}
            lacking = {fold: tuple(names) for fold, names in values.get("lacking", {}).items()}
            return cls(**{**values, "rows": rows, "absent": tuple(values["absent"]), "lacking": lacking})
        except (AttributeError, KeyError, TypeError) as error:
            raise DataError(f"this is not a comparison: {error}; give what Comparison.to_dict wrote") from error


def _row(values: Mapping[str, Any]) -> Row:
    difference = values["difference"]
    if difference is not None:
        difference = Difference(**{**difference, "interval": _interval(difference["interval"])})
    seeds = tuple((int(s), float(v)) for s, v in values["seeds"])
    return Row(**{**values, "interval": _interval(values["interval"]), "seeds": seeds, "difference": difference})


def _interval(values: Mapping[str, Any] | None) -> Interval | None:
    return None if values is None else Interval.from_dict(values)
