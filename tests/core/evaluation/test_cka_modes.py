"""Layers as rows: flattened, pooled over time, or a row per moment."""

import numpy as np
import pytest

from rdpd_core.errors import ParameterError, ShapeError
from rdpd_core.evaluation.cka import cka
from rdpd_core.evaluation.cka_modes import MODES, NO_TIME, all_rows, rows_of, shortened
from rdpd_core.runtime import numpy_generator

X = numpy_generator("modes").normal(size=(10, 4, 3))


def test_every_mode_gives_its_rows():
    assert np.array_equal(rows_of(X), X.reshape(10, 12))
    assert np.array_equal(rows_of(X, "pooled"), X.mean(axis=1))
    assert np.array_equal(rows_of(X, "time"), X.reshape(40, 3))
    assert np.array_equal(rows_of(X[:, 0], "pooled"), X[:, 0])
    assert all(MODES.values())


def test_time_may_come_last():
    last = X.transpose(0, 2, 1)
    for mode in MODES:
        assert np.array_equal(rows_of(last, mode, time_axis=2), rows_of(X, mode))


def test_moments_are_averaged_over_equal_stretches():
    assert np.allclose(shortened(X, 2), X.reshape(10, 2, 2, 3).mean(axis=2))
    assert np.allclose(shortened(X, 1)[:, 0], X.mean(axis=1))
    thirds = shortened(X, 3)  # 4 moments to 3: each stretch is four thirds of a moment long
    assert np.allclose(thirds[:, 0], (X[:, 0] + X[:, 1] / 3) * 0.75)
    assert np.allclose(thirds[:, 1], (X[:, 1] * 2 / 3 + X[:, 2] * 2 / 3) * 0.75)
    assert np.allclose(thirds.mean(axis=1), X.mean(axis=1))
    with pytest.raises(ShapeError, match="5"):
        shortened(X, 5)


def test_layers_of_different_lengths_come_to_one_and_layers_without_time_are_named():
    first, second, left_out = all_rows({"a": X, "end": X[:, 0]}, {"b": X[:, :2], "c": X.transpose(0, 2, 1)}, "time", {"c": 2})
    assert {name: x.shape for name, x in (first | second).items()} == {"a": (20, 3), "b": (20, 3), "c": (20, 3)}
    assert left_out == {"end": NO_TIME}
    assert cka(first["a"], second["c"]).value == pytest.approx(1)
    flat = all_rows({"a": X, "end": X[:, 0]}, {"b": X[:, :2]}, "flatten")
    assert {name: x.shape for name, x in (flat[0] | flat[1]).items()} == {"a": (10, 12), "end": (10, 3), "b": (10, 6)}
    assert flat[2] == {}
    assert all_rows({"end": X[:, 0]}, {"end": X[:, 0]}, "time") == ({}, {}, {"end": NO_TIME})


def test_bad_input_is_said():
    with pytest.raises(ParameterError, match="mode"):
        rows_of(X, "mean")
    with pytest.raises(ShapeError, match="no layer"):
        rows_of(X[:, 0, 0])
    with pytest.raises(ShapeError, match="time_axis"):
        rows_of(X, "pooled", 3)
    with pytest.raises(ShapeError, match="flatten or pooled"):
        rows_of(X[:, 0], "time")
