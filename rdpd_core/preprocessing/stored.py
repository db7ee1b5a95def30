"""Converted recordings as they lie on the disk, opened at once however large they are.

A folder of three files: `signal.npy`, float32, (total, C), time first so that a window of all channels is one stretch of the
disk; `index.json`, where each recording begins and whose it is; `index.sha256`, the digest of the index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.files import digest_bytes, to_json
from rdpd_core.preprocessing.quality import ChannelQuality
from rdpd_core.types import Channel

FORMAT = 1
SIGNAL, INDEX, SEAL = "signal.npy", "index.json", "index.sha256"


@dataclass(frozen=True)
class Converted:
    """Recordings of one data set in one memory-mapped signal; R is the number of recordings.

    Attributes:
        signal: (C, total), float32, a transposed view of the file.
        name: (R,), text.
        subject: (R,), text.
        label: (R,), class name or None.
        first: (R,), int64, first sample of each recording in `signal`.
        length: (R,), int64, samples of each recording.
        facts: (R,), what may be shown beside each recording.
        channels: One per row of `signal`; the unit is "NU" (normalized unit) where each recording was scaled by itself.
        classes: All class names the recordings may carry.
        sampling_rate: Hz.
        key: Digest of the source and the preparation.
        digest: Digest of the samples, their index and how they were made; the same on every machine.
        notices: Sentences that a reader of results should know.
        quality: One per channel, of the recordings as they came; empty if they were stored before this was counted.
    """

    signal: np.ndarray
    name: np.ndarray
    subject: np.ndarray
    label: tuple[str | None, ...]
    first: np.ndarray
    length: np.ndarray
    facts: tuple[Mapping[str, str], ...]
    channels: tuple[Channel, ...]
    classes: tuple[str, ...]
    sampling_rate: float
    key: str
    digest: str
    notices: tuple[str, ...] = ()
    quality: tuple[ChannelQuality, ...] = ()


def write_index(folder: Path, index: Mapping[str, Any]) -> None:
    """Write the index and its digest into a folder that is still being made."""
    content = to_json(index).encode()
    (folder / INDEX).write_bytes(content)
    (folder / SEAL).write_text(digest_bytes(content), encoding="ascii")


def open_converted(folder: Path) -> Converted:
    """Open converted recordings without reading their samples.

    Raises:
        DataError: A file is missing, cut short or changed; the message names the folder and what is wrong.
    """
    index = _read_index(folder)
    signal = _open_signal(folder / SIGNAL, (index["total"], len(index["channels"])))
    table = index["recordings"]
    return Converted(
        signal=signal.T,
        name=np.array(table["name"], dtype=str),
        subject=np.array(table["subject"], dtype=str),
        label=tuple(table["label"]),
        first=np.array(table["first"], dtype=np.int64),
        length=np.array(table["length"], dtype=np.int64),
        facts=tuple(table["facts"]),
        channels=tuple(Channel(**c) for c in index["channels"]),
        classes=tuple(index["classes"]),
        sampling_rate=float(index["preparation"]["rate_hz"]),
        key=index["key"],
        digest=index["digest"],
        notices=tuple(index["notices"]),
        quality=tuple(ChannelQuality(**row) for row in index.get("quality", ())),
    )


def _read_index(folder: Path) -> dict[str, Any]:
    try:
        content = (folder / INDEX).read_bytes()
        sealed = (folder / SEAL).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the stored recordings in {folder} have no readable index; delete the folder") from error
    if digest_bytes(content) != sealed:
        raise DataError(f"the index of the stored recordings in {folder} was changed; delete the folder")
    index = json.loads(content)
    if index.get("format") != FORMAT:
        raise DataError(f"the stored recordings in {folder} have format {index.get('format')}, not {FORMAT}; delete the folder")
    return index


def _open_signal(path: Path, shape: tuple[int, int]) -> np.ndarray:
    try:
        signal = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is missing or cut short; delete its folder") from error
    if signal.shape != shape or signal.dtype != np.float32 or path.stat().st_size != signal.offset + signal.nbytes:
        raise DataError(f"{path} holds {signal.shape} {signal.dtype} values, its index says {shape} float32; delete its folder")
    return signal
