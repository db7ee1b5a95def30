"""Features as rows to compare: three ways to read a layer that has a course in time; the name belongs beside every result.

A layer of this house gives (N, D), or (N, S, D): windows, then time, then width. Others name their `time_axis`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rdpd_core.errors import ParameterError, ShapeError

FLATTEN, POOLED, TIME = "flatten", "pooled", "time"
MODES = {
    FLATTEN: "a row is a window: all its moments side by side",
    POOLED: "a row is a window: the mean over its moments",
    TIME: "a row is a moment of a window: layers are averaged over equal stretches to as many moments",
}
NO_TIME = "has no course in time; choose mode flatten or pooled"


def rows_of(features: np.ndarray, mode: str = FLATTEN, time_axis: int = 1, moments: int = 0) -> np.ndarray:
    """Give a layer as rows.

    Args:
        features: (N, D), or (N, S, D) with further widths allowed.
        mode: "flatten" (N, S * D), "pooled" (N, D), or "time" (N * moments, D).
        time_axis: Where time is, for layers that have it.
        moments: For "time": moments to average to; 0 keeps all.

    Raises:
        ParameterError: No such mode.
        ShapeError: It is no layer, or has no such axis, or no time where it is asked for, or fewer moments.
    """
    if mode not in MODES:
        raise ParameterError(f"mode={mode!r} is not one of {', '.join(MODES)}")
    x = _time_second(np.asarray(features), time_axis)
    if x.ndim == 2:
        if mode == TIME:
            raise ShapeError(f"a layer of shape {x.shape} {NO_TIME}")
        return x
    if mode == FLATTEN:
        return x.reshape(len(x), -1)
    x = x.reshape(len(x), x.shape[1], -1)  # (N, S, D)
    return x.mean(axis=1) if mode == POOLED else shortened(x, moments or x.shape[1]).reshape(-1, x.shape[2])


def all_rows(
    layers: Mapping[str, np.ndarray],
    others: Mapping[str, np.ndarray],
    mode: str = FLATTEN,
    time_axes: Mapping[str, int] | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, str]]:
    """Give the layers of two models as rows that belong together.

    Args:
        layers: Features by layer.
        others: Those of the other model, for the same windows.
        mode: As in `rows_of`; with "time" all layers are brought to the moments of the shortest.
        time_axes: Where time is, by layer; 1 where not named.

    Returns:
        Rows by layer of each side, and by layer why one was left out.
    """
    axes = time_axes or {}
    if mode != TIME:
        sides = ({name: rows_of(x, mode, axes.get(name, 1)) for name, x in side.items()} for side in (layers, others))
        return (*sides, {})
    left_out = {name: NO_TIME for side in (layers, others) for name, x in side.items() if np.ndim(x) < 3}
    lengths = [np.shape(x)[axes.get(n, 1)] for side in (layers, others) for n, x in side.items() if n not in left_out]
    moments = min(lengths, default=0)
    sides = (
        {name: rows_of(x, mode, axes.get(name, 1), moments) for name, x in side.items() if np.ndim(x) > 2}
        for side in (layers, others)
    )
    return (*sides, left_out)


def shortened(x: np.ndarray, moments: int) -> np.ndarray:
    """Give (N, moments, D) from (N, S, D): means over equal stretches, moments that lie on an edge being shared.

    Raises:
        ShapeError: There are fewer moments than asked for.
    """
    s = x.shape[1]
    if not 1 <= moments <= s:
        raise ShapeError(f"{s} moments cannot be averaged to {moments}; give 1 to {s}")
    if moments == s:
        return x
    edge, at = np.arange(moments + 1)[:, None] * (s / moments), np.arange(s)
    covered = np.clip(edge - at, 0, 1)  # share of each moment before each edge
    return np.einsum("ms,nsd->nmd", np.diff(covered, axis=0) * (moments / s), x)


def _time_second(x: np.ndarray, time_axis: int) -> np.ndarray:
    if x.ndim < 2:
        raise ShapeError(f"features of shape {x.shape} are no layer; give (N, D) or (N, S, D)")
    if x.ndim == 2 or time_axis == 1:
        return x
    if not 1 <= time_axis < x.ndim:
        raise ShapeError(f"time_axis={time_axis} is no axis of features of shape {x.shape} after the first")
    return np.moveaxis(x, time_axis, 1)
