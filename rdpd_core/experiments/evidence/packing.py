"""Many numbers in little text: fixed point of 16 bits, compressed, in letters that JSON need not escape."""

from __future__ import annotations

import base64
import zlib

import numpy as np

from rdpd_core.errors import DataError

LOW, HIGH = -1.0, 1.0
STEPS = 65534
NOTHING = 65535
MOST = 1 << 20
"""Most numbers that are unpacked at once; none of ours has more, and a hostile file must not fill the memory."""


def packed(values: np.ndarray) -> str:
    """Give numbers in [-1, 1] as text, each to 0.00002; what is not a number stays so.

    Raises:
        DataError: A number lies outside.
    """
    plain = np.asarray(values, dtype=np.float64).ravel()
    there = np.isfinite(plain)
    if (np.abs(plain[there]) > 1 + 1e-9).any():
        raise DataError(f"numbers from {plain[there].min():g} to {plain[there].max():g}; only those in [-1, 1] can be packed")
    steps = np.full(len(plain), NOTHING, dtype=np.uint16)
    steps[there] = np.round((np.clip(plain[there], LOW, HIGH) - LOW) / (HIGH - LOW) * STEPS).astype(np.uint16)
    return base64.b85encode(zlib.compress(steps.astype("<u2").tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> np.ndarray:
    """Give the numbers again, (n,), float64.

    Raises:
        DataError: The text is none of ours.
    """
    try:
        machine = zlib.decompressobj()
        data = machine.decompress(base64.b85decode(text), 2 * MOST)
        if machine.unconsumed_tail or not machine.eof:
            raise ValueError("too many numbers, or cut off")
        steps = np.frombuffer(data, dtype="<u2")
    except (ValueError, TypeError, zlib.error) as error:
        raise DataError(f"packed numbers cannot be read: {error}; make the result again") from error
    found = LOW + steps.astype(np.float64) * (HIGH - LOW) / STEPS
    return np.where(steps == NOTHING, np.nan, found)
