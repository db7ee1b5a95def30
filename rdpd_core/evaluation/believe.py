"""Believe it? Whether attributions of a model may be taken for what the model learned: five checks and a verdict.

Each check has its own null, and none asks whether the picture looks plausible. A model that knows nothing can be explained
faithfully; so the first check asks whether there is anything to explain, and the third compares with copies of the model
whose weights were drawn anew: had this model learned nothing, it would be one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from rdpd_core.errors import IncompatibleError, ShapeError
from rdpd_core.evaluation.attributions import ATTRIBUTORS, attribute
from rdpd_core.evaluation.attributions.asking import segments_of
from rdpd_core.evaluation.attributions.baselines import baselines
from rdpd_core.evaluation.believed import (
    FAILED,
    NOT_RUN,
    OPEN,
    PASSED,
    Belief,
    Check,
    check_control,
    check_copies,
    check_kept,
    check_learned,
    check_methods,
    check_order,
    judge,
)  # fmt: skip
from rdpd_core.evaluation.cells import Cells
from rdpd_core.evaluation.faithful import Curves, curves
from rdpd_core.evaluation.ranks import spearman
from rdpd_core.evaluation.sanity import Cascade, cascaded, randomized
from rdpd_core.models import Model
from rdpd_core.params import Params, number
from rdpd_core.runtime import threads, torch_generator

__all__ = ["FAILED", "NOT_RUN", "OPEN", "PASSED", "Belief", "Check", "Effort", "believe"]
OTHERS = ("integrated_gradients", "occlusion", "gradient_shap", "input_gradient", "deep_lift")
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Effort(Params):
    """How much is drawn; more takes longer and decides more."""

    steps: int = number(16, 4, 256, "points on the way from the baseline, for methods that walk")
    shares: int = number(10, 4, 100, "steps of the deletion and insertion curves")
    orders: int = number(20, 5, 1000, "random orders of cells")
    copies: int = number(20, 19, 1000, "copies of the model with weights drawn anew")
    cascades: int = number(3, 1, 100, "draws of weights for each layer of the cascade")


def believe(
    model: Model,
    x: np.ndarray,
    method: str = "integrated_gradients",
    baseline: str = "zero",
    *,
    truth: np.ndarray | None = None,
    subject: np.ndarray | None = None,
    control: Model | None = None,
    cells: Cells | None = None,
    effort: Effort | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Belief:
    """Check attributions of the class that a model gives to each window.

    Args:
        model: In evaluation mode.
        x: (B, C, T), normalized; windows of many people, not of one.
        method: Name of an attribution method.
        baseline: Name of a baseline.
        truth: (B,), true classes, -1 where unknown; None if none is known, and then the first check is not run.
        subject: (B,), who the windows are of; None takes every window for another person.
        control: The same architecture, trained on shuffled labels; None leaves the check against it out.
        cells: Which values are summed, taken away and compared together.
        effort: How much is drawn.
        seed: Keys what is drawn.
        on_progress: Told what is done, how much of it, and of how much; may raise to end it.

    Raises:
        RdpdError: As in `attribute`; or the control does not fit the model.
    """
    tell = on_progress or (lambda what, done, total: None)
    with threads(1):  # many small runs; whoever waits for a page keeps the other cores
        return _believed(model, x, method, baseline, truth, subject, control, cells, effort, seed, tell)


def _believed(
    model: Model,
    x: np.ndarray,
    method: str,
    baseline: str,
    truth: np.ndarray | None,
    subject: np.ndarray | None,
    control: Model | None,
    cells: Cells | None,
    effort: Effort | None,
    seed: int,
    tell: OnProgress,
) -> Belief:
    trial = _Trial(model, np.asarray(x, dtype=np.float32), method, baseline, cells, effort or Effort(), seed)
    _check_control(model, control)
    whole = trial.curves(tell)
    kept, gaps = trial.copies(tell)
    cascade = trial.cascade(tell)
    agreement = trial.agreement(tell)
    who = np.arange(len(trial.x)).astype(str) if subject is None else np.asarray(subject).astype(str)
    if len(who) != len(trial.x) or (truth is not None and len(truth) != len(trial.x)):
        raise ShapeError(f"{len(trial.x)} windows need as many true classes and subjects")
    checks = (
        check_learned(trial.probability, truth, who, seed),
        check_order(whole),
        check_copies(whole.gap, gaps),
        check_kept(kept),
        check_control(trial.against(control, tell), whole.gap),
        check_methods(trial.sums, agreement, seed),
    )
    verdict, reason = judge(checks, len(trial.x))
    people, units = np.unique(who, return_inverse=True)
    return Belief(method, baseline, verdict, reason, checks, whole, cascade, len(trial.x), len(people), tuple(units.tolist()))


def _check_control(model: Model, control: Model | None) -> None:
    if control is None:
        return
    ours, theirs = ((m.name, m.params, m.channels, m.classes, m.samples) for m in (model, control))
    if ours != theirs:
        raise IncompatibleError("the control is of another shape than the model; train it with the same settings")


class _Trial:
    """A model, its windows, and what is asked again and again of it and of its copies."""

    def __init__(
        self, model: Model, x: np.ndarray, method: str, baseline: str, cells: Cells | None, effort: Effort, seed: int
    ) -> None:
        model.check_input(torch.from_numpy(x))
        self.model, self.x, self.method, self.baseline, self.effort, self.seed = model, x, method, baseline, effort, seed
        self.cells = cells or Cells.of(model.channels, model.samples, segments_of(model))
        self.windows = torch.from_numpy(x)
        self.base = baselines(baseline, self.windows, torch_generator("baseline", seed))[0]

    @cached_property
    def probability(self) -> np.ndarray:
        """(B, K)."""
        with torch.no_grad():
            logits = self.model(self.windows.to(next(self.model.parameters()).device)).logits
        return logits.double().cpu().softmax(1).numpy()

    @cached_property
    def target(self) -> np.ndarray:
        """(B,), the class that the model gives."""
        return self.probability.argmax(axis=1)

    @cached_property
    def sums(self) -> np.ndarray:
        """(B, Q), of the intact model."""
        return self.ask(self.model)

    def ask(self, model: Model, target: np.ndarray | None = None, method: str = "") -> np.ndarray:
        """Give the attribution (B, Q) of a model; for the classes that the intact model gives, if none are named.

        Of other models only averages are used, so they are asked in half as many steps.
        """
        name = method or self.method
        params = brief(name, self.effort.steps if model is self.model else self.effort.steps // 2)
        asked = self.target if target is None else target
        given = {"params": params, "cells": self.cells, "seed": self.seed}
        return self.cells.sums(attribute(model, self.x, asked, name, self.baseline, **given).values)

    def curves(self, tell: OnProgress) -> Curves:
        """Give deletion and insertion against orders drawn at random."""
        return self._follow(self.model, self.target, self.sums, self.effort.orders, tell)

    def _follow(self, model: Model, target: np.ndarray, sums: np.ndarray, orders: int, tell: OnProgress) -> Curves:
        return curves(
            model, self.windows, self.base, target, sums, self.cells, steps=self.effort.shares, orders=orders, seed=self.seed,
            on_progress=lambda done, total: tell("following orders drawn at random", done, total),
        )  # fmt: skip

    def copies(self, tell: OnProgress) -> tuple[np.ndarray, np.ndarray]:
        """Give of each copy with weights drawn anew: its correlation with the intact model, and its own mean gap, (copies,)."""
        kept, gaps = [], []
        for at in range(self.effort.copies):
            tell("asking copies whose weights were drawn anew", at, self.effort.copies)
            other = randomized(self.model, self.seed, "copy", at)
            kept.append(spearman(self.sums, self.ask(other)).mean())
            gaps.append(self.own_gap(other, tell).mean())
        return np.array(kept), np.array(gaps)

    def own_gap(self, model: Model, tell: OnProgress) -> np.ndarray:
        """Give the gap (B,) of a model's attribution of the classes that it gives itself."""
        with torch.no_grad():
            own = model(self.windows.to(next(model.parameters()).device)).logits.argmax(1).cpu().numpy()
        return self._follow(model, own, self.ask(model, own), 0, tell).gap

    def cascade(self, tell: OnProgress) -> Cascade:
        """Give how alike attributions stay while more and more layers are drawn anew."""
        stages: list[str] = []
        rows: list[list[float]] = []
        for at in range(self.effort.cascades):
            tell("drawing layers anew, from the output down", at, self.effort.cascades)
            found = [(n, float(spearman(self.sums, self.ask(m)).mean())) for n, m in cascaded(self.model, self.seed, at)]
            stages = [name for name, _ in found]
            rows.append([value for _, value in found])
        return Cascade(tuple(stages), np.array(rows).T)

    def against(self, control: Model | None, tell: OnProgress) -> tuple[np.ndarray, np.ndarray] | None:
        """Give the correlation with a control's attribution and the control's own gap, (B,) each."""
        if control is None:
            return None
        tell("asking the control that learned shuffled labels", 0, 1)
        return spearman(self.sums, self.ask(control)), self.own_gap(control, tell)

    def agreement(self, tell: OnProgress) -> dict[str, np.ndarray]:
        """Give the sums (B, Q) of the other methods that fit the model."""
        names = [n for n in OTHERS if n != self.method and not ATTRIBUTORS.get(n).fits(self.model)]
        found = {}
        for at, name in enumerate(names):
            tell("asking other methods", at, len(names))
            found[name] = self.ask(self.model, method=name)
        return found


def brief(method: str, steps: int) -> Params:
    """Give the settings of a method that walks `steps` points; the defaults of one that does not walk."""
    kind = ATTRIBUTORS.get(method).Params
    names = {f for f in ("steps", "draws") if f in kind.__dataclass_fields__}
    return kind(**dict.fromkeys(names, max(steps, 8)))
