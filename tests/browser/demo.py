"""`python3 -m tests.browser.demo --times 20`: plays a demonstration of the whole app without network, and counts what fails."""

from __future__ import annotations

import argparse
import sys

from rdpd_core import environment
from tests.browser import cut_off

MODULE = "tests.browser.demo"


def parser() -> argparse.ArgumentParser:
    """Give the options of the command."""
    found = argparse.ArgumentParser(prog=f"python3 -m {MODULE}", description=__doc__)
    found.add_argument("--times", type=int, default=1, help="how many demonstrations, one after the other")
    found.add_argument("--pace", type=float, default=0.0, metavar="S", help="seconds that a presenter waits after each click")
    found.add_argument("--short", action="store_true", help="one guided case instead of all, and no job")
    return found


def main() -> int:
    """Play; gives the exit code: 1 if anything failed."""
    options = parser().parse_args()
    environment.enter(MODULE, ["requirements.txt", "tests/requirements.txt"])  # before there is no network any more
    cut = cut_off.enter(MODULE, sys.argv[1:])
    print("No network at all." if cut else "The browser's requests elsewhere are dropped; the server's proxy leads nowhere.")
    from tests.browser import demo_run

    return demo_run.run(options)


if __name__ == "__main__":
    sys.exit(main())
