"""A comparison as text for a terminal and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from rdpd_core.evaluation.arms import Comparison, Difference, Row
from rdpd_core.evaluation.scores import METRICS, Interval, cell, people

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = [
    *("metric", "arm", "title", "mean", "low", "high", "spread", "n_seeds", "n_folds"),
    *("difference", "difference_low", "difference_high", "p", "p_holm", "n_pairs", "pairs", "claim", "verdict"),
    *("unit", "n_units", "n_subjects", "n_windows"),
]


def text(comparison: Comparison) -> str:
    """Give one aligned table per metric, with what stands behind the numbers beneath."""
    parts = [_block(comparison, name) for name in comparison.rows]
    return "\n\n".join([*parts, basis(comparison)]) + "\n"


def basis(comparison: Comparison) -> str:
    """Say in a few sentences what stands behind the numbers."""
    c = comparison
    lines = f"{people(c.n_windows, c.n_subjects)}. ± is the sample standard deviation over seeds."
    example = next((row.interval for rows in c.rows.values() for row in rows if row.interval), None)
    if example is None:
        lines += f" No intervals: {c.n_units} {c.unit} are too few to resample."
    else:
        lines += f" Brackets: {example.sentence()}; seeds are resampled too."
    if c.absent:
        lines += f" No window of {', '.join(c.absent)}, left out of the averages."
    for fold, names in c.lacking.items():
        if more := [name for name in names if name not in c.absent]:
            lines += f" Fold {fold} has no window of {', '.join(more)}: its averages run over the classes it has."
    return lines


def to_csv(comparison: Comparison) -> str:
    """Give one line per metric and arm."""
    c = comparison
    shared = {"unit": c.unit, "n_units": c.n_units, "n_subjects": c.n_subjects, "n_windows": c.n_windows}
    lines = [_line(name, row) | shared for name, rows in c.rows.items() for row in rows]
    return csv_text(_COLUMNS, ([line.get(column) for column in _COLUMNS] for line in lines))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Give CSV (RFC 4180) that no spreadsheet takes for a formula.

    Text that begins with =, +, - or @ gets a ' in front; numbers stay numbers, negative ones too; None becomes an empty cell.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([[plain_cell(value) for value in row] for row in [columns, *rows]])
    return out.getvalue()


def plain_cell(value: Any) -> Any:
    """Give a value that a spreadsheet shows and does not run."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


def score_cell(row: Row) -> str:
    """Give an arm's score as a person reads it: "0.812 [0.774, 0.846] ± 0.012 (n=10)", n being seeds."""
    folds = f" seeds x {row.n_folds} folds" if row.n_folds > 1 else ""
    return f"{cell(row.mean, row.interval, row.spread)} (n={row.n_seeds}{folds})"


def difference_cell(row: Row) -> str:
    """Give an arm's difference to the reference: "+0.025 [+0.004, +0.046]"."""
    if row.difference is None:
        return "reference"
    return "" if row.difference.mean is None else cell(row.difference.mean, row.difference.interval, sign=True)


def _block(comparison: Comparison, name: str) -> str:
    metric, rows = METRICS[name], comparison.rows[name]
    reference = next(row.title for row in rows if row.arm == comparison.reference)
    head = ["arm", "mean [95%] ± sd (n seeds)", f"difference to {reference} [95%]", "p (Holm)", "verdict"]
    lines = [[row.title, score_cell(row), difference_cell(row), _p(row.difference), _verdict(row)] for row in rows]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    drawn = ["  ".join(part.ljust(w) for part, w in zip(line, widths, strict=True)).rstrip() for line in [head, *lines]]
    title = f"{metric.title} ({'higher' if metric.higher_is_better else 'lower'} is better)"
    return "\n".join([title, drawn[0], "-" * max(map(len, drawn)), *drawn[1:]])


def _p(difference: Difference | None) -> str:
    return "" if difference is None or difference.p_holm is None else f"{difference.p_holm:.2g}"


def _verdict(row: Row) -> str:
    return "" if row.difference is None else row.difference.verdict


def _line(name: str, row: Row) -> dict[str, Any]:
    line = {n: getattr(row, n) for n in ("arm", "title", "mean", "spread", "n_seeds", "n_folds")}
    line |= {"metric": name} | _ends(row.interval, "low", "high")
    if (d := row.difference) is not None:
        line |= {n: getattr(d, n) for n in ("p", "p_holm", "n_pairs", "pairs", "claim", "verdict")}
        line |= {"difference": d.mean} | _ends(d.interval, "difference_low", "difference_high")
    return line


def _ends(interval: Interval | None, low: str, high: str) -> dict[str, float]:
    return {} if interval is None else {low: interval.low, high: interval.high}
