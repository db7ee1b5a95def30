"""The command `report`: finished experiments compared, as a table, a file, or a page that can be made again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.files import write_atomic
from rdpd_core.terminal import plain, print_json

if TYPE_CHECKING:
    from rdpd_core.experiments.compared import Entry, Selection
    from rdpd_core.jobs.desk import Desk

ENDINGS = {".html": "html", ".csv": "csv", ".md": "markdown", ".tex": "latex", ".txt": "text"}


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from rdpd_core.evaluation.scores import COMPARED
    from rdpd_core.experiments.compared.selection import BANDS, SORTS

    parser.add_argument(
        "jobs", nargs="*", metavar="JOB", help="finished jobs, by id or the beginning of it; default: the newest"
    )
    parser.add_argument("--experiments", nargs="+", default=[], metavar="JOB.N", help="only these experiments of the jobs")
    parser.add_argument("--arms", nargs="+", default=[], metavar="ARM", help="only these arms")
    parser.add_argument("--score", default="pr_auc", choices=COMPARED, help="which score; default pr_auc")
    parser.add_argument("--sort", default="asked", choices=list(SORTS), help="order of the rows")
    parser.add_argument("--pin", nargs="+", default=[], metavar="JOB.N/ARM", help="rows that stay on top")
    parser.add_argument("--name", nargs="+", default=[], metavar="JOB.N=NAME", help="what an experiment is to be called")
    parser.add_argument("--against", default="", metavar="SETTING", help="setting along which curves run, such as noise")
    parser.add_argument("--snr", action="store_true", help="tell noise as a signal-to-noise ratio")
    parser.add_argument("--band", default="interval", choices=list(BANDS), help="what the bands of curves are")
    parser.add_argument("--first", default="", metavar="ARM@JOB.N,...", help="hold an arm of some experiments ...")
    parser.add_argument("--second", default="", metavar="ARM@JOB.N,...", help="... against another, paired where that can be")
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"write to a file that ends in {', '.join(ENDINGS)}")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE.html", help="make this report again, byte for byte")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(call=call)


def call(given: argparse.Namespace) -> None:
    """Print or write what was asked for."""
    from rdpd_core.experiments.compared.drawn import plain_row
    from rdpd_core.experiments.compared.printed import FORMATS
    from rdpd_core.experiments.compared.report import check_same, read_record, report_html
    from rdpd_core.experiments.compared.table import table_of
    from rdpd_core.jobs.desk import Desk
    from rdpd_core.jobs.finished import facts_of, find

    desk, before = Desk(), None
    if given.source is not None:
        selection, *before = read_record(_bytes(given.source))
    else:
        selection = selection_of(given, desk)
    kind = _kind(given)
    found = find(desk, selection.jobs)
    for problem in found.problems:
        print(plain(problem), file=sys.stderr)
    if before is not None:
        check_same(found.entries, *before)
    if not found.entries:
        raise DataError(
            "none of these jobs has a finished experiment; `python -m rdpd_core jobs list` says what became of them"
        )
    if kind == "html":
        data = report_html(found.entries, found.problems, selection, lambda entry: facts_of(desk, entry))
    else:
        table = table_of(found.entries, selection)
        if given.json:
            rows = [plain_row(line, table.score) for line in table.lines]
            print_json(
                {"selection": selection.to_dict(), "rows": rows, "sentences": table.sentences(), "notices": table.notices()}
            )
            return
        data = FORMATS[kind](table).encode()
    if given.out is None:
        print("\n".join([data.decode(), *_sides(desk, found.entries, selection)]))
    else:
        write_atomic(given.out, data)
        print(f"written: {given.out}")


def _sides(desk: Desk, entries: Sequence[Entry], selection: Selection) -> list[str]:
    """Say how two selections compare, if there are two."""
    from rdpd_core.experiments import Loaded
    from rdpd_core.experiments.compared import labels
    from rdpd_core.experiments.compared.sides import beside, side_of
    from rdpd_core.jobs.finished import result_of

    if not selection.first:
        return []
    names, loaded = labels(entries, selection.names), dict[str, Loaded]()
    first, second = (side_of(text, entries, names) for text in (selection.first, selection.second))
    found = beside(first, second, selection.score, lambda entry: result_of(desk, entry, loaded))
    return ["", found.sentence(first.label, second.label), f"n = {found.n}"]


def _kind(given: argparse.Namespace) -> str:
    """Give the format that is asked for.

    Raises:
        ParameterError: The file's ending says none.
    """
    if given.out is None:
        if given.source is not None:
            raise ParameterError("--from makes a file again: say where it goes with --out FILE.html")
        return "text"
    if given.out.suffix not in ENDINGS or (given.source is not None and given.out.suffix != ".html"):
        allowed = ".html" if given.source is not None else ", ".join(ENDINGS)
        raise ParameterError(f"--out {given.out.name}: the name must end in {allowed}")
    return ENDINGS[given.out.suffix]


def selection_of(given: argparse.Namespace, desk: Desk) -> Selection:
    """Give the selection that the options say; without jobs that of the newest finished one.

    Raises:
        ParameterError: There is no finished job, or an option cannot be read.
    """
    from rdpd_core.experiments.compared import Selection
    from rdpd_core.jobs.finished import comparable

    jobs: Sequence[str] = given.jobs
    if not jobs:
        jobs = [job.id for job in comparable(desk)[:1]]
    if not jobs:
        raise ParameterError("there is no finished experiment yet; start one: python -m rdpd_core jobs start simulated_ecg")
    names = dict(_name(text) for text in given.name)
    words = ("experiments", "arms", "score", "sort", "against", "snr", "band", "first", "second")
    same = {name: getattr(given, name) for name in words}
    return Selection(tuple(jobs), pinned=tuple(given.pin), names=names, **same)


def _name(text: str) -> tuple[str, str]:
    key, sign, name = text.partition("=")
    if not sign or not name.strip():
        raise ParameterError(f"--name {text!r}: write JOB.N=NAME, as in abcd1234.1='lead I'")
    return key, name.strip()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
