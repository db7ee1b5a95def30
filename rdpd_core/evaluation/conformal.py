"""Sets of classes that hold the true one as often as asked, for windows of people not seen before.

Windows of one person depend on each other, so windows are not exchangeable and the usual count of them would promise too much.
People are. Two constructions hold for a window drawn at random from a new person:

* "people": all calibration windows, every person weighing alike, with the weight of one more person at infinity
  (Lee, Barber and Willett, Distribution-free inference with hierarchical data, arXiv 2306.06342, 2023). It covers at
  least as often as asked, and more often where the windows of a person differ much.
* "window": one window of each person, drawn at random, and the plain finite-sample rank (Dunn, Wasserman and Ramdas, Journal of
  the American Statistical Association 118, 2023, subsampling once). It covers as often as asked, but for 1/(people + 1).

Scores: "lac" takes 1 - probability (Sadinle, Lei and Wasserman, Journal of the American Statistical Association 114, 2019:
small sets); "aps" adds up probabilities from the top, its last class at random (Romano, Sesia and Candès, NeurIPS 2020: larger
sets for hard windows).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.runtime import numpy_generator

SCORES = ("lac", "aps")
CONSTRUCTIONS = ("people", "window")
TURNS = 4


@dataclass(frozen=True)
class Resplits:
    """What a construction covered when people were divided anew again and again.

    Attributes:
        coverage: (R,), share of windows whose true class is in the set, mean over the people held out.
        size: (R,), classes in a set, mean over people.
        calibrating: People calibrated on in each.
        held_out: People looked at in each.
    """

    coverage: np.ndarray
    size: np.ndarray
    calibrating: int
    held_out: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in asdict(self).items()}


def least_people(coverage: float) -> int:
    """Give the least number of calibration people with which sets are not always all classes: 9 for 90%."""
    return int(np.ceil(round(coverage / (1 - coverage), 9)))


def set_scores(probability: np.ndarray, kind: str = "lac", key: object = 0) -> np.ndarray:
    """Give how strange each class would be, (N, K); a set holds the classes up to a threshold.

    Args:
        probability: (N, K).
        kind: Of `SCORES`.
        key: Keys the random part of "aps".
    """
    if kind == "lac":
        return 1 - probability
    if kind != "aps":
        raise ParameterError(f"score {kind!r}: choose one of {', '.join(SCORES)}")
    order = np.argsort(-probability, axis=1, kind="stable")
    ranked = np.take_along_axis(probability, order, axis=1)
    luck = numpy_generator("aps", key, len(probability)).random((len(probability), 1))
    scores = np.empty_like(ranked)
    np.put_along_axis(scores, order, ranked.cumsum(axis=1) - luck * ranked, axis=1)
    return scores


def threshold(score: np.ndarray, person: np.ndarray, coverage: float, construction: str = "people", key: object = 0) -> float:
    """Give up to which score classes belong to the set; infinite if there are too few people for this coverage.

    Args:
        score: (n,), of the true classes of calibration windows.
        person: (n,), whole numbers or text.
        coverage: Wanted, in (0, 1).
        construction: Of `CONSTRUCTIONS`.
        key: Keys the draw of "window".

    Raises:
        ParameterError: The coverage or the construction is not allowed.
        DataError: There are no calibration windows.
    """
    if not 0 < coverage < 1 or construction not in CONSTRUCTIONS:
        raise ParameterError(f"coverage {coverage} by {construction!r}: give (0, 1) and one of {', '.join(CONSTRUCTIONS)}")
    if not len(score):
        raise DataError("there are no windows to calibrate on; choose data with labeled validation windows")
    people, index = np.unique(person, return_inverse=True)
    size = np.bincount(index)
    if construction == "window":
        chosen = _one_each(index, numpy_generator("one window", key))
        score, index, size = score[chosen], index[chosen], np.ones(len(people))
    order = np.argsort(score, kind="stable")
    weight = np.cumsum(1 / size[index[order]]) / (len(people) + 1)
    reached = np.flatnonzero(weight >= coverage - 1e-9)
    return float(score[order[reached[0]]]) if len(reached) else float("inf")


def resplits(
    scores: np.ndarray,
    target: np.ndarray,
    person: np.ndarray,
    coverage: float,
    construction: str = "people",
    repeats: int = 100,
    seed: int = 0,
) -> Resplits:
    """Divide people again and again into those calibrated on and those looked at, and count what the sets cover.

    Args:
        scores: (N, K), as `set_scores` gave.
        target: (N,), all known.
        person: (N,).
        coverage: Wanted.
        construction: Of `CONSTRUCTIONS`.
        repeats: R.
        seed: Keys the divisions.

    Raises:
        DataError: There are too few people.
    """
    people, index = np.unique(person, return_inverse=True)
    calibrating = calibration_people(len(people), coverage)
    true = scores[np.arange(len(target)), target]
    covered, size = np.empty(repeats), np.empty(repeats)
    for at, chosen in enumerate(_balanced(len(people), calibrating, repeats, seed)):
        calibrates = np.isin(index, chosen)
        limit = threshold(true[calibrates], index[calibrates], coverage, construction, key=(seed, at))
        rest = ~calibrates
        covered[at] = by_person(true[rest] <= limit, index[rest])
        size[at] = by_person((scores[rest] <= limit).sum(axis=1), index[rest])
    return Resplits(covered, size, calibrating, len(people) - calibrating)


def _balanced(people: int, calibrating: int, repeats: int, seed: int) -> Iterator[np.ndarray]:
    """Yield whom to calibrate on: people stand in a random circle and take turns, so that all are chosen alike often."""
    for at in range(repeats):
        turn = at % TURNS * people // TURNS
        circle = np.roll(numpy_generator("circle", seed, at // TURNS).permutation(people), turn)
        yield circle[:calibrating]


def calibration_people(people: int, coverage: float) -> int:
    """Give how many of some people to calibrate on: about half, so that ranks hit the coverage best.

    Raises:
        DataError: There are too few.
    """
    least = least_people(coverage)
    allowed = np.arange(max(least, people // 3), min(people - 1, 2 * people // 3) + 1)
    if not len(allowed):
        raise DataError(
            f"{people} people are too few to divide them for a coverage of {coverage:.0%}: "
            f"{least} to calibrate on, and as many again to look at, are about the least"
        )
    over = np.ceil(np.round((allowed + 1) * coverage, 9)) / (allowed + 1) - coverage
    best = allowed[over <= over.min() + 1e-9]
    return int(best[np.abs(best - people / 2).argmin()])


def by_person(values: np.ndarray, person: np.ndarray) -> float:
    """Give the mean over people of their own means."""
    _, index = np.unique(person, return_inverse=True)
    return float((np.bincount(index, weights=values) / np.bincount(index)).mean())


def _one_each(index: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    order = generator.permutation(len(index))
    return order[np.unique(index[order], return_index=True)[1]]
