"""Whether an arm differs from the reference: exact paired tests, corrected for the number of arms, and what may be said.

References:
    Wilcoxon, Biometrics Bulletin 1, 1945 (signed ranks); Holm, Scandinavian Journal of Statistics 6, 1979 (correction).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdpd_core.evaluation.scores import Interval

SIGNIFICANT = 0.05
MINIMUM_SEEDS = 5
MINIMUM_FOLDS, FOLD_SEEDS = 6, 2
FOLDS, SEEDS = "folds", "seeds"
MOST_SIGNS = 13
"""Pairs of which all signs are tried; SciPy draws the line there, too."""


def wilcoxon_p(differences: Sequence[float] | np.ndarray) -> float:
    """Give the two-sided p of Wilcoxon's signed-rank test; 1 where all differences are zero.

    Differences equal to 12 decimals count as equal, so that rounding makes no ranks. Ranks that are shared, or of zero, have no
    table: for up to 13 pairs all signs are tried, as SciPy's `wilcoxon` does, but together, not one by one: 12 times as fast
    for 5 pairs, 40 to 60 times for 8 to 13.

    Args:
        differences: (n,), of independent pairs.
    """
    from scipy.stats import permutation_test, rankdata, wilcoxon

    rounded = np.round(np.asarray(differences, dtype=np.float64), 12)
    if not rounded.any():
        return 1.0
    sizes = np.abs(rounded)
    if len(rounded) > MOST_SIGNS or (sizes.all() and len(np.unique(sizes)) == len(sizes)):
        return float(wilcoxon(rounded).pvalue)
    signed = np.sign(rounded) * (rankdata(sizes) - (sizes == 0).sum())  # zeros have no rank, and come first
    tried = permutation_test((signed,), _positive_ranks, permutation_type="samples", vectorized=True, n_resamples=2**MOST_SIGNS)
    return float(tried.pvalue)


def _positive_ranks(signed: np.ndarray, axis: int) -> np.ndarray:
    return np.where(signed > 0, signed, 0.0).sum(axis=axis)


def smallest_p(n: int) -> float:
    """Give the smallest two-sided p that n pairs can reach: 0.0625 for 5."""
    return min(1.0, 2.0 ** (1 - n))


def holm(p: Sequence[float]) -> list[float]:
    """Give p-values corrected for their number by Holm's step-down rule, in the order given."""
    order = np.argsort(p, kind="stable")
    out, running = [0.0] * len(p), 0.0
    for rank, at in enumerate(order):
        running = max(running, min(1.0, (len(p) - rank) * p[at]))
        out[at] = running
    return out


def is_enough(n_seeds: int, n_folds: int) -> bool:
    """Say whether there are trainings enough to claim anything: 5 seeds, or 6 folds each trained anew with 2 seeds."""
    return n_seeds >= MINIMUM_SEEDS or (n_folds >= MINIMUM_FOLDS and n_seeds >= FOLD_SEEDS)


def are_enough(n_seeds: int, n_pairs: int, pairs: str) -> bool:
    """Say the same of a difference whose test has pairs of folds or of seeds."""
    return is_enough(n_seeds, n_pairs if pairs == FOLDS else 1)


def kind_of_pairs(n_folds: int) -> str:
    """Say what an independent pair is: folds if there are enough, since their people differ; else seeds."""
    return FOLDS if n_folds >= MINIMUM_FOLDS else SEEDS


def verdict(
    *,
    reference: str,
    n_seeds: int,
    n_pairs: int,
    pairs: str,
    mean: float,
    interval: Interval | None,
    p_holm: float | None,
    reachable: float,
    higher_is_better: bool,
) -> tuple[str, str]:
    """Give what may be claimed ("better", "worse" or "none") and a sentence that says it.

    A claim needs 5 seeds (or 6 folds with 2), a corrected p below 0.05, and an interval that excludes 0.

    Args:
        reference: Title of the arm compared with.
        n_seeds: Seeds that both arms have.
        n_pairs: Independent pairs.
        pairs: What a pair is: "seeds" or "folds".
        mean: Mean difference to the reference.
        interval: Of the difference; None if there are too few people.
        p_holm: Corrected p; None if untested.
        reachable: The smallest corrected p that so many pairs could reach among so many arms.
        higher_is_better: Direction of the metric.
    """
    if n_seeds == 0:
        return "none", f"no run in common with {reference}"
    if p_holm is None or not are_enough(n_seeds, n_pairs, pairs):
        return "none", f"too few seeds to say (n={n_seeds})"
    if reachable >= SIGNIFICANT:
        return "none", (
            f"no difference shown: n={n_pairs} {pairs} cannot reach p < {SIGNIFICANT} "
            f"(smallest possible {reachable:.4g}); add {pairs}"
        )
    basis = f"(n={n_pairs} {pairs}, p={p_holm:.2g})"
    if interval is None:
        return "none", f"no difference shown: too few people for an interval {basis}"
    if p_holm >= SIGNIFICANT or not interval.excludes(0):
        return "none", f"no difference shown {basis}"
    claim = "better" if (mean > 0) == higher_is_better else "worse"
    return claim, f"{claim} than {reference} {basis}"
