"""What to write where a sensor was silent."""

from __future__ import annotations

import numpy as np

from rdpd_core.errors import DataError, UnknownNameError

POLICIES = ("ffill", "zero", "hold")


def fill(signal: np.ndarray, policy: str = "ffill", names: tuple[str, ...] = (), position: int = 0) -> np.ndarray:
    """Give the signal without infinite values, and without NaN but for what "hold" leaves.

    Args:
        signal: (C, time); NaN and infinite values count as missing.
        policy: "ffill" holds the last value, and writes the channel's mean before the first one; "zero" writes 0;
            "hold" holds the last value and leaves NaN before the first one, which scaling turns into the training mean.
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
    if policy == "hold":
        return np.stack([_hold(row, ok, np.float32(np.nan)) for row, ok in zip(signal, there, strict=True)])
    silent = np.flatnonzero(~there.any(axis=1))
    if len(silent):
        name = names[silent[0]] if names else f"number {silent[0]}"
        raise DataError(
            f"recording at position {position}: channel {name} holds no value at all; leave the recording or the channel out, "
            'or choose missing="zero"'
        )
    means = [np.float32(row[ok].mean(dtype=np.float64)) for row, ok in zip(signal, there, strict=True)]
    return np.stack([_hold(row, ok, mean) for row, ok, mean in zip(signal, there, means, strict=True)])


def _hold(row: np.ndarray, there: np.ndarray, before: np.float32) -> np.ndarray:
    """Hold the last value of one channel; `before` stands before the first."""
    last = np.maximum.accumulate(np.where(there, np.arange(len(row)), -1))
    return np.where(last < 0, before, row[np.maximum(last, 0)])
