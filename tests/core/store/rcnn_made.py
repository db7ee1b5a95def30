"""A small RCNN with its card, as any process that has the library can build it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from rdpd_core.files import digest_bytes
from rdpd_core.models import MODELS, Model
from rdpd_core.runtime import torch_generator
from rdpd_core.store import ModelCard, Store
from rdpd_core.store.weights import encode
from tests.core.store.made import card

SETTINGS = {"filters": 3, "kernel": 2, "stride": 1, "hidden": 2, "segments": 4}


def rcnn(second_conv: bool = False, channels: int = 2, classes: int = 4, **changes: Any) -> Model:
    """Give a small RCNN for windows of 20 samples, in evaluation mode."""
    kind = MODELS.get("rcnn")
    model = kind(channels, classes, 20, kind.Params(**{**SETTINGS, **changes}, second_conv=second_conv))
    model.initialize(torch_generator("rcnn made"))
    return model.eval()


def rcnn_card(**changes: Any) -> ModelCard:
    """Give the card that belongs to `rcnn()`."""
    return card(**{"model": "rcnn", "model_params": rcnn().params.to_dict(), "name": "direct-small", **changes})


def saved(store: Store, **changes: Any) -> ModelCard:
    """Save the small RCNN; give its card."""
    return store.save(rcnn_card(**changes), rcnn().state_dict())


def files(data: bytes | None = None, state: dict[str, Tensor] | None = None, **changes: Any) -> dict[str, bytes]:
    """Give the two files of a model from elsewhere, the card's digest being that of the weights, whatever these are."""
    data = encode(rcnn().state_dict() if state is None else state) if data is None else data
    made = rcnn_card(**{"weights_sha256": digest_bytes(data), **changes})
    return {"card.json": made.to_json().encode(), "model.safetensors": data}
