"""What to write where a sensor was silent."""

from __future__ import annotations

import numpy as np

from rdpd_core.errors import DataError, UnknownNameError

POLICIES = ("ffill", "zero")


def fill(signal: np.ndarray, policy: str = "ffill", names: tuple[str, ...] = (), position: int = 0) -> np.ndarray:
    """Give the signal without NaN or infinite values.

    Args:
        signal: (C, time); NaN and infinite values count as missing.
        policy: "ffill" holds the last value, and writes the channel's mean before the first one; "zero" writes 0.
        names: Channel names, for messages.
        position: Of the recording in its data set, counted from 0, for messages.

    Returns:
        (C, time), float32; the same array where nothing is missing.

    Raises:
        UnknownNameError: No such policy.
        DataError: "ffill" met a channel without a single value.
    """
    if policy not in POLICIES:
        raise UnknownNameError("policy for missing values", policy, POLICIES)
    signal = np.asarray(signal, dtype=np.float32)
    there = np.isfinite(signal)
    if there.all():
        return signal
    if policy == "zero":
        return np.where(there, signal, np.float32(0))
    silent = np.flatnonzero(~there.any(axis=1))
    if len(silent):
        name = names[silent[0]] if names else f"number {silent[0]}"
        raise DataError(
            f"recording at position {position}: channel {name} holds no value at all; leave the recording or the channel out, "
            'or choose missing="zero"'
        )
    return np.stack([_hold(row, ok) for row, ok in zip(signal, there, strict=True)])


def _hold(row: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Hold the last value of one channel; its mean stands before the first."""
    last = np.maximum.accumulate(np.where(there, np.arange(len(row)), -1))
    mean = np.float32(row[there].mean(dtype=np.float64))
    return np.where(last < 0, mean, row[np.maximum(last, 0)])
