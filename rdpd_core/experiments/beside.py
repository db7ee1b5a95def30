"""What an attribution of one window is held against: random weights, other methods, other baselines, other windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from rdpd_core.evaluation.attributions import ATTRIBUTORS, BASELINES, attribute
from rdpd_core.evaluation.attributions.asking import segments_of
from rdpd_core.evaluation.believe import brief
from rdpd_core.evaluation.cells import Cells
from rdpd_core.evaluation.ranks import spearman
from rdpd_core.evaluation.sanity import randomized
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.explain import Explained, How, checked_places, comparable, explain, scaled, shared
from rdpd_core.experiments.score import fitting_rows
from rdpd_core.models import Model
from rdpd_core.types import Windows

COPIES, OTHERS = 20, 19
"""With 19 other windows, to be more alike than all of them happens by chance once in 20."""
STEPS, FEW = 32, 16
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Beside:
    """How alike something else finds one window, and how alike it finds other windows, which is chance.

    Attributes:
        name: Identifier of the method, the baseline or the model.
        title: For people.
        kind: "method", "baseline" or "model".
        value: Rank correlation over cells.
        low: The least of `n` other windows, or None if there is none.
        high: The largest, or None.
        n: How many other windows.
    """

    name: str
    title: str
    kind: str
    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def more(self) -> bool:
        """Whether it is more alike than in any other window."""
        return self.high is not None and self.value > self.high


def others_of(windows: Windows, place: int, count: int = OTHERS) -> np.ndarray:
    """Give windows of other people, spread over people and classes; of the same person where there is nobody else."""
    far = np.flatnonzero(windows.subject != windows.subject[place])
    pool = far if len(far) else np.delete(np.arange(len(windows)), place)
    return pool[checked_places(windows.select(pool), count)] if len(pool) else pool


def random_heat(
    model: Model, one: Explained, loaded: Loaded, windows: Windows, place: int, how: How, pieces: int, copies: int = COPIES
) -> np.ndarray:
    """Give the evidence in one window by copies of a model with random weights, (R, C, P), as in `Explained.heat`.

    Each copy is scaled to the absolute evidence of the model itself, so that shares can be compared: weights that learned
    nothing give little evidence of any kind.

    Args:
        model: In evaluation mode.
        one: What the model says of the window.
        loaded: Its data set.
        windows: Of the data set.
        place: Which of them.
        how: Method and baseline; the copies are asked in fewer steps.
        pieces: P, pieces of time.
        copies: R.
    """
    x, rows, found = scaled(one.card, loaded, windows, [place]), fitting_rows(one.card, loaded), []
    settings, total = brief(how.method, min(how.steps, FEW)), np.abs(one.heat(pieces)).sum()
    for at in range(copies):
        other = randomized(model, 0, "beside", at)
        own = attribute(other, x, one.attribution.target, how.method, how.baseline, params=settings)
        whole, _ = own.onto(rows, len(windows.channels))
        heat = replace(one, attribution=whole).heat(pieces)[0]
        found.append(heat * (total / max(float(np.abs(heat).sum()), 1e-12)))
    return np.stack(found)


def methods_beside(
    model: Model, one: Explained, loaded: Loaded, windows: Windows, place: int, how: How, tell: OnProgress
) -> tuple[Beside, ...]:
    """Give how alike every other method that fits, and every other baseline, finds a window.

    Args:
        model: In evaluation mode.
        one: What the model says of the window.
        loaded: Its data set.
        windows: Of the data set.
        place: Which of them.
        how: The method and the baseline that the others are compared with.
        tell: Told what is asked, how many are done, and of how many; may raise to end it.
    """
    cells = Cells.of(model.channels, model.samples, segments_of(model))
    x = scaled(one.card, loaded, windows, [place, *others_of(windows, place)])
    target = np.repeat(one.attribution.target, len(x))

    def ask(method: str, baseline: str, some: np.ndarray) -> np.ndarray:
        given = {"params": brief(method, min(how.steps, STEPS)), "cells": cells}
        return cells.sums(attribute(model, some, target[: len(some)], method, baseline, **given).values)

    own, found = ask(how.method, how.baseline, x[:1]), []
    names = [n for n in ATTRIBUTORS.names() if n != how.method and not ATTRIBUTORS.get(n).fits(model)]
    bases = [b for b in BASELINES if b != how.baseline] if ATTRIBUTORS.get(how.method).compares else []
    asked = [(n, n, how.baseline, "method") for n in names] + [(b, how.method, b, "baseline") for b in bases]
    for at, (name, method, baseline, kind) in enumerate(asked):
        tell("asking other methods and baselines", at, len(asked))
        alike = spearman(*comparable(np.repeat(own, len(x), axis=0), ask(method, baseline, x), how.method, method))
        title = ATTRIBUTORS.get(name).title if kind == "method" else BASELINES[name].title
        found.append(_beside(name, title, kind, alike))
    return tuple(found)


def teacher_beside(
    teacher: Explained, model: Model, student: Explained, loaded: Loaded, windows: Windows, place: int, how: How
) -> Beside:
    """Give how alike a student finds the window that its teacher explains, on the channels that both read.

    Args:
        teacher: What the teacher says of the window.
        model: Of the student, in evaluation mode.
        student: What it says of the window.
        loaded: Their data set.
        windows: Of the data set.
        place: Which of them.
        how: Method and baseline.

    Raises:
        DataError: They read no channel in common.
    """
    apart = [float(shared(teacher, student)[0])]
    others = others_of(windows, place)
    if len(others):
        klass = windows.classes[int(student.attribution.target[0])]
        found = explain(model, student.card, loaded, windows, others, replace(how, steps=min(how.steps, STEPS)), klass)
        apart += [float(shared(teacher, found.taken(np.array([at])))[0]) for at in range(len(others))]
    return _beside(student.card.name, student.card.title, "model", np.array(apart))


def _beside(name: str, title: str, kind: str, alike: np.ndarray) -> Beside:
    rest = alike[1:]
    low, high = (float(rest.min()), float(rest.max())) if len(rest) else (None, None)
    return Beside(name, title, kind, float(alike[0]), low, high, len(rest))
