"""The trial of the checks: a model of planted evidence must be believed, models that know nothing must not."""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rdpd_core.evaluation.attributions import attribute
from rdpd_core.evaluation.believe import Effort, believe
from rdpd_core.evaluation.believed import NO, YES
from rdpd_core.evaluation.planted import Planted, planted
from rdpd_core.evaluation.sanity import randomized
from rdpd_core.experiments.controls import shuffled, train_alone
from rdpd_core.models import MODELS, Model
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import threads, torch_generator
from rdpd_core.training import TrainingParams

NETWORK = {"filters": 16, "kernel": 8, "stride": 2, "hidden": 8, "segments": 4, "dropout": 0.25}
TRAINING = {"epochs": 12, "patience": 12, "batch_size": 64, "learning_rate": 1e-2}
TRAIN, VALID, TEST = 360, 120, 48
BRIEF = Effort(steps=8, shares=5, orders=5, copies=19, cascades=1)
"""Enough to refuse a model that knows nothing."""


@dataclass(frozen=True)
class Stage:
    """A model that found planted evidence, its control, and windows that neither has seen.

    Attributes:
        model: Trained on the true labels.
        control: Trained on shuffled labels.
        test: Windows.
    """

    model: Model
    control: Model
    test: Planted

    @property
    def x(self) -> np.ndarray:
        """(B, C, T), normalized."""
        return self.test.windows.gather(slice(None))


def stage(seed: int = 0, strength: float = 2.0) -> Stage:
    """Train a model of the house and its control on planted windows; takes some seconds.

    Args:
        seed: Keys windows and weights.
        strength: Of the planted wave, in standard deviations of the noise.
    """
    train, valid, test = (planted(n, 3 * seed + at, strength=strength) for at, n in enumerate((TRAIN, VALID, TEST)))
    params = MODELS.get("rcnn").Params.from_dict(NETWORK)
    channels = len(train.windows.channels)
    scale = Statistics(np.zeros(channels), np.ones(channels), "white noise")

    def learned(change: Any) -> Model:
        parts, settings = (change(train.windows), change(valid.windows)), TrainingParams.from_dict(TRAINING)
        with threads(1):
            weights = train_alone(*parts, scale, range(channels), "rcnn", params, settings, seed)
        model = MODELS.get("rcnn")(channels, len(train.windows.classes), train.windows.samples, params)
        model.load_state_dict(weights)
        return model.eval()

    return Stage(learned(lambda part: part), learned(lambda part: shuffled(part, seed)), test)


def forgotten(model: Model, seed: int) -> Model:
    """Give a copy that knows nothing: weights drawn anew (even seeds), or the learned ones in a random order (odd seeds)."""
    if seed % 2 == 0:
        return randomized(model, "forgotten", seed)
    other, draw = copy.deepcopy(model), torch_generator("forgotten", seed)
    with torch.no_grad():
        for weight in other.parameters():
            weight.copy_(weight.flatten()[torch.randperm(weight.numel(), generator=draw)].view_as(weight))
    return other.eval()


def trial(
    seed: int = 0, models: int = 60, method: str = "integrated_gradients", effort: Effort | None = None
) -> dict[str, Any]:
    """Give the hit rate and the verdict on the learned model, and the share of models that know nothing that is refused.

    Args:
        seed: Keys windows and weights.
        models: How many models that know nothing.
        method: Name of the attribution method.
        effort: How much the checks of the learned model draw.
    """
    on = stage(seed)
    windows = on.test.windows
    about = {"truth": windows.target, "subject": windows.subject, "control": on.control, "cells": on.test.cells}
    found = attribute(on.model, on.x, windows.target, method, cells=on.test.cells)
    belief = believe(on.model, on.x, method, seed=seed, effort=effort, **about)
    refused = 0
    for at in range(models):
        other = believe(forgotten(on.model, at), on.x, method, seed=seed, effort=BRIEF, **about)
        refused += other.verdict == NO
    return {
        "hit_rate": on.test.hits(on.test.cells.sums(found.values), windows.target),
        "windows": len(windows),
        "verdict": belief.verdict,
        "believed": belief.verdict == YES,
        "reason": belief.reason,
        "checks": {c.name: f"{c.state}: {c.sentence}" for c in belief.checks},
        "random_models": models,
        "refused": refused / models if models else None,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the trial as JSON."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.experiments.planted", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=0, help="keys windows and weights; default 0")
    parser.add_argument("--models", type=int, default=60, help="models that know nothing; default 60")
    parser.add_argument("--method", default="integrated_gradients", help="attribution method")
    given = parser.parse_args(arguments)
    print(json.dumps(trial(given.seed, given.models, given.method), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
