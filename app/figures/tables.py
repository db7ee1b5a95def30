"""The numbers behind each picture."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.figures.about import About
from app.figures.text import in_cell
from rdpd_core.experiments.cases import ArmCase, Case


def signal_table(case: Case, shown: Sequence[str]) -> pd.DataFrame:
    """Give a row per sample: time in the recording in s, and the value of each channel in its unit."""
    names = [c.name for c in case.channels]
    time = case.offset_s + np.arange(case.signal.shape[1]) / case.sampling_rate
    columns = {f"{name} ({case.channels[names.index(name)].unit})": case.signal[names.index(name)] for name in shown}
    return pd.DataFrame({"time (s)": np.round(time, 6), **columns})


def attention_table(case: Case) -> pd.DataFrame:
    """Give a row per arm: attention to each segment with its spread over seeds, and the overlap with the teacher."""
    return pd.DataFrame([_looks(case, arm) for arm in case.arms if arm.attention is not None])


def _looks(case: Case, arm: ArmCase) -> dict[str, object]:
    step = case.duration_s / len(arm.attention)
    row: dict[str, object] = {"arm": arm.title, "n (seeds)": arm.models}
    for at, value in enumerate(arm.attention):
        start = case.offset_s + at * step
        row[f"{start:g} to {start + step:g} s"] = value
        row[f"{start:g} to {start + step:g} s, SD"] = np.nan if arm.attention_spread is None else arm.attention_spread[at]
    numbers = (arm.overlap, arm.overlap_spread, arm.overlap_chance)
    names = ("overlap with teacher", "overlap, SD", "overlap if it looked as in other windows")
    return row | {name: np.nan if value is None else value for name, value in zip(names, numbers, strict=True)}


def distribution_table(case: Case) -> pd.DataFrame:
    """Give a row per arm and class: probability, its spread over seeds, and whether it is the true class."""
    rows = []
    for arm in case.arms:
        spread = np.full(len(case.classes), np.nan) if arm.probability_spread is None else arm.probability_spread
        for name, value, deviation in zip(case.classes, arm.probability, spread, strict=True):
            row = {"arm": arm.title, "n (seeds)": arm.models, "class": name, "probability": value, "SD": deviation}
            rows.append({**row, "truth": name == case.truth})
    return pd.DataFrame(rows)


def to_csv(table: pd.DataFrame, about: About) -> bytes:
    """Give a table as CSV in UTF-8, below lines "# name: value" that `pandas.read_csv(..., comment="#")` leaves out.

    No cell of it is read as a formula by a spreadsheet.
    """
    safe = table.rename(columns=in_cell)
    for name in safe.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in safe.dtypes]]:
        safe[name] = safe[name].map(in_cell)
    text = safe.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    if "#" in text:  # outside of quotes it would start a comment
        text = safe.to_csv(index=False, float_format="%.6g", lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return (about.head() + text).encode()
