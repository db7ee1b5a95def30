"""Rank correlation row by row; 0 where a row is even, never NaN."""

from __future__ import annotations

import numpy as np


def spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Give Spearman's rank correlation of each pair of rows.

    Args:
        a: (B, Q).
        b: (B, Q).

    Returns:
        (B,), in [-1, 1]; 0 where all values of a row are equal.

    Reference:
        Spearman, The American Journal of Psychology 15, 1904.
    """
    return np.einsum("bq,bq->b", standing(a), standing(b))


def standing(values: np.ndarray) -> np.ndarray:
    """Give ranks (B, Q), centered and of length 1, so that a product of two is their correlation; 0 for an even row."""
    from scipy.stats import rankdata

    most = np.abs(values).max(axis=1, keepdims=True, initial=0)
    # Sums that differ by rounding alone are equal: else an even row would have ranks made of noise.
    rank = rankdata(np.round(np.divide(values, most, out=np.zeros(np.shape(values)), where=most > 0), 6), axis=1)
    rank -= rank.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rank, axis=1, keepdims=True)
    return np.divide(rank, length, out=np.zeros_like(rank), where=length > 0)
