"""Rebuilding the models that come with the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rdpd_core.errors import UnknownNameError
from rdpd_core.experiments.arms import PAPER_ARMS
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.keep import keep
from rdpd_core.experiments.run import run
from rdpd_core.store import ModelCard, Store

SEEDS = 3


@dataclass(frozen=True)
class Shipped:
    """Views of one data set whose models come with the program."""

    dataset: str
    views: tuple[str, ...]


# Oracle-size students are as large as teachers and would take the folder over its limit of 20 MB; `compare` trains them.
SHIPPED = (
    Shipped("simulated_ecg", ("lead_I", "limb")),
    Shipped("dsads", ("right_arm", "left_arm", "torso", "right_leg", "left_leg")),
    Shipped("ptbxl", ("lead_I",)),
)


def pretrain(
    out: Path,
    only: Sequence[str] | None = None,
    data_root: str | Path | None = None,
    device: str = "auto",
    report: Callable[[dict], None] | None = None,
) -> list[ModelCard]:
    """Train teachers and all arms of the paper with 3 seeds in the recipe `tuned`, and save them.

    The teachers of a data set are trained once and teach the students of all its views.

    Args:
        out: Folder of the store to write.
        only: Names of data sets; None takes all.
        data_root: Where data sets lie.
        device: As in `runtime.pick_device`.
        report: Told of stages, steps and epochs.

    Raises:
        UnknownNameError: `only` names a data set of which nothing is shipped.
        MissingDataError: The files of a data set are not there.
    """
    names = [entry.dataset for entry in SHIPPED]
    for name in only or ():
        if name not in names:
            raise UnknownNameError("shipped data set", name, names)
    store, cards = Store([out]), []
    for entry in SHIPPED:
        if only and entry.dataset not in only:
            continue
        teachers = None
        for view in entry.views:
            experiment = Experiment(dataset=entry.dataset, view=view, arms=PAPER_ARMS, seeds=SEEDS, recipe="tuned")
            result = run(experiment, data_root, device, report=report, teachers=teachers)
            created = datetime.now(UTC).isoformat(timespec="seconds")
            new = [o for o in result.outcomes if o.arm != "teacher" or teachers is None]
            cards += keep(result, store, created, new)
            teachers = result.teachers
    return cards
