"""`python -m rdpd_core.jobs.estimate SPEC.json`: how long a job would take here, and what to be warned of, as JSON.

What was not timed on this machine yet is timed, in seconds, in this process of low priority and with the threads of a worker.
It is kept, so that asking again answers at once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdpd_core.errors import EngineError, RdpdError
from rdpd_core.files import environment
from rdpd_core.jobs.engines.local import Local, how_ended, python_path
from rdpd_core.jobs.sealed import MOST_BYTES, sealed_bytes, unseal
from rdpd_core.jobs.spec import Spec
from rdpd_core.jobs.worker import step_back

if TYPE_CHECKING:
    from rdpd_core.experiments import Experiment
    from rdpd_core.experiments.forecast import Facts, Pace, Setup

REFUSED = 2
STDIN = "-"
LOCK_S = 300.0
"""For how long a timing waits for another one: two at once would slow each other down."""


class Timing:
    """A process that times what a spec needs and keeps it; a page asks now and then whether it is done."""

    module = "rdpd_core.jobs.estimate"

    def __init__(self, spec: Spec) -> None:
        """Start it.

        Raises:
            EngineError: No process can be started.
        """
        here = environment(PYTHONPATH=python_path())
        words = [sys.executable, "-m", self.module, STDIN]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (kept open; a pipe that nobody reads could fill up)
        self._failure = ""
        with tempfile.TemporaryFile() as asked:
            asked.write(sealed_bytes(spec.to_dict()))
            asked.seek(0)
            try:
                self.process = subprocess.Popen(words, stdin=asked, stdout=subprocess.DEVNULL, stderr=self._said, env=here)
            except OSError as error:
                raise EngineError(f"no process could be started to time a few steps: {error.strerror}") from error

    def done(self) -> bool:
        """Say whether it has ended.

        Raises:
            EngineError: It failed; the message is its own.
        """
        code = self.process.poll()
        if code is not None and not self._said.closed:
            with self._said:
                self._said.seek(0)
                lines = self._said.read().decode(errors="replace").strip().splitlines()
            self._failure = (lines[-1] if lines else how_ended(code)) if code else ""
        if self._failure:
            raise EngineError(f"a few steps could not be timed: {self._failure}")
        return code == 0


def main(argv: Sequence[str] | None = None) -> int:
    """Print the estimate of a spec; gives the exit code, 2 if it is refused."""
    parser = argparse.ArgumentParser(
        prog="python -m rdpd_core.jobs.estimate", description="Say how long a job would take here, without starting it."
    )
    parser.add_argument("spec", help="the spec of a job, as spec.json in its folder; - reads it from standard input")
    given = parser.parse_args(argv)
    try:
        told = estimate(_read(given.spec))
    except RdpdError as error:
        print(error, file=sys.stderr)
        return REFUSED
    print(json.dumps(told, ensure_ascii=False, indent=1))
    return 0


def estimate(spec: Spec) -> dict[str, Any]:
    """Give the forecast of a job and the concerns about it, as plain values; times what was not timed before.

    Raises:
        RdpdError: The spec asks for something that is not here, or the data set cannot be read.
    """
    from rdpd_core import runtime
    from rdpd_core.experiments.concerns import concerns
    from rdpd_core.experiments.forecast import forecast, forecast_study, room_of, setup_of
    from rdpd_core.files import work_root

    started_s = time.process_time()
    experiments = spec.asked() if spec.lab is None else spec.asked_lab().as_experiments()
    setup = setup_of(spec.device, spec.threads or Local().threads(spec.device))
    facts = facts_for(experiments, spec.data_root)
    with runtime.threads(setup.threads):
        pace = timed(experiments, facts, setup, started_s)
    if len(experiments) > 1 or spec.kind == "study":
        found = forecast_study(experiments, facts, pace, setup)
    else:
        found = forecast(experiments[0], facts, pace, setup)
    room = room_of(work_root() / "jobs", setup.device)
    told = [c._asdict() for e in experiments for c in concerns(e, facts, found, room, data_root=spec.data_root)]
    return {"forecast": found.to_dict(), "concerns": [c for at, c in enumerate(told) if c not in told[:at]]}


def facts_for(experiments: Sequence[Experiment], data_root: str | Path | None = None) -> dict[tuple[str, str], Facts]:
    """Give the facts of every data set and split that is asked for and was read before."""
    from rdpd_core.experiments.forecast import facts_at_hand

    asked: dict[str, dict[str, None]] = {}
    for experiment in experiments:
        asked.setdefault(experiment.dataset, {}).update(dict.fromkeys(experiment.splits))
    found: dict[tuple[str, str], Facts] = {}
    for name, splits in asked.items():
        found |= facts_at_hand(name, splits, data_root)
    return found


def timed(
    experiments: Sequence[Experiment], facts: Mapping[tuple[str, str], Facts], setup: Setup, started_s: float
) -> dict[str, Pace]:
    """Give the pace of everything that is asked for, by digest of its shape; what is not known is measured and kept.

    Args:
        experiments: What is asked.
        facts: By data set and split.
        setup: This machine, as a worker would use it.
        started_s: What it took to start this process, in s.
    """
    import torch

    from rdpd_core.experiments.forecast import keep, known, measure, needed
    from rdpd_core.files import cache_root, lock

    found = {}
    for experiment, about, role, shape, members in needed(experiments, facts):
        pace = known(shape, setup, members)
        if pace is None:
            with lock(cache_root() / "pace" / ".lock", LOCK_S):
                pace = known(shape, setup, members)  # somebody else may have measured it meanwhile
                if pace is None:
                    pace = measure(experiment, about, role, members, torch.device(setup.device), started_s)
                    keep(shape, setup, pace)
        found[shape.digest] = pace
    return found


def _read(place: str) -> Spec:
    if place == STDIN:
        return Spec.from_dict(unseal(sys.stdin.buffer.read(MOST_BYTES + 1), "the spec"))
    return Spec.read(Path(place))


if __name__ == "__main__":
    from rdpd_core.runtime import keep_freed_memory

    step_back()
    keep_freed_memory()  # as a worker does
    sys.exit(main())
