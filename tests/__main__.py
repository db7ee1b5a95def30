"""`python3 -m tests [quick | trials] [pytest's own arguments]`: makes the environment if need be and runs the tests in it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from rdpd_core import environment

USAGE = """usage: python3 -m tests [quick | trials] [arguments of pytest]

  (nothing)   every test but the trials, those in a browser too
  quick       all but the slow ones and those in a browser: what takes less than about a second each
  trials      only these: ends of servers, workers, connections and clusters at many moments, and the commands that measure
              and demonstrate, in short; before a release, and after changes to jobs or engines
  arguments   go to pytest, for example: quick -k registry, or tests/core/test_files.py -x

Tests run in several processes, three for two cores that may be used; one file, -n 0, -s, --pdb and --trace keep to this one."""
CHOSEN = {"": "not trial", "quick": "not slow and not browser", "trials": "trial"}
SPREAD = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
"""How many processes that is says `tests/conftest.py`; what a person gives comes later and wins."""


def main(argv: Sequence[str]) -> int:
    """Run the tests; gives pytest's exit code."""
    if argv and argv[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    environment.enter("tests", ["requirements.txt", "tests/requirements.txt"])
    import pytest

    keep_bytecode()
    os.chdir(environment.ROOT)
    which = argv[0] if argv and argv[0] in CHOSEN else ""
    began = time.monotonic()
    code = int(pytest.main(["-c", ".pytest.toml", *SPREAD, "-m", CHOSEN[which], *argv[bool(which) :]]))
    verdict = {0: "passed", 1: "FAILED", 5: "no test was chosen"}.get(code, "could not be run to the end")
    title = {"": "tests", "quick": "quick tests"}.get(which, which)
    print(f"{title}: {verdict} (exit code {code}) after {time.monotonic() - began:.0f} s", flush=True)
    return code


def keep_bytecode() -> None:
    """Let Python keep what it compiled, also where a machine says otherwise.

    Hundreds of processes are started, each of which would compile the whole program anew, and the assertions of all tests are
    rewritten for every process that collects them: without it a quarter of a minute goes by before the first test.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
