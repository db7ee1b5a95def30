"""What-if: teacher and students asked about windows that were edited, fast enough for a hand on a slider.

Models are built once. Those of one shape answer in one mapped call, on one thread. Before and after are asked alike, so no
edit gives bit-identical answers; the case book asks many windows at once, and differs from these by rounding (below 1e-5).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from rdpd_core.errors import RdpdError
from rdpd_core.evaluation.edits import Edit, Ground, apply, from_text
from rdpd_core.evaluation.predictions import softmax
from rdpd_core.experiments.cases import ArmBook, ArmCase, CaseBook, job_of, open_book
from rdpd_core.experiments.data import Loaded, load
from rdpd_core.files import digest_json
from rdpd_core.models import Model
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import threads
from rdpd_core.store import ModelCard, Store
from rdpd_core.types import ModelOutput, Windows

AT_ONCE = 32


class Reader(NamedTuple):
    """A model that can be asked.

    Attributes:
        card: What is known of it.
        model: Built, in evaluation mode.
        rows: Positions of its channels among all.
    """

    card: ModelCard
    model: Model
    rows: tuple[int, ...]


class Answer(NamedTuple):
    """What one model says about B windows.

    Attributes:
        probability: (B, K), float64.
        attention: (B, S), float64, or None.
    """

    probability: np.ndarray
    attention: np.ndarray | None


class _Group:
    """Models of one shape, their weights stacked, M first."""

    def __init__(self, places: Sequence[int], readers: Sequence[Reader]) -> None:
        self.places = tuple(places)
        self._rows = [list(r.rows) for r in readers]
        scales = [Statistics.from_dict({**r.card.normalization, "source": "the model's card"}) for r in readers]
        self._mean = np.stack([s.mean for s in scales])[:, None, :, None].astype(np.float32)
        self._std = np.stack([s.std for s in scales])[:, None, :, None].astype(np.float32)
        self._base = readers[0].model
        self._weights = stack_module_state([r.model for r in readers])

    def ask(self, x: np.ndarray) -> Iterator[tuple[int, Tensor, Tensor | None]]:
        """Yield place, logits (B, K) and attention (B, S) of each model, for windows (B, C, T) in units."""
        scaled = torch.from_numpy((np.stack([x[:, rows] for rows in self._rows]) - self._mean) / self._std)

        def one(weights: dict, buffers: dict, own: Tensor) -> tuple[Tensor, Tensor | None]:
            said: ModelOutput = functional_call(self._base, (weights, buffers), (own,))
            return said.logits, said.attention if said.attention is not None else said.logits[:, :0]

        with torch.inference_mode():
            logits, attention = vmap(one)(*self._weights, scaled)
        for at, place in enumerate(self.places):
            yield place, logits[at], attention[at] if attention.shape[2] else None


class Asker:
    """Models kept at hand. Any thread may ask; one at a time computes."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Group the models by shape.

        Args:
            readers: In the order in which answers are wanted.
        """
        self.readers = tuple(readers)
        self._lock = threading.Lock()
        shapes: dict[str, list[int]] = {}
        for at, reader in enumerate(self.readers):
            card = reader.card
            key = [card.model, dict(card.model_params), len(reader.rows), len(card.classes), card.window_samples]
            shapes.setdefault(digest_json(key), []).append(at)
        self._groups = [_Group(places, [self.readers[at] for at in places]) for places in shapes.values()]

    def ask(self, x: np.ndarray) -> list[Answer]:
        """Give what every model says about windows (B, C, T) in the units of the channels."""
        found: dict[int, Answer] = {}
        with self._lock, threads(1):
            for group in self._groups:
                for place, logits, attention in group.ask(np.asarray(x, dtype=np.float32)):
                    looks = None if attention is None else attention.double().numpy()
                    found[place] = Answer(softmax(logits.numpy()), looks)
        return [found[at] for at in range(len(self.readers))]


class Bench:
    """The test windows of a case book, to be edited, and its models, ready to answer."""

    def __init__(self, book: CaseBook, store: Store | None = None) -> None:
        """Build every model of the book.

        Raises:
            ModelFileError: A model was refused.
        """
        store, windows = store or Store.default(), book.windows
        readers = []
        for card in (card for arm in book.arms for card in arm.cards):
            model, _ = store.open(card.dataset, card.name)
            readers.append(Reader(card, model, tuple(windows.rows([c.name for c in card.channels]))))
        self.book, self.asker = book, Asker(readers)
        self.ground = ground_of(book.loaded)
        self._before: dict[int, tuple[ArmCase, ...]] = {}

    @property
    def windows(self) -> Windows:
        """The test windows."""
        return self.book.windows

    def digest(self) -> str:
        """Give what identifies windows and models."""
        weights = [reader.card.weights_sha256 for reader in self.asker.readers]
        return digest_json([self.windows.digest, self.windows.start.tolist(), weights])

    def place(self, subject: str, position: int) -> int:
        """Give which of the test windows a subject's window is."""
        self.book.case(subject, position)
        return int(np.flatnonzero(self.windows.subject == subject)[position - 1])

    def edited(self, at: Sequence[int], edits: Sequence[Edit]) -> np.ndarray:
        """Give test windows (B, C, T) after edits, in the units of the channels."""
        return apply(edits, self.windows.gather(list(at)), self.ground, self.windows.start[list(at)])

    def arms(self, at: int, edits: Sequence[Edit]) -> tuple[ArmCase, ...]:
        """Give what every arm says about one test window after edits; before any edit, it is remembered."""
        if edits:
            return tuple(book.at(0) for book in self.books(self.edited([at], edits)))
        if at not in self._before:
            self._before[at] = tuple(book.at(0) for book in self.books(self.edited([at], ())))
        return self._before[at]

    def books(self, x: np.ndarray) -> list[ArmBook]:
        """Give what every arm says about windows (B, C, T), with the overlap of its attention with its teacher's."""
        answers = iter(self.asker.ask(x))
        by_arm = [(arm, [next(answers) for _ in arm.cards]) for arm in self.book.arms]
        teacher = next(((arm, said) for arm, said in by_arm if arm.arm == "teacher"), None)
        return [_as_book(arm, said, teacher) for arm, said in by_arm]


def ground_of(loaded: Loaded) -> Ground:
    """Give what edits need to know of a data set."""
    windows, statistics = loaded.splits.test, loaded.statistics
    return Ground(windows.channels, statistics.mean, statistics.std, windows.sampling_rate)


def _as_book(arm: ArmBook, said: Sequence[Answer], teacher: tuple[ArmBook, list[Answer]] | None) -> ArmBook:
    probability = np.stack([a.probability for a in said])
    attends = all(a.attention is not None for a in said)
    attention = np.stack([a.attention for a in said]) if attends else None
    overlap = None
    if attends and teacher is not None and arm.arm != "teacher":
        own = [_teacher_of(card, *teacher) for card in arm.cards]
        if all(t is not None and t.shape == a.attention.shape for t, a in zip(own, said, strict=True)):
            overlap = np.stack([np.minimum(t, a.attention).sum(axis=1) for t, a in zip(own, said, strict=True)])
    return dataclasses.replace(arm, probability=probability, attention=attention, overlap=overlap, overlap_chance=None)


def _teacher_of(card: ModelCard, teacher: ArmBook, said: Sequence[Answer]) -> np.ndarray | None:
    """Give the attention (B, S) of the teacher a model learned from, else of the one with its seed, else of the first."""
    by_digest = {c.weights_sha256: at for at, c in enumerate(teacher.cards)}
    by_seed = {c.seed: at for at, c in enumerate(teacher.cards)}
    return said[by_digest.get(card.teacher or "", by_seed.get(card.seed, 0))].attention


@dataclass(frozen=True)
class Course:
    """What every arm says about all test windows, at each of A sizes of one edit.

    Attributes:
        edits: The edits at each size.
        sizes: (A,), the first is none.
        arms: Identifiers, titles and numbers of models.
        probability: By arm, (A, M, N, K).
    """

    edits: tuple[tuple[Edit, ...], ...]
    sizes: tuple[float, ...]
    arms: tuple[ArmBook, ...]
    probability: tuple[np.ndarray, ...]


def follow(
    bench: Bench,
    edits: Sequence[Sequence[Edit]],
    sizes: Sequence[float],
    on_progress: Callable[[int, int], None] | None = None,
) -> Course:
    """Ask every model about every test window at each size.

    Args:
        bench: Windows and models.
        edits: What is applied at each size, in order.
        sizes: One for each.
        on_progress: Told how many windows are done, and of how many.
    """
    n = len(bench.windows)
    parts = [range(a, min(a + AT_ONCE, n)) for a in range(0, n, AT_ONCE)]
    steps: list[list[np.ndarray]] = [[] for _ in bench.book.arms]
    for step, some in enumerate(edits):
        found: list[list[np.ndarray]] = [[] for _ in bench.book.arms]
        for part in parts:
            for into, book in zip(found, bench.books(bench.edited(part, some)), strict=True):
                into.append(book.probability)
            if on_progress is not None:
                on_progress(step * n + part.stop, n * len(edits))
        for into, own in zip(steps, found, strict=True):
            into.append(np.concatenate(own, axis=1))
    whole = tuple(np.stack(step) for step in steps)
    return Course(tuple(map(tuple, edits)), tuple(sizes), bench.book.arms, whole)


def variants(edits: Sequence[Edit], at: int, duration_s: float) -> tuple[tuple[float, ...], list[tuple[Edit, ...]]]:
    """Give the sizes that a robustness curve tries of one edit in a list, and the list at each.

    Args:
        edits: In order.
        at: Which of them is varied; it has a size.
        duration_s: Length of a window.
    """
    edit = edits[at]
    in_s = edit.size in ("seconds", "length_s")
    sizes = tuple(round(size * duration_s, 6) if in_s else size for size in edit.sizes)
    return sizes, [(*edits[:at], dataclasses.replace(edit, **{edit.size: size}), *edits[at + 1 :]) for size in sizes]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what teacher and students say about one test window before and after edits."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.experiments.whatif", description=main.__doc__)
    for name, told in (("dataset", "data set"), ("view", "what students read"), ("subject", "test subject")):
        parser.add_argument(name, help=told)
    parser.add_argument("window", type=int, help="which of the subject's windows, from 1")
    parser.add_argument("edits", nargs="?", default="", help='such as "noise~I~0.5~uniform~0!drop~II"')
    parser.add_argument("--job", default="", help="whose models; those that no job made by default")
    given = parser.parse_args(arguments)
    try:
        _print(given)
    except RdpdError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


def _print(given: argparse.Namespace) -> None:
    bench = Bench(open_book(load(given.dataset), given.view, job=given.job))
    at = bench.place(given.subject, given.window)
    for before, after in zip(bench.arms(at, ()), bench.arms(at, from_text(given.edits)), strict=True):
        shares = zip(bench.windows.classes, before.probability, after.probability, strict=True)
        print(f"{before.title} (n = {before.models}): " + ", ".join(f"{k} {p:.3f} -> {q:.3f}" for k, p, q in shares))


def command_of(bench: Bench, subject: str, position: int, text: str) -> str:
    """Give the command line that asks again about one edited window."""
    import shlex

    student = next(arm for arm in bench.book.arms if arm.arm != "teacher").cards[0]
    words = [bench.book.loaded.dataset.name, bench.book.view, subject, str(position), text]
    job = ["--job", job_of(student)] if job_of(student) else []
    return shlex.join(["python", "-m", "rdpd_core.experiments.whatif", *words, *job])


if __name__ == "__main__":
    raise SystemExit(main())
