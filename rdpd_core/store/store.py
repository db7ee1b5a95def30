"""Where trained models lie: <root>/<dataset>/<name>/ with card.json and model.safetensors."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Self

import torch
from torch import Tensor

from rdpd_core.errors import ModelFileError, RdpdError
from rdpd_core.files import atomic_folder, digest_bytes, lock, work_root, write_atomic
from rdpd_core.models import MODELS, Model
from rdpd_core.store import weights
from rdpd_core.store.cards import MAX_CARD_BYTES, ModelCard
from rdpd_core.store.fields import slug

CARD = "card.json"
WEIGHTS = "model.safetensors"
MOST_NAMED = 8


@dataclass(frozen=True)
class Problem:
    """A folder that should hold a model and does not.

    Attributes:
        dataset: Name of the outer folder, as text only.
        name: Name of the inner folder, as text only.
        reason: What is wrong, and what to do.
        writable: Whether it lies in the writable root.
    """

    dataset: str
    name: str
    reason: str
    writable: bool


class Listing(NamedTuple):
    """What is in the store.

    Attributes:
        cards: By data set, then name.
        problems: Folders that were left out, with the reason.
    """

    cards: tuple[ModelCard, ...]
    problems: tuple[Problem, ...]


def pretrained_root() -> Path:
    """Give the folder of the models that come with the program."""
    return Path(__file__).resolve().parents[2] / "pretrained"


class Store:
    """Models in one or more roots. The first root is written to; a model there hides one of the same name in a later root."""

    def __init__(self, roots: Sequence[str | Path]) -> None:
        """Remember where to look; nothing is read or made.

        Args:
            roots: At least one folder; they need not exist.
        """
        self.roots = tuple(Path(root) for root in roots)

    @classmethod
    def default(cls) -> Self:
        """Give the store of models made here, with those that come with the program behind it."""
        return cls([work_root() / "models", pretrained_root()])

    def list(self, dataset: str | None = None) -> Listing:
        """Give the cards of all models; one that is broken does not hide the others.

        Weights are looked for, not read; `verify` reads them.

        Args:
            dataset: Only models of this data set.
        """
        cards: dict[str, ModelCard] = {}
        problems: list[Problem] = []
        for root in self.roots:
            for folder in _folders(root, dataset):
                if f"{folder.parent.name}/{folder.name}" in cards:
                    continue
                try:
                    card = _read_card(root, folder)
                    _inside(root, folder / WEIGHTS, folder)
                    cards[card.key] = card
                except ModelFileError as error:
                    problems.append(Problem(folder.parent.name, folder.name, str(error), root == self.roots[0]))
        return Listing(tuple(cards[key] for key in sorted(cards)), tuple(problems))

    def card(self, dataset: str, name: str) -> ModelCard:
        """Give a model's card.

        Raises:
            ModelFileError: No such model, or its card was refused.
        """
        return _read_card(*self._find(dataset, name))

    def folder(self, dataset: str, name: str) -> Path:
        """Give the folder a model lies in.

        Raises:
            ModelFileError: No such model.
        """
        return self._find(dataset, name)[1]

    def writable(self, dataset: str, name: str) -> bool:
        """Say whether a model lies in the writable root, so that it may be deleted or written over."""
        return self._find(dataset, name)[0] == self.roots[0]

    def save(self, card: ModelCard, state: Mapping[str, Tensor], overwrite: bool = False) -> ModelCard:
        """Write a model to the first root, all of it or nothing.

        Args:
            card: What is known of it; the digest of the weights is filled in.
            state: The weights, as `Model.state_dict` gives.
            overwrite: Replace a model of the same name.

        Returns:
            The card as it was written.

        Raises:
            ModelFileError: The weights do not fit the card's model or are not finite numbers, or the name is taken.
            DataError: The disk is full, or the folder cannot be written.
        """
        data = weights.encode(state)
        build(card, state)
        card = replace(card, weights_sha256=digest_bytes(data))
        folder = self.roots[0] / card.dataset / card.name
        with lock(self.roots[0] / ".lock"):
            if folder.exists() and not overwrite:
                raise ModelFileError(
                    f"there is a model {card.key} already; choose another name, or say that it may be replaced"
                )
            with atomic_folder(folder) as draft:
                write_atomic(draft / WEIGHTS, data)
                write_atomic(draft / CARD, card.to_json().encode())
        return card

    def adopt(self, card_file: bytes, weights_file: bytes) -> ModelCard:
        """Keep the two files of a model that was checked elsewhere, byte for byte; a name that any root has is refused.

        Raises:
            ModelFileError: The card was refused, the weights are not the card's, or the name is taken.
            DataError: The disk is full, or the folder cannot be written.
        """
        card = ModelCard.from_json(card_file)
        if digest_bytes(weights_file) != card.weights_sha256:
            raise ModelFileError(f"{card.key}/{WEIGHTS}: its sha256 is not the one on the card; get both again")
        with lock(self.roots[0] / ".lock"):
            if taken := next((root for root in self.roots if (root / card.dataset / card.name).exists()), None):
                whose = "came with the program" if taken != self.roots[0] else "is yours"
                raise ModelFileError(f"there is a model {card.key} already, which {whose}; it was not replaced")
            with atomic_folder(self.roots[0] / card.dataset / card.name) as draft:
                write_atomic(draft / WEIGHTS, weights_file)
                write_atomic(draft / CARD, card_file)
        return card

    def size_bytes(self, dataset: str, name: str) -> int:
        """Give what a model's card and weights take on the disk, in bytes.

        Raises:
            ModelFileError: No such model.
        """
        folder = self.folder(dataset, name)
        return sum((folder / part).stat().st_size for part in (CARD, WEIGHTS))

    def load(self, dataset: str, name: str) -> tuple[dict[str, Tensor], ModelCard]:
        """Give a model's weights and card. The bytes that were checked are the bytes that are used.

        Raises:
            ModelFileError: No such model, or it was refused; the message names file and reason.
        """
        root, folder = self._find(dataset, name)
        card = _read_card(root, folder)
        path = folder / WEIGHTS
        with _naming(f"{card.key}/{WEIGHTS}"):
            return weights.decode(_read(root, path, weights.MAX_BYTES), card.weights_sha256), card

    def open(self, dataset: str, name: str) -> tuple[Model, ModelCard]:
        """Give a model, built and in evaluation mode, and its card.

        Raises:
            ModelFileError: As `load`, or the weights do not fit the model.
        """
        state, card = self.load(dataset, name)
        return build(card, state), card

    def verify(self, dataset: str, name: str) -> ModelCard:
        """Give the card of a model after reading and building all of it.

        Raises:
            ModelFileError: It was refused.
        """
        return self.open(dataset, name)[1]

    def delete(self, dataset: str, name: str) -> None:
        """Remove a model from the writable root.

        Raises:
            ModelFileError: No such model, or it comes with the program.
        """
        root, folder = self._find(dataset, name)
        if root != self.roots[0]:
            raise ModelFileError(f"{dataset}/{name} comes with the program and cannot be deleted; only models made here can")
        with lock(root / ".lock"):
            grave = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder.parent))
            folder.rename(grave / "was")
            shutil.rmtree(grave)

    def teacher_of(self, card: ModelCard) -> ModelCard | None:
        """Give the card of the model a student learned from, told by the digest of its weights; None if it is not here."""
        cards = self.list(card.dataset).cards if card.teacher else ()
        return next((c for c in cards if c.weights_sha256 == card.teacher), None)

    def students_of(self, card: ModelCard) -> tuple[ModelCard, ...]:
        """Give the cards of the models that learned from this one."""
        return tuple(c for c in self.list(card.dataset).cards if c.teacher and c.teacher == card.weights_sha256)

    def _find(self, dataset: str, name: str) -> tuple[Path, Path]:
        """Give the root and the folder of a model."""
        for what, given in (("data set", dataset), ("model", name)):
            if problem := slug(given):
                raise ModelFileError(f"the {what} name {str(given)[:100]!r} {problem}")
        for root in self.roots:
            if (root / dataset / name).is_dir():
                return root, root / dataset / name
        known = [card.name for card in self.list(dataset).cards]
        close = difflib.get_close_matches(name, known, n=MOST_NAMED, cutoff=0.0)
        shown = ", ".join(close) or "none for this data set"
        if len(known) > len(close):
            shown += f" and {len(known) - len(close)} more (`models` lists them)"
        raise ModelFileError(f"there is no model {dataset}/{name}; here are {shown}")


def build(card: ModelCard, state: Mapping[str, Tensor]) -> Model:
    """Give the card's model with these weights, in evaluation mode.

    Raises:
        ModelFileError: The model is not registered, its settings are not allowed, or the weights do not fit; all that is
            missing, unexpected or of another shape is listed.
    """
    with torch.random.fork_rng(devices=[]):
        with torch.device("meta"):  # shapes first: a card may claim a size that no memory holds
            wanted = construct(card).state_dict()
        _check_fit(card, wanted, state)
        model = construct(card)
    model.load_state_dict(dict(state))
    return model.eval()


def construct(card: ModelCard) -> Model:
    """Give the card's model with fresh weights.

    Raises:
        ModelFileError: It is not registered, or its settings are not allowed.
    """
    with _naming(f"{card.key}/{CARD}"):
        try:
            cls = MODELS.get(card.model)
            params = cls.Params.from_dict(card.model_params)
            return cls(len(card.channels), len(card.classes), card.window_samples, params)
        except (RdpdError, RuntimeError, TypeError, ValueError) as error:
            raise ModelFileError(f"model {card.model!r} cannot be built as the card says: {error}") from error


def _check_fit(card: ModelCard, wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    problems = [f"missing {name}" for name in wanted if name not in given]
    problems += [f"unexpected {name}" for name in given if name not in wanted]
    for name in wanted:
        if name in given and (wanted[name].shape != given[name].shape or wanted[name].dtype != given[name].dtype):
            problems.append(f"{name} is {_form(given[name])} but must be {_form(wanted[name])}")
    if problems:
        shown = "; ".join(problems[:20]) + (f"; and {len(problems) - 20} more" if len(problems) > 20 else "")
        raise ModelFileError(f"the weights do not fit {card.model!r} as {card.key} describes it: {shown}")


def _form(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _folders(root: Path, dataset: str | None) -> Iterator[Path]:
    """Yield the folders that should hold models, in order; those of unfinished writes begin with a dot."""
    outer = sorted(root.iterdir()) if root.is_dir() else []
    for place in outer:
        if place.is_dir() and not place.name.startswith(".") and dataset in (None, place.name):
            yield from (inner for inner in sorted(place.iterdir()) if inner.is_dir() and not inner.name.startswith("."))


def _read_card(root: Path, folder: Path) -> ModelCard:
    with _naming(f"{folder.parent.name}/{folder.name}/{CARD}"):
        card = ModelCard.from_json(_read(root, folder / CARD, MAX_CARD_BYTES))
        if card.key != f"{folder.parent.name}/{folder.name}":
            raise ModelFileError(f"the card is that of {card.key}; a model's folder must carry its name")
        if not card.weights_sha256:
            raise ModelFileError("weights_sha256 is empty; the model was not saved by this program")
    return card


def _read(root: Path, path: Path, most: int) -> bytes:
    """Give all bytes of a file below `root`, at most `most`."""
    _inside(root, path, path.parent)
    try:
        with path.open("rb") as file:  # room is asked for as much as there is, not for as much as there might be
            data = file.read(min(most, os.fstat(file.fileno()).st_size) + 1)
    except OSError as error:
        raise ModelFileError(f"it cannot be read: {error.strerror}; allow reading it") from error
    if len(data) > most:
        raise ModelFileError(f"it has more than {most} bytes, which no model of ours has")
    return data


def _inside(root: Path, path: Path, folder: Path) -> None:
    """Raise ModelFileError unless `path` is a file, and truly lies below `root`."""
    if not path.is_file():
        raise ModelFileError(
            f"{folder.parent.name}/{folder.name} holds no file {path.name}; get it again, or delete the folder"
        )
    if not path.resolve().is_relative_to(root.resolve()):
        raise ModelFileError(f"{path.name} is a link to a place outside the store; put the file itself there")


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Put the name of the file before the reason for which it was refused."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{file}: {error}") from error
