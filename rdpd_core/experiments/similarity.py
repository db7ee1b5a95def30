"""Layers of stored models beside each other: their features for test windows, and CKA of any two models, arms, or subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rdpd_core.errors import DataError, IncompatibleError, UnknownNameError
from rdpd_core.evaluation.cka_align import CCA, Aligned, align
from rdpd_core.evaluation.cka_compare import averaged, mean_diagonal
from rdpd_core.evaluation.cka_matrix import SHUFFLES, Cell, Grid, compare_layers
from rdpd_core.evaluation.cka_modes import FLATTEN, POOLED, TIME, all_rows, rows_of
from rdpd_core.evaluation.intervals import DRAWS
from rdpd_core.models import Model
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import threads
from rdpd_core.store import ModelCard
from rdpd_core.types import Windows

BATCH = 256
LOGITS = "logits"
MOST_WINDOWS = 4000
MOST_MB = 2000
LEAST_OF_SUBJECT = 12
"""A subject with fewer windows gets no statement of its own."""
Told = Callable[[str, int, int], None]
Features = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Settings:
    """How layers are compared.

    Attributes:
        mode: How a course in time becomes rows: "flatten", "pooled" or "time".
        null: How pairs are made wrong: "recordings" or "windows".
        draws: Resamples of people.
        shuffles: Wrong pairings.
        seed: Keys both.
    """

    mode: str = FLATTEN
    null: str = "recordings"
    draws: int = DRAWS
    shuffles: int = SHUFFLES
    seed: int = 0


@dataclass(frozen=True)
class SimilarityMatrix:
    """Every layer of one model, or of one arm's models, beside every layer of another's.

    Attributes:
        first: What the rows belong to, for people: "Teacher".
        second: What the columns belong to.
        mode: How a course in time became rows.
        grid: Values with intervals and null; the mean over pairs of models.
        diagonal: The mean over matching layers.
        each: A grid per pair of models.
        left_out: By layer, why it is not among the rows or columns.
    """

    first: str
    second: str
    mode: str
    grid: Grid
    diagonal: Cell
    each: tuple[Grid, ...]
    left_out: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON, without the draws."""
        diagonal = {**self.diagonal.__dict__, "mark": self.diagonal.mark}
        if self.diagonal.interval is not None:
            diagonal["interval"] = self.diagonal.interval.to_dict()
        about = {"first": self.first, "second": self.second, "mode": self.mode, "left_out": dict(self.left_out)}
        return {**about, **self.grid.to_dict(), "diagonal": diagonal}

    def table(self) -> list[dict[str, Any]]:
        """Give a row per pair of layers: value, interval, null, and what they are worth."""
        grid = self.grid
        return [
            {"first": self.first, "second": self.second, "row layer": row, "column layer": column, **cell_row(cell)}
            | {"mode": self.mode, "models": grid.models, "n (windows)": grid.n_windows, "n (subjects)": grid.n_subjects}
            for row, cells in zip(grid.rows, grid.cells, strict=True)
            for column, cell in zip(grid.columns, cells, strict=True)
        ]


def cell_row(cell: Cell) -> dict[str, Any]:
    """Give a cell as columns of a table."""
    low, high = cell.null or (None, None)
    ends = (cell.interval.low, cell.interval.high) if cell.interval else (None, None)
    return {
        "CKA": cell.value, "95% low": ends[0], "95% high": ends[1], "null low": low, "null high": high,
        "p (null)": cell.p, "beside null": cell.mark, "why none": cell.reason,
    }  # fmt: skip


def chosen_windows(windows: Windows, most: int = MOST_WINDOWS) -> np.ndarray:
    """Give positions of at most so many windows, spread evenly over people, recordings and time."""
    n = len(windows)
    if n <= most:
        return np.arange(n)
    order = np.lexsort((windows.offset_s, windows.recording, windows.subject))
    return np.sort(order[np.linspace(0, n - 1, most).round().astype(np.int64)])


def features_of(
    model: Model, card: ModelCard, windows: Windows, told: Told = lambda what, done, total: None, cores: int | None = None
) -> dict[str, np.ndarray]:
    """Give what every layer of a stored model makes of windows, and its logits as the last of them.

    Windows pass through in batches, in evaluation mode.

    Args:
        model: Built from the card.
        card: Names its channels and scales them.
        windows: N of them.
        told: Told how many windows are done; may raise to end the work.
        cores: Threads to use; None takes what is set.

    Returns:
        (N, ...), float32, by layer, from the input on.

    Raises:
        DataError: There is no window.
        IncompatibleError: The features would not fit in memory.
    """
    n, rows = len(windows), windows.rows([c.name for c in card.channels])
    if not n:
        raise DataError("there are no windows to compare layers on; choose at least one subject that has some")
    statistics = Statistics.from_dict({**card.normalization, "source": "the model's card"})
    kept: dict[str, np.ndarray] = {}
    mode = model.training
    with threads(cores), torch.inference_mode():
        model.eval()
        for at in range(0, n, BATCH):
            told(f"layers of {card.name}", at, n)
            index = np.arange(at, min(n, at + BATCH))
            output = model(torch.from_numpy(statistics.apply(windows.gather(index, rows))))
            for name, values in {**output.features, LOGITS: output.logits}.items():
                if name not in kept:
                    kept[name] = _room(n, values, card, kept)
                kept[name][index] = values.float().cpu().numpy()
    model.train(mode)
    return kept


def _room(n: int, values: torch.Tensor, card: ModelCard, kept: Features) -> np.ndarray:
    shape = (n, *values.shape[1:])
    needed = (4 * np.prod(shape, dtype=np.float64) + sum(x.nbytes for x in kept.values())) / 1e6
    if needed > MOST_MB:
        raise IncompatibleError(
            f"the layers of {card.name} need {needed:.0f} MB for {n} windows, {MOST_MB} MB are allowed; choose fewer windows"
        )
    return np.empty(shape, dtype=np.float32)


def compare_models(
    pairs: Sequence[tuple[Features, Features]],
    windows: Windows,
    names: tuple[str, str],
    settings: Settings = Settings(),
    between: Callable[[], None] = lambda: None,
) -> SimilarityMatrix:
    """Give every layer of the first models beside every layer of the second, averaged over the pairs.

    Args:
        pairs: Features of two models, for the same N windows; a pair per seed.
        windows: N.
        names: What the two sides are, for people.
        settings: How layers are compared.
        between: Called now and then; may raise to end the work.

    Raises:
        DataError: A side has no layer left, or a feature is not a number.
        IncompatibleError: The models of one side differ in their layers.
    """
    grids, left_out = [], {}
    for first, second in pairs:
        rows, columns, left = all_rows(first, second, settings.mode)
        left_out |= left
        grids.append(
            compare_layers(
                rows, columns, windows.subject, windows.recording, draws=settings.draws, shuffles=settings.shuffles,
                null=settings.null, seed=settings.seed, between=between,
            )
        )  # fmt: skip
    grid = averaged(grids, settings.seed)
    return SimilarityMatrix(*names, settings.mode, grid, mean_diagonal(grid), tuple(grids), left_out)


@dataclass(frozen=True)
class SubjectSimilarity:
    """How alike two arms' layers are for one subject's windows alone.

    Attributes:
        subject: The person.
        n_windows: Windows.
        matrix: Of these windows; None where they are too few.
        reason: Why there is none; empty if there is one.
    """

    subject: str
    n_windows: int
    matrix: SimilarityMatrix | None
    reason: str = ""

    def row(self) -> dict[str, Any]:
        """Give columns of a table."""
        cell = Cell(None, self.reason) if self.matrix is None else self.matrix.diagonal
        return {"subject": self.subject, "n (windows)": self.n_windows, **cell_row(cell)}


def by_subject(
    pairs: Sequence[tuple[Features, Features]],
    windows: Windows,
    names: tuple[str, str],
    settings: Settings = Settings(),
    told: Told = lambda what, done, total: None,
) -> list[SubjectSimilarity]:
    """Compare the layers for each subject's windows alone; intervals there resample recordings, if they are enough."""
    found, people = [], np.unique(windows.subject).tolist()
    for at, subject in enumerate(people):
        told(f"subjects, {names[1]}", at, len(people))
        places = np.flatnonzero(windows.subject == subject)
        if len(places) < LEAST_OF_SUBJECT:
            reason = f"{len(places)} windows: at least {LEAST_OF_SUBJECT} are needed for a statement about one subject"
            found.append(SubjectSimilarity(subject, len(places), None, reason))
            continue
        own = [tuple({name: x[places] for name, x in side.items()} for side in pair) for pair in pairs]
        found.append(SubjectSimilarity(subject, len(places), compare_models(own, windows.select(places), names, settings)))
    return found


def aligned_cell(
    pair: tuple[Features, Features], row: str, column: str, windows: Windows, mode: str = FLATTEN, method: str = CCA
) -> Aligned:
    """Give the first aligned components of one layer of each side, a point per window.

    Args:
        pair: Features of two models for the same N windows.
        row: Layer of the first.
        column: Layer of the second.
        windows: N.
        mode: "flatten" or "pooled"; "time" is read as "pooled", for a point is a window.
        method: "cca" or "procrustes".

    Raises:
        UnknownNameError: No such layer.
        DataError: There are too few windows.
    """
    for name, side in zip((row, column), pair, strict=True):
        if name not in side:
            raise UnknownNameError("layer", name, side)
    first, second = (rows_of(side[n], POOLED if mode == TIME else mode) for n, side in zip((row, column), pair, strict=True))
    return align(first, second, windows.subject, method)


def own_teacher(card: ModelCard, teachers: Sequence[ModelCard]) -> ModelCard | None:
    """Give the teacher a student learned from, else that of its seed, else the first; None if there is none."""
    taught = [t for t in teachers if t.weights_sha256 == card.teacher]
    same = [t for t in teachers if t.seed == card.seed]
    return next(iter([*taught, *same, *teachers]), None)
