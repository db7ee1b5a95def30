"""Experiments one after another, of which only the records are kept: one process, teachers shared by those that share them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rdpd_core.errors import StoppedError
from rdpd_core.experiments.build import recipe_of
from rdpd_core.experiments.data import parts_of
from rdpd_core.experiments.evidence.cell import Cell
from rdpd_core.experiments.evidence.making import cell_of
from rdpd_core.experiments.evidence.shelf import key_of
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.run import read, run
from rdpd_core.experiments.stages import plan_of
from rdpd_core.experiments.teachers import Teachers
from rdpd_core.files import digest_json
from rdpd_core.preprocessing import Splits
from rdpd_core.store import Store
from rdpd_core.training import Keeper, Oversight, State, Stop
from rdpd_core.training.oversight import Report

TAG = 10
_OF_STUDENTS = (
    "view", "arms", "taught_by", "width", "attention_form", "combined_bias", "last_batch", "imitation",
)  # fmt: skip
"""Settings that no teacher depends on."""
_OF_LABELS = ("wrong_labels", "unlabeled", "unlabeled_by")
"""What is done to the labels; it reaches teachers only if they learn from the same."""
_POOR_NOISE = ("noise", "noise_on", "noise_kind")


@dataclass(frozen=True)
class Room:
    """Where a series is at home.

    Attributes:
        data_root: Where data sets lie.
        device: As in `runtime.pick_device`.
        store: Where a stored teacher is looked up; None takes the default one.
        report: Told of everything, as by `experiments.run`; stages carry the title of their experiment.
        should_stop: Asked after every step.
        keeper: Keeps the state of every stage.
    """

    data_root: str | Path | None = None
    device: str = "auto"
    store: Store | None = None
    report: Report | None = None
    should_stop: Callable[[], bool] | None = None
    keeper: Keeper | None = None


def run_series(
    experiments: Sequence[Experiment], find: Callable[[str, str], Cell | None], put: Callable[[Cell], None], room: Room
) -> bool:
    """Run those experiments that have no record yet; every record is handed over as soon as it is there.

    Args:
        experiments: Of one data set.
        find: Gives the record of a key that is of the recordings with a digest, or None.
        put: Takes a record.
        room: Data, device, and who watches.

    Returns:
        Whether all are done; a stop leaves the rest out, and the keeper's states let it go on.

    Raises:
        RdpdError: As `experiments.run`.
    """
    stop = Stop(room.should_stop)
    dataset, prepared = read(experiments[0], room.data_root, Oversight(room.report or (lambda event: None), stop))
    apart = {key_of(e): e for e in experiments}
    missing = [e for key, e in apart.items() if find(key, prepared.windows.digest) is None]
    titles = dict(zip(apart, titles_of(list(apart.values())), strict=True))
    if room.report is not None:
        splits = dict.fromkeys(split for e in missing for split in e.splits)
        room.report(_plan(missing, {name: parts_of(dataset, prepared, name) for name in splits}, titles))
    taught: dict[str, dict[str, Teachers]] = {}
    for experiment in missing:
        if stop():
            return False
        shared, tag = teacher_key(experiment), key_of(experiment)[:TAG]
        tell = _told(room.report, tag, titles[key_of(experiment)])
        keeper = None if room.keeper is None else _Apart(room.keeper, tag, shared[:TAG])
        try:
            result = run(
                experiment, room.data_root, room.device, room.store, tell, stop, teachers=taught.get(shared), keeper=keeper
            )
        except StoppedError:
            return False
        if stop():  # what was cut off is no record; its states are kept
            return False
        taught = {shared: result.teachers}
        tell({"kind": "stage", "key": "tables", "title": "intervals and tests"})
        put(cell_of(result, lambda done, total, tell=tell: tell({"kind": "scoring", "done": done, "total": total})))
    return True


def teacher_key(experiment: Experiment) -> str:
    """Give what the teachers of an experiment depend on; experiments that agree in it can share them."""
    left = set(_OF_STUDENTS) | (set(_POOR_NOISE) if experiment.noise_on == "poor" else set())
    left |= set() if experiment.teacher_labels == "same" else set(_OF_LABELS)
    if recipe_of(experiment).teacher_temperature is not None:
        left.add("temperature")
    asked = {f.name: getattr(experiment, f.name) for f in fields(experiment) if f.name not in left | {"architecture"}}
    return digest_json([asked, experiment.architecture.get("teacher", {})])


def titles_of(experiments: Sequence[Experiment]) -> list[str]:
    """Give each experiment a title by what tells it from the others: "torso, noise 0.5"; one alone is called by its view."""
    plain = [e.to_dict() for e in experiments]
    varied = [name for name in plain[0] if any(one[name] != plain[0][name] for one in plain)] if plain else []
    return [", ".join(_word(name, one[name]) for name in varied) or one["view"] for one in plain]


def _word(name: str, value: Any) -> str:
    if name == "view":
        return str(value)
    shown = f"{value:g}" if isinstance(value, float) else "+".join(value) if isinstance(value, (list, tuple)) else value
    return f"{name.replace('_', ' ')} {shown}"


def _plan(experiments: Sequence[Experiment], parts: Mapping[str, Splits], titles: Mapping[str, str]) -> dict[str, Any]:
    """Give the event that tells what is to come, for all experiments together."""
    stages: list[dict[str, Any]] = []
    before = ""
    for experiment in experiments:
        shared, key = teacher_key(experiment), key_of(experiment)
        for stage in plan_of(experiment, parts, experiment.splits if shared == before else ()):
            stages.append({**stage, "key": f"{key[:TAG]}/{stage['key']}", "title": f"{titles[key]}: {stage['title']}"})
        before = shared
    return {"kind": "plan", "stages": stages}


def _told(report: Report | None, tag: str, title: str) -> Report:
    """Give who is told of one experiment: its stages carry its name, and its own plan is part of that of the series."""

    def tell(event: Mapping[str, Any]) -> None:
        if report is None or event["kind"] == "plan":
            return
        told = {name: f"{tag}/{value}" if name in ("key", "stage") else value for name, value in event.items()}
        if event["kind"] == "stage":
            told["title"] = f"{title}: {event['title']}"
        report(told)

    return tell


class _Apart:
    """A keeper of one experiment within that of a series; teachers lie where all that share them look."""

    def __init__(self, keeper: Keeper, own: str, shared: str) -> None:
        self._keeper, self._own, self._shared = keeper, own, shared

    def load(self, stage: str) -> State | None:
        return self._keeper.load(self._name(stage))

    def due(self, stage: str, epoch_ended: bool) -> bool:
        return self._keeper.due(self._name(stage), epoch_ended)

    def save(self, stage: str, state: State, done: bool) -> None:
        self._keeper.save(self._name(stage), state, done)

    def _name(self, stage: str) -> str:
        return f"{self._shared if stage.endswith('/teacher') else self._own}/{stage}"
