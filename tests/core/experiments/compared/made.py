"""Finished experiments made by hand: answers that are right as often as the test wants, and nothing trained."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from rdpd_core.evaluation import Predictions, Run, compare
from rdpd_core.experiments.compared import Entry
from rdpd_core.files import digest_json
from rdpd_core.runtime import numpy_generator

CLASSES = ("a", "b", "c")
RIGHT = {"teacher": 0.95, "direct": 0.6, "distill": 0.6, "rdpd": 0.9}


def said(accuracy: float, key: object, people: int = 12, each: int = 10, classes: tuple[str, ...] = CLASSES) -> Predictions:
    """Give answers about some windows of some people, right as often as told."""
    n, k = people * each, len(classes)
    target = np.arange(n) % k
    draw = numpy_generator("said", key)
    named = np.where(draw.random(n) < accuracy, target, (target + draw.integers(1, k, n)) % k)
    rows = np.full((n, k), 0.1) + 0.8 * np.eye(k)[named] + draw.uniform(0, 0.05, (n, k))
    about = {"target": target, "subject": [f"p{at // each:02d}" for at in range(n)], "recording": ["r"] * n}
    return Predictions(rows / rows.sum(axis=1, keepdims=True), classes=classes, **about)


def runs(right: dict[str, float], seeds: int, split: str = "s0", key: object = 0) -> list[Run]:
    """Give a run of every arm and seed."""
    return [Run(arm, seed, split, said(share, (key, arm, seed))) for arm, share in right.items() for seed in range(seeds)]


def entry(
    number: int = 1, job: str = "abcd1234abcd1234", seeds: int = 6, right: dict[str, float] = RIGHT, **asked: Any
) -> Entry:
    """Give an experiment; what is asked of it goes into its record, and tells its answers from others."""
    experiment = {"dataset": "simulated_ecg", "view": "lead_I", "split": "s0", "noise": 0.0, **asked}
    found = compare(runs(right, seeds, experiment["split"], repr(sorted(asked.items()))), "direct", draws=100)
    return Entry(
        key=f"{job[:8]}.{number}",
        job=job,
        title="a job",
        experiment=experiment,
        comparison=found,
        command="python -m rdpd_core compare simulated_ecg",
        notices=("Simulated data: no person was measured.",),
        digest=digest_json(found.to_dict()),
        windows={experiment["split"]: "0" * 64},
        versions={"torch": "2"},
    )


def result(given: Entry, right: dict[str, float] = RIGHT, seeds: int = 6) -> Any:
    """Give what stands for the experiment with all its answers, the same as `entry` compared."""
    asked = {name: value for name, value in given.experiment.items() if name not in ("dataset", "split")}
    usual = {"view": "lead_I", "noise": 0.0}
    own = {name: value for name, value in asked.items() if value != usual.get(name)}
    made = runs(right, seeds, str(given.experiment["split"]), repr(sorted(own.items())))
    return SimpleNamespace(
        outcomes=tuple(SimpleNamespace(arm=r.arm, seed=r.seed, split=r.fold, predictions={"test": r.predictions}) for r in made)
    )


def outcomes(arms: tuple[str, ...] = ("teacher", "direct", "rdpd"), seeds: int = 2, epochs: int = 3) -> list[dict[str, Any]]:
    """Give what a job keeps of the models of an experiment on the simulated ECG."""
    student = {"segments": 4, "filters": 16, "kernel": 32, "stride": 8, "hidden": 8, "second_conv": True}
    found = []
    for arm in arms:
        for seed in range(seeds):
            history = [{"epoch": e, "losses": {}, "score": 0.5 + 0.1 * e + 0.02 * seed} for e in range(1, epochs + 1 + seed)]
            rows = list(range(15)) if arm == "teacher" else [0]
            found.append(
                {
                    "arm": arm,
                    "seed": seed,
                    "split": "s0",
                    "rows": rows,
                    "model": "rcnn",
                    "model_params": student,
                    "training": {"history": history},
                }
            )
    return found
