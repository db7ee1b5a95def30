"""A first look at a table: its columns, what they hold, and a picture of their course."""

from __future__ import annotations

from typing import Any

import numpy as np

from rdpd_core.intake.formats.base import Column, Table
from rdpd_core.intake.times import rate_of

ROWS_SHOWN, WORDS_SHOWN, BINS, DRAWN = 6, 12, 300, 24
MOST_TOLD = 400
LARGEST = 1e30
"""What is larger was not measured by anything."""


def look(table: Table) -> dict[str, Any]:
    """Give what should be shown of a table, as plain values of a bounded size."""
    columns = [_column(column) for column in table.columns[:MOST_TOLD]]
    drawn = [c for c in table.columns if c.numbers is not None][:DRAWN]
    return {
        "kind": table.kind, "rows": table.rows, "columns": columns, "wide": len(table.columns), "rate_hz": table.rate_hz,
        "notices": list(table.notices), "pieces": len(table.pieces),
        "labels": sorted({p.label for p in table.pieces if p.label is not None})[:WORDS_SHOWN],
        "files": [list(p.file) for p in table.pieces[:ROWS_SHOWN]],
        "preview": [[str(w)[:40] for w in c.words()[:ROWS_SHOWN]] for c in (_head(c) for c in table.columns[:DRAWN])],
        "picture": {c.name: _course(c.numbers) for c in drawn},
    }  # fmt: skip


def _head(column: Column) -> Column:
    words = None if column._words is None else column._words[:ROWS_SHOWN]
    return Column(column.name, None if column.numbers is None else column.numbers[:ROWS_SHOWN], words, column.unit)


def _column(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "unit": column.unit, "numeric": column.numbers is not None}
    if column.numbers is None:
        words = column.words()
        different = sorted(set(words.tolist()))
        told |= {"different": len(different), "missing": int((words == "").sum())}
        return told | {"words": [word[:40] for word in different[:WORDS_SHOWN]]}
    values = column.numbers
    finite = values[np.abs(values) <= LARGEST]
    told |= {"missing": int(np.isnan(values).sum()), "infinite": int((np.abs(values) > LARGEST).sum())}
    if not len(finite):
        return told
    steps = np.diff(finite[:200_000])
    rising = len(steps) and (steps >= 0).mean() > 0.99 and finite[-1] > finite[0]
    told |= {
        "low": float(finite.min()), "high": float(finite.max()), "mean": float(finite.mean()), "std": float(finite.std()),
        "whole": bool((finite == np.round(finite)).all()), "rising": bool(rising),
        "step": float(np.median(steps)) if len(steps) else None, "per_unit": rate_of(np.unique(finite[:200_000])),
    }  # fmt: skip
    if told["whole"] and len(finite) < 5_000_000:
        different = np.unique(finite)
        told |= {"different": len(different), "words": [f"{v:g}" for v in different[:WORDS_SHOWN]]}
    return told


def _course(values: np.ndarray) -> list[list[float | None]]:
    """Give the smallest and the largest value of each of a few hundred parts."""
    parts = np.array_split(values, min(BINS, len(values)))
    out = []
    for part in parts:
        finite = part[np.abs(part) <= LARGEST]
        out.append([float(finite.min()), float(finite.max())] if len(finite) else [None, None])
    return out
