"""Randomization: an attribution that stays the same when the model forgets explains something else than the model.

Reference:
    Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim: Sanity Checks for Saliency Maps. NeurIPS 2018.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from rdpd_core.models import Model
from rdpd_core.runtime import torch_generator


@dataclass(frozen=True)
class Cascade:
    """How alike attributions stay while the weights are drawn anew, from the output down.

    Attributes:
        stages: Layers in the order in which they were drawn anew, each together with those before it.
        kept: (stages, draws), mean rank correlation over windows with the attribution of the intact model.
    """

    stages: tuple[str, ...]
    kept: np.ndarray


def layers(model: Model) -> list[tuple[str, tuple[str, ...]]]:
    """Give the layers of a model from the output down, each with the names of its parameters.

    Parameters belong to one layer if their names begin alike, up to the first point or underscore.
    """
    found: dict[str, list[str]] = {}
    for name, _ in model.named_parameters():
        found.setdefault(name.partition(".")[0].partition("_")[0], []).append(name)
    return [(layer, tuple(names)) for layer, names in reversed(found.items())]


def randomized(model: Model, *key: object) -> Model:
    """Give a copy of a model with all its weights drawn anew; `key` keys the draw."""
    other = copy.deepcopy(model)
    other.initialize(torch_generator("randomized", *key))
    return other.eval()


def cascaded(model: Model, *key: object) -> Iterator[tuple[str, Model]]:
    """Yield a copy whose uppermost layer is drawn anew, then the two uppermost, down to all of them.

    It is the same copy each time; use it before the next is asked for.
    """
    other, drawn = copy.deepcopy(model).eval(), dict(randomized(model, *key).named_parameters())
    own = dict(other.named_parameters())
    for layer, names in layers(model):
        with torch.no_grad():
            for name in names:
                own[name].copy_(drawn[name])
        yield layer, other
