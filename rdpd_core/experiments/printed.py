"""A finished comparison as plain values that can be kept, and as the text that commands print."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import ParameterError
from rdpd_core.evaluation import METRICS, Comparison, tables
from rdpd_core.evaluation.judging import stored
from rdpd_core.experiments.compare import command_of
from rdpd_core.experiments.run import Result

_SETTINGS = ("soft_weight", "attention_weight", "combined_weight", "temperature")


def record_of(result: Result, comparison: Comparison) -> dict[str, Any]:
    """Give what a comparison says, and what stands behind it, ready for JSON."""
    chosen = {split: {arm: dataclasses.asdict(c) for arm, c in found.items()} for split, found in result.choices.items()}
    try:
        command = command_of(result.experiment)
    except ParameterError as error:
        command = str(error)
    return {
        "experiment": result.experiment.to_dict(),
        "command": command,
        "comparison": comparison.to_dict(),
        "chosen": chosen,
        "notices": list(result.notices),
    }


def text_of(record: Mapping[str, Any]) -> str:
    """Give the text of what `record_of` gave, also after JSON.

    Raises:
        DataError: Its comparison is none.
    """
    asked, comparison = record["experiment"], stored(record["comparison"])
    rows = {name: comparison.rows[name] for name in METRICS if name in comparison.rows}  # JSON of ours is sorted by name
    lines = [f"{_title(asked['dataset'])}, view {asked['view']}, recipe {asked['recipe']}", ""]
    lines += [tables.text(dataclasses.replace(comparison, rows=rows)), *record["notices"]]
    for split, found in record["chosen"].items():
        for arm, choice in sorted(found.items()):
            if choice["candidates"] > 1 or choice["source"]:
                how = f"as for {choice['source']}" if choice["source"] else f"best of {choice['candidates']}"
                lines.append(f"chosen on validation subjects ({split}), {arm}: {_settings(choice['settings'])}, {how}")
    return "\n".join([*lines, f"repeat: {record['command']}"])


def _settings(settings: Mapping[str, float]) -> str:
    names = [*(name for name in _SETTINGS if name in settings), *sorted(set(settings) - {*_SETTINGS, "hard_weight"})]
    return ", ".join(f"{name} {settings[name]:g}" for name in names if settings[name])


def _title(dataset: str) -> str:
    if dataset not in DATASETS:  # a comparison from elsewhere
        return dataset
    kind = DATASETS.get(dataset)
    return f"{kind.title}{' (simulated)' if kind.simulated else ''}"
