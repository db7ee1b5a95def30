"""Windows on the device: what is gathered, scaled and added to them."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rdpd_core.preprocessing import Statistics, add_noise
from rdpd_core.training import Resident
from rdpd_core.training.stretches import stretches_of
from tests.core.training.made import CPU
from tests.toys import toy_windows

STATISTICS = Statistics(np.array([1.0, -2.0, 0.5]), np.array([2.0, 0.25, 3.0]), "made")
SAMPLES = 8


def some(start):
    """Give windows that begin at `start`, in any order, overlapping or far apart, over one signal."""
    base = toy_windows([0] * 12, "abcdefghijkl", samples=SAMPLES)
    at = np.array(start, dtype=np.int64)
    names = np.array(["a"] * len(at))
    return dataclasses.replace(base, start=at, target=at % 3, subject=names, recording=names, offset_s=at / 20.0)


def scaled(windows):
    """Give all windows the long way: gathered, then scaled."""
    return STATISTICS.apply(windows.gather(slice(None)))


starts = st.lists(st.integers(0, 12 * SAMPLES), min_size=1, max_size=30)


@given(start=starts)
def test_every_window_is_what_gathering_and_scaling_gives(start):
    windows = some(start)
    data = Resident(windows, STATISTICS, CPU)
    assert len(data) == len(start)
    found = data.rich(torch.arange(len(start)))
    assert np.array_equal(found.numpy(), scaled(windows))
    assert np.array_equal(data.target.numpy(), windows.target)


@given(start=starts)
def test_no_sample_is_kept_twice_and_none_that_no_window_needs(start):
    windows = some(start)
    needed = len({s for first in start for s in range(first, first + SAMPLES)})
    assert stretches_of(windows, STATISTICS, CPU).signal.shape == (3, needed)


@given(start=starts, seed=st.integers(0, 100))
def test_any_choice_of_windows_and_channels_can_be_gathered(start, seed):
    draw = np.random.default_rng(seed)
    windows = some(start)
    index = draw.integers(0, len(start), size=5)
    rows = draw.permutation(3)[: draw.integers(1, 4)].tolist()
    found = Resident(windows, STATISTICS, CPU).poor(torch.from_numpy(index), rows)
    assert np.array_equal(found.numpy(), scaled(windows)[index][:, rows])


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_noise_is_that_of_the_preprocessing_room_whatever_is_kept(kind):
    windows = some([3, 40, 5, 77])
    index, rows = torch.tensor([2, 0]), (0, 2)
    both = Resident(windows, STATISTICS, CPU).poor(index, rows, (kind, 4))
    assert both.shape == (2, 4, SAMPLES)
    clean = scaled(windows)[[2, 0]][:, [0, 2]]
    noisy = add_noise(clean, 0.5, seed=4, windows=windows.start[[2, 0]], rows=rows, kind=kind)
    np.testing.assert_allclose(both[:, :2] + 0.5 * both[:, 2:], noisy, rtol=0, atol=1e-6)
    alone = Resident(windows.select(np.array([2])), STATISTICS, CPU).poor(torch.tensor([0]), (2,), (kind, 4))
    assert torch.equal(alone[0, 1], both[0, 3])


def test_a_silent_channel_touches_no_other():
    windows = some([0, 5, 30])
    signal = windows.signal.copy()
    signal[1] = np.nan
    broken = dataclasses.replace(windows, signal=signal)
    whole, part = (Resident(w, STATISTICS, CPU).poor(torch.arange(3), (0, 2)) for w in (windows, broken))
    assert torch.equal(whole, part)


def test_the_signal_of_the_windows_is_left_as_it_was():
    windows = some([0, 5, 30])
    before = windows.signal.copy()
    data = Resident(windows, STATISTICS, CPU)
    data.rich(torch.arange(3)).add_(1)
    assert np.array_equal(windows.signal, before)
    assert np.array_equal(data.rich(torch.arange(3)).numpy(), scaled(windows))


def recorded(start, target, recording):
    """Give windows of several recordings over one long signal."""
    base = toy_windows([0] * 12, "abcdefghijkl", samples=SAMPLES)
    names = np.array(list(recording))
    return dataclasses.replace(
        base, start=np.array(start), target=np.array(target), subject=names, recording=names, offset_s=np.array(start) / 20.0
    )


def test_offsets_stay_half_way_to_a_neighbor_of_the_same_recording_and_label():
    windows = recorded([0, 8, 16, 24, 40, 44], [0, 0, 1, 1, 1, 1], "aaaabb")
    data, everyone = Resident(windows, STATISTICS, CPU), torch.arange(6)
    drawn = torch.stack([data.offsets(everyone, torch.Generator().manual_seed(s)) for s in range(300)])
    assert drawn.min(0).values.tolist() == [0, -4, 0, -4, 0, -2]
    assert drawn.max(0).values.tolist() == [4, 0, 4, 0, 2, 0]
    assert {v: int((drawn[:, 0] == v).sum()) for v in range(5)}.keys() == set(range(5))
    again = data.offsets(everyone, torch.Generator().manual_seed(7))
    assert torch.equal(drawn[7], again)


def test_a_window_that_is_moved_shows_the_recording_there():
    windows = recorded([0, 8, 16], [0, 0, 0], "aaa")
    data, by = Resident(windows, STATISTICS, CPU), torch.tensor([3, -4, -1])
    there = dataclasses.replace(windows, start=windows.start + by.numpy())
    assert np.array_equal(data.rich(torch.arange(3), by).numpy(), scaled(there))
