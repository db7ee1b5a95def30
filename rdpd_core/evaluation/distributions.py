"""Class distributions compared: divergence, drift along a recording, and whether two arms differ by more than their seeds do.

References:
    Lin, IEEE Transactions on Information Theory 37, 1991 (Jensen-Shannon divergence);
    Anderson, Austral Ecology 26, 2001 (permutation test of distances between against distances within groups).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

import numpy as np

from rdpd_core.evaluation.estimates import Estimate, mean_of
from rdpd_core.evaluation.intervals import DRAWS, resampling_units
from rdpd_core.evaluation.relabeling import labelings, smallest_p
from rdpd_core.runtime import numpy_generator

SHIFTS = 500
LEAST_WINDOWS = 3
LEAST_SHIFTS = 20


@dataclass(frozen=True)
class Drift:
    """How far the last third of recordings is from the first.

    Attributes:
        js: Jensen-Shannon divergence of the mean distributions of the two thirds, mean over recordings, in nats.
        null: Its mean when time is turned within each recording.
        p: Share of such turns that give as much; None where there are fewer than `LEAST_SHIFTS` of them.
        shifts: How many different turns there are.
    """

    js: float
    null: float
    p: float | None
    shifts: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Apart:
    """Two arms, each of several models, over the same subjects.

    Attributes:
        between: Mean divergence of a model of one arm from one of the other, over subjects, in nats.
        within: Mean divergence of two models of one arm; None for single models.
        excess: What lies between beyond within, mean over subjects.
        p: Of relabeling the models at random; None for single models.
        smallest_p: That so many models can reach.
    """

    between: float
    within: float | None
    excess: Estimate | None
    p: float | None
    smallest_p: float

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def entropy(p: np.ndarray) -> np.ndarray:
    """Give the entropy over the last axis, in nats."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Give the Jensen-Shannon divergence over the last axis, in nats, at most ln 2."""
    return np.maximum(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2, 0)


def spread(p: np.ndarray) -> np.ndarray:
    """Give how far several distributions (A, ..., K) are from their mean, (...), in nats: 0 if all are alike."""
    return np.maximum(entropy(p.mean(axis=0)) - entropy(p).mean(axis=0), 0)


def drift(recordings: Sequence[np.ndarray], key: object = 0, shifts: int = SHIFTS) -> Drift | None:
    """Give the drift along some recordings of a subject; None if none of them has at least 3 windows.

    Neighboring windows resemble each other, so they are not shuffled: time is turned, the end of a recording joined to its
    beginning.

    Args:
        recordings: (n, K) each, class distributions in the order of time.
        key: Keys the random turns.
        shifts: How many are tried.
    """
    long = [own for own in recordings if len(own) >= LEAST_WINDOWS]
    if not long:
        return None
    weight = np.array([len(own) for own in long]) / sum(map(len, long))
    turned = [_turns(own) for own in long]
    observed = float(sum(w * values[0] for w, values in zip(weight, turned, strict=True)))
    generator = numpy_generator("drift", key)
    tried = sum(w * values[generator.integers(0, len(values), shifts)] for w, values in zip(weight, turned, strict=True))
    p = float((1 + (tried >= observed - 1e-12).sum()) / (1 + shifts))
    different = prod(map(len, long))
    return Drift(observed, float(tried.mean()), p if different >= LEAST_SHIFTS else None, different)


def _turns(own: np.ndarray) -> np.ndarray:
    """Give the divergence of the last third from the first after every turn of time, (n,), the first not turned."""
    n = len(own)
    third = n // 3
    twice = np.concatenate([np.zeros((1, own.shape[1])), np.concatenate([own, own]).cumsum(axis=0)])
    at = np.arange(n)
    first = (twice[at + third] - twice[at]) / third
    last = (twice[at + n] - twice[at + n - third]) / third
    return jensen_shannon(first, last)


def apart(a: np.ndarray, b: np.ndarray, subject: np.ndarray, *, draws: int = DRAWS) -> Apart:
    """Say whether two arms tell of subjects differently than models of one arm do.

    Models of all arms are relabeled at random: with 3 models each, 1 of 10 labelings is the observed one, so that p cannot be
    smaller than 0.1; 5 each reach 0.008.

    Args:
        a: (M, U, K), mean class distributions of U subjects by each model of the first arm.
        b: (L, U, K), of the second.
        subject: (U,), names.
        draws: Resamples of subjects.
    """
    models = np.concatenate([a, b])
    distance = jensen_shannon(models[:, None], models[None])  # (M + L, M + L, U)
    m, total = len(a), len(models)
    between = float(distance[:m, m:].mean())
    if m < 2 or total - m < 2:
        return Apart(between, None, None, None, 1.0)
    units = resampling_units(subject, subject)
    own = labelings(m, total - m)
    excess = _excess(distance, own[:1])[:, 0]
    values = _excess(distance.mean(axis=2, keepdims=True), own)[0]
    p = float((values >= values[0] - 1e-12).mean())
    within = between - float(excess.mean())
    return Apart(between, within, mean_of(excess, units, draws=draws, key="apart"), p, smallest_p(m, total - m))


def _excess(distance: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Give the mean distance between two groups of models less the mean within them, by subject and labeling, (U, R)."""
    first, second = labels, 1 - labels  # (R, T)
    m, n = int(labels[0].sum()), int(second[0].sum())
    near = np.einsum("rt,tsu->urs", first, distance)
    far = np.einsum("rt,tsu->urs", second, distance)
    between = (near * second).sum(axis=2) / (m * n)
    within = (near * first).sum(axis=2) / (m * (m - 1)) + (far * second).sum(axis=2) / (n * (n - 1))
    return between - within / 2
