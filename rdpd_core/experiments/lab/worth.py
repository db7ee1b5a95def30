"""What each channel is worth, from the scores of all subsets: Shapley values, and how much two channels say the same.

Everything here is linear in the scores, so it is computed for many resamples at once; intervals follow from these.

References:
    Shapley, A value for n-person games, Contributions to the Theory of Games II, 1953;
    Grabisch and Roubens, International Journal of Game Theory 28, 1999 (interaction index).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from rdpd_core.experiments.lab.subsets import Subset


def marginal(values: Mapping[Subset, np.ndarray], units: int) -> np.ndarray:
    """Give the mean gain in score when a unit joins, (units, ...): over subsets of a size, then over sizes.

    Where every subset of every size is there, this is the Shapley value; where large ones are missing, it is the same mean
    over the sizes there are; where a size lacks some subsets, as after a beam, over those that are there.

    Args:
        values: Score by subset, arrays of one shape; the empty subset is what one scores without any channel.
        units: How many units there are.
    """
    gains: list[dict[int, list[np.ndarray]]] = [{} for _ in range(units)]
    for subset, score in values.items():
        for unit in subset:
            rest = tuple(u for u in subset if u != unit)
            if rest in values:
                gains[unit].setdefault(len(rest), []).append(score - values[rest])
    return np.stack([_mean_of_sizes(own, next(iter(values.values()))) for own in gains])


def interaction(values: Mapping[Subset, np.ndarray], units: int) -> np.ndarray:
    """Give how much more two units are worth together than apart, (units, units, ...); below 0 they say the same.

    The mean over subsets without both of v(S+i+j) - v(S+i) - v(S+j) + v(S), by size as in `marginal`; NaN on the diagonal.

    Args:
        values: As in `marginal`.
        units: How many units there are.
    """
    like = next(iter(values.values()))
    found = np.full((units, units, *np.shape(like)), np.nan)
    for i, j in itertools.combinations(range(units), 2):
        terms: dict[int, list[np.ndarray]] = {}
        for subset, both in values.items():
            if i in subset and j in subset:
                rest = tuple(u for u in subset if u not in (i, j))
                first, second = tuple(sorted((*rest, i))), tuple(sorted((*rest, j)))
                if rest in values and first in values and second in values:
                    terms.setdefault(len(rest), []).append(both - values[first] - values[second] + values[rest])
        found[i, j] = found[j, i] = _mean_of_sizes(terms, like)
    return found


def front(costs: Sequence[float], scores: Sequence[float]) -> list[int]:
    """Give the positions that no other beats: none is at most as dear and better, or cheaper and as good; by rising cost."""
    order = sorted(range(len(costs)), key=lambda at: (costs[at], -scores[at]))
    found: list[int] = []
    for at in order:
        if not found or scores[at] > scores[found[-1]]:
            found.append(at)
    return found


def _mean_of_sizes(by_size: Mapping[int, Sequence[np.ndarray]], like: np.ndarray) -> np.ndarray:
    if not by_size:
        return np.full(np.shape(like), np.nan)
    return np.mean([np.mean(own, axis=0) for own in by_size.values()], axis=0)
