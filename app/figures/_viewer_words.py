"""The stretch of a recording that is shown: cut out, in words, and as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.figures._viewer_calipers import Calipers, Measurement, interval_words, levels_of, size_words
from app.figures.text import listed
from rdpd_core.errors import ParameterError
from rdpd_core.types import Channel

LONGEST_TABLE = 20_000
NAMED, LONG_S = 20, 6 * 3600.0


def cut(signal: np.ndarray, rate: float, start_s: float, from_s: float, length_s: float) -> tuple[np.ndarray, float]:
    """Give a stretch of a signal, and the time of its first sample.

    Args:
        signal: (C, T).
        rate: Hz.
        start_s: Time of the first sample, in s.
        from_s: Start of the stretch, in s.
        length_s: Its length, in s.

    Raises:
        ParameterError: Nothing of the signal lies in the stretch.
    """
    first = max(round((from_s - start_s) * rate), 0)
    end = min(first + max(round(length_s * rate), 1), signal.shape[1])
    if first >= end:
        raise ParameterError(f"nothing lies from {from_s:g} s on: the signal ends at {start_s + signal.shape[1] / rate:g} s")
    return signal[:, first:end], start_s + first / rate


def describe_viewer(
    channels: Sequence[Channel], signal: np.ndarray, rate: float, start_s: float, title: str, poor: Sequence[str]
) -> str:
    """Give the text alternative of the signals: what is drawn, and from where to where each goes."""
    rows = [f"{c.name} {_ends(row, c.unit)}" for c, row in zip(channels[:NAMED], signal, strict=False)]
    more = f"; and {len(channels) - NAMED} more" if len(channels) > NAMED else ""
    end, read = start_s + signal.shape[1] / rate, [c.name for c in channels if c.name in poor]
    said = f" Students read {listed(read)}." if read else ""
    return f"{title}. {len(channels)} channels from {start_s:.6g} to {end:.6g} s: {'; '.join(rows)}{more}.{said}"


def _ends(row: np.ndarray, unit: str) -> str:
    there = row[np.isfinite(row)]
    if not len(there):
        return "has no values"
    missing = "" if len(there) == len(row) else f" ({len(there)} of {len(row)} values)"
    return f"from {there.min():.3g} to {there.max():.3g} {unit}{missing}"


def describe_measurement(calipers: Calipers, found: Measurement, unit: str) -> str:
    """Say what lies between the calipers."""
    levels = levels_of(calipers, found)
    size, word = (3600, "h") if abs(calipers.t1) >= LONG_S else (1, "s")
    where = f"{calipers.channel}, {calipers.t0 / size:.6g} to {calipers.t1 / size:.6g} {word}: {interval_words(found)}"
    if not np.isfinite(levels).all():
        return f"{where}; no values there."
    kind = "from the lowest to the highest value" if calipers.levels is None else "between the chosen levels"
    return f"{where}; {size_words(levels[1] - levels[0], unit)} {kind} ({levels[0]:.3g} and {levels[1]:.3g} {unit})."


def viewer_table(channels: Sequence[Channel], signal: np.ndarray, rate: float, start_s: float) -> pd.DataFrame:
    """Give a row per sample: time in s, and the value of each channel in its unit.

    Of a long recording, rows stand for equal stretches of time, with the lowest and the highest value of each channel.
    """
    size = -(-signal.shape[1] // LONGEST_TABLE)
    time = np.round(start_s + np.arange(0, signal.shape[1], size) / rate, 6)
    if size == 1:
        return pd.DataFrame(
            {"time (s)": time, **{f"{c.name} ({c.unit})": row for c, row in zip(channels, signal, strict=True)}}
        )
    edges, columns = np.arange(0, signal.shape[1], size), {"from (s)": time}
    for channel, row in zip(channels, signal, strict=True):
        columns[f"{channel.name}, lowest ({channel.unit})"] = np.fmin.reduceat(row, edges)
        columns[f"{channel.name}, highest ({channel.unit})"] = np.fmax.reduceat(row, edges)
    return pd.DataFrame(columns)
