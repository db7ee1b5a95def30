"""What to be warned of before an experiment is started: too little data, too few seeds, nothing poor, no room.

A concern of level "stop" is something the run itself would refuse, told before hours are spent; "warn" leaves it to the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import RdpdError
from rdpd_core.evaluation.paired import FOLD_SEEDS, MINIMUM_FOLDS, MINIMUM_SEEDS, SIGNIFICANT, smallest_p
from rdpd_core.experiments._forecast_facts import Facts, Part, rich_of, used
from rdpd_core.experiments._forecast_room import Room
from rdpd_core.experiments._forecast_shape import cohort_of, listens, stand_in
from rdpd_core.experiments._forecast_teacher import check_teacher
from rdpd_core.experiments._forecast_words import size
from rdpd_core.experiments.arms import ARMS, pick_arms
from rdpd_core.experiments.build import recipe_of
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.forecast import Forecast
from rdpd_core.preprocessing import snr_db
from rdpd_core.store import ModelCard, Store
from rdpd_core.types import ModelOutput

STOP, WARN = "stop", "warn"
FEW_SUBJECTS = 5
"""Training subjects: with fewer, one person is more than a fifth of all that is learned."""
FEW_WINDOWS = 50
"""Training windows: with fewer, an epoch is a single half-empty batch of 128."""
FEW_CLASS_SUBJECTS = 2
"""Training subjects of a class: with one, the class and that person cannot be told apart."""
FEW_CLASS_WINDOWS = 10
"""Training windows of a class, with a label: with fewer, each changes the class by more than a tenth."""
FEW_VALID_SUBJECTS = 5
"""Validation subjects: with fewer, one person is more than a fifth of every choice, as in training."""
FLAT_SHARE = 0.1
"""Share of training recordings in which a channel of the view does not move: a loose lead rather than chance."""
MEMORY_SHARE = 0.9
"""Share of the machine's memory that a job may need; the rest belongs to the system and to the page."""
DISK_SPARE_MB = 500.0
"""What should stay free on the disk beside what a job leaves there."""
BUSY = 1.5
"""Processes that want each core, from which on a job gets less than half of one."""


class Concern(NamedTuple):
    """Something to know before starting.

    Attributes:
        level: "stop": it would be refused; "warn": it would run, and disappoint.
        about: The setting it is about, or "data", "memory", "disk", "machine".
        sentence: What, how many, and what to do.
    """

    level: str
    about: str
    sentence: str


def concerns(
    experiment: Experiment | Mapping[str, Any],
    facts: Mapping[tuple[str, str], Facts],
    forecast: Forecast | None = None,
    room: Room | None = None,
    store: Store | None = None,
    data_root: str | Path | None = None,
) -> list[Concern]:
    """Give what to be warned of, the refusals first; quick, so that a form can ask after every change.

    Args:
        experiment: What is asked; plain values of a form are read first.
        facts: By data set and split, for those whose recordings were read before.
        forecast: Of the same experiment, or of the study it belongs to.
        room: What the machine has; None leaves out memory and disk.
        store: Where a stored teacher is looked up; None takes the default one.
        data_root: Where data sets lie.
    """
    if not isinstance(experiment, Experiment):
        try:
            experiment = Experiment.from_dict(experiment)
        except (RdpdError, TypeError) as error:
            return [Concern(STOP, "experiment", str(error))]
    found = [*_of_statistics(experiment), *_of_noise(experiment), *_of_labels(experiment)]
    found += _of_view(experiment)
    here = [facts[experiment.dataset, s] for s in experiment.splits if (experiment.dataset, s) in facts]
    if len(here) < len(experiment.splits):
        found += _of_absence(experiment, data_root)
    found += _of_splits(experiment, here, store or Store.default())
    if forecast is not None and room is not None:
        found += _of_room(forecast, room)
    return sorted(dict.fromkeys(found), key=lambda c: c.level != STOP)


def _of_splits(experiment: Experiment, several: list[Facts], store: Store) -> Iterator[Concern]:
    """Give the concerns of all splits, each once; one that does not hold for all of them names its splits."""
    found: dict[Concern, list[str]] = {}
    for facts in several:
        for concern in _of_split(experiment, facts, store):
            found.setdefault(concern, []).append(facts.split)
    for concern, splits in found.items():
        where = "" if len(splits) == len(several) else f"{'split' if len(splits) == 1 else 'splits'} {', '.join(splits)}: "
        yield concern._replace(sentence=where + concern.sentence)


def _of_split(experiment: Experiment, facts: Facts, store: Store) -> Iterator[Concern]:
    if facts.trouble:
        yield Concern(STOP, "data", facts.trouble)
        return
    card = None
    try:
        card = check_teacher(experiment, facts, store) if experiment.teacher else None
    except RdpdError as error:
        yield Concern(STOP, "teacher", str(error))
    try:
        _try_networks(experiment, facts, card)
    except RdpdError as error:
        yield Concern(STOP, "architecture", str(error))
    train = used(experiment, facts.train)
    yield from _of_people(experiment, facts, train)
    yield from _of_rich(experiment, train)
    yield from _of_classes(experiment, facts, train)
    yield from _of_flat(experiment, facts)


def _of_people(experiment: Experiment, facts: Facts, train: Part) -> Iterator[Concern]:
    about = "share" if experiment.share < 1 else "data"
    more = "take a larger share" if experiment.share < 1 else "choose a data set with more people"
    if train.subjects < FEW_SUBJECTS:
        yield Concern(
            WARN, about, f"{_count(train.subjects, 'subject')} in training, fewer than "
            f"{FEW_SUBJECTS}: what is learned may hold for them only; {more}",
        )  # fmt: skip
    if train.windows < FEW_WINDOWS:
        yield Concern(
            WARN, about, f"{_count(train.windows, 'window')} in training, fewer than {FEW_WINDOWS}: "
            f"too few to learn from; {more}",
        )  # fmt: skip
    chooses = any(len(recipe_of(experiment).candidates(a, experiment.dataset)) > 1 for a in pick_arms(experiment.arms))
    if facts.valid.subjects < FEW_VALID_SUBJECTS:
        what = "settings and best epochs are" if chooses else "best epochs are"
        do = "; recipe paper chooses no settings" if chooses else "; read the scores with that in mind"
        yield Concern(
            WARN, "split", f"{what} chosen on {_count(facts.valid.subjects, 'validation subject')}, "
            f"fewer than {FEW_VALID_SUBJECTS}, and may suit them only{do}",
        )  # fmt: skip


def _of_rich(experiment: Experiment, train: Part) -> Iterator[Concern]:
    """Give a concern about teachers that learn from few people."""
    rich = rich_of(experiment, train)
    if experiment.rich_share < 1 and rich.subjects < min(FEW_SUBJECTS, train.subjects):
        yield Concern(
            WARN, "rich_share", f"teachers learn from {_count(rich.subjects, 'subject')} of {train.subjects}, fewer than "
            f"{FEW_SUBJECTS}: what they teach may hold for them only; take a larger rich share",
        )  # fmt: skip


def _of_classes(experiment: Experiment, facts: Facts, train: Part) -> Iterator[Concern]:
    """Give concerns about classes of which training has too little."""
    labeled = 1 - experiment.unlabeled
    counts = {name: train.count(at) for at, name in enumerate(facts.offers.classes)}
    few = {n: c for n, c in counts.items() if c.subjects < FEW_CLASS_SUBJECTS or c.windows * labeled < FEW_CLASS_WINDOWS}
    if not few:
        return
    listed = ", ".join(
        f"{n} ({_count(c.subjects, 'subject')}, {_count(round(c.windows * labeled), 'labeled window')})" for n, c in few.items()
    )
    about = "share" if experiment.share < 1 else "unlabeled" if experiment.unlabeled else "data"
    do = {"share": "take a larger share", "unlabeled": "leave more labels", "data": "add recordings, or leave the class out"}
    yield Concern(
        WARN, about, f"too little of {_count(len(few), 'class', 'classes')} in training: {listed}; "
        f"with fewer than {FEW_CLASS_SUBJECTS} subjects or {FEW_CLASS_WINDOWS} windows a class is hardly learned; {do[about]}",
    )  # fmt: skip


def _of_flat(experiment: Experiment, facts: Facts) -> Iterator[Concern]:
    names = facts.offers.channels
    share = {n: facts.flat[names.index(n)] for n in DATASETS.get(experiment.dataset).view(experiment.view) if n in names}
    flat = {n: s for n, s in share.items() if s >= FLAT_SHARE}
    if flat:
        listed = ", ".join(f"{n} ({s:.0%})" for n, s in flat.items())
        yield Concern(
            WARN, "view", f"channels of the view that do not move in many training recordings: "
            f"{listed}; look at the recordings, or choose other channels",
        )  # fmt: skip


def _of_view(experiment: Experiment) -> Iterator[Concern]:
    kind = DATASETS.get(experiment.dataset)
    if len(kind.view(experiment.view)) == len(kind.channels):
        yield Concern(
            WARN, "view", f"the view has all {len(kind.channels)} channels, so nothing is poor: students read what the teacher "
            "reads; choose fewer channels",
        )  # fmt: skip


def _of_noise(experiment: Experiment) -> Iterator[Concern]:
    ratio = snr_db(experiment.noise, experiment.noise_kind)
    if ratio < 0:
        quiet = (3**0.5) if experiment.noise_kind == "uniform" else 1.0
        yield Concern(
            WARN, "noise", f"{experiment.noise_kind} noise of amplitude {experiment.noise:g} is stronger than the signal "
            f"({ratio:.1f} dB); at {quiet:.2f} both are equally strong, choose less",
        )  # fmt: skip


def _of_labels(experiment: Experiment) -> Iterator[Concern]:
    classes = len(DATASETS.get(experiment.dataset).classes)
    if experiment.wrong_labels >= 1 - 1 / classes:
        yield Concern(
            WARN, "wrong_labels", f"{experiment.wrong_labels:.0%} of the labels are made wrong; with {classes} classes, labels "
            f"drawn at random are wrong in {1 - 1 / classes:.0%}, so these teach nothing; choose less",
        )  # fmt: skip
    by_labels = any(arm.role == "oracle" for arm in pick_arms(experiment.arms)) or not listens(experiment)
    if experiment.unlabeled == 1 and by_labels:
        yield Concern(
            STOP, "unlabeled", "no training window keeps its label, and students without a teacher learn from labels; leave "
            "some labels, or leave out the arm oracle and add one that listens to a teacher",
        )  # fmt: skip


def _of_statistics(experiment: Experiment) -> Iterator[Concern]:
    """Give the concern that no paired test could ever show a difference."""
    arms = [arm.name for arm in pick_arms(experiment.arms)]
    reference = "direct" if "direct" in arms else arms[0]
    alone = {"teacher"} if experiment.teacher else set()  # a stored teacher has one run, which no test can use
    tested = [] if reference in alone else [name for name in arms if name != reference and name not in alone]
    if not tested:
        return
    folds = len(experiment.splits)
    by_folds = folds >= MINIMUM_FOLDS and len(tested) * smallest_p(folds) < SIGNIFICANT
    title, corrected = ARMS[reference].title, f", corrected for {len(tested)} comparisons" if len(tested) > 1 else ""
    if folds >= MINIMUM_FOLDS and not by_folds:
        yield Concern(
            WARN, "arms", f"with {folds} splits as pairs no arm can be called better or worse than {title}: "
            f"p < {SIGNIFICANT}{corrected}, is out of their reach; choose fewer arms",
        )  # fmt: skip
        return
    enough = FOLD_SEEDS if by_folds else MINIMUM_SEEDS
    while not by_folds and len(tested) * smallest_p(enough) >= SIGNIFICANT:
        enough += 1
    if experiment.seeds < enough:
        fewer = " or fewer arms" if len(tested) > 1 and enough > MINIMUM_SEEDS else ""
        yield Concern(
            WARN, "seeds", f"with {_count(experiment.seeds, 'seed')} no arm can be called better or worse than {title}: "
            f"p < {SIGNIFICANT}{corrected}, needs at least {enough}; choose more seeds{fewer}",
        )  # fmt: skip


def _of_absence(experiment: Experiment, data_root: str | Path | None) -> Iterator[Concern]:
    dataset = DATASETS.get(experiment.dataset)(data_root)
    try:
        dataset.check()
    except RdpdError as error:
        yield Concern(STOP, "dataset", str(error))
        return
    yield Concern(
        WARN, "dataset", f"the recordings of {dataset.title} have not been read yet; the job reads them first, and until then "
        "neither its length nor most of what could be wrong is known. Open the data set once to read them now",
    )  # fmt: skip


def _of_room(forecast: Forecast, room: Room) -> Iterator[Concern]:
    gpu = forecast.setup.device.startswith("cuda")
    whole, free = (room.gpu_mb, room.gpu_mb) if gpu else (room.memory_mb, room.free_mb)
    need = None if forecast.memory_mb is None else forecast.memory_mb - forecast.mapped_mb
    where, less = "the GPU" if gpu else "the machine", "take fewer seeds or arms, or channels in several studies"
    if need is not None and whole is not None and need > MEMORY_SHARE * whole:
        yield Concern(STOP, "memory", f"about {size(need)} of memory are needed, {where} has {size(whole)}; {less}")
    elif need is not None and free is not None and need > free:
        yield Concern(WARN, "memory", f"about {size(need)} of memory are needed, {size(free)} are free now; close something")
    if room.disk_mb is not None and room.disk_mb < (forecast.disk_mb or 0.0):
        told = f"about {size(forecast.disk_mb)} are needed on the disk, {size(room.disk_mb)} are free where jobs lie"
        yield Concern(STOP, "disk", f"{told}; delete old jobs or free some space")
    elif room.disk_mb is not None and room.disk_mb < (forecast.disk_mb or 0.0) + DISK_SPARE_MB:
        yield Concern(WARN, "disk", f"only {size(room.disk_mb)} are free on the disk where jobs lie; free some space")
    if room.load > BUSY and not gpu:
        yield Concern(
            WARN, "machine", f"{room.load:.1f} processes want each core of this machine just now, so it will take longer than "
            "forecast; wait, or stop something",
        )  # fmt: skip


def _try_networks(experiment: Experiment, facts: Facts, card: ModelCard | None) -> None:
    """Raise as the run would if a network cannot be built for these windows, or teacher and student do not fit."""
    loaded, place = stand_in(experiment, facts, 0, 0), torch.device("cpu")
    roles = {arm.role for arm in pick_arms(experiment.arms)}
    teacher = None
    if card is not None:
        teacher = ModelOutput(torch.zeros(1, len(card.classes)), torch.zeros(1, card.segments))
    elif listens(experiment) and not experiment.teacher:
        teacher = cohort_of(experiment, loaded, "teacher", 1, place).sample_output()
    if "student" in roles:
        student = cohort_of(experiment, loaded, "student", 1, place)
        student.method.check(student.sample_output(), teacher)
    if "oracle" in roles:
        cohort_of(experiment, loaded, "oracle", 1, place)


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
