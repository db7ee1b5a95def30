"""What a worker does: an experiment from recordings to tables and models, or the merging of a study's shards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import safetensors.torch
from torch import Tensor

from rdpd_core.errors import JobFileError, StoppedError
from rdpd_core.experiments import Experiment, Loaded, Result, card_of, comparison_of, run
from rdpd_core.experiments.archive import merge, pack, unpack
from rdpd_core.experiments.keep import is_new
from rdpd_core.experiments.networks import words_of_setting
from rdpd_core.experiments.outcome import Outcome
from rdpd_core.experiments.printed import record_of
from rdpd_core.files import digest_bytes, write_atomic
from rdpd_core.jobs import filing, states
from rdpd_core.jobs.checkpoints import Checkpoints
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.report import Reporter
from rdpd_core.jobs.sealed import read_sealed, write_sealed
from rdpd_core.jobs.spec import Spec
from rdpd_core.store import Store

TENSORS, FACTS = "outcomes.safetensors", "outcomes.json"
_COMMON = ("dataset", "view", "arms", "seeds", "first_seed", "split", "teacher")
"""What the title of a study's part need not say."""


def do_experiment(folder: JobFolder, spec: Spec, tell: Reporter, should_stop: Callable[[], bool]) -> dict[str, Any]:
    """Train, predict, compare, and keep the models; a stop keeps the best model so far of everything that was trained.

    Raises:
        StoppedError: It was stopped before anything was trained.
        RdpdError: As `experiments.run`.
    """
    store = Store([folder.inputs, *Store.default().roots])
    keeper = Checkpoints(folder.checkpoints, spec.checkpoint_s, tell)
    (experiment,) = spec.asked()
    result = run(experiment, spec.data_root, spec.device, store, tell, should_stop, keeper=keeper, watch_subject=spec.watch)
    write_outcomes(folder, result, tell)
    models = save_models(folder, spec, result, tell, should_stop)
    if not should_stop():
        try:
            tables = [_table(result, tell, should_stop)]
            return ended(states.DONE, "", models, tables)
        except StoppedError:
            pass  # the models are kept; the tables are made when the job goes on
    return ended(states.STOPPED, "stopped; the best models so far are kept, and Resume goes on from here", models, [])


def merge_study(folder: JobFolder, spec: Spec, tell: Reporter, should_stop: Callable[[], bool]) -> dict[str, Any]:
    """Put the shards of a study together: one table for each of its experiments, from whatever its shards have.

    Raises:
        StoppedError: No shard has anything to show.
    """
    shards = [JobFolder(p) for p in sorted(folder.shards.iterdir()) if p.is_dir()]
    ends = [
        shard.record("result") or {"status": states.STOPPED, "reason": "it has no result", "models": []} for shard in shards
    ]
    found: dict[str, list[Result]] = {}
    data: dict[str, Loaded] = {}
    for at, shard in enumerate(shards):
        tell({"kind": "stage", "key": "merge", "title": "merging shards"})
        tell({"kind": "scoring", "done": at, "total": len(shards)})
        if (shard.outcomes / FACTS).exists():
            found.setdefault(shard.spec().whole, []).append(unpack(*open_outcomes(shard), spec.data_root, data))
    whole = {experiment.digest(): experiment for experiment in spec.asked()}
    tables = [_table(replace(merge(found[key]), experiment=whole[key]), tell, should_stop) for key in whole if key in found]
    status, reason = _of_all(ends, shards)
    if not tables and status == states.STOPPED:
        raise StoppedError("stopped before the first shard had anything to show")
    return ended(status, reason, [key for end in ends for key in end["models"]], tables)


def _of_all(ends: list[dict[str, Any]], shards: list[JobFolder]) -> tuple[str, str]:
    for status in (states.FAILED, states.STOPPED):
        at = next((n for n, end in enumerate(ends) if end["status"] == status), None)
        if at is not None:
            return status, f"shard {at + 1} of {len(shards)} {status}: {ends[at]['reason']}; the table holds the others"
    return states.DONE, ""


def ended(status: str, reason: str, models: list[str], tables: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the record of how a job ended."""
    return {"status": status, "reason": reason, "models": models, "tables": tables}


def _table(result: Result, tell: Reporter, should_stop: Callable[[], bool]) -> dict[str, Any]:
    def progress(done: int, total: int) -> None:
        tell({"kind": "scoring", "done": done, "total": total})
        if should_stop():
            raise StoppedError("stopped while intervals were computed")

    tell({"kind": "stage", "key": "tables", "title": "intervals and tests"})
    return record_of(result, comparison_of(result, on_progress=progress))


def save_models(
    folder: JobFolder,
    spec: Spec,
    result: Result,
    tell: Reporter,
    hurry: Callable[[], bool],
    view_of: Callable[[Outcome], str] | None = None,
) -> list[str]:
    """Save the models in the job's own store, and in the user's if they are to be kept; give their keys.

    Args:
        folder: Of the job.
        spec: What was asked.
        result: What was trained.
        tell: Told of every file.
        hurry: Asked before every model; from a yes on, cards get no intervals.
        view_of: Gives the name of the view that a model reads, where models differ in it.
    """
    created = datetime.now(UTC).isoformat(timespec="seconds")
    own, made = Store([folder.models]), []
    tell({"kind": "stage", "key": "models", "title": "scoring and saving models"})
    outcomes = [o for o in result.outcomes if is_new(result.experiment, o)]
    about, tag = _lineage(spec, result.experiment)
    for at, outcome in enumerate(outcomes):
        own_result = result if view_of is None else _of_view(result, view_of(outcome))
        card = card_of(own_result, outcome, created, intervals=not hurry())
        card = replace(card, name=f"{card.name}-{tag}", training={**card.training, **about})
        made.append(own.save(card, outcome.weights, overwrite=True))
        place = own.folder(card.dataset, card.name)
        for file in sorted(place.iterdir()):
            tell.file(file)
        tell({"kind": "scoring", "done": at + 1, "total": len(outcomes)})
    if spec.keep_models and spec.engine == "local":
        filing.file_models(folder)
    return [card.key for card in made]


def _of_view(result: Result, view: str) -> Result:
    return replace(result, experiment=replace(result.experiment, view=view))


def _lineage(spec: Spec, experiment: Experiment) -> tuple[dict[str, str], str]:
    """Give what a card says of the job that made its model, and the end of the model's name; a study's experiments differ."""
    job = spec.parent or spec.id
    if spec.parent is None:
        return {"job": job, "job_title": spec.title}, job[:6]
    own = {name: value for name, value in experiment.departures().items() if name not in _COMMON}
    words = ", ".join(f"{name.replace('_', ' ')} {' '.join(words_of_setting(name, value))}" for name, value in own.items())
    title = spec.title.rpartition(", shard ")[0] or spec.title
    about = {"job": job, "job_part": spec.whole[:4], "job_title": f"{title}: {words}" if words else title}
    return about, f"{job[:6]}-{spec.whole[:4]}"


def write_outcomes(folder: JobFolder, result: Result, tell: Reporter) -> None:
    """Write what was trained and what it predicts.

    Raises:
        DataError: The disk is full, or the folder cannot be written.
    """
    tensors, facts = pack(result)
    data = safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()})
    write_atomic(folder.outcomes / TENSORS, data)
    write_sealed(folder.outcomes / FACTS, {"tensors_sha256": digest_bytes(data), "facts": facts})
    tell.file(folder.outcomes / TENSORS)
    tell.file(folder.outcomes / FACTS)


def open_outcomes(folder: JobFolder) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Give what a job wrote of its outcomes, as `experiments.archive.pack` gave it.

    Raises:
        JobFileError: A file is missing, or is not as it was written.
    """
    sealed = read_sealed(folder.outcomes / FACTS)
    try:
        data = (folder.outcomes / TENSORS).read_bytes()
    except OSError as error:
        raise JobFileError(f"{folder.path.name}/outcomes/{TENSORS} cannot be read: {error.strerror}") from error
    if digest_bytes(data) != sealed["tensors_sha256"]:
        raise JobFileError(
            f"{folder.path.name}/outcomes/{TENSORS} is not as it was written (its sha256 differs); resume the study"
        )
    return safetensors.torch.load(data), sealed["facts"]
