"""Where the records of finished experiments lie, so that none is trained twice: by what they were trained with, and on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import DataError
from rdpd_core.experiments.evidence.cell import Cell
from rdpd_core.experiments.experiment import WITHOUT_EFFECT, Experiment
from rdpd_core.experiments.recipes import pick_recipe
from rdpd_core.files import digest_json, work_root, write_atomic

SEAL = "sha256"
MOST_BYTES = 64 << 20
KEY_LETTERS = 24
_MARK = 8


def key_of(experiment: Experiment) -> str:
    """Give what tells experiments apart: their settings, what their recipe says of their data set, and its networks.

    Settings at their default are left out, so that a setting that is added later changes no key; nor does what a recipe says
    of other data sets, or how it is told, or what is without effect.
    """
    idle = {name for amount, (none, names) in WITHOUT_EFFECT.items() if getattr(experiment, amount) == none for name in names}
    asked = {name: value for name, value in experiment.departures().items() if name not in idle | {"arms"}}
    recipe = pick_recipe(experiment.recipe).about(experiment.dataset)
    return digest_json([asked, list(experiment.arms), recipe, DATASETS.get(experiment.dataset).architecture])[:KEY_LETTERS]


class Shelf:
    """Records of experiments, one file each; the first folder is written to."""

    def __init__(self, roots: Sequence[Path] | None = None) -> None:
        """Remember where; `problems` then says which files were passed over, and why.

        Args:
            roots: Folders; None takes the one of this user.
        """
        self.roots = [work_root() / "results" / "cells"] if roots is None else list(roots)
        self.problems: list[str] = []

    def put(self, cell: Cell) -> Path:
        """Keep a record; one of other recordings stays beside it.

        Raises:
            DataError: The disk is full, or the folder cannot be written.
        """
        path = self.roots[0] / f"{cell.key}-{mark_of(cell)}.json"
        write_sealed(path, cell.to_dict())
        return path

    def find(self, key: str) -> list[Cell]:
        """Give the records of a key, the newest last; several if the recordings have changed in between.

        A file that is damaged is passed over and named in `problems`: what it told is computed again.
        """
        found = []
        for root in self.roots:
            for path in sorted(root.glob(f"{key}-*.json")) if root.is_dir() else []:
                try:
                    found.append(Cell.from_dict(read_sealed(path)))
                except DataError as error:
                    self.problems.append(str(error))
        return sorted(found, key=lambda cell: cell.created)

    def match(self, key: str, digest: str | None) -> Cell | None:
        """Give the newest record of a key that is of these recordings; None asks for none in particular."""
        return next((cell for cell in reversed(self.find(key)) if fits(cell, digest)), None)

    def set_aside(self, key: str) -> None:
        """Take the records of a key out of the way; the files stay, under another ending."""
        for path in self.roots[0].glob(f"{key}-*.json") if self.roots[0].is_dir() else []:
            path.replace(path.with_suffix(".replaced"))


def fits(cell: Cell, digest: str | None) -> bool:
    """Say whether a record is of the recordings with this digest; None fits all."""
    return digest is None or set(cell.windows.values()) == {digest}


def mark_of(cell: Cell) -> str:
    """Give a few letters that tell the recordings of a record."""
    return digest_json(dict(cell.windows))[:_MARK]


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Write plain values with their digest, atomically.

    Raises:
        DataError: The disk is full, or the folder cannot be written.
    """
    sealed = {**value, SEAL: digest_json(value)}
    text = json.dumps(
        sealed, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )  # small in a repository
    write_atomic(path, f"{text}\n".encode())


def read_sealed(path: Path) -> dict[str, Any]:
    """Give what `write_sealed` wrote.

    Raises:
        DataError: It cannot be read, or is not as it was written.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        value = json.loads(data.decode("utf-8")) if len(data) <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"the result {path.name} cannot be read: {error}; make it again") from error
    if not isinstance(value, dict) or value.get(SEAL) != digest_json({n: v for n, v in value.items() if n != SEAL}):
        raise DataError(f"the result {path.name} is not as it was written: damaged or edited; make it again")
    return {n: v for n, v in value.items() if n != SEAL}
