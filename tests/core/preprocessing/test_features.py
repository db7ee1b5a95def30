"""Simple numbers about windows are what they are called."""

import numpy as np
import pytest

from rdpd_core.errors import ShapeError
from rdpd_core.preprocessing.features import BANDS, PER_CHANNEL, count_features, window_features

SAMPLES = 128


def test_numbers_of_a_channel():
    x = np.random.default_rng(0).normal(size=(5, 2, SAMPLES)).astype(np.float32)
    found = window_features(x, ["a", "b"])
    assert found.shape == (5, 2 * PER_CHANNEL) == (5, count_features(["a", "b"]))
    one = x[3, 1].astype(np.float64)
    wanted = [
        one.mean(), one.std(), one.min(), one.max(), *np.percentile(one, (25, 50, 75)), (one**2).mean(), np.abs(one).mean(),
        np.abs(np.diff(one)).mean(),
    ]  # fmt: skip
    np.testing.assert_allclose(found[3, PER_CHANNEL : PER_CHANNEL + 10], wanted, rtol=1e-4, atol=1e-5)
    assert found[3, -BANDS:].sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("cycles", [3, 20, 50])
def test_the_peak_of_a_wave_is_its_frequency(cycles):
    x = np.sin(2 * np.pi * cycles * np.arange(SAMPLES) / SAMPLES)[None, None]
    found = window_features(5 + x, ["a"])[0]
    assert found[10] == pytest.approx(cycles / SAMPLES)
    shares = found[11 : 11 + BANDS]
    assert shares.max() > 0.9
    order = [window_features(np.sin(2 * np.pi * c * np.arange(SAMPLES) / SAMPLES)[None, None], ["a"])[0, 11:].argmax()
             for c in (2, 8, 60)]  # fmt: skip
    assert order == sorted(set(order)), "higher waves lie in higher bands"


def test_channels_of_one_group_are_correlated_and_others_are_not():
    wave = np.random.default_rng(1).normal(size=(4, SAMPLES))
    x = np.stack([wave, -3 * wave + 1, wave], axis=1)
    found = window_features(x, ["arm", "arm", "leg"])
    assert found.shape[1] == 3 * PER_CHANNEL + 1
    np.testing.assert_allclose(found[:, -1], -1, atol=1e-4)


def test_a_channel_that_does_not_move_gives_numbers():
    found = window_features(np.full((2, 2, SAMPLES), 3.0), ["a", "a"])
    assert np.isfinite(found).all()
    assert found[0, 10:16].tolist() == [0] * 6
    assert found[0, -1] == 0


@pytest.mark.parametrize(("shape", "groups"), [((2, 3, 50), ["a"]), ((2, 1, 3), ["a"]), ((2, 50), ["a"])])
def test_shapes_that_do_not_fit_are_refused(shape, groups):
    with pytest.raises(ShapeError, match="groups"):
        window_features(np.zeros(shape), groups)
