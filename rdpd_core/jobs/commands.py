"""`python -m rdpd_core jobs ...`: the actions and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from rdpd_core.jobs import acting, looking
from rdpd_core.jobs.engines import ENGINES
from rdpd_core.terminal import CREDENTIALED, LazyParser


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the actions on jobs."""
    actions = parser.add_subparsers(dest="action", required=True, parser_class=LazyParser)

    def action(name: str, does: str, call: Callable[[argparse.Namespace], int | None], job: bool = True) -> LazyParser:
        sub = actions.add_parser(name, help=does, description=does)
        sub.add_argument("--json", action="store_true", help="print JSON")
        if job:
            sub.add_argument("job", help="its id, or the beginning of it")
        sub.set_defaults(call=call)
        return sub

    action(
        "start", "start an experiment or a study as a job, which outlives this terminal", acting.start, job=False
    ).declare = _start_options
    sub = action("list", "list the jobs: those that have not ended, and the last that have", looking.list_jobs, job=False)
    sub.add_argument("--all", action="store_true", help="all that have ended, too")
    action("show", "say what a job is at, and what it has made", looking.show)
    action(
        "follow",
        "draw progress until a job has ended; exit code 0 if it is done. Ctrl-C ends the watching only",
        looking.follow_job,
    )
    sub = action("log", "print the end of what a job's worker printed", looking.log)
    sub.add_argument("--lines", type=int, default=40, help="how many lines; default 40")
    sub = action("stop", "end a job after this step and keep the best models so far; asked again, kill it", acting.stop)
    sub.add_argument("--now", action="store_true", help="kill it at once; its last checkpoint stays")
    action("resume", "let a job that was stopped or failed go on from its last checkpoint", acting.resume)
    sub = action("delete", "delete a job that has ended, with its folder; models in the store stay", acting.delete)
    sub.add_argument("--yes", action="store_true", help="do not ask")
    sub = action("export", "write a job that has ended into one file", acting.export)
    sub.add_argument("file", type=Path, help="file to write")
    sub.add_argument(CREDENTIALED, action="store_true", help="also a job on credentialed data, whose agreement must allow it")
    sub = action("import", "take in a job from a file; nothing of it is run", acting.take_in, job=False)
    sub.add_argument("file", type=Path, help="what export wrote")
    sub.add_argument("--models", action="store_true", help="also check its models and put them into the store")
    action("table", "print a job's comparison", looking.print_table)
    action("rebuild", "make the list of jobs again from their folders", acting.rebuild, job=False)


def _start_options(parser: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments.options import experiment_options, grid_option, place_options

    experiment_options(parser)
    grid_option(parser)
    place_options(parser)
    engines = ", ".join(f"{kind.name} ({kind.title})" for kind in ENGINES)
    parser.add_argument("--engine", default="local", help=f"what runs it: {engines}; default local")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 takes one less than there are cores")
    parser.add_argument("--gpus", type=float, default=0.0, help="share of GPUs to ask a cluster for")
    parser.add_argument("--title", default="", help="a title; else one is made")
    parser.add_argument("--watch", default="", metavar="SUBJECT", help="validation subject whose attention is followed")
    parser.add_argument("--follow", action="store_true", help="then do as follow does")
