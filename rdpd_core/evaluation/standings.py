"""Mean ranks of arms over blocks, and how far two of them must lie apart: Friedman's test and Nemenyi's critical difference.

References:
    Friedman, Journal of the American Statistical Association 32, 1937; Iman and Davenport, Communications in Statistics A9,
    1980 (the F form of the test); Nemenyi, PhD thesis, Princeton 1963; Demsar, Journal of Machine Learning Research 7, 2006
    (both for classifiers, and the picture). Friedman's statistic is corrected for ties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.paired import MINIMUM_SEEDS, SIGNIFICANT


@dataclass(frozen=True)
class Standings:
    """Mean ranks.

    Attributes:
        arms: A names, best mean rank first.
        ranks: (A,), mean over the blocks; 1 is best, ties share the mean of their ranks.
        blocks: N.
        p: Of the hypothesis that all arms are alike (Friedman, in the F form of Iman and Davenport).
        critical: Two mean ranks that lie further apart than this differ (Nemenyi, 5% over all pairs).
        alike: Runs of neighboring arms of which no two differ, as positions in `arms`: first and last.
    """

    arms: tuple[str, ...]
    ranks: tuple[float, ...]
    blocks: int
    p: float
    critical: float
    alike: tuple[tuple[int, int], ...]

    @property
    def enough(self) -> bool:
        """Whether there are enough blocks for the test to mean anything."""
        return self.blocks >= MINIMUM_SEEDS

    def sentence(self, titles: Mapping[str, str]) -> str:
        """Say what may be concluded.

        Args:
            titles: Of arms, for people.
        """
        n = f"N = {self.blocks} blocks"
        if not self.enough:
            return f"Too few seeds to say which arm ranks higher ({n}; at least {MINIMUM_SEEDS} are needed)."
        p = "p < 1e-10" if self.p < 1e-10 else f"p = {self.p:.2g}"
        if self.p >= SIGNIFICANT:
            return f"No difference in rank shown ({n}, Friedman {p})."
        apart = [
            f"{titles.get(a, a)} above {titles.get(b, b)}"
            for at, a in enumerate(self.arms)
            for to, b in enumerate(self.arms)
            if self.ranks[to] - self.ranks[at] > self.critical
        ]
        found = f"Ranks differ ({n}, Friedman {p}); further apart than the critical difference {self.critical:.2f}"
        return f"{found}: {', '.join(apart)}." if apart else f"{found}: no single pair."


def standings(scores: Mapping[str, Sequence[float]], higher_is_better: bool = True) -> Standings:
    """Rank arms within each block, and compare their mean ranks.

    Args:
        scores: For each of A arms its scores (N,), the same blocks in the same order.
        higher_is_better: Direction of the score.

    Raises:
        DataError: Fewer than two arms, no block, arms with different blocks, or a score that is not a number.
    """
    from scipy.stats import f as f_distribution
    from scipy.stats import rankdata, studentized_range

    if len(scores) < 2 or len({len(own) for own in scores.values()}) != 1 or not len(next(iter(scores.values()))):
        raise DataError("ranks need two arms or more, and at least one block in which all of them have a score")
    values = np.array(list(scores.values()), dtype=np.float64).T  # (N, A)
    if not np.isfinite(values).all():
        raise DataError("a score that is to be ranked is not a number; leave that block out")
    n, k = values.shape
    rank = rankdata(np.round(-values if higher_is_better else values, 12), axis=1)
    mean = rank.mean(axis=0)
    order = np.argsort(mean, kind="stable")
    most = n * (k - 1)
    ties = 1 - sum(_ties(row) for row in rank) / (n * k * (k * k - 1))
    chi2 = 12 * n / (k * (k + 1)) * float(((mean - (k + 1) / 2) ** 2).sum()) / ties if ties > 0 else 0.0
    p = 1.0 if n < 2 or chi2 <= 0 else 0.0
    if n >= 2 and 0 < chi2 < most * (1 - 1e-12):
        p = float(f_distribution.sf((n - 1) * chi2 / (most - chi2), k - 1, (k - 1) * (n - 1)))
    critical = float(studentized_range.ppf(1 - SIGNIFICANT, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n)))
    names, ranks = list(scores), tuple(float(mean[at]) for at in order)
    return Standings(tuple(names[at] for at in order), ranks, n, p, critical, _alike(ranks, critical))


def _ties(row: np.ndarray) -> float:
    """Give the sum of t^3 - t over the groups of equal ranks."""
    _, counts = np.unique(row, return_counts=True)
    return float((counts**3 - counts).sum())


def _alike(ranks: Sequence[float], critical: float) -> tuple[tuple[int, int], ...]:
    """Give the longest runs within the critical difference."""
    runs: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = max(at for at in range(first, len(ranks)) if ranks[at] - ranks[first] <= critical)
        if last > first and not any(a <= first and last <= b for a, b in runs):
            runs.append((first, last))
    return tuple(runs)
