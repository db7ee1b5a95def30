"""One window at a time: its signal, and what every stored model of one view says about it and where it looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from rdpd_core.errors import DataError, IncompatibleError, UnknownNameError
from rdpd_core.evaluation import predict
from rdpd_core.evaluation.predictions import softmax
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.teachers import card_interface
from rdpd_core.files import cache_root, digest_bytes, digest_json, write_atomic
from rdpd_core.preprocessing import Statistics, check_fit, interface, view_rows
from rdpd_core.runtime import numpy_generator
from rdpd_core.store import ModelCard, Store
from rdpd_core.types import Channel, Windows

CHUNK = 256
OTHERS = 200
"""Windows drawn to tell what an overlap would be by chance."""
PREFERRED_RECIPE = "tuned"


@dataclass(frozen=True)
class ArmCase:
    """What one arm says about one window: the mean over its models of different seeds.

    Attributes:
        arm: Identifier.
        title: For people.
        models: How many models, one per seed.
        channels: Names of the channels it reads.
        probability: (K,), mean; sums to 1.
        probability_spread: (K,), standard deviation over seeds; None for a single model.
        attention: (S,), mean; None for models without attention.
        attention_spread: (S,), standard deviation over seeds, or None.
        overlap: Attention in common with the teacher, mean over seeds, 0 to 1; None where there is none to compare with.
        overlap_spread: Standard deviation over seeds, or None.
        overlap_chance: What the overlap would be if the arm looked as it does in other windows: what agreement is worth.
    """

    arm: str
    title: str
    models: int
    channels: tuple[str, ...]
    probability: np.ndarray
    probability_spread: np.ndarray | None
    attention: np.ndarray | None
    attention_spread: np.ndarray | None
    overlap: float | None
    overlap_spread: float | None
    overlap_chance: float | None


@dataclass(frozen=True)
class Case:
    """One window of one subject.

    Attributes:
        dataset: Identifier of the data set.
        title: Of the data set, for people.
        simulated: True if no person was measured.
        view: Which channels the students read, by name.
        poor: Names of these channels.
        channels: All channels, one per row of `signal`.
        signal: (C, T), float32, in the units of the channels.
        sampling_rate: Hz.
        subject: The person.
        recording: Name of the recording.
        offset_s: Time of the first sample since the start of the recording, in s.
        position: Which of the subject's windows, from 1.
        positions: How many windows the subject has.
        truth: Class, or None if unknown.
        classes: K names.
        arms: In the order of the paper.
        facts: What may be shown beside the recording.
        recipe: How the models were trained.
    """

    dataset: str
    title: str
    simulated: bool
    view: str
    poor: tuple[str, ...]
    channels: tuple[Channel, ...]
    signal: np.ndarray
    sampling_rate: float
    subject: str
    recording: str
    offset_s: float
    position: int
    positions: int
    truth: str | None
    classes: tuple[str, ...]
    arms: tuple[ArmCase, ...]
    facts: Mapping[str, str]
    recipe: str

    @property
    def duration_s(self) -> float:
        """Length of the window, in s."""
        return self.signal.shape[1] / self.sampling_rate


@dataclass(frozen=True)
class ArmBook:
    """What one arm says about N windows.

    Attributes:
        arm: Identifier.
        channels: Names of the channels it reads.
        cards: Of its M models.
        probability: (M, N, K).
        attention: (M, N, S), or None.
        overlap: (M, N) with the teacher, or None.
        overlap_chance: (N,), mean overlap of the teacher's attention with the arm's attention to other windows, or None.
    """

    arm: str
    channels: tuple[str, ...]
    cards: tuple[ModelCard, ...]
    probability: np.ndarray
    attention: np.ndarray | None
    overlap: np.ndarray | None = None
    overlap_chance: np.ndarray | None = None

    def at(self, window: int) -> ArmCase:
        """Give what the arm says about one window."""
        probability, spread = _mean(self.probability[:, window])
        attention, attention_spread = _mean(None if self.attention is None else self.attention[:, window])
        overlap, overlap_spread = _mean(None if self.overlap is None else self.overlap[:, window])
        return ArmCase(
            arm=self.arm,
            title=ARMS[self.arm].title if self.arm in ARMS else self.arm,
            models=len(self.cards),
            channels=self.channels,
            probability=probability,
            probability_spread=spread,
            attention=attention,
            attention_spread=attention_spread,
            overlap=None if overlap is None else float(overlap),
            overlap_spread=None if overlap_spread is None else float(overlap_spread),
            overlap_chance=None if self.overlap_chance is None else float(self.overlap_chance[window]),
        )


@dataclass(frozen=True)
class CaseBook:
    """The test windows of a data set, and what the stored models of one view say about all of them.

    Attributes:
        loaded: The data set.
        view: Which channels the students read.
        recipe: How the models were trained.
        arms: In the order of the paper.
    """

    loaded: Loaded
    view: str
    recipe: str
    arms: tuple[ArmBook, ...]

    @property
    def windows(self) -> Windows:
        """The test windows."""
        return self.loaded.splits.test

    def subjects(self) -> dict[str, str | None]:
        """Give the test subjects, and the class of each if all windows agree on it."""
        windows, out = self.windows, {}
        for subject in np.unique(windows.subject).tolist():
            found = np.unique(windows.target[windows.subject == subject])
            out[subject] = windows.classes[found[0]] if len(found) == 1 and found[0] >= 0 else None
        return out

    def count(self, subject: str) -> int:
        """Give how many windows a subject has."""
        return len(self._places(subject))

    def case(self, subject: str, position: int) -> Case:
        """Give one window.

        Args:
            subject: A test subject.
            position: Which of the subject's windows, from 1.

        Raises:
            UnknownNameError: No such subject or window.
        """
        places = self._places(subject)
        if not 1 <= position <= len(places):
            raise UnknownNameError(f"window of {subject}", position, range(1, len(places) + 1))
        at, windows, dataset = int(places[position - 1]), self.windows, self.loaded.dataset
        target, recording = int(windows.target[at]), str(windows.recording[at])
        return Case(
            dataset=dataset.name,
            title=dataset.title,
            simulated=dataset.simulated,
            view=self.view,
            poor=dataset.view(self.view),
            channels=windows.channels,
            signal=windows.gather([at])[0],
            sampling_rate=windows.sampling_rate,
            subject=subject,
            recording=recording,
            offset_s=float(windows.offset_s[at]),
            position=position,
            positions=len(places),
            truth=windows.classes[target] if target >= 0 else None,
            classes=windows.classes,
            arms=tuple(book.at(at) for book in self.arms),
            facts=self.loaded.prepared.facts.get(recording, {}),
            recipe=self.recipe,
        )

    def _places(self, subject: str) -> np.ndarray:
        places = np.flatnonzero(self.windows.subject == subject)
        if not len(places):
            raise UnknownNameError("test subject", subject, np.unique(self.windows.subject).tolist())
        return places


def open_book(loaded: Loaded, view: str, store: Store | None = None, job: str = "") -> CaseBook:
    """Ask the stored models of a view about every test window.

    Args:
        loaded: The data set under the split that the models were trained under.
        view: Which channels the students read.
        store: Where the models are; None takes the default store.
        job: Whose models; empty takes those that no job made: shipped with the program, or saved by hand.

    Raises:
        UnknownNameError: No such view.
        DataError: The store holds no model of this view and split.
        ModelFileError: A model was refused.
    """
    store = store or Store.default()
    loaded.dataset.view(view)
    of = loaded.dataset.models_of or loaded.dataset.name
    cards = [c for c in store.list(of).cards if c.split == loaded.split and not _unfit(c, loaded)]
    students = _one_recipe([c for c in cards if c.role == "student" and c.view == view and job_of(c) == job])
    if not students:
        whose = f" made by job {job}" if job else ""
        raise DataError(f"the store holds no student of {of} for view {view} and split {loaded.split}{whose}")
    cited = {c.teacher for c in students}
    present = [c for c in cards if c.role == "teacher"]
    same = [c for c in present if job_of(c) == job]
    teachers = _once([c for c in same if c.weights_sha256 in cited]) or _once([c for c in present if c.weights_sha256 in cited])
    teachers = teachers or same
    books = [_ask(arm, group, loaded, store) for arm, group in _by_arm([*teachers, *students])]
    return CaseBook(loaded, view, students[0].recipe, tuple(_compared(books)))


def job_of(card: ModelCard) -> str:
    """Give what tells the models of one job from others, its id and the part of a study; empty if no job made it."""
    words = [str(card.training[name]) for name in ("job", "job_part") if card.training.get(name)]
    return "-".join(words)


def jobs_of(cards: Sequence[ModelCard]) -> dict[str, str]:
    """Give the title of every job, and of every part of a study, that made students, the newest first."""
    made = sorted((c for c in cards if c.role == "student" and job_of(c)), key=lambda c: c.created, reverse=True)
    return {job_of(c): str(c.training.get("job_title", job_of(c))) for c in made}


def _once(cards: Sequence[ModelCard]) -> list[ModelCard]:
    """Give each set of weights once: a teacher may have been stored under several names."""
    return list({c.weights_sha256: c for c in reversed(cards)}.values())[::-1]


def views_of(cards: Sequence[ModelCard]) -> list[str]:
    """Give the views for which there are students."""
    return sorted({c.view for c in cards if c.role == "student"})


def _unfit(card: ModelCard, loaded: Loaded) -> bool:
    windows = loaded.splits.test
    try:
        rows = view_rows(windows.channels, [c.name for c in card.channels])
        check_fit(card_interface(card), interface(windows, rows))
    except (IncompatibleError, UnknownNameError):  # made for other data of the same name: not a model of this comparison
        return True
    return False


def _one_recipe(cards: list[ModelCard]) -> list[ModelCard]:
    """Keep the students of one recipe: the one with most arms, the tuned one of equals."""
    arms = {recipe: len({c.arm for c in cards if c.recipe == recipe}) for recipe in sorted({c.recipe for c in cards})}
    best = max(arms, key=lambda r: (arms[r], r == PREFERRED_RECIPE), default=None)
    return [c for c in cards if c.recipe == best]


def _by_arm(cards: Sequence[ModelCard]) -> Iterator[tuple[str, tuple[ModelCard, ...]]]:
    """Yield the arms in the order of the paper, unknown ones last, each with its models in the order of their seeds."""
    names = [*ARMS, *sorted({c.arm for c in cards} - set(ARMS))]
    for name in names:
        group = sorted((c for c in cards if c.arm == name), key=lambda c: (c.seed, c.name))
        if group:
            yield name, tuple(group)


def _ask(arm: str, cards: tuple[ModelCard, ...], loaded: Loaded, store: Store) -> ArmBook:
    said = [_outputs(store, card, loaded.splits.test) for card in cards]
    probability = np.stack([softmax(logits.numpy()) for logits, _ in said])
    attends = all(attention is not None for _, attention in said)
    attention = np.stack([a.double().numpy() for _, a in said]) if attends else None
    return ArmBook(arm, tuple(c.name for c in cards[0].channels), cards, probability, attention)


def _outputs(store: Store, card: ModelCard, windows: Windows) -> tuple[Tensor, Tensor | None]:
    """Give logits (N, K) and attention (N, S) of a model, kept on the disk from the first time on."""
    key = [card.to_dict(), windows.digest, digest_bytes(np.ascontiguousarray(windows.start).tobytes())]
    path = cache_root() / "case_outputs" / f"{digest_json(key)}.safetensors"
    found = _kept(path)
    if found is None:
        logits, attention = _predicted(store, card, windows)
        found = {"logits": logits.contiguous()} | ({} if attention is None else {"attention": attention.contiguous()})
        write_atomic(path, safetensors.torch.save(found))
    return found["logits"], found.get("attention")


def _kept(path: Path) -> dict[str, Tensor] | None:
    try:
        return safetensors.torch.load(path.read_bytes())
    except (FileNotFoundError, SafetensorError):  # not there or damaged: either way it is made again
        return None


def _predicted(store: Store, card: ModelCard, windows: Windows) -> tuple[Tensor, Tensor | None]:
    model, _ = store.open(card.dataset, card.name)
    rows = windows.rows([c.name for c in card.channels])
    statistics = Statistics.from_dict({**card.normalization, "source": "the model's card"})

    def batches() -> Iterator[Tensor]:
        for at in np.array_split(np.arange(len(windows)), max(1, len(windows) // CHUNK)):
            yield torch.from_numpy(statistics.apply(windows.gather(at, rows)))

    return predict(model, batches())


def _compared(books: list[ArmBook]) -> Iterator[ArmBook]:
    """Yield the arms with the overlap of their attention with the teacher's."""
    teacher = next((b for b in books if b.arm == "teacher" and b.attention is not None), None)
    for book in books:
        alone = teacher is None or book is teacher or book.attention is None
        if alone or book.attention.shape[2] != teacher.attention.shape[2]:
            yield book
            continue
        taught = [teacher_of(card, teacher) for card in book.cards]
        pairs = list(zip(book.attention, taught, strict=True))
        overlap = np.stack([_common(own, theirs) for own, theirs in pairs])
        chance = np.mean([_elsewhere(own, theirs) for own, theirs in pairs], axis=0)
        yield ArmBook(book.arm, book.channels, book.cards, book.probability, book.attention, overlap, chance)


def _common(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Give the overlap (N,) of attention rows (N, S), as `evaluation.overlap` defines it among other measures."""
    return np.minimum(a, b).sum(axis=1)


def _elsewhere(own: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Give the mean overlap (N,) of each row of a teacher's attention with rows of a student's for windows drawn at random."""
    drawn = numpy_generator("case", "elsewhere").permutation(len(own))[:OTHERS]
    return np.mean([_common(own[at], theirs) for at in drawn], axis=0)


def teacher_of(card: ModelCard, teacher: ArmBook) -> np.ndarray:
    """Give the attention (N, S) of the teacher a model learned from, else of the one with its seed, else of the first."""
    by_digest = {c.weights_sha256: at for at, c in enumerate(teacher.cards)}
    by_seed = {c.seed: at for at, c in enumerate(teacher.cards)}
    return teacher.attention[by_digest.get(card.teacher or "", by_seed.get(card.seed, 0))]


def _mean(values: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Give mean and standard deviation over the first axis; no deviation for a single value."""
    if values is None:
        return None, None
    return values.mean(axis=0), values.std(axis=0, ddof=1) if len(values) > 1 else None
