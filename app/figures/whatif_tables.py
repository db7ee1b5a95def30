"""The numbers behind the pictures of the what-if page."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.figures.tables import attention_table, distribution_table
from app.figures.whatif_record import WhatIf
from rdpd_core.experiments.whatif_curve import Robustness


def signals_table(shown: WhatIf) -> pd.DataFrame:
    """Give a row per sample: time in the recording in s, and each drawn channel in its unit, before and after."""
    case = shown.before
    columns: dict[str, np.ndarray] = {}
    for row in shown.drawn():
        channel = case.channels[row]
        columns[f"{channel.name} before ({channel.unit})"] = case.signal[row]
        columns[f"{channel.name} after ({channel.unit})"] = shown.after.signal[row]
    time = case.offset_s + np.arange(case.signal.shape[1]) / case.sampling_rate
    return pd.DataFrame({"time (s)": np.round(time, 6), **columns})


def looks_table(shown: WhatIf) -> pd.DataFrame:
    """Give a row per arm, before and after: attention to each segment and the overlap with the teacher."""
    return _both(attention_table(shown.before), attention_table(shown.after))


def classes_table(shown: WhatIf) -> pd.DataFrame:
    """Give a row per arm and class, before and after."""
    return _both(distribution_table(shown.before), distribution_table(shown.after))


def robustness_table(found: Robustness, classes: tuple[str, ...], at: int) -> pd.DataFrame:
    """Give a row per arm and size: score with its interval, and the decision about one window."""
    rows = []
    for arm in found.arms:
        for step, size in enumerate(found.sizes):
            said = arm.probability[step, at]
            told = {"arm": arm.title, "n (seeds)": arm.models, "size": size, "macro-F1": arm.score[step]}
            ends = {"95% low": arm.low[step], "95% high": arm.high[step], "surely less": bool(arm.surely_less[step])}
            mine = {"decision about this window": classes[int(np.argmax(said))], "probability": float(said.max())}
            rows.append({**told, **ends, **mine})
    return pd.DataFrame(rows)


def _both(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([before.assign(edits="before"), after.assign(edits="after")], ignore_index=True)
