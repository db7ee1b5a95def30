"""Control models: the same architecture, channels and windows, but labels that were shuffled.

What a control shows is what a picture looks like when there was nothing to learn. Controls are kept in the cache, never in the
store, so none of them can be taken for an arm of a comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from rdpd_core.errors import DataError
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.outcome import rebuild
from rdpd_core.experiments.score import fitting_rows
from rdpd_core.files import cache_root, digest_json, write_atomic
from rdpd_core.methods import METHODS
from rdpd_core.models import MODELS, Model
from rdpd_core.params import Params
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import numpy_generator, threads
from rdpd_core.store import ModelCard
from rdpd_core.training import Cohort, Member, Resident, Trainer, TrainingParams
from rdpd_core.types import Windows

EPOCHS = 8
"""A control has nothing to find; after some passes it has settled on the shares of the classes."""
MOST = 2048
"""Windows that a control is trained on."""
OnProgress = Callable[[int, int], None]


def train_alone(
    train: Windows,
    valid: Windows,
    statistics: Statistics,
    rows: Sequence[int],
    model: str,
    params: Params,
    training: TrainingParams,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> dict[str, Tensor]:
    """Train one network with labels only; give its weights.

    Args:
        train: Windows to learn from.
        valid: Windows on which its best epoch is chosen.
        statistics: Of all channels of the windows.
        rows: Channels it reads.
        model: Name of the architecture.
        params: Its settings.
        training: How it is trained.
        seed: Keys weights and dropout.
        on_progress: Told how many epochs are done, of how many; may raise to end it.
    """
    place = torch.device("cpu")
    members = [Member("alone", seed, tuple(rows))]
    cohort = Cohort(model, params, METHODS.get("direct")(), members, len(train.classes), train.samples, place)

    def heard(event: Mapping[str, Any]) -> None:
        if on_progress is not None and event["kind"] == "epoch":
            on_progress(event["epoch"], training.epochs)

    data = [Resident(part, statistics, place) for part in (train, valid)]
    return dict(Trainer(cohort, *data, training, on_event=heard).run()[0].weights)


def control_of(card: ModelCard, loaded: Loaded, seed: int = 0, on_progress: OnProgress | None = None) -> Model:
    """Give the control of a stored model, trained the first time it is asked for.

    Args:
        card: Of the model.
        loaded: Its data under its split.
        seed: Keys the shuffle, the weights and the choice of windows.
        on_progress: Told how many epochs are done, of how many; may raise to end it.

    Raises:
        IncompatibleError: Card and data do not fit.
        DataError: There are no labeled windows.
    """
    rows, params = fitting_rows(card, loaded), MODELS.get(card.model).Params.from_dict(dict(card.model_params))
    path = cache_root() / "controls" / f"{_key(card, loaded, seed)}.safetensors"
    weights = _kept(path)
    if weights is None:
        train, valid = (shuffled(part, seed) for part in (loaded.splits.train, loaded.splits.valid))
        settings = TrainingParams(epochs=EPOCHS, patience=EPOCHS, order_seed=seed)
        scale = loaded.statistics
        with threads(1):  # whoever waits for a page keeps the other cores
            weights = train_alone(train, valid, scale, rows, card.model, params, settings, seed, on_progress)
        write_atomic(path, safetensors.torch.save({name: w.contiguous() for name, w in weights.items()}))
    return rebuild(card.model, params, weights, loaded.prepared.windows, rows)


def shuffled(windows: Windows, seed: int) -> Windows:
    """Give labeled windows, at most `MOST` of them, with their labels handed round at random.

    Raises:
        DataError: No window has a label.
    """
    known, draw = np.flatnonzero(windows.target >= 0), numpy_generator("control", seed)
    if not len(known):
        raise DataError("no window has a label, so there is nothing to shuffle; choose labeled recordings")
    some = windows.select(np.sort(draw.permutation(known)[:MOST]))
    return replace(some, target=draw.permutation(some.target))


def _key(card: ModelCard, loaded: Loaded, seed: int) -> str:
    parts = [[part.digest, part.start.tolist()] for part in (loaded.splits.train, loaded.splits.valid)]
    made = [card.model, dict(card.model_params), [c.name for c in card.channels], list(card.classes)]
    return digest_json([1, made, digest_json(parts), loaded.statistics.to_dict(), seed, EPOCHS, MOST])


def _kept(path: Any) -> dict[str, Tensor] | None:
    try:
        return safetensors.torch.load(path.read_bytes())
    except (FileNotFoundError, SafetensorError):  # not there or damaged: either way it is made again
        return None
