"""Changes of windows: what they change, by how much, and that a generator repeats them."""

import pytest
import torch

from rdpd_core.errors import IncompatibleError
from rdpd_core.training.augment import AUGMENTATIONS, find_axes, frame_of
from rdpd_core.types import Channel

WINDOWS = torch.randn(50, 3, 40, generator=torch.Generator().manual_seed(1))
CPU = torch.device("cpu")
ARM = tuple(Channel(f"arm_{axis}acc", "m/s^2", "arm") for axis in "xyz")
MEAN, STD = (1.0, -2.0, 9.0), (0.5, 2.0, 3.0)
FRAME = frame_of(ARM, MEAN, STD, CPU, range(3))


def changed(name, strength, seed=2):
    return AUGMENTATIONS[name](WINDOWS.clone(), strength, torch.Generator().manual_seed(seed), FRAME)


def raw(x):
    """Give windows in the units of the channels."""
    return x * torch.tensor(STD).view(3, 1) + torch.tensor(MEAN).view(3, 1)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_generator_repeats_the_change_and_strength_0_changes_nothing(name):
    assert torch.equal(changed(name, 0.3), changed(name, 0.3))
    torch.testing.assert_close(changed(name, 0.0), WINDOWS)
    assert (name == "none") == torch.equal(changed(name, 0.3), WINDOWS)
    assert (name == "none") == torch.equal(changed(name, 0.3), changed(name, 0.3, seed=3))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_given_windows_are_left_as_they_were(name):
    before = WINDOWS.clone()
    AUGMENTATIONS[name](WINDOWS, 0.3, torch.Generator().manual_seed(2), FRAME)
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


def test_rotation_keeps_lengths_and_angles_of_what_was_measured():
    before, after = raw(WINDOWS), raw(changed("rotate", 0.5))
    torch.testing.assert_close(after.norm(dim=1), before.norm(dim=1), rtol=1e-4, atol=1e-4)
    inner = (before[:, :, 0] * before[:, :, 7]).sum(1)
    torch.testing.assert_close((after[:, :, 0] * after[:, :, 7]).sum(1), inner, rtol=1e-4, atol=1e-3)


def test_rotation_turns_by_normal_angles_of_the_strength():
    many = torch.zeros(20_000, 3, 1)
    after = raw(AUGMENTATIONS["rotate"](many, 0.2, torch.Generator().manual_seed(5), FRAME))[:, :, 0]
    before = torch.tensor(MEAN)
    cosine = (after @ before) / before.norm() ** 2
    # About a random axis, the mean cosine between a vector and itself turned by an angle a is (1 + 2 cos a) / 3.
    expected = (1 + 2 * torch.exp(torch.tensor(-(0.2**2) / 2))) / 3
    assert float(cosine.mean()) == pytest.approx(float(expected), abs=5e-4)


def test_sensors_of_one_place_turn_together_and_places_apart():
    channels = tuple(
        Channel(f"{group}_{axis}{sensor}", unit, group)
        for group in ("arm", "leg")
        for sensor, unit in (("acc", "m/s^2"), ("gyro", "rad/s"))
        for axis in "xyz"
    )
    frame = frame_of(channels, [0.0] * 12, [1.0] * 12, CPU, range(12))
    assert (len(frame.axes), frame.place.tolist()) == (4, [0, 0, 1, 1])
    same = torch.randn(9, 3, 5, generator=torch.Generator().manual_seed(4)).repeat(1, 4, 1)
    turned = AUGMENTATIONS["rotate"](same, 0.7, torch.Generator().manual_seed(1), frame)
    torch.testing.assert_close(turned[:, 0:3], turned[:, 3:6])
    torch.testing.assert_close(turned[:, 6:9], turned[:, 9:12])
    assert float((turned[:, 0:3] - turned[:, 6:9]).abs().max()) > 0.1
    leg = [10, 9, 11, 2]  # whoever holds one sensor of the leg sees it turn as those who hold all
    alone = frame_of(channels, [0.0] * 12, [1.0] * 12, CPU, leg)
    again = AUGMENTATIONS["motion"](same[:, leg], 0.7, torch.Generator().manual_seed(1), alone)
    whole = AUGMENTATIONS["motion"](same, 0.7, torch.Generator().manual_seed(1), frame)
    torch.testing.assert_close(again[:, :3], whole[:, leg[:3]])
    assert torch.equal(again[:, 3], same[:, 2])


def test_motion_also_scales_every_sensor_by_one_number():
    before, after = raw(WINDOWS), raw(changed("motion", 0.4))
    factor = after.norm(dim=1) / before.norm(dim=1)
    torch.testing.assert_close(factor, factor[:, :1].expand_as(factor), rtol=1e-3, atol=1e-3)
    assert float(factor[:, 0].std()) == pytest.approx(0.1, rel=0.3)


def test_axes_are_found_by_name_unit_and_group():
    others = (Channel("pulse", "1/min", "heart"), Channel("leg_xacc", "m/s^2", "leg"), Channel("leg_yacc", "m/s^2", "leg"))
    assert find_axes((*others, ARM[2], ARM[0], ARM[1])) == [(4, 5, 3)]
    mixed = (ARM[0], ARM[1], Channel("arm_zacc", "g", "arm"))
    assert find_axes(mixed) == []
    assert find_axes(tuple(Channel(n, "mV", "frank") for n in ("vx", "vy", "vz"))) == [(0, 1, 2)]


def test_without_three_axes_rotation_is_refused():
    assert frame_of(ARM, MEAN, STD, CPU, (0, 1)) is None
    with pytest.raises(IncompatibleError, match="choose jitter, scale or shift"):
        AUGMENTATIONS["rotate"](WINDOWS, 0.1, torch.Generator(), None)
