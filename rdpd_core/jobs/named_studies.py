"""`python -m rdpd_core study table2 ...` and its like: experiments as one job in the background, none of them trained twice."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rdpd_core.errors import JobFileError
from rdpd_core.jobs import states
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.following import follow
from rdpd_core.jobs.words import how, named
from rdpd_core.terminal import Bars, print_json, print_rows

if TYPE_CHECKING:
    from rdpd_core.experiments import Experiment
    from rdpd_core.experiments.evidence import Cell, Shelf
    from rdpd_core.experiments.evidence.book import Book
    from rdpd_core.experiments.studies import Asked, Study, Wanted
    from rdpd_core.jobs.spec import Spec

_SETTLED = ("dataset", "view", "recipe", "seeds", "split")


def options_of(name: str) -> Callable[[argparse.ArgumentParser], None]:
    """Give what declares the options of a study."""

    def declare(parser: argparse.ArgumentParser) -> None:
        from rdpd_core.experiments.options import place_options, settings_options
        from rdpd_core.experiments.recipes import RECIPES
        from rdpd_core.experiments.studies import STUDIES

        kind = STUDIES.get(name)
        values = f"; default {', '.join(map(str, kind.values))}" if kind.values else ""
        parser.add_argument("--dataset", required=True, help="name of a data set")
        parser.add_argument("--recipe", choices=tuple(RECIPES), default="tuned", help="how to train; default tuned")
        parser.add_argument(
            "--view", nargs="+", default=(), help="views, or channels joined by commas; else the study's choice"
        )
        parser.add_argument("--seeds", type=int, default=0, help=f"how many seeds; default {kind.seeds}")
        parser.add_argument(
            "--splits", nargs="+", default=(), help="names of splits; else all, and the first of simulated data"
        )
        parser.add_argument("--values", nargs="+", default=(), help=f"values of {kind.axis or 'nothing here'}{values}")
        settings_options(parser, beside=_SETTLED)
        place_options(parser)
        parser.add_argument("--engine", default="local", help="what runs it; default local")
        parser.add_argument("--here", action="store_true", help="run in this process, not as a job; what is done is kept too")
        parser.add_argument("--fresh", action="store_true", help="train again what is there; the old records are set aside")
        parser.add_argument("--out", type=Path, help="folder for the file of results; else that of this user")
        parser.add_argument("--csv", type=Path, help="write a row for every experiment, arm and score to this file as well")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.set_defaults(call=call, study=name)

    return declare


def call(given: argparse.Namespace) -> int:
    """Train what is missing, put the results together, print them. Gives the exit code."""
    from rdpd_core.experiments.studies import STUDIES

    study = STUDIES.get(given.study)()
    asked = asked_of(given)
    wanted = study.wanted(asked)
    if not wanted:
        rows = study.rows(asked)
        print_rows(rows, given.json)
        return 0
    cells, ended = _gathered(study, asked, wanted, given)
    book = study.book(asked, wanted, cells, command_of(given, asked))
    _print(book, given)
    if ended is not None and ended.state.name != states.DONE:
        result = ended.folder.record("result") or {}
        raise JobFileError(f"{named(ended)} {how(ended, result.get('reason', ''))}; run the same study again to go on")
    return 0


def asked_of(given: argparse.Namespace) -> Asked:
    """Give what is asked of a study by a command line."""
    from rdpd_core.experiments.experiment import Experiment
    from rdpd_core.experiments.options import read_lists
    from rdpd_core.experiments.studies import Asked

    fields = [name for name in Experiment.__dataclass_fields__ if name not in _SETTLED]
    others = {name: value for name in fields if (value := getattr(given, name, None)) is not None}
    others |= read_lists(others)
    return Asked(given.dataset, given.recipe, tuple(given.view), given.seeds, tuple(given.splits), tuple(given.values), others)


def command_of(given: argparse.Namespace, asked: Asked) -> str:
    """Give the command line that repeats a study."""
    from rdpd_core.experiments.networks import words_of_setting

    words = [f"python -m rdpd_core study {given.study} --dataset {asked.dataset} --recipe {asked.recipe}"]
    words += [f"--seeds {asked.seeds}"] if asked.seeds else []
    for name, many in (("view", asked.views), ("splits", asked.splits), ("values", asked.values)):
        words += [f"--{name} {' '.join(many)}"] if many else []
    for name, value in sorted(asked.others.items()):
        words.append(f"--{name.replace('_', '-')} {' '.join(words_of_setting(name, value))}")
    return " ".join(words)


def _gathered(
    study: Study, asked: Asked, wanted: list[Wanted], given: argparse.Namespace
) -> tuple[dict[str, Cell], Job | None]:
    """Give the records of all experiments that are done, by key, and the job that did what was missing."""
    from rdpd_core.experiments.evidence import Shelf, key_of

    shelf = Shelf()
    keys = list(dict.fromkeys(key_of(one.experiment) for one in wanted))
    if given.fresh:
        for key in keys:
            shelf.set_aside(key)
    digest = _digest(asked.dataset, given.data_root)
    found = {} if given.fresh else _shipped(keys, digest)
    open_ones = [key for key in keys if key not in found]
    found |= _kept(open_ones, shelf, digest)
    if all(key in found for key in keys):
        if digest is None:
            _say(f"the recordings of {asked.dataset} are not here, so it was not checked that they are still the same")
        return found, None
    ordered = {key_of(one.experiment): one.experiment for one in wanted}
    job = _run(study, [ordered[key] for key in open_ones], shelf, given)
    return found | _kept(open_ones, shelf, _digest(asked.dataset, given.data_root)), job


def _digest(dataset: str, data_root: str | None) -> str | None:
    """Give what identifies the windows that are here; None if the recordings are not here."""
    from rdpd_core.datasets import DATASETS
    from rdpd_core.experiments.data import prepare

    if not DATASETS.get(dataset)(data_root).present():
        return None
    return prepare(dataset, data_root)[1].windows.digest


def _shipped(keys: list[str], digest: str | None) -> dict[str, Cell]:
    from rdpd_core.experiments.evidence.book import shipped_cells
    from rdpd_core.experiments.evidence.shelf import fits

    return {cell.key: cell for cell in shipped_cells() if cell.key in keys and fits(cell, digest)}


def _kept(keys: list[str], shelf: Shelf, digest: str | None) -> dict[str, Cell]:
    """Give the records on the shelf; say which are of other recordings than those that are here now."""
    found, changed = {}, []
    for key in keys:
        if (cell := shelf.match(key, digest)) is not None:
            found[key] = cell
        elif others := shelf.find(key):
            changed.append(others[-1])
    if changed:
        before = sorted(set(changed[0].windows.values()))[0]
        _say(
            f"the recordings have changed since {len(changed)} experiments of this study were done (digest {before[:12]}, "
            f"now {(digest or '')[:12]}): for example {changed[0].command}. Their records are kept; they are trained again"
        )
    for problem in dict.fromkeys(shelf.problems):
        _say(problem)
    shelf.problems.clear()
    return found


def _run(study: Study, experiments: list[Experiment], shelf: Shelf, given: argparse.Namespace) -> Job | None:
    """Run experiments, here or as a job; one that was stopped goes on. Gives the job, or None."""
    from rdpd_core.datasets import DATASETS
    from rdpd_core.experiments.evidence import Room, run_series
    from rdpd_core.jobs.asking import spec_of_series

    if given.here:
        DATASETS.get(given.dataset)(given.data_root).check()
        with Bars() as bars:
            run_series(experiments, shelf.match, shelf.put, Room(given.data_root, given.device, report=bars))
        return None
    desk = Desk()
    desk.engine(given.engine)
    title = f"{study.name}, {len(experiments)} experiments, {given.recipe}, {given.dataset}"
    spec = spec_of_series(experiments, title=title, engine=given.engine, device=given.device, data_root=given.data_root)
    job = _submitted(desk, spec)
    _say(f"{named(job)}; Ctrl-C ends the watching only, the same command goes on")
    ended = follow(desk, job.id)
    _carry(ended, shelf)
    return ended


def _submitted(desk: Desk, spec: Spec) -> Job:
    """Give the job that does the work: one that was stopped or failed goes on, rather than a new one."""
    ended = desk.table.entries("key = ? AND state IN (?, ?)", (spec.key, states.STOPPED, states.FAILED))
    if ended and not desk.table.entries("key = ? AND state IS NULL", (spec.key,)):
        desk.resume(ended[-1].id)
        return desk.job(ended[-1].id)
    job, new = desk.submit(spec)
    if not new and job.state.name in (states.STOPPED, states.FAILED):  # it ended this moment, and the list has not noted it yet
        desk.resume(job.id)
        return desk.job(job.id)
    return job


def _carry(job: Job, shelf: Shelf) -> None:
    """Take what a job made to the shelf; a worker on this machine has done so itself."""
    from rdpd_core.jobs.series_work import cells_of

    for cell in cells_of(job.folder):
        if shelf.match(cell.key, next(iter(cell.windows.values()))) is None:
            shelf.put(cell)


def _print(book: Book, given: argparse.Namespace) -> None:
    from rdpd_core.evaluation.tables import csv_text
    from rdpd_core.experiments.evidence.book import own_folder
    from rdpd_core.experiments.studies import STUDIES
    from rdpd_core.experiments.study_text import COLUMNS, csv_rows, text_of
    from rdpd_core.files import write_atomic

    if not book.cells:
        return
    path = book.write(given.out or own_folder())
    if given.csv:
        write_atomic(given.csv, csv_text(COLUMNS, csv_rows(book)).encode())
    if given.json:
        checked = STUDIES.get(book.study)().checked(book)
        print_json({"results": book.to_dict(), "statements": [{**c.__dict__, "parts": c.rows()} for c in checked]})
        return
    print(f"{text_of(book)}\nkept as: {path.name}; shown by: python -m rdpd_core results {book.name}")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
