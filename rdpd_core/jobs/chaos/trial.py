"""What a trial found, and the small jobs that are broken in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rdpd_core.errors import TrainingError
from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.spec import Spec

LIMIT_S = 300.0


@dataclass(frozen=True)
class Trial:
    """One line of the table.

    Attributes:
        what: What was done.
        n: How often.
        found: What came of it, in words.
        bad: How often it went wrong; 0 is what everybody wants.
    """

    what: str
    n: int
    found: str
    bad: int


def small_spec(dataset: str = "simulated_ecg", epochs: int = 12, seed: int = 0, arms: Sequence[str] = ("direct",)) -> Spec:
    """Give a job of a few seconds.

    Args:
        dataset: Name.
        epochs: All of which are trained.
        seed: Tells jobs apart.
        arms: What is trained.
    """
    from rdpd_core.experiments import Experiment

    experiment = Experiment(
        dataset=dataset, arms=tuple(arms), seeds=1, first_seed=seed, recipe="paper", epochs=epochs, patience=epochs, share=0.2
    )
    return Spec(
        kind="experiment", title=f"chaos {seed}", dataset=dataset, experiments=(experiment.to_dict(),), device="cpu", threads=1,
        checkpoint_s=0.0, keep_models=False,
    )  # fmt: skip


def until(wanted: Callable[[], bool], each: Callable[[], None] = lambda: None, poll_s: float = 0.01) -> None:
    """Wait for something.

    Raises:
        TrainingError: It did not come in five minutes.
    """
    last = time.monotonic() + LIMIT_S
    while not wanted():
        each()
        if time.monotonic() > last:
            raise TrainingError("a trial waited five minutes in vain; look at the logs of its jobs")
        time.sleep(poll_s)


def finish(desk: Desk, job: str) -> Job:
    """Wait for a job to end."""
    until(lambda: desk.job(job).state.ended, desk.tick)
    return desk.job(job)


def again(spec: Spec) -> Spec:
    """Give the same work as a new job."""
    return replace(spec, id="", created=0.0)


def spread(values: Sequence[float], unit: str = "s", digits: int = 3) -> str:
    """Give median, 95th percentile and maximum in words."""
    if not len(values):
        return "none"
    median, late, most = np.median(values), np.quantile(values, 0.95), max(values)
    return f"median {median:.{digits}f}, p95 {late:.{digits}f}, most {most:.{digits}f} {unit}"
