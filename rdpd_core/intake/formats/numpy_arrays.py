"""NumPy's .npy and .npz: numbers only, and never more than the file can hold."""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from rdpd_core.intake.formats.base import (
    FORMATS,
    MOST_BYTES,
    Column,
    Format,
    Given,
    Options,
    Piece,
    Table,
    check_size,
)

NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
MOST_ARRAYS, MOST_RATIO = 1000, 200
LABELS, SUBJECTS = ("y", "label", "labels", "target"), ("subject", "subjects", "groups", "group")


@FORMATS.register
class NumpyArrays(Format):
    """One array (time, C), (C, time) or (recordings, C, time), or several named columns of one length."""

    name = "numpy"
    title = "NumPy"
    endings = (".npy", ".npz")

    @staticmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether it begins as an array, or as an archive that is called one."""
        return head.startswith(NPY) or (head.startswith(ZIP) and name.endswith(".npz"))

    @staticmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Read all arrays; see `Format.read`."""
        if given.head(6) == NPY:
            with given.path.open("rb") as file:
                return _of_arrays(given, {"values": _array(given, file, given.size, "the array")})
        return _of_arrays(given, _members(given))


def _members(given: Given) -> dict[str, np.ndarray]:
    """Give the arrays of an archive, after its directory was looked at."""
    try:
        with zipfile.ZipFile(given.path) as archive:
            entries = archive.infolist()
            if not 1 <= len(entries) <= MOST_ARRAYS:
                raise given.refuse(f"{len(entries)} arrays; from 1 to {MOST_ARRAYS} are read")
            total = sum(entry.file_size for entry in entries)
            if total > MOST_BYTES // 4 or total > MOST_RATIO * given.size:
                raise given.refuse(f"its {given.size} bytes would unpack to {total}; that is more than is read")
            found = {}
            for entry in entries:
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise given.refuse("an array is packed in a way that is not read; save it with NumPy")
                name = entry.filename.removesuffix(".npy")
                if not entry.filename.endswith(".npy") or not name or any(sign in name for sign in ("/", "\\", "..", ":")):
                    raise given.refuse("a member of the archive is no array; an archive of arrays holds .npy files only")
                if name in found:
                    raise given.refuse(f"two arrays are named {name!r}")
                with archive.open(entry) as member:
                    data = member.read(entry.file_size + 1)
                found[name] = _array(given, io.BytesIO(data), len(data), f"array {name!r}")
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError) as error:
        raise given.refuse("the archive is damaged or locked; save it again") from error


def _array(given: Given, file: BinaryIO, size: int, what: str) -> np.ndarray:
    """Read one array whose header agrees with the bytes there are."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, kind = read(file)
        if kind.hasobject:
            raise given.refuse(f"{what} holds objects, which can run code when they are read; save numbers")
        if kind.kind not in "fiubUS":
            raise given.refuse(f"{what} is of the type {kind}; save numbers")
        count = 1
        for length in shape:
            count *= int(length)
        if count * kind.itemsize != size - file.tell():
            raise given.refuse(f"{what} says it has {count} values; the file holds {max(size - file.tell(), 0)} bytes of them")
        data = np.frombuffer(file.read(count * kind.itemsize), dtype=kind, count=count)
        return data.reshape(shape, order="F" if fortran else "C")
    except (ValueError, EOFError, OverflowError, SyntaxError, TypeError, RecursionError, tokenize.TokenError) as error:
        raise given.refuse(f"{what} is damaged; save it again") from error


def _of_arrays(given: Given, arrays: dict[str, np.ndarray]) -> Table:
    """Give a table of the one array of signals, and of what else tells about its recordings, or of columns."""
    signals = [name for name, value in arrays.items() if value.ndim in (2, 3) and value.dtype.kind in "fiub"]
    if len(signals) > 1:
        raise given.refuse(f"it holds several arrays of signals ({', '.join(signals[:5])}); give one of them at a time")
    if not signals:
        if any(value.ndim != 1 for value in arrays.values()) or len({len(value) for value in arrays.values()}) != 1:
            raise given.refuse("its arrays are neither columns of one length nor one array (time, channels)")
        length = len(next(iter(arrays.values())))
        check_size(given, length, len(arrays))
        return Table(NumpyArrays.name, tuple(_column(n, v) for n, v in arrays.items()), (Piece(length),))
    value = arrays.pop(signals[0])
    if value.ndim == 2:
        value = value.T if value.shape[0] > value.shape[1] else value  # time is the longer axis
        check_size(given, value.shape[1], value.shape[0] + len(arrays))
        pieces, rows = (Piece(value.shape[1]),), value
        beside = [_column(n, v) for n, v in arrays.items() if v.shape == (value.shape[1],)]
    else:
        check_size(given, value.shape[0] * value.shape[2], value.shape[1])
        told = [_per_piece(arrays, names, len(value)) for names in (LABELS, SUBJECTS)]
        pieces = tuple(Piece(value.shape[2], label, subject) for label, subject in zip(*told, strict=True))
        rows, beside = np.moveaxis(value, 1, 0).reshape(value.shape[1], -1), []
    columns = [Column(f"channel {at + 1}", np.asarray(row, dtype=np.float64)) for at, row in enumerate(rows)]
    return Table(NumpyArrays.name, (*columns, *beside), pieces)


def _column(name: str, value: np.ndarray) -> Column:
    if value.dtype.kind in "US":
        return Column(name, words=value.astype(str))
    exact = value.astype(str) if value.dtype.kind in "iu" and value.dtype.itemsize == 8 else None
    return Column(name, value.astype(np.float64), exact)


def _per_piece(arrays: dict[str, np.ndarray], names: Sequence[str], count: int) -> list[str | None]:
    for name in names:
        if name in arrays and arrays[name].shape == (count,):
            return [str(value) for value in arrays[name].tolist()]
    return [None] * count
