"""Scoring one stored model on recordings, as they are or with noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rdpd_core.errors import IncompatibleError, ModelFileError, ParameterError
from rdpd_core.evaluation import Scores, evaluate
from rdpd_core.experiments.data import Loaded, divide, prepare
from rdpd_core.experiments.outcome import predictions_of
from rdpd_core.experiments.teachers import card_interface
from rdpd_core.preprocessing import Statistics, check_fit, interface, view_rows
from rdpd_core.runtime import pick_device
from rdpd_core.store import ModelCard, Store
from rdpd_core.training import Resident


def score_model(
    store: Store,
    name: str,
    dataset: str | None = None,
    part: str = "test",
    noise: float = 0.0,
    data_root: str | Path | None = None,
    device: str = "auto",
    report: Callable[[dict], None] | None = None,
) -> tuple[ModelCard, Scores, tuple[str, ...]]:
    """Score a model on one part of a data set, scaled as the model was trained.

    Args:
        store: Where the model lies.
        name: "DATASET/NAME", or "NAME" if only one data set has it.
        dataset: On which to score; None takes the model's own.
        part: "train", "valid" or "test" of the split the model was trained under, so that its test subjects are new to it.
        noise: Amplitude of Equation 16 on the model's scaled channels.
        data_root: Where data sets lie.
        device: As in `runtime.pick_device`.
        report: Told of the stages.

    Returns:
        The model's card, its scores with intervals, and the data set's notices.

    Raises:
        ModelFileError: No such model, or its files were refused.
        IncompatibleError: Model and data differ in channels, units, classes, rate or window.
    """
    if not 0 <= noise <= 100:
        raise ParameterError(f"noise {noise}: choose an amplitude from 0 to 100, in standard deviations of the channel")
    tell = report or (lambda event: None)
    card = find_card(store, name)
    model, card = store.open(card.dataset, card.name)
    source, prepared = prepare(
        dataset or card.dataset, data_root, lambda done, total: tell({"kind": "recordings", "done": done, "total": total})
    )
    own = source.name == card.dataset
    loaded = divide(source, prepared, card.split if own else "")
    rows = fitting_rows(card, loaded)
    windows = getattr(loaded.splits, part)
    place = pick_device(device)
    data = Resident(windows, _spread(card, rows, loaded), place)
    tell({"kind": "stage", "title": f"scoring {card.key}"})
    predictions = predictions_of(model.to(place), data, windows, rows, noise)
    return card, evaluate(predictions), prepared.notices


def find_card(store: Store, name: str) -> ModelCard:
    """Give the card of "DATASET/NAME", or of "NAME" if it is the only one.

    Raises:
        ModelFileError: There is none, or several have the name.
    """
    if "/" in name:
        dataset, _, rest = name.partition("/")
        return store.card(dataset, rest)
    found = [card for card in store.list().cards if card.name == name]
    if len(found) != 1:
        several = f"several data sets have it ({', '.join(c.key for c in found)})" if found else "there is none of that name"
        raise ModelFileError(f"model {name!r}: {several}; name it as DATASET/NAME, as the command models lists it")
    return found[0]


def fitting_rows(card: ModelCard, loaded: Loaded) -> tuple[int, ...]:
    """Give the positions of a model's channels in the data, after checking that everything else fits too.

    Raises:
        IncompatibleError: They do not fit; both sides are shown.
    """
    windows = loaded.prepared.windows
    known = {c.name for c in windows.channels}
    missing = [c.name for c in card.channels if c.name not in known]
    if missing:
        raise IncompatibleError(
            f"the model {card.key} reads {', '.join(c.name for c in card.channels)}; these data have "
            f"{', '.join(c.name for c in windows.channels)} and lack {', '.join(missing)}. Choose another model or other data"
        )
    rows = view_rows(windows.channels, [c.name for c in card.channels])
    check_fit(card_interface(card), interface(windows, rows), "model")
    return tuple(rows)


def _spread(card: ModelCard, rows: tuple[int, ...], loaded: Loaded) -> Statistics:
    """Give statistics of all channels in which the model's channels are scaled as its card says."""
    own = Statistics.from_dict(card.normalization)
    mean, std = loaded.statistics.mean.copy(), loaded.statistics.std.copy()
    mean[list(rows)], std[list(rows)] = own.mean, own.std
    return Statistics(mean, std, own.source, own.gaps)
