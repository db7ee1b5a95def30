"""Weights as safetensors bytes, and every doubt about such bytes, before anything is made of them.

The format: 8 bytes of header length, a JSON header that names type, shape and place of every tensor, then the numbers. It holds
no code, but it has no digest either, so the card keeps one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from rdpd_core.errors import ModelFileError
from rdpd_core.files import digest_bytes
from rdpd_core.store.cards import strict_json

MAX_BYTES = 1 << 30
MAX_HEADER_BYTES = 1 << 20
MAX_TENSORS = 10_000
_SIZES = {"F32": 4, "I64": 8}
_DTYPES = {torch.float32, torch.int64}
_NAME = re.compile(r"[A-Za-z0-9_.]{1,200}\Z")
_CONVERT = "convert it on a machine you trust with safetensors.torch.save_file(state_dict, ...), and import the result"
_STARTS = {
    b"PK\x03\x04": "a zip archive, such as a PyTorch checkpoint with a pickle inside",
    b"\x80": "a pickle, which may run code when it is read",
    b"\x1f\x8b": "gzip",
    b"\x89HDF": "HDF5",
    b"\x93NUMPY": "a NumPy array",
}
_INSIDE_ZIP = {b"constants.pkl": "TorchScript, which holds code", b"archive_format": "a PyTorch export archive (.pt2)"}


def encode(state: Mapping[str, Tensor]) -> bytes:
    """Give weights as safetensors bytes; equal weights give equal bytes.

    Raises:
        ModelFileError: A name or type that is not kept, or a weight that is not a number; the tensor is named.
    """
    for name, tensor in state.items():
        if not _NAME.match(name):
            raise ModelFileError(f"the tensor {name[:100]!r} cannot be kept; use 1 to 200 letters, digits, '_' and '.'")
        if tensor.dtype not in _DTYPES:
            raise ModelFileError(f"the tensor {name} is {tensor.dtype}; kept are {', '.join(sorted(map(str, _DTYPES)))}")
    check_finite(state)
    own = {name: state[name].detach().to("cpu", copy=True).contiguous() for name in sorted(state)}
    return safetensors.torch.save(own)


def decode(data: bytes, sha256: str) -> dict[str, Tensor]:
    """Give the tensors of safetensors bytes whose digest is known.

    Args:
        data: All bytes of the file.
        sha256: What the card says of them.

    Raises:
        ModelFileError: They are not safetensors, not the bytes of that digest, or hold what no model of ours holds.
    """
    check_kind(data)
    if digest_bytes(data) != sha256:
        state = "is truncated" if _short(data) else "was damaged, cut short or replaced"
        raise ModelFileError(f"its sha256 is not the one on the card: the file {state}; get it again, or make the model again")
    check_header(data)
    state = safetensors.torch.load(data)
    check_finite(state)
    return state


def check_kind(data: bytes) -> None:
    """Raise ModelFileError, naming what it is, if the bytes are empty or begin like another kind of file."""
    if not data:
        raise ModelFileError("it is empty; get it again, or make the model again")
    if not _short(data) and data[8:9] == b"{":
        return  # the length of a header may begin like a pickle
    for start, kind in _STARTS.items():
        if data.startswith(start):
            inside = next((what for mark, what in _INSIDE_ZIP.items() if start == b"PK\x03\x04" and mark in data), kind)
            raise ModelFileError(f"this is {inside}, not safetensors; nothing of it was read. To use such weights, {_CONVERT}")


def check_header(data: bytes) -> None:
    """Raise ModelFileError unless the header is small, plain, and describes exactly the bytes that follow it."""
    if _short(data):
        raise ModelFileError("it is truncated: the header says there is more; get it again, or make the model again")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise ModelFileError(f"its header has {length} bytes; at most {MAX_HEADER_BYTES} are read")
    header = strict_json(data[8 : 8 + length], "its header")
    if not isinstance(header, dict):
        raise ModelFileError("its header is not a table of tensors; this is not safetensors")
    header.pop("__metadata__", None)
    if len(header) > MAX_TENSORS:
        raise ModelFileError(f"it holds {len(header)} tensors; at most {MAX_TENSORS} are read")
    spans = sorted(_span(name, entry) for name, entry in header.items())
    end = 0
    for first, last, name in spans:
        if first != end:
            raise ModelFileError(f"the tensor {name} begins at byte {first}, not {end}: tensors overlap or leave gaps")
        end = last
    if end != len(data) - 8 - length:
        raise ModelFileError(f"its tensors take {end} bytes, but {len(data) - 8 - length} follow the header")


def _span(name: str, entry: Any) -> tuple[int, int, str]:
    """Give where a tensor begins and ends, after checking that type, shape and place agree."""
    if not _NAME.match(name):
        raise ModelFileError(f"the tensor name {name[:100]!r} is not allowed; names are 1 to 200 letters, digits, '_' and '.'")
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"the tensor {name} needs dtype, shape and data_offsets, and nothing else")
    dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _SIZES:
        raise ModelFileError(f"the tensor {name} has type {str(dtype)[:20]}; allowed are {', '.join(_SIZES)}")
    if not _counts(shape, 8) or not _counts(place, 2) or len(place) != 2:
        raise ModelFileError(f"the tensor {name} has a shape or place that is not made of whole numbers")
    if math.prod(shape) * _SIZES[dtype] != place[1] - place[0]:
        raise ModelFileError(f"the tensor {name} of shape {tuple(shape)} does not fit in {place[1] - place[0]} bytes")
    return place[0], place[1], name


def _counts(values: Any, most: int) -> bool:
    if not isinstance(values, list) or len(values) > most:
        return False
    return all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 1 << 48 for v in values)


def check_finite(state: Mapping[str, Tensor]) -> None:
    """Raise ModelFileError, naming the first such tensor, if a weight is not a finite number."""
    for name, tensor in state.items():
        bad = int((~torch.isfinite(tensor)).sum())
        if bad:
            raise ModelFileError(
                f"the tensor {name} holds {bad} values that are not finite numbers; "
                "its training diverged, or it was tampered with"
            )


def _short(data: bytes) -> bool:
    return len(data) < 8 or int.from_bytes(data[:8], "little") > len(data) - 8
