"""Whether two models look at the same moments: agreement of their attention, beside what chance would give.

Two models that attend evenly agree perfectly and say nothing, so entropies stand beside every agreement, and two controls show
what agreement is worth: the same rows paired at random, and even attention in place of the first model. A third control
needs a second teacher: hand in the attention of two teachers of different seeds.

References:
    Kullback and Leibler, Annals of Mathematical Statistics 22, 1951; Lin, IEEE Transactions on Information Theory 37, 1991
    (Jensen-Shannon divergence); Inman and Bradley, Communications in Statistics 18, 1989 (overlap coefficient).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation.estimates import Estimate, mean_of
from rdpd_core.evaluation.intervals import DRAWS, Units, check_draws, chunks, percentile_interval, resampling_units
from rdpd_core.evaluation.scores import Interval
from rdpd_core.runtime import numpy_generator

FLOOR = 1e-8
SHUFFLES = 200


@dataclass(frozen=True)
class Measure:
    """One way to compare two attention rows.

    Attributes:
        name: Identifier.
        title: For people.
        help: What it says.
        unit: Unit, empty if it has none.
        agreement: Whether higher means more alike; None for what describes one row.
    """

    name: str
    title: str
    help: str
    unit: str = ""
    agreement: bool | None = True


_TABLE = (
    Measure("kl_ba", "KL(b||a)", "Information lost when a stands in for b.", "nat", False),
    Measure("kl_ab", "KL(a||b)", "Information lost when b stands in for a.", "nat", False),
    Measure("js", "Jensen-Shannon", "Mean divergence of both from their average; at most ln 2.", "nat", False),
    Measure("js_share", "Jensen-Shannon / ln 2", "The same as a share of its maximum.", "", False),
    Measure("overlap", "overlap", "Attention in common: the sum of the smaller weights; 1 if equal."),
    Measure("cosine", "cosine", "Cosine of the angle between the rows; 1 if equal."),
    Measure("spearman", "Spearman", "Correlation of the ranks of the segments; 0 where a row is even."),
    Measure("top1", "same peak", "Chance that both give the same segment most attention; equal peaks share it."),
    Measure("entropy_a", "entropy of a", "How spread out a is; ln S if even.", "nat", None),
    Measure("entropy_b", "entropy of b", "How spread out b is; ln S if even.", "nat", None),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _TABLE}
_PAIRED = tuple(name for name, measure in MEASURES.items() if measure.agreement is not None)


@dataclass(frozen=True)
class Agreement:
    """One measure over all windows.

    Attributes:
        mean: Over windows.
        interval: 95%, resampling people; None if there are too few.
        chance: Mean over windows paired at random, averaged over shuffles; None for entropies.
        band: Central 95% of these means; None for entropies.
        even: Mean if a were even; None for entropies.
        excess: Mean over windows of what the own pairing gives beyond random pairing; None for entropies.
    """

    mean: float
    interval: Interval | None
    chance: float | None
    band: tuple[float, float] | None
    even: float | None
    excess: Estimate | None = None

    def beyond_chance(self) -> bool:
        """Say whether the mean lies outside what random pairing gives, for other people too.

        Shuffled windows are independent and those of one person are not, so the band alone is too narrow; the excess over
        chance must also differ from 0 when people are resampled. Without enough people nothing is beyond chance.
        """
        return self.band is not None and not self.band[0] <= self.mean <= self.band[1] and self.excess.sign != 0


@dataclass(frozen=True)
class Overlap:
    """Agreement of the attention of two models.

    Attributes:
        measures: By name, in the order of `MEASURES`.
        segments: S.
        n_windows: N.
        n_subjects: How many people.
        shuffles: Random pairings behind `chance` and `band`.
    """

    measures: Mapping[str, Agreement]
    segments: int
    n_windows: int
    n_subjects: int
    shuffles: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def overlaps(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    """Give every measure for every window.

    Args:
        a: (N, S), rows sum to 1; the student's, say.
        b: (N, S), the teacher's.

    Returns:
        (N,) by name of `MEASURES`.

    Raises:
        ShapeError: The shapes differ.
        DataError: A row is no distribution.
    """
    first, second = _checked(a, "a"), _checked(b, "b")
    if first.weight.shape != second.weight.shape:
        raise ShapeError(f"attention of shapes {first.weight.shape} and {second.weight.shape}; both must be (N, S)")
    return {**_pairs(first, second), "entropy_a": first.entropy, "entropy_b": second.entropy}


def overlap(
    a: np.ndarray,
    b: np.ndarray,
    subject: np.ndarray,
    recording: np.ndarray,
    *,
    within: np.ndarray | None = None,
    draws: int = DRAWS,
    shuffles: int = SHUFFLES,
    seed: int = 0,
) -> Overlap:
    """Give the mean agreement of two models' attention, with intervals and controls.

    Args:
        a: (N, S), rows sum to 1; the student's, say.
        b: (N, S), the teacher's, for the same windows.
        subject: (N,), text.
        recording: (N,), text.
        within: (N,), windows are paired at random only where this is equal: which pair of models a row is of, so that what
            one model does everywhere counts as chance; None takes all rows for one pair of models.
        draws: Resamples of people.
        shuffles: Random pairings of windows.
        seed: Keys both.

    Raises:
        ShapeError: The shapes differ.
        DataError: A row is no distribution, or there are no windows.
        ParameterError: Too few draws or shuffles.
    """
    check_draws(draws)
    if shuffles < 20:
        raise ParameterError(f"shuffles={shuffles} is too few for a band; give 20 or more ({SHUFFLES} is usual)")
    values = overlaps(a, b)
    n, s = np.shape(a)
    if len(subject) != n or len(recording) != n:
        raise ShapeError(f"{n} windows need as many subjects and recordings, not {len(subject)} and {len(recording)}")
    units = resampling_units(np.asarray(subject).astype(str), np.asarray(recording).astype(str))
    intervals = _intervals(values, units, draws, seed)
    first, second = _checked(a, "a"), _checked(b, "b")
    generator = numpy_generator("shuffle", seed, n)
    group = np.zeros(n) if within is None else np.unique(within, return_inverse=True)[1]
    shuffled, elsewhere = [], dict.fromkeys(_PAIRED, 0.0)
    for _ in range(shuffles):
        pairs = _pairs(first, second.take(_permuted(group, generator)))
        shuffled.append(_means(pairs))
        elsewhere = {name: elsewhere[name] + pairs[name] / shuffles for name in _PAIRED}
    even = _means(_pairs(_checked(np.full((n, s), 1 / s), "a"), second))
    measures = {}
    for name in MEASURES:
        mean, band, chance, excess = float(values[name].mean()), None, None, None
        if name in _PAIRED:
            drawn = [means[name] for means in shuffled]
            low, high = np.percentile(drawn, [2.5, 97.5])
            chance, band = float(np.mean(drawn)), (float(low), float(high))
            excess = mean_of(values[name] - elsewhere[name], units, draws=draws, key=("overlap", seed))
        measures[name] = Agreement(mean, intervals[name], chance, band, even.get(name), excess)
    return Overlap(measures, s, n, len(np.unique(subject)), shuffles)


def rescaled(attention: np.ndarray, segments: int) -> np.ndarray:
    """Give attention over another number of equal segments of the same window, each taking what falls into it, (N, segments).

    Args:
        attention: (N, S), rows sum to 1; even within a segment.
        segments: New number; fewer than S loses detail, more invents none.

    Raises:
        ParameterError: Fewer than 2 segments.
    """
    if segments < 2:
        raise ParameterError(f"segments={segments} is not allowed; give 2 or more")
    rows = np.asarray(attention, dtype=np.float64)
    s = rows.shape[1]
    total = np.concatenate([np.zeros((len(rows), 1)), rows.cumsum(axis=1)], axis=1)  # (N, S + 1)
    edges = np.arange(segments + 1) * s / segments
    left = np.minimum(edges.astype(np.int64), s - 1)
    at = total[:, left] + (edges - left) * rows[:, left]
    return np.diff(at, axis=1)


@dataclass(frozen=True)
class _Rows:
    """Attention with what every pairing needs, each (N, S) or (N,)."""

    weight: np.ndarray
    log: np.ndarray
    unit: np.ndarray
    rank: np.ndarray
    peak: np.ndarray
    entropy: np.ndarray

    def take(self, index: np.ndarray) -> _Rows:
        return _Rows(*(part[index] for part in self.__dict__.values()))


def _checked(attention: np.ndarray, name: str) -> _Rows:
    """Give attention, floored so that logarithms are finite, with its logarithms, directions, ranks and peaks."""
    from scipy.stats import rankdata

    rows = np.asarray(attention, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise ShapeError(f"attention {name} has shape {rows.shape}; give (N, S) with at least 2 segments")
    if not len(rows):
        raise DataError(f"attention {name} has no windows; choose a set that is not empty")
    wrong = ~np.isfinite(rows).all(axis=1) | (rows < 0).any(axis=1) | (np.abs(rows.sum(axis=1) - 1) > 1e-3)
    if wrong.any():
        raise DataError(f"{int(wrong.sum())} of {len(rows)} rows of attention {name} are not weights that sum to 1")
    peak = rows == rows.max(axis=1, keepdims=True)
    rank = rankdata(rows, axis=1)
    rank -= rank.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rank, axis=1, keepdims=True)
    rank = np.divide(rank, length, out=np.zeros_like(rank), where=length > 0)
    weight = rows + FLOOR
    weight /= weight.sum(axis=1, keepdims=True)
    log = np.log(weight)
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    return _Rows(weight, log, unit, rank, peak / peak.sum(axis=1, keepdims=True), -(weight * log).sum(axis=1))


def _pairs(a: _Rows, b: _Rows) -> dict[str, np.ndarray]:
    """Give the measures that take two rows, (N,) each."""

    def dot(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.einsum("ns,ns->n", left, right)

    middle = a.weight + b.weight
    middle_entropy = -0.5 * dot(middle, np.log(0.5 * middle))
    js = np.maximum(middle_entropy - 0.5 * (a.entropy + b.entropy), 0)
    return {
        "kl_ba": np.maximum(-b.entropy - dot(b.weight, a.log), 0),
        "kl_ab": np.maximum(-a.entropy - dot(a.weight, b.log), 0),
        "js": js,
        "js_share": js / np.log(2),
        "overlap": np.minimum(a.weight, b.weight).sum(axis=1),
        "cosine": dot(a.unit, b.unit),
        "spearman": dot(a.rank, b.rank),
        "top1": dot(a.peak, b.peak),
    }


def _permuted(group: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Give positions (N,) in random order, each taken by a position of its own group."""
    order = np.empty(len(group), dtype=np.int64)
    order[np.argsort(group, kind="stable")] = np.lexsort((generator.random(len(group)), group))
    return order


def _means(values: Mapping[str, np.ndarray]) -> dict[str, float]:
    return {name: float(v.mean()) for name, v in values.items()}


def _intervals(values: Mapping[str, np.ndarray], units: Units, draws: int, seed: int) -> dict[str, Interval | None]:
    """Give intervals of means over windows, resampling people."""
    sums = np.array([np.bincount(units.index, weights=v, minlength=units.n) for v in values.values()])  # (measures, U)
    sizes = np.bincount(units.index, minlength=units.n)
    parts = [(sums @ w) / (sizes @ w) for w in chunks(units.n, draws, numpy_generator("overlap", seed, units.kind, units.n))]
    resampled = np.concatenate(parts, axis=1)
    return {name: percentile_interval(row, units) for name, row in zip(values, resampled, strict=True)}
