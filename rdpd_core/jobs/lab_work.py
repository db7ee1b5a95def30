"""What a worker does for the channel lab: students of every subset, their models, and what they say of each channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rdpd_core.errors import DataError, JobFileError, StoppedError
from rdpd_core.experiments.lab import Answers, Lab, answer, run_lab, view_of
from rdpd_core.jobs import states
from rdpd_core.jobs.checkpoints import Checkpoints
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.report import Reporter
from rdpd_core.jobs.sealed import read_sealed, write_sealed
from rdpd_core.jobs.spec import Spec
from rdpd_core.jobs.work import ended, save_models, write_outcomes
from rdpd_core.store import Store

ANSWERS = "lab.json"


def do_lab(folder: JobFolder, spec: Spec, tell: Reporter, should_stop: Callable[[], bool]) -> dict[str, Any]:
    """Train, predict and answer; a stop keeps every subset that was finished, and answers for these.

    Raises:
        StoppedError: It was stopped before anything was trained.
        RdpdError: As `lab.run_lab`.
    """
    store = Store([folder.inputs, *Store.default().roots])
    keeper = Checkpoints(folder.checkpoints, spec.checkpoint_s, tell)
    lab = spec.asked_lab()
    result = run_lab(lab, spec.data_root, spec.device, store, tell, should_stop, keeper)
    write_outcomes(folder, result, tell)
    channels = [c.name for c in next(iter(result.loaded.values())).prepared.windows.channels]
    models = save_models(folder, spec, result, tell, lambda: True, lambda outcome: view_of(lab, outcome, channels))
    stopped = "stopped; the subsets so far are kept, and Resume goes on from here" if should_stop() else ""

    def progress(done: int, total: int) -> None:
        tell({"kind": "scoring", "done": done, "total": total})

    tell({"kind": "stage", "key": "tables", "title": "what each channel is worth"})
    try:
        found = answer(lab, result, on_progress=progress)
    except DataError as error:
        if stopped:
            raise StoppedError(str(error)) from error
        raise
    write_sealed(folder.outcomes / ANSWERS, {"lab": lab.to_dict(), "answers": found.to_dict()})
    tell.file(folder.outcomes / ANSWERS)
    return ended(states.STOPPED if stopped else states.DONE, stopped, models, [])


def read_answers(folder: JobFolder) -> tuple[Lab, Answers]:
    """Give what was asked of the lab, and what it found.

    Raises:
        JobFileError: It has found nothing yet, or the file is not as it was written.
    """
    path = folder.outcomes / ANSWERS
    if not path.is_file():
        raise JobFileError(f"the lab {folder.path.name} has found nothing yet; it answers when its students are trained")
    found = read_sealed(path)
    return Lab.from_dict(found["lab"]), Answers.from_dict(found["answers"])
