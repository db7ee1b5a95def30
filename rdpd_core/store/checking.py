"""Reading a model from elsewhere in a process of its own, with little memory and little time: `python -m ... FOLDER MB`.

The process says one line of JSON: {"key": ...} of a model that is whole, or {"refused": reason}.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from rdpd_core.apart import limit_memory
from rdpd_core.errors import ModelFileError, RdpdError
from rdpd_core.store.cards import MAX_CARD_BYTES, ModelCard
from rdpd_core.store.store import CARD, WEIGHTS, Store


def check_folder(folder: Path) -> ModelCard:
    """Give the card of the model in a folder after reading and building all of it with the one loader there is.

    Args:
        folder: Holds a card and weights under their names, and may be of any name itself.

    Raises:
        ModelFileError: The model was refused.
    """
    with (folder / CARD).open("rb") as file:
        card = ModelCard.from_json(file.read(MAX_CARD_BYTES + 1))
    with tempfile.TemporaryDirectory(dir=folder) as root:  # the loader wants a model where its card says that it lies
        place = Path(root) / card.dataset / card.name
        place.mkdir(parents=True)
        shutil.copyfile(folder / CARD, place / CARD)
        (folder / WEIGHTS).rename(place / WEIGHTS)
        try:
            return Store([root]).verify(card.dataset, card.name)
        finally:
            (place / WEIGHTS).rename(folder / WEIGHTS)


def main(folder: str, megabytes: str) -> None:
    """Check a folder and print what was found."""
    limit_memory(int(megabytes))  # after the library was loaded, before a byte of the model is
    try:
        told = {"key": check_folder(Path(folder)).key}
    except RdpdError as error:
        told = {"refused": str(error)}
    except (MemoryError, RuntimeError) as error:  # PyTorch and safetensors say a want of memory in their own ways
        if not isinstance(error, MemoryError) and "memory" not in str(error):
            raise
        told = {"refused": str(ModelFileError(f"reading it takes more than the {megabytes} MB it is given; it was not read"))}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
