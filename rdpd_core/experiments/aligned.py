"""What a layer of one stored model has in common with a layer of another, window by window."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rdpd_core.errors import IncompatibleError, UnknownNameError
from rdpd_core.evaluation.cka_align import Aligned, align
from rdpd_core.evaluation.cka_modes import all_rows
from rdpd_core.experiments.similarity import chosen_windows, features_of
from rdpd_core.experiments.source import Source

MOST_SHOWN = 1000
"""A scatter of more points shows no more, and takes a page its breath."""


class Side(NamedTuple):
    """A layer of a model.

    Attributes:
        model: Its name.
        layer: Name of the layer.
    """

    model: str
    layer: str


class Pair(NamedTuple):
    """Two layers, aligned.

    Attributes:
        aligned: Components, a row per window, or per moment of a window with mode "time".
        target: (rows,), class of each row, -1 where unknown.
        classes: K names.
        rows_of: What a row is: "windows" or "moments".
    """

    aligned: Aligned
    target: np.ndarray
    classes: tuple[str, ...]
    rows_of: str


def aligned_layers(
    source: Source, first: Side, second: Side, mode: str, method: str, most: int = MOST_SHOWN, seed: int = 0
) -> Pair:
    """Align two layers on the test windows.

    Args:
        source: Windows and models.
        first: Of one model.
        second: Of another, or of the same.
        mode: How a course in time becomes rows.
        method: "cca" or "procrustes".
        most: Windows to look at, spread evenly over people.
        seed: Keys who is left out together.

    Raises:
        UnknownNameError: No such model, or it has no such layer.
        IncompatibleError: A layer has no course in time, and the mode asks for one.
        DataError: There are too few windows.
    """
    book = source.book()
    windows = book.windows.select(chosen_windows(book.windows, most))
    features = []
    for side in (first, second):
        card = source.card(side.model)
        found = features_of(source.model(card), card, windows)
        if side.layer not in found:
            raise UnknownNameError(f"layer of {side.model}", side.layer, found)
        features.append(found)
    rows, columns, left_out = all_rows(*features, mode)
    for side in (first, second):
        if side.layer in left_out:
            raise IncompatibleError(f"layer {side.layer} of {side.model} {left_out[side.layer]}")
    x, y = rows[first.layer], columns[second.layer]
    times = len(x) // len(windows)
    subject, target = np.repeat(windows.subject, times), np.repeat(windows.target, times)
    rows_of = "moments" if times > 1 else "windows"
    return Pair(align(x, y, subject, method, seed=seed), target, windows.classes, rows_of)
