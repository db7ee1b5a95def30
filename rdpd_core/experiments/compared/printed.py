"""A table of experiments as text for a terminal, CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rdpd_core import terminal
from rdpd_core.evaluation.tables import csv_text, difference_cell, score_cell
from rdpd_core.experiments.compared.drawn import basis, plain_row
from rdpd_core.experiments.compared.entry import title_of
from rdpd_core.experiments.compared.table import Table

_LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
          "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "<": r"$<$", ">": r"$>$"}  # fmt: skip
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_|<>[]"})


def shown_rows(table: Table) -> list[dict[str, str]]:
    """Give the rows as a person reads them, by column."""
    references = {title_of(entry.comparison.reference) for entry in table.entries}
    gap = f"difference to {references.pop() if len(references) == 1 else 'the reference'} [95%]"
    rows = []
    for line in table.lines:
        d = line.row.difference
        row = {"experiment": f"{'* ' if line.pinned else ''}{line.label}", "arm": title_of(line.row.arm)}
        row[f"{table.title}: mean [95%] ± SD (n seeds)"] = score_cell(line.row)
        row[gap] = difference_cell(line.row)
        row["p (Holm)"] = "" if d is None or d.p_holm is None else f"{d.p_holm:.2g}"
        row["mean rank"] = "" if line.rank is None else f"{line.rank:.2f}"
        rows.append({**row, "verdict": "" if d is None else d.verdict})
    return rows


def text(table: Table) -> str:
    """Give what commands print: rows, what they mean, and what stands behind them."""
    parts = [terminal.table(shown_rows(table)), *table.sentences(), *table.notices(), basis(table)]
    return "\n".join([parts[0], "", *map(terminal.plain, parts[1:])])


def to_csv(table: Table) -> str:
    """Give a line per experiment and arm, numbers as they are."""
    rows = [plain_row(line, table.score) for line in table.lines]
    return csv_text(list(rows[0]) if rows else ["experiment"], [list(row.values()) for row in rows])


def to_markdown(table: Table) -> str:
    """Give a table in Markdown, with what stands behind it."""
    rows = shown_rows(table)
    columns = list(rows[0]) if rows else []

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cell.translate(_MARKDOWN) for cell in cells)} |"

    body = [line(columns), "|" + "---|" * len(columns), *(line([row.get(c, "") for c in columns]) for row in rows)]
    return "\n".join([*body, "", *(f"- {said.translate(_MARKDOWN)}" for said in _said(table))]) + "\n"


def to_latex(table: Table) -> str:
    """Give a table in LaTeX that needs no package, with what stands behind it as comments."""
    rows = shown_rows(table)
    columns = list(rows[0]) if rows else []
    body = [f"% {said}" for said in _said(table)]
    body += [rf"\begin{{tabular}}{{{'l' * len(columns)}}}", r"\hline", _latex_line(columns), r"\hline"]
    body += [_latex_line([row.get(c, "") for c in columns]) for row in rows]
    return "\n".join([*body, r"\hline", r"\end{tabular}"]) + "\n"


def _latex_line(cells: Sequence[str]) -> str:
    return " & ".join("".join(_LATEX.get(sign, sign) for sign in cell) for cell in cells) + r" \\"


def _said(table: Table) -> list[str]:
    return [" ".join(said.split()) for said in (*table.sentences(), *table.notices(), basis(table))]


FORMATS: dict[str, Callable[[Table], str]] = {"text": text, "csv": to_csv, "markdown": to_markdown, "latex": to_latex}
"""By name: how a table is written."""
