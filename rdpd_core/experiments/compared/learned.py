"""What is kept of the models behind the numbers: how each arm learned, and what it costs to run, beside its score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import DataError
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import cell
from rdpd_core.experiments.compared.chart import Axis, Chart, Series
from rdpd_core.experiments.compared.drawn import basis
from rdpd_core.experiments.compared.entry import Entry, title_of
from rdpd_core.experiments.compared.table import Line, Table
from rdpd_core.models import MODELS, Model
from rdpd_core.store.cost import Latency, latency, multiply_adds

MOST_POINTS = 400
"""Epochs drawn of a course; more are thinned evenly."""


def learning_chart(entry: Entry, label: str, outcomes: Sequence[Mapping[str, Any]], arms: Sequence[str] = ()) -> Chart:
    """Give the validation score of every arm over the epochs: mean over its models, band from lowest to highest.

    Args:
        entry: The experiment.
        label: What it is called.
        outcomes: What its job keeps of every model.
        arms: Arms to draw; empty draws all.

    Raises:
        DataError: No model has a history.
    """
    series, told, rows = [], [], []
    for arm in [arm for arm in entry.arms if not arms or arm in arms]:
        own = [o["training"]["history"] for o in outcomes if o["arm"] == arm and o["training"].get("history")]
        if not own:
            continue
        values = _by_epoch(own)
        mean, low, high = (f(values, axis=0) for f in (np.nanmean, np.nanmin, np.nanmax))
        at = np.unique(np.linspace(0, len(mean) - 1, min(len(mean), MOST_POINTS)).round().astype(int))
        ends = tuple((float(low[i]), float(high[i])) for i in at) if len(own) > 1 else ()
        series.append(
            Series(title_of(arm), arm, tuple(float(i + 1) for i in at), tuple(float(mean[i]) for i in at), ends, (), "course")
        )
        best = [max(row["score"] for row in history) for history in own]
        told.append(
            f"{title_of(arm)} best {min(best):.3f} to {max(best):.3f} over {len(own)} models, {len(mean)} epochs at most"
        )
        rows += [
            {
                "arm": arm,
                "epoch": i + 1,
                "mean": float(mean[i]),
                "low": float(low[i]),
                "high": float(high[i]),
                "models": int(np.isfinite(values[:, i]).sum()),
            }
            for i in range(len(mean))
        ]
    if not series:
        raise DataError(f"{label} keeps no course of learning: its models came from the store, or from an older version")
    return Chart(
        name="learning",
        title=f"Validation score over the epochs, {label}",
        x=Axis("epoch"),
        y=Axis("validation score"),
        series=tuple(series),
        words=f"Validation score over the epochs of {label}: {'; '.join(told)}.",
        note="Lines: mean over models that still learn; bands: lowest to highest seed and fold; the best epoch is kept.",
        rows=tuple(rows),
    )


def _by_epoch(histories: Sequence[Sequence[Mapping[str, Any]]]) -> np.ndarray:
    """Give scores (models, epochs), NaN where a model had stopped."""
    last = max(row["epoch"] for history in histories for row in history)
    values = np.full((len(histories), last), np.nan)
    for at, history in enumerate(histories):
        for row in history:
            values[at, row["epoch"] - 1] = row["score"]
    return values[:, : 1 + int(np.flatnonzero(np.isfinite(values).any(axis=0)).max())]


class Size(NamedTuple):
    """What an arm of an experiment costs to run.

    Attributes:
        parameters: Numbers that are used.
        published: The same counted as Table 5 of RDPD does, with a second convolution that is built and not used.
        multiply_adds: For one window.
        latency: Time of one window on one CPU thread; None if it was not measured.
    """

    parameters: int
    published: int
    multiply_adds: int
    latency: Latency | None


def network_of(entry: Entry, outcome: Mapping[str, Any]) -> Model:
    """Give a network of the shape of a model, with fresh weights: size and speed do not depend on them.

    Raises:
        UnknownNameError: The data set or the architecture is not here.
    """
    kind = DATASETS.get(entry.dataset)
    model = MODELS.get(outcome["model"])
    params = model.Params.from_dict(outcome["model_params"])
    return model(len(outcome["rows"]), len(kind.classes), kind.preparation.window_samples, params).eval()


def sizes(
    entries: Sequence[Entry],
    outcomes_of: Callable[[Entry], Sequence[Mapping[str, Any]]],
    timed: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Size]:
    """Give what each arm costs, by "KEY/ARM"; a forest is no network and has no entry.

    Args:
        entries: Experiments.
        outcomes_of: Gives what a job keeps of every model of an experiment.
        timed: Whether to measure how long one window takes here.
        on_progress: Told how much is done, of how much.
    """
    import torch

    found: dict[str, Size] = {}
    for at, entry in enumerate(entries):
        first = {o["arm"]: o for o in reversed(outcomes_of(entry)) if o["model"] in MODELS}
        for arm, outcome in first.items():
            net = network_of(entry, outcome)
            took = latency(net, torch.device("cpu")) if timed else None
            counts = (net.count_parameters(), net.count_parameters(dormant=True), multiply_adds(net).total)
            found[f"{entry.key}/{arm}"] = Size(*counts, took)
        on_progress(at + 1, len(entries))
    return found


def size_chart(table: Table, found: Mapping[str, Size], timed: bool = False) -> Chart:
    """Give the score of every line against what it costs.

    Args:
        table: The scores.
        found: As `sizes` gives.
        timed: Draw against latency in place of parameters.

    Raises:
        DataError: Of no line it is known.
    """
    lines = [line for line in table.lines if line.key in found and (not timed or found[line.key].latency is not None)]
    if not lines:
        raise DataError("of none of these experiments the models are kept, so their size is not known; run them again")
    costs = {line.key: _cost(found[line.key], timed) for line in lines}
    low, high = min(costs.values()), max(costs.values())
    axis = Axis("latency of one window, one CPU thread (ms)" if timed else "parameters", (), (low / 1.6, high * 1.6), True)
    series = tuple(
        _points(arm, [line for line in lines if line.row.arm == arm], costs)
        for arm in dict.fromkeys(each.row.arm for each in lines)
    )
    told = "; ".join(f"{line.label} {title_of(line.row.arm)} {costs[line.key]:.3g}: {line.row.mean:.3f}" for line in lines)
    score = METRICS[table.score].title
    return Chart(
        name="latency" if timed else "parameters",
        title=f"{score} against {'latency' if timed else 'parameters'}",
        x=axis,
        y=Axis(score),
        series=series,
        words=f"{score} against {axis.title}: {told}.",
        note=basis(table),
        rows=tuple(size_row(line, found[line.key]) for line in lines),
    )


def _cost(size: Size, timed: bool) -> float:
    return size.latency.median_ms if timed and size.latency is not None else float(size.parameters)


def _points(arm: str, lines: Sequence[Line], costs: Mapping[str, float]) -> Series:
    ends = tuple(None if (found := line.row.interval) is None else (found.low, found.high) for line in lines)
    hover = tuple(f"{line.label}, {title_of(arm)}: {cell(line.row.mean, line.row.interval)}" for line in lines)
    places = tuple(costs[line.key] for line in lines), tuple(line.row.mean for line in lines)
    return Series(title_of(arm), arm, *places, ends, hover, "points")


def size_row(line: Line, size: Size) -> dict[str, Any]:
    """Give a line with its cost as plain values by column."""
    took = size.latency
    found = {
        "experiment": line.entry.key, "name": line.label, "arm": line.row.arm, "mean": line.row.mean,
        "low": line.row.interval and line.row.interval.low, "high": line.row.interval and line.row.interval.high,
        "parameters": size.parameters, "parameters_as_published": size.published, "multiply_adds": size.multiply_adds,
    }  # fmt: skip
    return (
        found
        if took is None
        else found | {"latency_ms": took.median_ms, "latency_5%": took.low_ms, "latency_95%": took.high_ms, "runs": took.runs}
    )
