"""Whether two arms differ by more than their seeds: models are relabeled at random, as under the null their arm is a label."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, islice
from math import comb

import numpy as np

from rdpd_core.runtime import numpy_generator

MOST = 5000


@lru_cache(maxsize=16)
def labelings(m: int, n: int) -> np.ndarray:
    """Give who could be of the first arm, (R, m + n), 1 or 0, the observed labels first: all ways, or 5,000 random ones.

    Args:
        m: Models of the first arm; they come first.
        n: Models of the second.
    """
    found = np.array(list(islice(_labelings(m + n, m), MOST)), dtype=np.float64)
    found.flags.writeable = False
    return found


def smallest_p(m: int, n: int) -> float:
    """Give the smallest p that relabeling m and n models can reach: 0.1 for 3 and 3, 0.008 for 5 and 5."""
    return (2 if m == n else 1) / comb(m + n, m)


def relabeled_p(a: np.ndarray, b: np.ndarray) -> float:
    """Give the two-sided p of a difference in means of models, (M,) and (L,)."""
    own = labelings(len(a), len(b))
    values = np.concatenate([a, b])
    gaps = np.abs(own @ values / len(a) - (1 - own) @ values / len(b))
    return float((gaps >= gaps[0] - 1e-12).mean())


def _labelings(total: int, m: int) -> Iterator[np.ndarray]:
    if comb(total, m) <= MOST:
        for own in combinations(range(total), m):
            yield np.isin(np.arange(total), own)
        return
    yield np.arange(total) < m
    generator = numpy_generator("labelings", total, m)
    while True:
        yield np.isin(np.arange(total), generator.permutation(total)[:m])
