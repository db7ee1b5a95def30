"""Noise that belongs to a window, a channel and a seed, and to nothing else."""

import numpy as np
import pytest
import torch

from rdpd_core.errors import ParameterError, ShapeError, UnknownNameError
from rdpd_core.preprocessing.noise import add_noise, noise, snr_db

MANY = noise("seed", np.arange(400) * 63, range(5), 100)


def test_uniform_noise_fills_its_range_evenly() -> None:
    assert (MANY.min() >= -1, MANY.max() <= 1) == (True, True)
    assert MANY.mean() == pytest.approx(0, abs=5e-3)
    assert MANY.var() == pytest.approx(1 / 3, rel=0.01)
    counts, _ = np.histogram(MANY, bins=20, range=(-1, 1))
    assert counts == pytest.approx(MANY.size / 20, rel=0.05)


def test_normal_noise_has_unit_variance_and_its_tails() -> None:
    drawn = noise("seed", np.arange(400), range(5), 100, "normal")
    assert drawn.mean() == pytest.approx(0, abs=0.01)
    assert drawn.std() == pytest.approx(1, rel=0.01)
    assert (np.abs(drawn) > 1.96).mean() == pytest.approx(0.05, abs=0.003)


def test_windows_channels_samples_and_seeds_have_nothing_in_common() -> None:
    flat = MANY.reshape(-1).astype(np.float64)
    shifts = {"sample": 1, "channel": 100, "window": 500}
    for shift in shifts.values():
        assert abs(np.corrcoef(flat[shift:], flat[:-shift])[0, 1]) < 0.01
    other = noise("other seed", np.arange(400) * 63, range(5), 100)
    assert abs(np.corrcoef(flat, other.reshape(-1))[0, 1]) < 0.01


def test_the_same_window_gets_the_same_noise_in_any_batch_and_view() -> None:
    one = noise("seed", [63 * 7], [3], 100)
    assert np.array_equal(one[0, 0], MANY[7, 3])
    assert np.array_equal(noise("seed", [63 * 7], [3], 40)[0, 0], MANY[7, 3, :40])


def test_amplitude_zero_changes_no_bit() -> None:
    x = np.random.default_rng(0).normal(size=(3, 2, 10)).astype(np.float32)
    assert add_noise(x, 0.0, seed=1, windows=[0, 1, 2], rows=[0, 1]).tobytes() == x.tobytes()


def test_arrays_and_tensors_get_the_same_noise() -> None:
    x = np.zeros((3, 2, 10), dtype=np.float32)
    noisy = add_noise(x, 0.5, seed=1, windows=[4, 5, 6], rows=[0, 9])
    assert noisy.dtype == np.float32
    assert not x.any()
    assert np.allclose(noisy, 0.5 * noise(1, [4, 5, 6], [0, 9], 10))
    tensor = add_noise(torch.zeros(3, 2, 10), 0.5, seed=1, windows=[4, 5, 6], rows=[0, 9])
    assert np.array_equal(tensor.numpy(), noisy)


def test_senseless_settings_are_refused() -> None:
    x = np.zeros((2, 1, 4), dtype=np.float32)
    for amplitude in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match="amplitude"):
            add_noise(x, amplitude, seed=0, windows=[0, 1], rows=[0])
    with pytest.raises(ShapeError, match="3 identities"):
        add_noise(x, 1.0, seed=0, windows=[0, 1, 2], rows=[0])
    with pytest.raises(UnknownNameError, match="known: uniform, normal"):
        noise(0, [0], [0], 4, "gauss")


def test_signal_to_noise_ratio() -> None:
    assert snr_db(0.0) == float("inf")
    assert snr_db(1.0, "normal") == pytest.approx(0.0)
    assert snr_db(1.0) == pytest.approx(10 * np.log10(3))
    assert snr_db(2.0) == pytest.approx(10 * np.log10(3 / 4))
    signal = np.random.default_rng(0).normal(size=MANY.shape)
    measured = 10 * np.log10((signal**2).mean() / ((0.7 * MANY) ** 2).mean())
    assert snr_db(0.7) == pytest.approx(measured, abs=0.1)
