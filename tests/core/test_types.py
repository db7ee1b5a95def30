"""Windows are an index over contiguous signals; the other records hold what they are given."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rdpd_core.errors import ShapeError, UnknownNameError
from rdpd_core.types import Channel, ModelOutput, Preparation, Windows

CHANNELS = (Channel("I", "mV", "limb"), Channel("II", "mV", "limb"), Channel("V1", "mV", "chest"))


def windows(start=(0, 2, 6), samples=4, total=10):
    signal = np.arange(3 * total, dtype=np.float32).reshape(3, total)
    n = len(start)
    return Windows(
        signal=signal,
        start=np.array(start, dtype=np.int64),
        samples=samples,
        target=np.arange(n) % 2,
        subject=np.array([f"s{i}" for i in range(n)]),
        recording=np.array([f"r{i}" for i in range(n)]),
        offset_s=np.array(start) / 10.0,
        channels=CHANNELS,
        classes=("a", "b"),
        sampling_rate=10.0,
        digest="d",
    )


def test_gather_copies_the_samples_of_each_window():
    w = windows()
    got = w.gather(np.array([2, 0]))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, np.stack([w.signal[:, 6:10], w.signal[:, 0:4]]))
    got[:] = -1
    assert w.signal.min() == 0


def test_gather_takes_channels_in_the_order_asked_for():
    w = windows()
    np.testing.assert_array_equal(w.gather([1], channels=[2, 0])[0], w.signal[[2, 0], 2:6])


def test_gather_takes_a_slice_and_a_mask():
    w = windows()
    np.testing.assert_array_equal(w.gather(slice(1, 3)), w.gather([1, 2]))
    np.testing.assert_array_equal(w.gather(np.array([False, True, True])), w.gather([1, 2]))


def test_gather_of_nothing_is_empty():
    assert windows().gather([]).shape == (0, 3, 4)


@given(st.lists(st.integers(0, 6), max_size=5), st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
def test_gather_agrees_with_slicing(index, channels):
    w = windows(start=range(7))
    got = w.gather(index, channels)
    assert got.shape == (len(index), len(channels), 4)
    for row, first in zip(got, index, strict=True):
        np.testing.assert_array_equal(row, w.signal[channels, first : first + 4])


def test_select_shares_the_signal():
    w = windows()
    some = w.select(np.array([2, 1]))
    assert some.signal is w.signal
    assert list(some.subject) == ["s2", "s1"]
    assert list(some.offset_s) == [0.6, 0.2]
    assert len(w.select(np.array([True, False, False]))) == 1


@pytest.mark.parametrize("start", [(-1,), (7,)])
def test_a_window_may_not_reach_outside(start):
    with pytest.raises(ShapeError, match="reaches outside the 10 samples"):
        windows(start=start)


def test_the_last_window_may_touch_the_end():
    assert len(windows(start=(6,))) == 1


def test_channels_and_signal_must_agree():
    with pytest.raises(ShapeError, match="3 channels"):
        Windows(**{**vars(windows()), "signal": np.zeros((2, 10), dtype=np.float32)})


def test_columns_must_have_one_length():
    with pytest.raises(ShapeError, match="one length"):
        Windows(**{**vars(windows()), "target": np.zeros(2, dtype=np.int64)})


def test_rows_by_name():
    assert windows().rows(["V1", "I"]) == [2, 0]
    with pytest.raises(UnknownNameError, match=r"unknown channel 'V2' \(did you mean 'V1'"):
        windows().rows(["V2"])


def test_preparation_counts_samples_and_segments():
    preparation = Preparation(rate_hz=25.0, window_s=5.12, stride_s=2.5, segment_s=0.64)
    assert preparation.window_samples == 128
    assert preparation.segments == 8


def test_output_tells_which_knowledge_it_gives():
    logits = torch.zeros(2, 3)
    assert ModelOutput(logits).gives() == {"logits"}
    assert ModelOutput(logits, torch.ones(2, 1), {"hidden": logits}).gives() == {"logits", "attention", "features"}
