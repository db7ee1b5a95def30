"""Statistics of the training windows: each sample once, nothing of anybody else, and no channel that cannot be scaled."""

import json

import numpy as np
import pytest
import torch

from rdpd_core.errors import DataError, ShapeError
from rdpd_core.preprocessing.normalize import Statistics, covered, fit_statistics
from tests.toys import toy_windows


def test_overlapping_windows_count_each_sample_once() -> None:
    windows = toy_windows([0] * 40, ["a"] * 40, samples=8, stride=3)
    train = windows.select(np.r_[0:10, 25:40])
    found = fit_statistics(train)
    seen = np.unique(train.start[:, None] + np.arange(8))
    samples = np.asarray(windows.signal[:, seen], dtype=np.float64)
    assert found.mean == pytest.approx(samples.mean(axis=1), abs=1e-12)
    assert found.std == pytest.approx(samples.std(axis=1), abs=1e-12)


def test_covered_stretches_are_merged() -> None:
    windows = toy_windows([0] * 6, ["a"] * 6, samples=8, stride=8)
    assert covered(windows.select([5, 0, 1, 3])) == [(0, 16), (24, 32), (40, 48)]


def test_test_subjects_do_not_change_the_statistics() -> None:
    windows = toy_windows([0] * 6, "aabbcc")
    before = fit_statistics(windows.select(windows.subject == "a"))
    windows.signal[:, 16:] = 1e6
    assert np.array_equal(fit_statistics(windows.select(windows.subject == "a")).mean, before.mean)


def test_many_blocks_and_large_offsets_keep_their_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rdpd_core.preprocessing.normalize.BLOCK", 7)
    windows = toy_windows([0] * 50, ["a"] * 50)
    windows.signal[1] += 10_000
    found = fit_statistics(windows)
    samples = windows.signal[:, :400].astype(np.float64)
    assert found.std == pytest.approx(samples.std(axis=1), rel=1e-9)


@pytest.mark.parametrize("value", [0.0, 101_325.3])
def test_a_constant_channel_is_named(value: float) -> None:
    windows = toy_windows([0] * 4, "aaaa")
    windows.signal[1] = value
    with pytest.raises(DataError, match="channel ankle is constant"):
        fit_statistics(windows)


def test_a_silent_channel_is_named_and_gaps_are_passed_over() -> None:
    windows = toy_windows([0] * 4, "aaaa")
    windows.signal[0, 3] = np.nan
    found = fit_statistics(windows)
    assert found.mean[0] == pytest.approx(np.nanmean(windows.signal[0, :32].astype(np.float64)), abs=1e-12)
    windows.signal[2] = np.nan
    with pytest.raises(DataError, match="channel pulse holds no value"):
        fit_statistics(windows)


def test_no_training_windows_and_recordings_scaled_by_themselves() -> None:
    windows = toy_windows([0] * 4, "aaaa")
    with pytest.raises(DataError, match="no training windows"):
        fit_statistics(windows.select([]))
    unit = fit_statistics(windows, "recording")
    x = windows.gather([0, 1])
    assert np.array_equal(unit.apply(x), x)


def test_arrays_and_tensors_are_scaled_alike_and_back() -> None:
    windows = toy_windows([0] * 9, ["a"] * 9)
    windows.signal[1] = 50 + 7 * windows.signal[1]
    found = fit_statistics(windows)
    x = windows.gather(slice(None))
    scaled = found.apply(x)
    assert scaled.dtype == np.float32
    assert scaled.mean(axis=(0, 2)) == pytest.approx(np.zeros(3), abs=1e-5)
    assert scaled.std(axis=(0, 2)) == pytest.approx(np.ones(3), abs=1e-5)
    tensor = found.apply(torch.from_numpy(x))
    assert tensor.dtype == torch.float32
    assert np.allclose(tensor.numpy(), scaled, atol=1e-6)
    assert np.allclose(found.undo(scaled), x, atol=1e-4)
    assert np.array_equal(found.select([1]).apply(x[:, [1]]), scaled[:, [1]])
    with pytest.raises(ShapeError, match="3 channels cannot scale an array of shape"):
        found.apply(x[:, :2])


def test_a_model_card_keeps_them_exactly() -> None:
    found = fit_statistics(toy_windows([0] * 4, "aabb"))
    back = Statistics.from_dict(json.loads(json.dumps(found.to_dict())))
    assert np.array_equal(back.mean, found.mean)
    assert np.array_equal(back.std, found.std)
    assert back.source == "2 training subjects"


@pytest.mark.parametrize(
    "change", [{"std": [1.0, 0.0]}, {"std": [1.0]}, {"mean": [float("nan"), 0.0]}, {"mean": "x"}, {"mean": None}]
)
def test_senseless_values_in_a_card_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(DataError, match="normalization must hold"):
        Statistics.from_dict({"mean": [0.0, 1.0], "std": [1.0, 2.0], "source": "x"} | change)
