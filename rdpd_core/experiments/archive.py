"""What an experiment gave, as tensors and plain facts, and back: light enough to carry between machines.

Recordings are not part of it: windows, subjects and labels are taken from the data set again, and must be the same. What a
model says of them is kept as the logits it gave, in float32, from which everything else follows exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rdpd_core.errors import DataError, IncompatibleError
from rdpd_core.evaluation import Predictions
from rdpd_core.experiments.data import Loaded, divide, prepare
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.forest import params_of
from rdpd_core.experiments.merging import merge
from rdpd_core.experiments.outcome import Outcome
from rdpd_core.experiments.run import Result
from rdpd_core.experiments.tuning import choices_facts, choices_from
from rdpd_core.types import Windows

__all__ = ["merge", "pack", "unpack"]

FORMAT = 1
_FACTS = ("format", "experiment", "outcomes", "choices", "notices", "windows", "statistics")


def pack(result: Result) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Give everything of a result but its recordings and its teachers: tensors by name, and facts ready for JSON."""
    tensors: dict[str, Tensor] = {}
    for at, outcome in enumerate(result.outcomes):
        tensors |= {f"{at}.weights.{name}": weight for name, weight in outcome.weights.items()}
        for part, predictions in outcome.predictions.items():
            arrays = {"logits": predictions.logits, "attention": predictions.attention}
            tensors |= {
                f"{at}.{part}.{name}": torch.from_numpy(array.astype(np.float32))
                for name, array in arrays.items()
                if array is not None
            }
    facts = {
        "format": FORMAT,
        "experiment": result.experiment.to_dict(),
        "outcomes": [_outcome_facts(outcome) for outcome in result.outcomes],
        "choices": {split: choices_facts(chosen) for split, chosen in result.choices.items()},
        "notices": list(result.notices),
        "windows": {split: loaded.prepared.windows.digest for split, loaded in result.loaded.items()},
        "statistics": {split: loaded.statistics.to_dict() for split, loaded in result.loaded.items()},
    }
    return tensors, facts


def unpack(
    tensors: Mapping[str, Tensor],
    facts: Mapping[str, Any],
    data_root: str | Path | None = None,
    loaded: MutableMapping[str, Loaded] | None = None,
) -> Result:
    """Give the result that was packed; it has no teachers to hand on.

    Args:
        tensors: As `pack` gave them.
        facts: As `pack` gave them, also after JSON.
        data_root: Where data sets lie.
        loaded: Data that are there already, by "DATASET/SPLIT"; what is missing is added, so that many results of one data set
            read it once.

    Raises:
        DataError: A part is missing.
        MissingDataError: The data set's files are not there.
        IncompatibleError: The data set here is another than the one that was packed.
    """
    if missing := [name for name in _FACTS if name not in facts]:
        raise DataError(f"the packed result lacks {', '.join(missing)}; pack it again")
    if facts["format"] != FORMAT:
        raise DataError(f"the packed result has format {facts['format']}, this program reads {FORMAT}; pack it again")
    experiment = Experiment.from_dict(facts["experiment"])
    here = _load(experiment.dataset, facts["windows"], data_root, {} if loaded is None else loaded)
    for split, own in here.items():
        _check_data(facts, split, own)
    outcomes = tuple(_outcome(tensors, at, about, here) for at, about in enumerate(facts["outcomes"]))
    choices = {split: choices_from(rows) for split, rows in facts["choices"].items()}
    return Result(experiment, outcomes, choices, here, tuple(facts["notices"]), {})


def _load(
    dataset: str, splits: Mapping[str, str], data_root: str | Path | None, known: MutableMapping[str, Loaded]
) -> dict[str, Loaded]:
    for split in splits:
        key = f"{dataset}/{split}"
        if key not in known:
            other = next((own for name, own in known.items() if name.startswith(f"{dataset}/")), None)
            source, prepared = prepare(dataset, data_root) if other is None else (other.dataset, other.prepared)
            known[key] = divide(source, prepared, split)
    return {split: known[f"{dataset}/{split}"] for split in splits}


def _check_data(facts: Mapping[str, Any], split: str, own: Loaded) -> None:
    if facts["windows"][split] != own.prepared.windows.digest or facts["statistics"][split] != own.statistics.to_dict():
        raise IncompatibleError(
            f"the packed result was made from other recordings of {own.dataset.name} (split {split}) than those that are here; "
            "use the same files on every machine"
        )


def _outcome_facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "arm": outcome.arm,
        "seed": outcome.seed,
        "split": outcome.split,
        "rows": list(outcome.rows),
        "model": outcome.model,
        "model_params": outcome.model_params.to_dict(),
        "method": outcome.method,
        "method_params": dict(outcome.method_params),
        "weights": list(outcome.weights),
        "parts": list(outcome.predictions),
        "training": dict(outcome.training),
        "teacher": outcome.teacher,
    }


def _outcome(tensors: Mapping[str, Tensor], at: int, about: Mapping[str, Any], loaded: Mapping[str, Loaded]) -> Outcome:
    given = {n: about[n] for n in ("arm", "seed", "split", "model", "method", "method_params", "training", "teacher")}
    splits = loaded[about["split"]].splits
    return Outcome(
        **given,
        rows=tuple(about["rows"]),
        model_params=params_of(about["model"]).from_dict(about["model_params"]),
        weights={name: _tensor(tensors, f"{at}.weights.{name}") for name in about["weights"]},
        predictions={part: _predictions(tensors, f"{at}.{part}", getattr(splits, part)) for part in about["parts"]},
    )


def _predictions(tensors: Mapping[str, Tensor], place: str, part: Windows) -> Predictions:
    return Predictions.from_logits(
        _tensor(tensors, f"{place}.logits"), target=part.target, subject=part.subject, recording=part.recording,
        classes=part.classes, attention=tensors.get(f"{place}.attention"),
    )  # fmt: skip


def _tensor(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in tensors:
        raise DataError(f"the packed result lacks the tensor {name}; pack it again")
    return tensors[name]
