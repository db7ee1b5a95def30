"""What is kept between runs of the pages: data sets, models' answers, and work that goes on while a page is looked at.

Everything is keyed by names and digests, never by arrays, and bounded. The library is imported where it is first needed, since
PyTorch takes a second or two to load and the first page should not wait for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from app import gate, kept

if TYPE_CHECKING:
    from rdpd_core.experiments import Loaded
    from rdpd_core.experiments.aligned import Pair, Side
    from rdpd_core.experiments.analyses import Result
    from rdpd_core.experiments.cases import CaseBook
    from rdpd_core.experiments.forecast import Facts
    from rdpd_core.experiments.source import Asked
    from rdpd_core.experiments.whatif import Bench
    from rdpd_core.experiments.whatif_curve import Robustness
    from rdpd_core.store import Listing, ModelCard

T = TypeVar("T")
Tell = Callable[[str, float | None], None]


class Task(Generic[T]):
    """Work in a thread of its own: it survives a click, and sessions that want the same share it.

    The work must call nothing of Streamlit. A thread is enough for reading and asking; training belongs into a process.

    Attributes:
        text: What is being done.
        share: How far it is, 0 to 1, or None if unknown.
        stopping: Whether somebody asked to stop it; it ends where it next tells how far it is.
    """

    def __init__(self, work: Callable[[Tell], T]) -> None:
        """Start.

        Args:
            work: Is handed a function to tell how far it is.
        """
        self.text, self.share, self.stopping = "", None, False
        self._work, self._done, self._owner = work, threading.Event(), gate.owner()
        self._result: T | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Ask the work to end without a result, for everyone who waits for it."""
        self.stopping = True

    def wait(self, seconds: float) -> bool:
        """Wait for at most some seconds; say whether the work is over."""
        return self._done.wait(seconds)

    def result(self) -> T:
        """Give what the work gave, waiting for it; an error in it is raised here."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result

    def _tell(self, text: str, share: float | None) -> None:
        if self.stopping:
            from rdpd_core.errors import StoppedError

            raise StoppedError(f"stopped on request, {'before it began' if not self.text else f'after: {self.text}'}")
        self.text, self.share = text, share

    def _run(self) -> None:
        try:
            with gate.acting(self._owner):
                self._result = self._work(self._tell)
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error
        finally:
            self._done.set()


@kept.resource(max_entries=8, show_spinner=False)
def data_task(dataset: str, root: str) -> Task[Loaded]:
    """Give the work that reads a data set, or makes it if it is simulated.

    Args:
        dataset: Name.
        root: The data root, so that another one is not answered from this one.
    """

    def work(tell: Tell) -> Loaded:
        tell("Loading the library", None)
        from rdpd_core.datasets import DATASETS
        from rdpd_core.experiments import load

        kind = DATASETS.get(dataset)
        verb = "Making" if kind.simulated else "Reading"

        def progress(done: int, total: int | None) -> None:
            count = f"{done}" if total is None else f"{done} of {total}"
            tell(f"{verb} recordings of {kind.title}: {count}; only the first time", None if not total else done / total)

        return load(dataset, root, on_progress=progress)

    return Task(work)


@kept.resource(max_entries=12, show_spinner=False)
def book_task(dataset: str, view: str, root: str, stamp: str, job: str = "") -> Task[CaseBook]:
    """Give the work that asks all models of a view about all test windows.

    Args:
        dataset: Name.
        view: Name.
        root: The data root.
        stamp: Of the models, as `store_stamp` gives.
        job: Whose models; empty takes those that no job made.
    """
    data = data_task(dataset, root)

    def work(tell: Tell) -> CaseBook:
        from rdpd_core.experiments.cases import open_book
        from rdpd_core.runtime import threads

        loaded = data.result()
        tell(f"Asking the models of view {view} about {len(loaded.splits.test)} windows", None)
        with threads(1):
            return open_book(loaded, view, job=job)

    return Task(work)


@kept.resource(max_entries=6, show_spinner=False)
def bench_task(dataset: str, view: str, root: str, stamp: str, job: str = "") -> Task[Bench]:
    """Give the work that builds the models of a case book, to be asked about edited windows; arguments as of `book_task`."""
    book = book_task(dataset, view, root, stamp, job)

    def work(tell: Tell) -> Bench:
        opened = book.result()
        from rdpd_core.experiments.whatif import Bench

        tell("Building the models", None)
        return Bench(opened)

    return Task(work)


@kept.resource(max_entries=24, show_spinner=False)
def analysis_task(name: str, asked: Asked, params: tuple[tuple[str, object], ...], root: str, stamp: str) -> Task[Result]:
    """Give the work that answers a question about stored models, or that reads what it found before.

    Args:
        name: Of the analysis.
        asked: Which models, and which windows.
        params: Name and value of the settings that are not left as they are.
        root: The data root.
        stamp: Of the models, as `store_stamp` gives.
    """
    data = data_task(asked.dataset, root)

    def work(tell: Tell) -> Result:
        loaded = data.result()
        tell("Asking the models", None)
        from rdpd_core.experiments.analyses import ANALYSES
        from rdpd_core.experiments.analyze import answer
        from rdpd_core.experiments.source import open_source
        from rdpd_core.runtime import threads

        def progress(what: str, done: int, total: int) -> None:
            some = total > 1
            tell(f"{what[:1].upper()}{what[1:]}{f': {done} of {total}' if some else ''}", done / total if some else None)

        kind = ANALYSES.get(name)
        with threads(1):
            return answer(kind(kind.Params.from_dict(dict(params))), open_source(asked, loaded), False, progress)

    return Task(work)


@kept.resource(max_entries=24, show_spinner=False)
def aligned_task(asked: Asked, first: Side, second: Side, mode: str, method: str, root: str, stamp: str) -> Task[Pair]:
    """Give the work that aligns a layer of one model with a layer of another.

    Args:
        asked: Which windows.
        first: Name of a model, and of one of its layers.
        second: The same of the other.
        mode: How a course in time becomes rows.
        method: "cca" or "procrustes".
        root: The data root.
        stamp: Of the models, as `store_stamp` gives.
    """
    data = data_task(asked.dataset, root)

    def work(tell: Tell) -> Pair:
        loaded = data.result()
        tell("Looking for what the two layers have in common", None)
        from rdpd_core.experiments.aligned import aligned_layers
        from rdpd_core.experiments.source import open_source
        from rdpd_core.runtime import threads

        with threads(1):
            return aligned_layers(open_source(asked, loaded), first, second, mode, method)

    return Task(work)


@kept.resource(max_entries=12, show_spinner=False)
def robustness_task(bench: tuple[str, ...], edits: str, at: int, size_s: float) -> Task[Robustness]:
    """Give the work that scores all test windows at several sizes of one edit.

    Args:
        bench: Arguments of `bench_task`.
        edits: As `edits.to_text` gives.
        at: Which of them is varied.
        size_s: Length of a window, in s.
    """
    built = bench_task(*bench)

    def work(tell: Tell) -> Robustness:
        models = built.result()
        from rdpd_core.evaluation.edits import from_text
        from rdpd_core.experiments.whatif import follow, variants
        from rdpd_core.experiments.whatif_curve import robustness

        def progress(done: int, total: int) -> None:
            tell(f"Asking every model about edited test windows: {done} of {total}", done / total)

        sizes, lists = variants(from_text(edits), at, size_s)
        course = follow(models, lists, sizes, progress)
        tell("Resampling people", None)
        return robustness(course, models.windows)

    return Task(work)


@kept.resource(max_entries=16, show_spinner=False)
def facts_task(dataset: str, splits: tuple[str, ...], root: str) -> Task[dict[tuple[str, str], Facts]]:
    """Give the work that counts subjects, windows and classes of a data set, reading it first if need be.

    Args:
        dataset: Name.
        splits: Names.
        root: The data root.
    """
    data = data_task(dataset, root)

    def work(tell: Tell) -> dict[tuple[str, str], Facts]:
        data.result()
        from rdpd_core.experiments.forecast import facts_at_hand

        tell("Counting subjects, windows and classes", None)
        return facts_at_hand(dataset, splits, root)

    return Task(work)


@kept.resource(max_entries=32, show_spinner=False)
def timing_task(shapes: tuple[str, ...], _time: Callable[[], None]) -> Task[None]:
    """Give the work that times a few steps.

    Args:
        shapes: Digests of what is timed.
        _time: Does it.
    """

    def work(tell: Tell) -> None:
        _time()

    return Task(work)


def data_root() -> str:
    """Give the folder that holds the data sets, as text."""
    from rdpd_core import files

    return str(files.data_root())


def store_stamp() -> str:
    """Give text that changes whenever a model card is added, replaced or removed."""
    from rdpd_core.files import digest_bytes
    from rdpd_core.store import Store

    return digest_bytes(repr([sorted(_cards_below(str(root))) for root in Store.default().roots if root.is_dir()]).encode())


def _cards_below(root: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and time of change of every card; several times in every run, so without the comfort of pathlib."""
    for dataset in _folders(root):
        for model in _folders(dataset):
            try:
                about = os.stat(f"{model}/card.json")
            except FileNotFoundError:  # a folder without a card, or one that was removed a moment ago
                continue
            yield model.removeprefix(root), about.st_size, about.st_mtime_ns


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as found:
            return [entry.path for entry in found if entry.is_dir()]
    except FileNotFoundError:  # removed a moment ago
        return []


@kept.resource(max_entries=4, show_spinner=False)
def listing(stamp: str) -> Listing:
    """Give all models, and the folders that should hold one and do not.

    Args:
        stamp: Of the models, as `store_stamp` gives.
    """
    from rdpd_core.store import Store

    return Store.default().list()


def cards(dataset: str | None = None) -> list[ModelCard]:
    """Give the model cards, of one data set or of all."""
    return [card for card in listing(store_stamp()).cards if dataset in (None, card.dataset)]
