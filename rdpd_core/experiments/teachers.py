"""The teachers of an experiment: trained for it, or taken from the store, and what they say about training windows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from rdpd_core.errors import IncompatibleError
from rdpd_core.experiments.build import (
    MODEL,
    asks_live,
    model_params,
    recipe_of,
    teacher_cohort,
    teacher_name,
    training_params,
)
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.out_of_fold import Apart, teachers_apart
from rdpd_core.experiments.outcome import Outcome, both_parts
from rdpd_core.experiments.stages import asks_apart
from rdpd_core.experiments.taught import teacher_models, train_once
from rdpd_core.experiments.work import Work
from rdpd_core.files import cache_root, digest_bytes, digest_json
from rdpd_core.models import Model
from rdpd_core.preprocessing import Interface, Statistics, check_fit, interface
from rdpd_core.store import ModelCard, Store
from rdpd_core.store.weights import encode
from rdpd_core.training import ApartTeacher, Knowledge, LiveTeacher, Trained, kept_answers, stored_knowledge


@dataclass(frozen=True)
class Teachers:
    """Teachers and their knowledge.

    Attributes:
        models: G networks that read all channels.
        digests: Of their weights.
        of_seed: Which of them a seed listens to.
        outcomes: One per seed that they were trained for; one in all if the teacher is stored.
        targets: Outputs of their best training pass, if asked for.
        apart: Those that answer for training windows in their place, if asked for.
    """

    models: tuple[Model, ...]
    digests: tuple[str, ...]
    of_seed: dict[int, int]
    outcomes: tuple[Outcome, ...]
    targets: tuple | None = None
    apart: Apart | None = None


def card_interface(card: ModelCard) -> Interface:
    """Give what a stored model was made for."""
    names, units = tuple(c.name for c in card.channels), tuple(c.unit for c in card.channels)
    return Interface(names, units, card.classes, card.sampling_rate, card.window_samples)


def check_stored(card: ModelCard, experiment: Experiment, offers: Interface, split: str, here: Statistics) -> None:
    """Raise IncompatibleError unless a stored model can teach in an experiment.

    Args:
        card: Of the model.
        experiment: That names it.
        offers: What the data set offers.
        split: Name of the split.
        here: Statistics of its training windows.
    """
    if card.role != "teacher":
        raise IncompatibleError(
            f"{card.key} is a {card.role}; name a teacher of {experiment.dataset} (models --dataset {experiment.dataset})"
        )
    check_fit(card_interface(card), offers, "teacher")
    if card.split != split:
        raise IncompatibleError(
            f"the teacher {card.key} was trained under split {card.split!r}, the experiment uses {split!r}: its "
            "training subjects may be among the test subjects. Choose the same split, or train a teacher"
        )
    if experiment.teacher_targets == "train_pass":
        raise IncompatibleError(
            "outputs of the training pass exist only while a teacher is trained; leave out the stored teacher"
        )
    own = Statistics.from_dict(card.normalization)
    if not (np.allclose(own.mean, here.mean, atol=1e-4 * here.std.min()) and np.allclose(own.std, here.std, rtol=1e-4)):
        raise IncompatibleError(f"the teacher {card.key} was scaled by other training data than these; train a teacher")


def get_teachers(work: Work) -> Teachers:
    """Give the stored teacher the experiment names, or train one per seed.

    Raises:
        IncompatibleError: The stored teacher was made for other channels, classes, rate or window.
        ModelFileError: There is no such model, or its files were refused.
    """
    if work.experiment.teacher:
        return _stored(work.experiment, work.loaded, work.residents, work.store or Store.default())
    return _trained(work)


def looks_of(work: Work, teachers: Teachers) -> dict[str, list[float]]:
    """Give where the teachers look in the watched window, by the name of the teacher; empty if they have no attention."""
    found = {}
    for outcome in teachers.outcomes if work.watched is not None else ():
        attention = outcome.predictions["valid"].attention
        if attention is not None:
            name = work.experiment.teacher or teacher_name(outcome.seed)
            found[name] = [round(v, 5) for v in attention[work.watched.position].tolist()]
    return found


def _trained(work: Work) -> Teachers:
    experiment, loaded, residents, device = work.experiment, work.loaded, work.residents, work.device
    keep = experiment.teacher_targets == "train_pass"
    settings = replace(training_params(experiment, recipe_of(experiment)), keep_train_pass=keep, imitation="constant")
    cohort = teacher_cohort(experiment, loaded, device)
    made = train_once(work.of_rich(), "teacher", cohort, settings)
    params, rows = model_params(experiment, loaded, "teacher"), tuple(range(len(loaded.prepared.windows.channels)))
    models = teacher_models(work, made)
    outcomes = tuple(
        Outcome(
            "teacher", t.member.seed, loaded.split, rows, MODEL, params, "direct", cohort.method.params.to_dict(), t.weights,
            both_parts(m, residents, loaded, rows, 0.0, ("uniform", 0)), training_facts(t), None,
        )
        for t, m in zip(made, models, strict=True)
    )  # fmt: skip
    digests = tuple(digest_bytes(encode(t.weights)) for t in made)
    of_seed = {t.member.seed: at for at, t in enumerate(made)}
    return Teachers(models, digests, of_seed, outcomes, tuple(t.train_pass for t in made) if keep else None)


def _stored(experiment: Experiment, loaded: Loaded, residents: dict, store: Store) -> Teachers:
    model, card = store.open(experiment.dataset, experiment.teacher)
    windows = loaded.prepared.windows
    check_stored(card, experiment, interface(windows), loaded.split, loaded.statistics)
    rows = tuple(range(len(windows.channels)))
    model = model.to(residents["train"].device)
    outcome = Outcome(
        "teacher", card.seed, loaded.split, rows, card.model, model.params, card.method or "direct", card.method_params,
        {k: v.cpu() for k, v in model.state_dict().items()}, both_parts(model, residents, loaded, rows, 0.0, ("uniform", 0)),
        card.training, None,
    )  # fmt: skip
    return Teachers((model,), (card.weights_sha256,), dict.fromkeys(experiment.seed_list, 0), (outcome,))


def who_answers(work: Work, teachers: Teachers) -> Teachers:
    """Give the teachers together with those that answer out of fold, if these are asked for and not there yet.

    Raises:
        IncompatibleError: As `teachers_apart`.
        StoppedError: Likewise.
    """
    if not asks_apart(work.experiment) or teachers.apart is not None:
        return teachers
    return replace(teachers, apart=teachers_apart(work))


def knowledge_of(work: Work, teachers: Teachers) -> Knowledge | LiveTeacher:
    """Give what the teachers say about training windows: kept outputs, or the teachers themselves where windows change.

    Raises:
        StoppedError: A stop was asked for meanwhile.
    """
    train = work.residents["train"]
    together, rich = work.experiment.taught_by == "all", work.rich
    there = None if rich is None else torch.from_numpy(rich).to(train.device)

    def between() -> None:
        work.oversight.check("asking the teachers")

    if teachers.apart is not None:
        asked = ApartTeacher(teachers.apart.models, teachers.apart.fold, teachers.apart.folds, together, there)
        return asked if asks_live(work.experiment) else kept_answers(asked, train, between)
    if asks_live(work.experiment):
        return LiveTeacher(teachers.models, together, there)
    if teachers.targets is not None:
        logits = torch.stack([logits for logits, _ in teachers.targets])
        attention = torch.stack([attention for _, attention in teachers.targets])
        return Knowledge(logits, attention, together).to(train.device)
    folder = cache_root() / "teacher_outputs"
    said = [
        stored_knowledge(m, train, folder, digest_json([digest, work.windows_digest]), between)
        for m, digest in zip(teachers.models, teachers.digests, strict=True)
    ]
    attention = None if said[0].attention is None else torch.stack([o.attention for o in said])
    return Knowledge(torch.stack([o.logits for o in said]), attention, together, there)


def training_facts(trained: Trained) -> dict:
    """Give what is kept of a member's training."""
    return {
        "epochs": trained.epochs,
        "best_epoch": trained.best_epoch,
        "valid_score": trained.score,
        "history": trained.history,
    }
