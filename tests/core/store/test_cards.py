"""A card says what a model is, and nothing that was not checked."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from rdpd_core.errors import ModelFileError
from rdpd_core.evaluation.scores import Scores
from rdpd_core.runtime import numpy_generator
from rdpd_core.store.cards import FORMAT, MAX_CARD_BYTES, ModelCard
from rdpd_core.types import Channel
from tests.core.store.made import card

WRONG = {
    "name": ["Name", "../x", "a..b", "", "con", "nul.txt", "-x", "x.", "a/b", "a\\b", "x" * 101, 3],
    "dataset": ["..", "a b", None],
    "simulated": [1, "true"],
    "role": ["Teacher", None],
    "arm": ["RDPD r1"],
    "title": ["", "a\nb", "a\u202eb", 5, "x" * 1001],
    "model_params": [[], {"a": [1]}, {"a": float("nan")}, {1: 2}],
    "method": ["", 3],
    "channels": [(), (("i", "mV", "limb"),), (Channel("i", "mV", "a"),) * 2, (Channel("i", "", "a"),), "ab"],
    "classes": [("one",), ("a", "a"), ("a", 3), "abc"],
    "sampling_rate": [0, -1.0, float("inf"), True, "100"],
    "window_samples": [0, 2.0, True, None],
    "segments": [0],
    "normalization": [
        {},
        {"mean": [0, 0], "std": [1, 0], "standardize": "train"},
        {"mean": [0], "std": [1, 1], "standardize": "train"},
        {"mean": [0, 0], "std": [1, 1], "standardize": "always"},
        {"mean": [0], "std": [1], "standardize": "train"},
        {"mean": [0, 0], "std": [1, 1], "standardize": "train", "source": ""},
        {"mean": [0, 0], "std": [1, 1], "standardize": "train", "extra": 1},
        {"mean": [0, float("nan")], "std": [1, 1], "standardize": "train"},
    ],
    "seed": [-1, 0.5],
    "scores": [{"dev": {}}, {"test": {}}, {"test": 3}, []],
    "parameters": [{"used": 3}, {"used": 3, "with_dormant": 2}, {"used": -1, "with_dormant": 2}],
    "teacher": ["abc", "A" * 64, 0],
    "training": [
        {"epochs": 3, "best_epoch": 1, "history": [{"loss": float("nan")}]},
        {"epochs": 3, "best_epoch": 1, "tensor": object()},
        {"epochs": 3, "best_epoch": 1, "names": {1: 2}},
        {"epochs": 3},
        {"epochs": 3, "best_epoch": -1},
        5,
    ],
    "versions": [{"torch": 2}, []],
    "created": ["2025-01-31", "2025-01-31T12:00:00", "2025-01-31T12:00:00+02:00", "yesterday", 5],
    "weights_sha256": ["x" * 64, None],
    "format": [FORMAT + 1, "1", 0, True],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
def test_every_wrong_field_is_named(name, value):
    with pytest.raises(ModelFileError, match=name):
        replace(card(), **{name: value})


def test_all_wrong_fields_are_named_at_once():
    with pytest.raises(ModelFileError, match=r"seed .*; licence "):
        card(seed=-1, licence="")


def test_fields_must_agree():
    with pytest.raises(ModelFileError, match="2 means for 1 channels"):
        card(channels=(Channel("i", "mV", "limb"),))
    with pytest.raises(ModelFileError, match="teacher must be null"):
        card(role="teacher", teacher="a" * 64)


def test_a_card_survives_json_to_the_last_bit():
    given = card(weights_sha256="a" * 64, channels=[Channel("i", "µV", "limb"), Channel("Ü", "m/s^2", "x")])
    read = ModelCard.from_json(given.to_json().encode())
    assert read == given
    assert hash(read) == hash(given)
    assert read.normalization["std"][0] == 0.30000000000000004
    assert ModelCard.from_dict(json.loads(json.dumps(given.to_dict()))) == given
    assert isinstance(Scores.from_dict(read.scores["test"]), Scores)
    windows = given.to_json().replace("\n", "\r\n").encode()
    assert ModelCard.from_json(windows) == given, "a checkout with other line ends is the same card"


def test_what_is_said_of_training_may_be_nested():
    said = {"epochs": 2, "best_epoch": 1, "experiment": {"arms": ["direct", "rdpd"], "noise": 0.0}, "history": [{"loss": 1.5}]}
    normal = {"mean": [0.5, 1], "std": [1.0, 2], "standardize": "recording", "source": "d" * 64}
    given = card(weights_sha256="a" * 64, training=said, normalization=normal)
    assert ModelCard.from_json(given.to_json().encode()) == given
    deep: list = []
    for _ in range(20):
        deep = [deep]
    with pytest.raises(ModelFileError, match="training must map"):
        card(training=said | {"deep": deep})


def test_missing_and_unknown_fields_are_named():
    plain = card().to_dict()
    for f in fields(ModelCard):
        with pytest.raises(ModelFileError, match=f"missing field {f.name}"):
            ModelCard.from_dict({k: v for k, v in plain.items() if k != f.name})
    with pytest.raises(ModelFileError, match="unknown field 'colour'"):
        ModelCard.from_dict(plain | {"colour": "red"})
    with pytest.raises(ModelFileError, match="update it"):
        ModelCard.from_dict(plain | {"format": 99})


def test_any_flipped_bit_of_a_card_is_refused():
    good = card(weights_sha256="b" * 64).to_json().encode()
    generator = numpy_generator("card flips")
    for at, bit in zip(generator.integers(0, len(good), 200), generator.integers(0, 8, 200), strict=True):
        flipped = bytearray(good)
        flipped[at] ^= 1 << int(bit)
        with pytest.raises(ModelFileError):
            ModelCard.from_json(bytes(flipped))


def test_an_edited_card_is_refused():
    text = card().to_json()
    with pytest.raises(ModelFileError, match="edited after it was saved"):
        ModelCard.from_json(text.replace("0.30000000000000004", "0.30000000000000003").encode())
    with pytest.raises(ModelFileError, match="edited after it was saved"):
        ModelCard.from_json(text.replace('"seed": 0', '"seed": 1').encode())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not valid JSON"),
        (b"[]", "something else"),
        (b"\xff", "not valid JSON"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (b'{"a": NaN}', "holds NaN"),
        (b'{"a": ' + b"[" * 100_000, "not valid JSON"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "not valid JSON"),
        (b" " * (MAX_CARD_BYTES + 1), "at most"),
    ],
)
def test_what_is_not_a_card_is_refused(data, reason):
    with pytest.raises(ModelFileError, match=reason):
        ModelCard.from_json(data)
