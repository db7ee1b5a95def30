"""Models that come from elsewhere or go there: a folder of card and weights, zipped or not."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from rdpd_core.apart import ask
from rdpd_core.errors import ModelFileError
from rdpd_core.files import atomic_folder, write_atomic
from rdpd_core.store.cards import MAX_CARD_BYTES, ModelCard
from rdpd_core.store.store import CARD, WEIGHTS, Store
from rdpd_core.store.weights import MAX_BYTES, check_header, check_kind

MEMORY_MB, TIME_S = 1024, 60.0
"""What a check may take beyond what the library takes itself; memory grows with the size of the file."""
MAX_MEMBERS = 8
_MOST = {CARD: MAX_CARD_BYTES, WEIGHTS: MAX_BYTES}


def pack(store: Store, dataset: str, name: str) -> bytes:
    """Give a model as a zip archive of a folder with its card and weights, after checking it; equal models, equal bytes.

    Raises:
        ModelFileError: No such model, or it was refused.
    """
    card, stream = store.verify(dataset, name), io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for part in (CARD, WEIGHTS):
            archive.writestr(zipfile.ZipInfo(f"{card.name}/{part}"), (store.folder(dataset, name) / part).read_bytes())
    return stream.getvalue()


def export_folder(store: Store, dataset: str, name: str, out: Path) -> Path:
    """Write a model's card and weights into a new folder of its name below `out`, after checking it; give that folder.

    Raises:
        ModelFileError: No such model, it was refused, or there is such a folder already.
        DataError: The place cannot be written.
    """
    card = store.verify(dataset, name)
    folder = out / card.name
    if folder.exists():
        raise ModelFileError(f"{folder} is there already; choose another folder, or move it away")
    with atomic_folder(folder) as draft:
        for part in (CARD, WEIGHTS):
            write_atomic(draft / part, (store.folder(dataset, name) / part).read_bytes())
    return folder


def parts_of(files: Mapping[str, bytes]) -> tuple[bytes, bytes]:
    """Give the card and the weights among files, told by what they hold and not by their names.

    Args:
        files: A card and weights, or one zip archive with both; names are only shown.

    Raises:
        ModelFileError: Something is missing, too much, or another kind of file.
    """
    given = list(files.values())
    if len(given) == 1 and given[0].startswith(b"PK\x03\x04"):
        given = _unpacked(given[0])
    cards = [data for data in given if _is_text(data)]
    others = [data for data in given if not _is_text(data)]
    for data in others:
        check_kind(data)
    if (len(cards), len(others)) != (1, 1):
        raise ModelFileError(
            f"a model is two files, {CARD} and {WEIGHTS}, or one zip archive with both; given were {len(cards)} cards and "
            f"{len(others)} files of weights"
        )
    return cards[0], others[0]


def _is_text(data: bytes) -> bool:
    """Say whether a file may be a card; the length at the beginning of weights holds zeros, and text does not."""
    return data.lstrip()[:1] == b"{" and b"\0" not in data[:8]


def _unpacked(data: bytes) -> list[bytes]:
    """Give the files of an archive of one model, read by its directory first; an archive of anything else stays as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            known = [m for m in members if m.filename.replace("\\", "/").rpartition("/")[2] in _MOST]
            if not known:
                return [data]  # a PyTorch checkpoint is such an archive, too; it is refused by its kind
            if len(members) > MAX_MEMBERS or len(known) != len(members):
                raise ModelFileError(
                    f"the archive holds {len(members)} files; the archive of a model holds {CARD} and {WEIGHTS} only"
                )
            return [_member(archive, member) for member in known]
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise ModelFileError(f"the zip archive cannot be read ({error}); it is damaged or locked, get it again") from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    most = _MOST[member.filename.replace("\\", "/").rpartition("/")[2]]
    with archive.open(member) as file:
        data = file.read(min(member.file_size, most) + 1)
    if len(data) > most:
        raise ModelFileError(f"a file of the archive has more than {most} bytes, which no model of ours has")
    return data


def take_in(store: Store, files: Mapping[str, bytes], memory_mb: int | None = None, time_s: float = TIME_S) -> ModelCard:
    """Keep a model from elsewhere after a process of its own has read and built all of it; nothing is ever written over.

    Args:
        store: Where to keep it.
        files: As `parts_of` takes them.
        memory_mb: What the check may take; None decides by the size of the weights.
        time_s: After which the check is ended, in s.

    Raises:
        ModelFileError: The model was refused; nothing is left behind.
        DataError: The disk is full, or the store cannot be written.
    """
    card, weights = parts_of(files)
    if len(card) > MAX_CARD_BYTES or len(weights) > MAX_BYTES:
        raise ModelFileError(
            f"a card has at most {MAX_CARD_BYTES} bytes, weights at most {MAX_BYTES}; this is not a model of ours"
        )
    check_header(weights)
    check_apart(card, weights, memory_mb or MEMORY_MB + 6 * (len(weights) >> 20), time_s)
    return store.adopt(card, weights)


def check_apart(card: bytes, weights: bytes, memory_mb: int, time_s: float) -> None:
    """Read and build a model in a process of its own.

    Raises:
        ModelFileError: It was refused, or the process took too much memory or time.
    """
    with tempfile.TemporaryDirectory(prefix="rdpd-model-") as folder:
        Path(folder, CARD).write_bytes(card)
        Path(folder, WEIGHTS).write_bytes(weights)
        told, code = ask("rdpd_core.store.checking", [folder, str(memory_mb)], time_s)
    if code is None:
        raise ModelFileError(f"the check took more than {time_s:g} s and was ended; the model was not taken in")
    if "refused" in told:
        raise ModelFileError(str(told["refused"]))
    if code or "key" not in told:
        raise ModelFileError(
            f"the check of the model ended with code {code} without an answer, perhaps for want of memory; "
            "the model was not taken in"
        )
