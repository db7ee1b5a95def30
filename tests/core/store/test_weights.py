"""Bytes that claim to be weights, and are believed only after every doubt."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import pytest
import safetensors.torch
import torch

from rdpd_core.errors import ModelFileError
from rdpd_core.files import digest_bytes
from rdpd_core.runtime import numpy_generator
from rdpd_core.store import weights
from tests.core.store.made import state


def read(data: bytes) -> dict[str, torch.Tensor]:
    """Decode bytes under their own digest, as if the card agreed."""
    return weights.decode(data, digest_bytes(data))


def file(header: object, body: bytes = b"") -> bytes:
    """Give safetensors bytes with a header made by hand."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(shape: list, place: list, dtype: object = "F32") -> dict:
    """Give a tensor's entry in a header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": place}


def test_weights_survive_and_equal_weights_give_equal_bytes():
    given = state()
    data = weights.encode(given)
    assert weights.encode(dict(reversed(given.items()))) == data
    found = read(data)
    assert found.keys() == given.keys()
    assert all(torch.equal(found[name], given[name]) for name in given)
    shared = torch.ones(4)
    assert read(weights.encode({"a": shared, "b": shared[:2], "c": shared.view(2, 2).t()}))["b"].shape == (2,)


def test_flips_and_cuts_are_refused():
    data = weights.encode(state())
    digest, generator = digest_bytes(data), numpy_generator("flips")
    for at, bit in zip(generator.integers(0, len(data), 200), generator.integers(0, 8, 200), strict=True):
        flipped = bytearray(data)
        flipped[at] ^= 1 << int(bit)
        with pytest.raises(ModelFileError):
            weights.decode(bytes(flipped), digest)
    for length in range(0, len(data), 7):
        with pytest.raises(ModelFileError, match=r"empty|truncated|cut short"):
            weights.decode(data[:length], digest)


def test_a_header_length_that_looks_like_a_pickle_is_no_pickle():
    for name in ("x" * n for n in range(1, 200)):
        assert list(read(file({name: entry([1], [0, 4])}, b"\0" * 4))) == [name]
    wanted, lengths = {640, 896, 1152, 1408}, set()
    for count in range(1, 40):
        data = weights.encode({f"layer.{i}": torch.zeros(i % 3 + 1) for i in range(count)})
        lengths.add(int.from_bytes(data[:8], "little"))
        assert len(read(data)) == count
    for length in wanted:
        text = json.dumps({"a": entry([1], [0, 4])}).encode().ljust(length)
        assert list(read(file(text, b"\0" * 4))) == ["a"]


def pickled() -> bytes:
    return pickle.dumps({"weight": [1.0]})


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as opened:
        for name in names:
            opened.writestr(name, b"\x80\x02}.")
    return held.getvalue()


def checkpoint() -> bytes:
    held = io.BytesIO()
    torch.save({"weight": torch.ones(2)}, held)
    return held.getvalue()


def legacy() -> bytes:
    held = io.BytesIO()
    torch.save({"weight": torch.ones(2)}, held, _use_new_zipfile_serialization=False)
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pickled(), "pickle, which may run code"),
        (legacy(), "pickle, which may run code"),
        (checkpoint(), "PyTorch checkpoint"),
        (archive("m/constants.pkl", "m/code/__torch__.py"), "TorchScript"),
        (archive("archive_format", "models/model.json"), ".pt2"),
        (b"\x1f\x8b\x08" + b"\0" * 30, "gzip"),
        (b"\x93NUMPY" + b"\0" * 30, "NumPy"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 30, "HDF5"),
        (b"", "empty"),
        (b"\x01\0\0", "truncated"),
    ],
)
def test_other_kinds_are_refused_by_content_and_named(data, kind):
    with pytest.raises(ModelFileError, match=kind):
        read(data)
    with pytest.raises(ModelFileError):
        weights.decode(data, "0" * 64)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((1 << 60).to_bytes(8, "little") + b"{}", "truncated"),
        (file(b"{}".ljust(weights.MAX_HEADER_BYTES + 1)), "at most 1048576"),
        (file(b"not json"), "not valid JSON"),
        (file([1]), "not a table"),
        (file(b'{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "a": 1}', b"\0" * 4), "'a' twice"),
        (file({"../a": entry([1], [0, 4])}, b"\0" * 4), "name '../a' is not allowed"),
        (file({"<b>": entry([1], [0, 4])}, b"\0" * 4), "not allowed"),
        (file({"a": entry([1], [0, 8], "F64")}, b"\0" * 8), "has type F64; allowed are F32"),
        (file({"a": entry([1], [0, 4], ["F32"])}, b"\0" * 4), "has type"),
        (file({"a": 3}), "needs dtype"),
        (file({"a": entry([2], [0, 4])}, b"\0" * 4), "does not fit in 4 bytes"),
        (file({"a": entry([-1], [0, 4])}, b"\0" * 4), "whole numbers"),
        (file({"a": entry([1 << 62, 4], [0, 0])}), "whole numbers"),
        (file({"a": entry([10**12], [0, 4])}, b"\0" * 4), "does not fit"),
        (file({"a": entry([1], [0, 4]), "b": entry([1], [2, 6])}, b"\0" * 6), "overlap"),
        (file({"a": entry([1], [0, 4]), "b": entry([1], [8, 12])}, b"\0" * 12), "gaps"),
        (file({"a": entry([1], [0, 4])}, b"\0" * 5), "5 follow the header"),
        (file({f"t{i}": entry([0], [0, 0]) for i in range(weights.MAX_TENSORS + 1)}), "10001 tensors"),
    ],
)
def test_crafted_headers_are_refused(data, reason):
    with pytest.raises(ModelFileError, match=reason):
        read(data)


def test_weights_that_are_not_numbers_are_refused_both_ways():
    for value in (float("nan"), float("inf")):
        broken = {"fine": torch.zeros(2), "layer.bias": torch.tensor([0.0, value])}
        with pytest.raises(ModelFileError, match=r"tensor layer\.bias holds 1 values"):
            weights.encode(broken)
        with pytest.raises(ModelFileError, match=r"tensor layer\.bias holds 1 values"):
            read(safetensors.torch.save(broken))


def test_names_and_types_that_are_not_kept():
    with pytest.raises(ModelFileError, match="'a/b' cannot be kept"):
        weights.encode({"a/b": torch.zeros(1)})
    with pytest.raises(ModelFileError, match=r"the tensor a is torch\.float16"):
        weights.encode({"a": torch.zeros(1, dtype=torch.float16)})


def test_metadata_is_ignored():
    data = safetensors.torch.save({"a": torch.ones(1)}, metadata={"note": "<script>"})
    assert list(read(data)) == ["a"]
