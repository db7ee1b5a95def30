"""From experiments to a job: what is asked, where it is to run, and what it is called."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdpd_core.errors import ParameterError
from rdpd_core.jobs.spec import Spec

if TYPE_CHECKING:
    from rdpd_core.experiments import Experiment
    from rdpd_core.experiments.lab import Lab

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,2})?")
_LONGEST_TITLE = 200


def spec_of(
    experiments: Sequence[Experiment],
    *,
    title: str = "",
    engine: str = "local",
    device: str = "auto",
    data_root: str | None = None,
    **place: Any,
) -> Spec:
    """Give the job that runs experiments: one alone, or a study of several, or of one that is too large for one piece.

    Args:
        experiments: At least one.
        title: For people; empty takes one from the experiments.
        engine: What runs it.
        device: What computes.
        data_root: Where data sets lie; None takes, on this machine, what holds here now.
        place: Other fields of `Spec`: threads, gpus, watch, keep_models, checkpoint_s.

    Raises:
        ParameterError: No experiment, or no such device, here if it is to run here.
        MissingDataError: The recordings are not on this machine, on which it is to run.
    """
    from rdpd_core.experiments.study import needs_cutting

    if not experiments:
        raise ParameterError("a job needs at least one experiment")
    kind = "study" if len(experiments) > 1 or needs_cutting(experiments[0]) else "experiment"
    return _spec(kind, experiments, title.strip() or title_of(experiments), engine, device, data_root, place)


def spec_of_lab(
    lab: Lab, *, title: str = "", engine: str = "local", device: str = "auto", data_root: str | None = None, **place: Any
) -> Spec:
    """Give the job that trains students of every subset of some channels; arguments and errors as of `spec_of`."""
    beside = {name: value for name, value in lab.to_dict().items() if name != "base"}
    units = [unit.name for unit in lab.units]
    made = f"channel lab, {lab.subsets} subsets of {len(units)} {lab.by}, {_count(lab.base.seeds, 'seed')}, {lab.base.dataset}"
    return _spec("lab", [lab.base], title.strip() or made, engine, device, data_root, {**place, "lab": beside})


def spec_of_series(
    experiments: Sequence[Experiment],
    *,
    title: str,
    engine: str = "local",
    device: str = "auto",
    data_root: str | None = None,
    **place: Any,
) -> Spec:
    """Give the job that runs experiments one after another and keeps their records; arguments and errors as of `spec_of`."""
    if not experiments:
        raise ParameterError("a series needs at least one experiment")
    return _spec("series", experiments, title, engine, device, data_root, {**place, "keep_models": False})


def _spec(
    kind: str,
    experiments: Sequence[Experiment],
    title: str,
    engine: str,
    device: str,
    data_root: str | None,
    place: Mapping[str, Any],
) -> Spec:
    from rdpd_core.datasets import DATASETS
    from rdpd_core.runtime import pick_device, versions

    if not _DEVICE.fullmatch(device):
        raise ParameterError(
            f"device {device!r}: choose one of auto, cpu, mps and cuda, or one GPU as cuda:0, cuda:1 and so on"
        )
    if engine == "local":
        # The worker may be started anew by a process with another environment and another folder.
        data_root = data_root or os.environ.get("RDPD_DATA")
        pick_device(device)
        for name in dict.fromkeys(e.dataset for e in experiments):
            DATASETS.get(name)(data_root).check()
    return Spec(
        kind=kind,
        title=title.strip()[:_LONGEST_TITLE],
        dataset=experiments[0].dataset,
        experiments=tuple(e.to_dict() for e in experiments),
        engine=engine,
        device=device,
        data_root=None if data_root is None else str(Path(data_root).expanduser().absolute()),
        versions=versions(),
        **place,
    )


def title_of(experiments: Sequence[Experiment]) -> str:
    """Give a title: "RDPD and 5 more arms, lead_I, 5 seeds, simulated_ecg"; a study says what it varies."""
    first, several = experiments[0].to_dict(), len(experiments) > 1
    varied = [name for name in first if any(e.to_dict()[name] != first[name] for e in experiments)]
    words = [f"{len(experiments)} experiments over {_listed([n.replace('_', ' ') for n in varied])}"] if several else []
    words += [] if "arms" in varied else [_arms(experiments[0].arms)]
    words += [] if "view" in varied else [first["view"]]
    words += [] if "seeds" in varied else [_count(first["seeds"], "seed")]
    splits = len(experiments[0].splits)
    words += [f"{splits} splits"] if splits > 1 and "split" not in varied else []
    return ", ".join([*words, first["dataset"]])[:_LONGEST_TITLE]


def _arms(names: Sequence[str]) -> str:
    from rdpd_core.experiments.arms import ARMS

    first = "rdpd" if "rdpd" in names else names[-1]
    others = [name for name in names if name != first]
    if len(others) < 2:
        return _listed([ARMS[name].title for name in [*others, first]])
    return f"{ARMS[first].title} and {len(others)} more arms"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "nothing"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
