"""Why stored models decide as they do: attributions of chosen windows, and whether to believe them.

Attributions are quick and made anew; a verdict takes seconds to minutes, so it is kept, by the digests of all it depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from rdpd_core import __version__
from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.evaluation import predict
from rdpd_core.evaluation.attributed import Attribution
from rdpd_core.evaluation.attributions import ATTRIBUTORS, BASELINES, attribute, baseline_effect
from rdpd_core.evaluation.attributions.asking import segments_of
from rdpd_core.evaluation.believe import Effort, believe, brief
from rdpd_core.evaluation.believed import Belief
from rdpd_core.evaluation.cells import Cells
from rdpd_core.evaluation.predictions import softmax
from rdpd_core.evaluation.ranks import spearman
from rdpd_core.experiments.controls import control_of
from rdpd_core.experiments.data import Loaded, parts_of
from rdpd_core.experiments.score import fitting_rows
from rdpd_core.files import cache_root, digest_bytes, digest_json, read_json, write_json
from rdpd_core.models import Model
from rdpd_core.params import Params, choice, number
from rdpd_core.preprocessing import Statistics
from rdpd_core.store import ModelCard
from rdpd_core.types import Channel, Windows

PREDICTED, TRUE = "predicted", "true"
CHECKED = 32
"""Windows that the checks look at, of as many people and classes as there are."""
VERSION = 2
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class How(Params):
    """How windows are explained."""

    method: str = choice("integrated_gradients", ATTRIBUTORS.names(), "what gives the evidence of each value")
    baseline: str = choice("zero", tuple(BASELINES), "what stands for nothing there")
    steps: int = number(64, 8, 512, "points on the way from the baseline, for methods that walk or draw")


@dataclass(frozen=True)
class Explained:
    """Evidence for one class of each of n windows, on all channels of the data set.

    Attributes:
        card: Of the model.
        channels: C, all channels of the data set, in order.
        read: (C,), whether the model reads a channel; where it does not, the evidence is 0 and must not be drawn.
        attribution: (n, C, T).
        probability: (n, K).
        segments: S, of the model's attention; 1 if it has none.
    """

    card: ModelCard
    channels: tuple[Channel, ...]
    read: np.ndarray
    attribution: Attribution
    probability: np.ndarray
    segments: int

    def taken(self, index: np.ndarray) -> Self:
        """Give some of the windows, in the order asked for."""
        own = {name: getattr(self.attribution, name)[index] for name in ("values", "target", "score", "reference")}
        return replace(self, attribution=replace(self.attribution, **own), probability=self.probability[index])

    def heat(self, pieces: int) -> np.ndarray:
        """Give sums of evidence in equal pieces of time, (n, C, P), for a picture of P columns; P is at most T."""
        values = self.attribution.values
        edges = np.arange(pieces) * values.shape[2] // pieces
        return np.add.reduceat(values.astype(np.float64), edges, axis=2)

    def cells(self) -> Cells:
        """Give the cells in which all models of the data set can be compared: single channels, pieces of segments."""
        values = self.attribution.values
        return Cells.of(values.shape[1], values.shape[2], self.segments)

    def sums(self) -> np.ndarray:
        """Give the evidence in each cell, (n, C, P)."""
        cells = self.cells()
        return cells.sums(self.attribution.values).reshape(len(self.attribution.values), -1, cells.pieces)


def scaled(card: ModelCard, loaded: Loaded, windows: Windows, places: Sequence[int] | np.ndarray) -> np.ndarray:
    """Give windows (n, c, T) of the channels a model reads, scaled as its card says.

    Raises:
        IncompatibleError: Model and data do not fit.
    """
    statistics = Statistics.from_dict({**card.normalization, "source": "the model's card"})
    return statistics.apply(windows.gather(np.asarray(places), list(fitting_rows(card, loaded)))).astype(np.float32)


def explain(
    model: Model,
    card: ModelCard,
    loaded: Loaded,
    windows: Windows,
    places: Sequence[int] | np.ndarray,
    how: How | None = None,
    target: str = PREDICTED,
    on_progress: Callable[[int, int], None] | None = None,
) -> Explained:
    """Explain what one model says about some windows.

    Args:
        model: In evaluation mode.
        card: Its card.
        loaded: Its data set.
        windows: For example the test windows.
        places: (n,), which of them.
        how: Method, baseline and steps.
        target: The class explained: "predicted", "true" (the predicted one where the true one is unknown), or a class by name.
        on_progress: Told how many windows are done, of how many; may raise to end it.

    Raises:
        UnknownNameError: No such class.
        RdpdError: As in `attribute`.
    """
    how = how or How()
    x = scaled(card, loaded, windows, places)
    probability = softmax(predict(model, torch.from_numpy(x))[0].numpy())
    asked = _targets(target, probability, windows.target[np.asarray(places)], windows.classes)
    settings = brief(how.method, how.steps)
    found = attribute(model, x, asked, how.method, how.baseline, params=settings, on_progress=on_progress)
    whole, read = found.onto(fitting_rows(card, loaded), len(windows.channels))
    return Explained(card, windows.channels, read, whole, probability, segments_of(model))


def _targets(target: str, probability: np.ndarray, truth: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    predicted = probability.argmax(axis=1)
    if target == PREDICTED:
        return predicted
    if target == TRUE:
        return np.where(truth >= 0, truth, predicted)
    if target not in classes:
        raise UnknownNameError("class to explain", target, [PREDICTED, TRUE, *classes])
    return np.full(len(predicted), classes.index(target))


def methods_alike(model: Model, x: np.ndarray, target: np.ndarray, how: How) -> dict[str, float]:
    """Give how alike every other method that fits finds the same windows: mean rank correlation of sums per cell."""
    cells = Cells.of(model.channels, model.samples, segments_of(model))

    def ask(name: str) -> np.ndarray:
        given = {"params": brief(name, min(how.steps, 32)), "cells": cells}
        return cells.sums(attribute(model, x, target, name, how.baseline, **given).values)

    own = ask(how.method)
    names = [n for n in ATTRIBUTORS.names() if n != how.method and not ATTRIBUTORS.get(n).fits(model)]
    return {name: float(spearman(*comparable(own, ask(name), how.method, name)).mean()) for name in names}


def comparable(own: np.ndarray, other: np.ndarray, method: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Give sums of two methods as they can be compared: by size alone where one of them does not tell for from against."""
    both = ATTRIBUTORS.get(method).signed and ATTRIBUTORS.get(name).signed
    return (own, other) if both else (np.abs(own), np.abs(other))


def baselines_alike(model: Model, x: np.ndarray, target: np.ndarray, how: How) -> dict[str, float]:
    """Give how alike the same method finds the same windows with every other baseline; see `baseline_effect`."""
    return baseline_effect(model, x, target, how.method, how.baseline, params=brief(how.method, min(how.steps, 32)))


def shared(teacher: Explained, student: Explained) -> np.ndarray:
    """Give the rank correlation (n,) of teacher and student over the cells of the channels that both read.

    Raises:
        DataError: They read no channel in common, or do not explain the same classes of the same windows.
    """
    both = teacher.read & student.read
    if not both.any():
        raise DataError("teacher and student read no channel in common, so their evidence cannot be compared")
    if teacher.attribution.values.shape != student.attribution.values.shape:
        raise DataError("teacher and student were asked about different windows; ask both about the same")
    pieces = Cells.of(int(both.sum()), teacher.attribution.values.shape[2], teacher.segments).pieces
    a, b = (e.heat(pieces)[:, both].reshape(len(e.probability), -1) for e in (teacher, student))
    return spearman(a, b)


def checked_places(windows: Windows, count: int = CHECKED) -> np.ndarray:
    """Give windows for the checks, in order: spread over as many pairs of person and class as there are."""
    known = np.flatnonzero(windows.target >= 0)
    pool = known if len(known) else np.arange(len(windows))
    pairs = np.stack([windows.subject[pool].astype(str), windows.target[pool].astype(str)], axis=1)
    _, unit = np.unique(pairs, axis=0, return_inverse=True)
    turn = np.zeros(len(pool))
    for u in np.unique(unit):
        mine = np.flatnonzero(unit.ravel() == u)
        turn[mine[np.argsort(np.abs(np.arange(len(mine)) - len(mine) // 2), kind="stable")]] = np.arange(len(mine))
    order = np.lexsort((unit.ravel(), turn))
    firsts = int((turn == 0).sum())
    # More pairs than windows: evenly over the pairs, not the first people of the list.
    chosen = order[np.unique(np.linspace(0, firsts - 1, count).round().astype(int))] if firsts > count else order[:count]
    return np.sort(pool[chosen])


def belief_of(
    model: Model,
    card: ModelCard,
    loaded: Loaded,
    how: How | None = None,
    effort: Effort | None = None,
    count: int = CHECKED,
    on_progress: OnProgress | None = None,
) -> Belief:
    """Say whether attributions of a stored model may be believed, on test windows of all people; kept once it is known.

    Args:
        model: In evaluation mode.
        card: Its card.
        loaded: Its data set; the windows come from the whole test part, whoever was chosen.
        how: Method and baseline; the checks walk in fewer steps.
        effort: How much is drawn.
        count: Windows that are looked at.
        on_progress: Told what is done, how much of it, and of how much; may raise to end it.
    """
    how, effort = how or How(), effort or Effort()
    tell = on_progress or (lambda what, done, total: None)
    windows, places, path = _asked(card, loaded, how, effort, count)
    found = _kept(path)
    if found is None:
        control = control_of(card, loaded, 0, lambda done, total: tell("training the control on shuffled labels", done, total))
        truth, who = windows.target[places], windows.subject[places]
        x = scaled(card, loaded, windows, places)
        about = {"truth": truth, "subject": who, "control": control, "effort": effort}
        found = believe(model, x, how.method, how.baseline, **about, on_progress=tell)
        plain = found.to_dict()
        write_json(path, {"sha256": digest_json(plain), "belief": plain})
    return found


def kept_belief(
    card: ModelCard, loaded: Loaded, how: How | None = None, effort: Effort | None = None, count: int = CHECKED
) -> Belief | None:
    """Give what `belief_of` found before; None if it was not asked yet."""
    return _kept(_asked(card, loaded, how or How(), effort or Effort(), count)[2])


def _asked(card: ModelCard, loaded: Loaded, how: How, effort: Effort, count: int) -> tuple[Windows, np.ndarray, Path]:
    """Give the test windows, which of them are looked at, and where the verdict is kept."""
    windows = parts_of(loaded.dataset, loaded.prepared, loaded.split).test
    places = checked_places(windows, count)
    return windows, places, _path(card, windows, places, [how.method, how.baseline, effort.to_dict()])


def _path(card: ModelCard, windows: Windows, places: np.ndarray, settings: Sequence[Any]) -> Path:
    of_windows = [windows.digest, digest_bytes(np.ascontiguousarray(windows.start[places]).tobytes())]
    key = [VERSION, __version__, card.weights_sha256, card.to_dict(), of_windows, list(settings)]
    return cache_root() / "beliefs" / f"{digest_json(key)[:32]}.json"


def _kept(path: Path) -> Belief | None:
    try:
        kept: Mapping[str, Any] = read_json(path)
        if digest_json(kept["belief"]) != kept["sha256"]:
            return None
        return Belief.from_dict(kept["belief"])
    except (FileNotFoundError, DataError, KeyError, TypeError):  # not there or damaged: either way it is made again
        return None
