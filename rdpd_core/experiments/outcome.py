"""What one trained model of an experiment is and says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rdpd_core.evaluation import Predictions, predict
from rdpd_core.experiments.data import Loaded
from rdpd_core.models import MODELS, Model
from rdpd_core.params import Params
from rdpd_core.training import Resident
from rdpd_core.types import Windows

CHUNK = 512


@dataclass(frozen=True)
class Outcome:
    """One arm with one seed under one split.

    Attributes:
        arm: Name of the arm.
        seed: Of the weights and the dropout.
        split: Name of the split.
        rows: Positions of its channels.
        model: Name of the architecture.
        model_params: Its settings.
        method: Name of the method it was trained with.
        method_params: Its settings, as used.
        weights: Of the best epoch.
        predictions: By part, "valid" and "test".
        training: Epochs, best epoch, validation score, and the history.
        teacher: Digest of the weights of the teacher it listened to; None for labels only.
    """

    arm: str
    seed: int
    split: str
    rows: tuple[int, ...]
    model: str
    model_params: Params
    method: str
    method_params: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    predictions: Mapping[str, Predictions]
    training: Mapping[str, Any]
    teacher: str | None


def rebuild(model: str, params: Params, weights: Mapping[str, Tensor], windows: Windows, rows: Sequence[int]) -> Model:
    """Give the network with its weights, in evaluation mode."""
    net = MODELS.get(model)(len(rows), len(windows.classes), windows.samples, params)
    net.load_state_dict(dict(weights))
    return net.eval()


def predictions_of(
    model: Model,
    data: Resident,
    part: Windows,
    rows: Sequence[int],
    amplitude: float = 0.0,
    noise: tuple[str, int] = ("uniform", 0),
) -> Predictions:
    """Give what a model says about the windows of one part.

    Args:
        model: Reads the channels `rows`.
        data: The part on the device.
        part: The same windows with their subjects and labels.
        rows: Positions of the model's channels.
        amplitude: Of the noise of Equation 16 on its scaled input.
        noise: Kind and seed of the noise.
    """

    def batches():
        for index in torch.arange(len(data), device=data.device).split(CHUNK):
            x = data.poor(index, rows)
            yield x + amplitude * data.noise_at(rows, *noise, index) if amplitude else x

    logits, attention = predict(model, batches(), device=data.device)
    return Predictions.from_logits(
        logits, target=part.target, subject=part.subject, recording=part.recording, classes=part.classes, attention=attention
    )


def both_parts(
    model: Model,
    residents: Mapping[str, Resident],
    loaded: Loaded,
    rows: Sequence[int],
    amplitude: float,
    noise: tuple[str, int],
) -> dict[str, Predictions]:
    """Give the predictions on validation and test windows, by part."""
    return {
        part: predictions_of(model, residents[part], getattr(loaded.splits, part), rows, amplitude, noise)
        for part in ("valid", "test")
    }
