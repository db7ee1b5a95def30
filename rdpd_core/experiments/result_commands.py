"""`python -m rdpd_core results [NAME]`: what studies have found, without training anything."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rdpd_core.evaluation.tables import csv_text
from rdpd_core.experiments.evidence.book import Entry, each, entries, find
from rdpd_core.experiments.glance import glances, rows_of, sentences
from rdpd_core.experiments.statements import HELD, NOT_HELD
from rdpd_core.experiments.studies import STUDIES
from rdpd_core.experiments.study_text import CLASS_COLUMNS, COLUMNS, class_rows, csv_rows, text_of
from rdpd_core.files import write_atomic
from rdpd_core.terminal import print_json, print_rows


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", nargs="?", help="name of results; without one, all are listed")
    parser.add_argument("--csv", type=Path, help="write a row for every experiment, arm and score to this file as well")
    told = "write to this file what each class loses to the teacher, a row for every experiment, arm, score and class"
    parser.add_argument("--classes", type=Path, metavar="CSV", help=told)
    told = "show what all results say together: what imitation adds, by data set, recipe and labels"
    parser.add_argument("--glance", action="store_true", help=told)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(call=call)


def call(given: argparse.Namespace) -> int:
    """List results, or show one of them; gives the exit code."""
    if given.name is None:
        return _glance(given.json) if given.glance else _list(given.json)
    book = find(given.name).read()
    if given.csv:
        write_atomic(given.csv, csv_text(COLUMNS, csv_rows(book)).encode())
    if given.classes:
        write_atomic(given.classes, csv_text(CLASS_COLUMNS, class_rows(book)).encode())
    if given.json:
        print_json(book.to_dict())
    else:
        print(text_of(book))
    return 0


def _list(as_json: bool) -> int:
    rows, refused = each(entries(), _row)
    print_rows(rows, as_json)
    return _told(refused)


def _glance(as_json: bool) -> int:
    books, refused = each(entries(), Entry.read)
    rows = glances(books)
    print_rows(rows_of(rows), as_json)
    if not as_json:
        print("", *sentences(rows), sep="\n")
    return _told(refused)


def _told(refused: list[str]) -> int:
    for reason in refused:
        print(f"refused: {reason}", file=sys.stderr)
    return 1 if refused else 0


def _row(entry: Entry) -> dict[str, object]:
    book = entry.read()
    study = STUDIES.get(book.study)()
    verdicts = [checked.verdict for checked in study.checked(book)]
    return {
        "results": entry.name, "study": study.title, "data set": book.dataset, "recipe": book.recipe,
        "experiments": f"{len(book.cells)} of {len(book.cells) + len(book.missing)}",
        "statements held": f"{verdicts.count(HELD)} of {len(verdicts)}, {verdicts.count(NOT_HELD)} not",
        "from": "the program" if entry.shipped else "here",
    }  # fmt: skip
