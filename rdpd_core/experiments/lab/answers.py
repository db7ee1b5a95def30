"""What the lab found: the score of every subset, what each channel is worth, and which set is cheapest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments.lab.subsets import Subset, costs_of
from rdpd_core.experiments.lab.worth import front


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: The number; None if it cannot be told.
        interval: 95%, resampling people and seeds; None if there are too few people.
    """

    value: float | None
    interval: Interval | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `asdict` gave."""
        own = values["interval"]
        return cls(values["value"], None if own is None else Interval.from_dict(own))


@dataclass(frozen=True)
class Point:
    """One arm on one subset.

    Attributes:
        subset: Positions of its units.
        arm: Name.
        view: Name of the view its students read.
        score: Mean over seeds and splits, on the test subjects.
        spread: Sample standard deviation over seeds; None for one seed.
        valid: Mean score on the validation subjects; what sets are chosen by.
        seeds: How many.
        gain: Over Direct on the same subset; None for Direct.
        closed: Share of the gap between Direct and the teacher that is closed; None for Direct, or where the teacher is not
            better beyond its interval.
    """

    subset: Subset
    arm: str
    view: str
    score: Estimate
    spread: float | None
    valid: float
    seeds: int
    gain: Estimate | None
    closed: Estimate | None


@dataclass(frozen=True)
class Answers:
    """What the lab found.

    Attributes:
        dataset: Name.
        metric: Name of the score.
        units: Names.
        teacher: Score of the teacher, which reads everything.
        teacher_valid: The same on the validation subjects.
        chance: Score without any channel: of always saying how common the classes are among the training windows.
        points: Every subset that was trained, of every arm.
        worth: By arm, the mean gain of each unit; exactly its Shapley value if `whole`.
        together: By arm, for pairs of units, how much more they are worth together than apart.
        whole: Whether every subset of every size was trained.
        n_windows: Of the test.
        n_subjects: Of the test.
        draws: Resamples.
    """

    dataset: str
    metric: str
    units: tuple[str, ...]
    teacher: Estimate
    teacher_valid: float
    chance: float
    points: tuple[Point, ...]
    worth: Mapping[str, tuple[Estimate, ...]]
    together: Mapping[str, tuple[tuple[int, int, Estimate], ...]]
    whole: bool
    n_windows: int
    n_subjects: int
    draws: int

    def of(self, arm: str) -> list[Point]:
        """Give the points of one arm."""
        return [point for point in self.points if point.arm == arm]

    def names(self, subset: Subset) -> str:
        """Give the units of a subset in words."""
        return " + ".join(self.units[at] for at in subset)

    def costs(self, given: Mapping[str, float] | None = None) -> tuple[float, ...]:
        """Give the cost of each unit; 1 each if none is given.

        Raises:
            ParameterError: One is missing, negative, or no number, or there is one for what is no unit.
        """
        return costs_of(self.units, given)

    def front(self, arm: str, costs: Sequence[float]) -> list[Point]:
        """Give the subsets of an arm that no other beats on the validation subjects, by rising cost."""
        points = self.of(arm)
        return [points[at] for at in front([price(p.subset, costs) for p in points], [p.valid for p in points])]

    def cheapest(self, arm: str, costs: Sequence[float], within: float) -> Point | None:
        """Give the cheapest subset that on the validation subjects comes within `within` of the teacher; None if none does."""
        enough = [point for point in self.of(arm) if point.valid >= self.teacher_valid - within]
        return min(enough, key=lambda p: (price(p.subset, costs), -p.valid), default=None)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave, also after JSON."""
        read = Estimate.from_dict
        points = tuple(
            Point(**{
                **p, "subset": tuple(p["subset"]), "score": read(p["score"]),
                **{name: None if p[name] is None else read(p[name]) for name in ("gain", "closed")},
            })
            for p in values["points"]
        )  # fmt: skip
        worth = {arm: tuple(read(e) for e in own) for arm, own in values["worth"].items()}
        together = {arm: tuple((i, j, read(e)) for i, j, e in own) for arm, own in values["together"].items()}
        given = {**values, "units": tuple(values["units"]), "teacher": read(values["teacher"])}
        return cls(**{**given, "points": points, "worth": worth, "together": together})


def price(subset: Subset, costs: Sequence[float]) -> float:
    """Give what a subset costs."""
    return float(sum(costs[at] for at in subset))
