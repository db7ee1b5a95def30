"""The command `analyze`: one sub-command for each analysis, with an option for each of its settings."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rdpd_core.evaluation.tables import csv_text
from rdpd_core.experiments.analyses import ANALYSES, Analysis, Result
from rdpd_core.experiments.source import Asked
from rdpd_core.files import write_atomic
from rdpd_core.terminal import Bars, LazyParser, print_json, print_rows


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the analyses and their options."""
    kinds = parser.add_subparsers(dest="action", required=True, metavar="KIND", parser_class=LazyParser)
    for kind in ANALYSES:
        kinds.add_parser(kind.name, help=kind.help, description=kind.help).declare = _options(kind)


def _options(kind: type[Analysis]) -> Callable[[argparse.ArgumentParser], None]:
    def options(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("dataset", help="name of a data set")
        sub.add_argument("--view", default="", help="channels the students read; default: the first that has students")
        sub.add_argument("--split", default="", help="how subjects were divided; default: the data set's first way")
        sub.add_argument("--job", default="", help="models of this job; default: those that no job made")
        sub.add_argument("--subjects", nargs="+", default=[], help="only these test subjects")
        sub.add_argument("--arms", nargs="+", default=[], help="only these students, beside the teacher")
        sub.add_argument("--models", nargs="+", default=[], help="single models by name, where the analysis looks at some")
        for f in dataclasses.fields(kind.Params):
            _option(sub, f)
        sub.add_argument("--json", action="store_true", help="print JSON")
        sub.add_argument("--csv", type=Path, metavar="FOLDER", help="write every table to this folder as well")
        sub.add_argument("--fresh", action="store_true", help="compute again, even if the result is kept")
        sub.add_argument("--data-root", help="folder of the data sets; else RDPD_DATA, else the platform's data folder")
        sub.set_defaults(call=call)

    return options


def _option(sub: argparse.ArgumentParser, f: dataclasses.Field) -> None:
    option, meta = f"--{f.name.replace('_', '-')}", f.metadata
    about = f"{meta['help']}{', in ' + meta['unit'] if meta.get('unit') else ''}; default {f.default}".replace("%", "%%")
    if meta.get("kind") is bool:
        sub.add_argument(option, dest=f.name, action=argparse.BooleanOptionalAction, help=about)
    elif "options" in meta:
        sub.add_argument(option, dest=f.name, choices=meta["options"], help=about)
    else:
        sub.add_argument(option, dest=f.name, type=meta["kind"], help=about)


def call(given: argparse.Namespace) -> None:
    """Do one analysis, and print it."""
    from rdpd_core.experiments.analyze import analyze

    kind = ANALYSES.get(given.action)
    names = [f.name for f in dataclasses.fields(kind.Params)]
    params = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    lists = {name: tuple(getattr(given, name)) for name in ("subjects", "arms", "models")}
    asked = Asked(given.dataset, given.view, given.split, given.job, **lists)
    with Bars() as bars:
        result = analyze(kind.name, asked, params, data_root=given.data_root, fresh=given.fresh, on_progress=_told(bars))
    if given.csv:
        write_tables(result, given.csv)
    if given.json:
        print_json({"analysis": kind.name, "asked": asked.to_dict(), "settings": params, **result.to_dict()})
    else:
        _show(kind, result)


def _told(bars: Bars) -> Callable[[str, int, int], None]:
    last: list[str] = []

    def on_progress(what: str, done: int, total: int) -> None:
        if last != [what]:
            last[:] = [what]
            bars({"kind": "stage", "title": what})
        if total > 1:
            bars({"kind": "recordings", "done": done, "total": total})

    return on_progress


def _show(kind: type[Analysis], result: Result) -> None:
    print(kind.title)
    for title, rows in result.tables.items():
        print(f"\n{title}")
        print_rows([{name: _cell(value) for name, value in row.items()} for row in rows], False)
    print("\nWhat may be concluded")
    for line in [*(s.line() for s in result.sentences), *result.notices]:
        print(f"- {line}")


def _cell(value: Any) -> Any:
    return f"{value:.4g}" if isinstance(value, float) else value


def write_tables(result: Result, folder: Path) -> list[Path]:
    """Write every table, and what may be concluded, as CSV files into a folder; give where they lie."""
    said = [
        {"sentence": s.text, "claim": s.claim, "n": s.n, "null": s.null, "value": s.value} | _ends(s) for s in result.sentences
    ]
    tables = {**result.tables, "conclusions": said, "notices": [{"notice": text} for text in result.notices]}
    paths = []
    for title, rows in tables.items():
        path = folder / f"{''.join(c if c.isalnum() else '_' for c in title.lower())}.csv"
        write_atomic(path, as_csv(rows).encode("utf-8"))
        paths.append(path)
    return paths


def _ends(sentence: Any) -> dict[str, Any]:
    interval = sentence.interval
    return {"low": interval.low, "high": interval.high} if interval else {"low": None, "high": None}


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give rows as CSV text with a head; an undefined number is an empty cell."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return csv_text(columns, ([row.get(column) for column in columns] for row in rows))
