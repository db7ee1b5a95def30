"""`python3 -m tests.browser.measure`: how quick the app is in a real browser, idle and while a job trains, as a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rdpd_core import environment

PARTS = {
    "first": "first content after the server is ready, and on a later visit",
    "subject": "another subject in the case study",
    "page": "another page",
    "slider": "a move of a slider: noise on the what-if page, window of the case study",
    "visitors": "20 visitors of the case study at once",
}
IDLE, TRAINING = "idle", "while a job trains"


def parser() -> argparse.ArgumentParser:
    """Give the options of the command."""
    found = argparse.ArgumentParser(prog="python3 -m tests.browser.measure", description=__doc__)
    found.add_argument("--n", type=_number, default=200, help="interactions of each kind; default 200")
    found.add_argument("--starts", type=_number, help="starts of the server; by default a twentieth of n, at least 2")
    told = "; ".join(f"{name}: {what}" for name, what in PARTS.items())
    found.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=told)
    loads = found.add_mutually_exclusive_group()
    loads.add_argument("--idle", dest="loads", action="store_const", const=[IDLE], help="only while nothing else runs")
    loads.add_argument("--training", dest="loads", action="store_const", const=[TRAINING], help="only while a job trains")
    found.add_argument("--visitors", type=_number, default=20, help="how many at once; default 20")
    found.add_argument("--pause", type=float, default=3.0, help="seconds a visitor looks at a subject, on average; default 3")
    told = "folder of caches and results, kept for the next time; by default a new one, which is removed"
    found.add_argument("--home", type=Path, help=told)
    found.set_defaults(loads=[IDLE, TRAINING])
    return found


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of times; give a whole number from 1")
    return int(text)


def main() -> int:
    """Measure and print the table; gives the exit code: 1 if an interaction failed or an error was shown."""
    options = parser().parse_args()
    environment.enter("tests.browser.measure", ["requirements.txt", "tests/requirements.txt"])
    from tests.browser import measure_run

    return measure_run.run(options)


if __name__ == "__main__":
    sys.exit(main())
