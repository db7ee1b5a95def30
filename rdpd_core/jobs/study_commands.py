"""`python -m rdpd_core study NAME`: named studies, run as jobs that outlive the terminal; asked again, they cost nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rdpd_core.errors import JobFileError, ParameterError
from rdpd_core.jobs import states
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.following import follow
from rdpd_core.jobs.named_studies import options_of
from rdpd_core.jobs.words import how, named
from rdpd_core.terminal import LazyParser, print_json, print_rows

if TYPE_CHECKING:
    from rdpd_core.jobs.spec import Spec

WITHIN = 0.05


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the studies."""
    studies = parser.add_subparsers(dest="action", required=True, parser_class=LazyParser)
    does = "students of every subset of some channels, of the arms Direct and RDPD: which set is enough, what is each worth"
    sub = studies.add_parser("channels", help=does, description=does)
    sub.declare = _channels_options
    sub.set_defaults(call=channels)
    from rdpd_core.experiments.studies import STUDIES

    for kind in STUDIES:
        does = f"{kind.title}{f'; after {kind.source} of the paper' if kind.source else ''}"
        studies.add_parser(kind.name, help=does, description=does).declare = options_of(kind.name)


def _channels_options(parser: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments.lab import Lab
    from rdpd_core.experiments.options import experiment_options, place_options

    told = {name: field.metadata.get("help", "") for name, field in Lab.__dataclass_fields__.items()}
    experiment_options(parser)
    place_options(parser)
    parser.add_argument("--by", choices=("channels", "groups"), default="channels", help=told["by"])
    parser.add_argument("--names", default="", metavar="A,B", help="the channels or groups to choose from; else all")
    parser.add_argument("--largest", type=int, default=0, help=told["largest"])
    parser.add_argument("--search", choices=("every", "beam"), default="every", help=told["search"])
    parser.add_argument("--beam", type=int, default=4, help=told["beam"])
    parser.add_argument("--costs", default="", metavar="A=1,B=2.5", help="what each costs: burden, price, power; else 1 each")
    parser.add_argument("--within", type=float, default=WITHIN, help=f"how far below the teacher is enough; default {WITHIN}")
    parser.add_argument("--engine", default="local", help="what runs it; default local")
    parser.add_argument("--csv", type=Path, help="write a row for every subset to this file as well")
    parser.add_argument("--json", action="store_true", help="print JSON")


def channels(given: argparse.Namespace) -> int:
    """Train the lab, or take it from the job that did; print what it found. Gives the exit code."""
    from rdpd_core.experiments.lab import Lab
    from rdpd_core.experiments.options import experiment_of
    from rdpd_core.jobs.asking import spec_of_lab

    for option in ("view", "arms"):
        if getattr(given, option) is not None:
            raise ParameterError(f"--{option} is settled by the lab: every subset of --names, and the arms Direct and RDPD")
    names = tuple(name.strip() for name in given.names.split(",") if name.strip())
    lab = Lab(experiment_of(given), given.by, names, given.largest, given.search, given.beam)
    read = read_costs(given.costs)
    costs = dict(zip((unit.name for unit in lab.units), lab.costs(read), strict=True))
    desk = Desk()
    desk.engine(given.engine)
    spec = spec_of_lab(lab, **{name: getattr(given, name) for name in ("engine", "device", "data_root")})
    job = _done_before(desk, spec)
    if job is None:
        submitted, _ = desk.submit(spec)
        job = follow(desk, submitted.id)
        if job.state.name != states.DONE:
            result = job.folder.record("result") or {}
            raise JobFileError(f"{named(job)} {how(job, result.get('reason', ''))}; jobs resume {job.id[:8]} goes on")
    _print(job, costs, given)
    return 0


def _done_before(desk: Desk, spec: Spec) -> Job | None:
    """Give the job that did the same work on the same recordings; say so if the recordings have changed since."""
    from rdpd_core.experiments.data import prepare
    from rdpd_core.jobs.work import open_outcomes

    job = desk.finished(spec)
    if job is None:
        return None
    _, facts = open_outcomes(job.folder)
    before, now = set(facts["windows"].values()), prepare(spec.dataset, spec.data_root)[1].windows.digest
    if before == {now}:
        return job
    print(
        f"the recordings of {spec.dataset} have changed since {named(job)} was done (digest {sorted(before)[0][:12]}, now "
        f"{now[:12]}); it is kept, and the study runs again",
        file=sys.stderr,
    )
    return None


def read_costs(text: str) -> dict[str, float] | None:
    """Read "I=1,II=2.5"; None if nothing is said.

    Raises:
        ParameterError: It cannot be read.
    """
    if not text.strip():
        return None
    found = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise ParameterError(f"--costs {part.strip()!r}: give a number for each channel, as in I=1,II=2.5") from None
    return found


def _print(job: Job, costs_of: dict[str, float], given: argparse.Namespace) -> None:
    from rdpd_core.evaluation import METRICS
    from rdpd_core.evaluation.tables import csv_text
    from rdpd_core.experiments.lab import printed
    from rdpd_core.files import write_atomic
    from rdpd_core.jobs.lab_work import read_answers

    lab, answers = read_answers(job.folder)
    costs = answers.costs(costs_of)
    if given.csv:
        rows = printed.plain_rows(answers, costs)
        write_atomic(given.csv, csv_text(list(rows[0]), [list(row.values()) for row in rows]).encode())
    if given.json:
        print_json({"job": job.id, "lab": lab.to_dict(), "answers": answers.to_dict()})
        return
    print(f"{named(job)}\n\n{METRICS[answers.metric].title}; teacher, all channels: {printed.cell(answers.teacher)}\n")
    fronts = [point for arm in answers.worth for point in answers.front(arm, costs)]
    print_rows(printed.point_rows(answers, fronts, costs), False)
    print("\nSets that no other of their arm beats at their cost, by the validation subjects.\n")
    print_rows(printed.worth_rows(answers), False)
    if pairs := printed.pair_rows(answers, "rdpd"):
        print()
        print_rows(pairs, False)
    print("\n" + "\n".join(printed.sentences(answers, costs, given.within)))
