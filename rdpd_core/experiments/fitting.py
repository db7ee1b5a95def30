"""Which data a stored model can read: told from what data sets declare, and real windows to ask it about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rdpd_core.datasets import DATASETS, Dataset, listed
from rdpd_core.errors import IncompatibleError
from rdpd_core.experiments.data import divide, prepare
from rdpd_core.experiments.score import fitting_rows
from rdpd_core.experiments.teachers import card_interface
from rdpd_core.preprocessing import Interface, Statistics, check_fit
from rdpd_core.store import ModelCard


def misfit(card: ModelCard, kind: type[Dataset]) -> str:
    """Give why a model cannot read a data set, both sides shown; empty if it can.

    Only what the data set declares is asked, so nothing is read. A class with too few subjects may be left out of the
    windows, so a model of some of the declared classes, in their order, is taken to fit.
    """
    units = {channel.name: channel.unit for channel in kind.channels}
    wanted = tuple(channel.name for channel in card.channels)
    there = wanted if set(wanted) <= set(units) else tuple(units)
    some = tuple(name for name in kind.classes if name in card.classes)
    prepared = kind.preparation
    data = Interface(
        there, tuple(units[name] for name in there), some if some == card.classes else tuple(kind.classes),
        prepared.rate_hz, prepared.window_samples,
    )  # fmt: skip
    try:
        check_fit(card_interface(card), data)
    except IncompatibleError as error:
        return str(error)
    return ""


def fits(card: ModelCard) -> dict[str, str]:
    """Give why a model cannot read each data set, by name; empty text where it can."""
    own = [DATASETS.get(card.dataset)] if card.dataset in DATASETS else []
    return {kind.name: misfit(card, kind) for kind in dict.fromkeys([*listed(), *own])}


def real_windows(card: ModelCard, count: int = 64, data_root: str | Path | None = None) -> Tensor:
    """Give windows (n, C, T) of the model's own data set, scaled as the model was trained: evenly spaced test windows.

    Args:
        card: Of the model.
        count: n; fewer if there are fewer.
        data_root: Where data sets lie.

    Raises:
        MissingDataError: The recordings are not here.
        IncompatibleError: The data of that name do not fit the model.
    """
    loaded = divide(*prepare(card.dataset, data_root), card.split)
    rows, windows = fitting_rows(card, loaded), loaded.splits.test
    chosen = np.unique(np.linspace(0, len(windows) - 1, count).round().astype(int))
    scale = Statistics.from_dict({**card.normalization, "source": "the model's card"})
    return torch.from_numpy(scale.apply(windows.gather(chosen, list(rows))))
