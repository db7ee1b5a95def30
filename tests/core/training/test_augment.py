"""Changes of windows: what they change, by how much, and that a generator repeats them."""

import pytest
import torch

from rdpd_core.training.augment import AUGMENTATIONS

WINDOWS = torch.randn(50, 3, 40, generator=torch.Generator().manual_seed(1))


def changed(name, strength, seed=2):
    return AUGMENTATIONS[name](WINDOWS.clone(), strength, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_generator_repeats_the_change_and_strength_0_changes_nothing(name):
    assert torch.equal(changed(name, 0.3), changed(name, 0.3))
    torch.testing.assert_close(changed(name, 0.0), WINDOWS)
    assert (name == "none") == torch.equal(changed(name, 0.3), WINDOWS)
    assert (name == "none") == torch.equal(changed(name, 0.3), changed(name, 0.3, seed=3))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_given_windows_are_left_as_they_were(name):
    before = WINDOWS.clone()
    AUGMENTATIONS[name](WINDOWS, 0.3, torch.Generator().manual_seed(2))
    assert torch.equal(before, WINDOWS)


def test_jitter_adds_normal_noise_of_the_strength():
    assert float((changed("jitter", 0.3) - WINDOWS).std()) == pytest.approx(0.3, rel=0.05)


def test_scale_multiplies_a_channel_of_a_window_by_one_number():
    factor = changed("scale", 0.3) / WINDOWS
    torch.testing.assert_close(factor, factor[:, :, :1].expand_as(factor), rtol=1e-4, atol=1e-4)
    assert float(factor[:, :, 0].std()) == pytest.approx(0.3, rel=0.2)


def test_shift_rolls_all_channels_alike_by_at_most_the_strength():
    moved, steps = changed("shift", 0.1), []
    for before, after in zip(WINDOWS, moved, strict=True):
        found = [s for s in range(-20, 20) if torch.equal(after, before.roll(s, -1))]
        assert len(found) == 1
        steps += found
    assert max(map(abs, steps)) <= 4
    assert len(set(steps)) > 4
