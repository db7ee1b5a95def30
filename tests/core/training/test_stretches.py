"""Windows that stay on the disk are those that are held in memory, bit for bit, and train the same weights."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdpd_core.errors import ParameterError
from rdpd_core.preprocessing import Statistics
from rdpd_core.training import Resident
from rdpd_core.training import stretches as room
from tests.core.training.made import CPU, distance, member, resident, trained, windows
from tests.toys import toy_windows

STATISTICS = Statistics(np.array([1.0, -2.0, 0.5]), np.array([2.0, 0.25, 3.0]), "made")
SAMPLES = 8


@pytest.fixture
def mapped(tmp_path):
    """Gives windows over a signal that is mapped from a file, time first, as stored recordings are."""

    def made(windows):
        path = tmp_path / f"signal{len(list(tmp_path.iterdir()))}.npy"
        np.save(path, np.ascontiguousarray(windows.signal.T, dtype=np.float32))
        return dataclasses.replace(windows, signal=np.load(path, mmap_mode="r").T)

    return made


def base(start=None):
    windows = toy_windows([0, 1, 2] * 8, "abcdefgh" * 3, samples=SAMPLES)
    if start is None:
        return windows
    at = np.array(start, dtype=np.int64)
    names = np.array(["a"] * len(at))
    return dataclasses.replace(windows, start=at, target=at % 3, subject=names, recording=names, offset_s=at / 20.0)


def test_what_does_not_fit_stays_on_the_disk(mapped, monkeypatch):
    windows = mapped(base())
    assert not Resident(windows, STATISTICS, CPU).on_disk
    monkeypatch.setenv(room.LIMIT, "0.000001")
    assert Resident(windows, STATISTICS, CPU).on_disk
    assert not Resident(base(), STATISTICS, CPU).on_disk, "what is in memory already stays there"
    monkeypatch.setenv(room.LIMIT, "much")
    with pytest.raises(ParameterError, match="'much'; give a number of gigabytes"):
        Resident(windows, STATISTICS, CPU)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(start=st.lists(st.integers(0, 12 * SAMPLES), min_size=1, max_size=30), seed=st.integers(0, 100))
def test_both_give_the_same_windows_noise_and_moves(mapped, start, seed):
    windows, draw = mapped(base(start)), np.random.default_rng(seed)
    index = torch.from_numpy(draw.integers(0, len(start), size=5))
    rows = tuple(draw.permutation(3)[: draw.integers(1, 4)].tolist())
    held = Resident(windows, STATISTICS, CPU, (0.5, "normal", 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(room.LIMIT, "0")
        read = Resident(windows, STATISTICS, CPU, (0.5, "normal", 3))
    assert (held.on_disk, read.on_disk) == (False, True)
    assert held.digest() == read.digest()
    by = held.offsets(index, torch.Generator().manual_seed(seed))
    for one, other in (
        (held.rich(index), read.rich(index)),
        (held.some(index, rows, by), read.some(index, rows, by)),
        (held.poor(index, rows, ("uniform", 7)), read.poor(index, rows, ("uniform", 7))),
        (held.noise_at(rows, "normal", 1, index), read.noise_at(rows, "normal", 1, index)),
    ):
        assert torch.equal(one, other)


def test_what_is_no_number_is_seen_there_too(mapped, monkeypatch):
    windows = base()
    signal = windows.signal.copy()
    signal[1, 20] = np.nan
    monkeypatch.setenv(room.LIMIT, "0")
    data = Resident(mapped(dataclasses.replace(windows, signal=signal)), STATISTICS, CPU)
    assert data.finite().tolist() == [True, False, True]


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_students_learn_the_same_from_the_disk(mapped, monkeypatch, noise):
    members = [member("a", 2, noise=noise), member("b", 1, (1, 3))]
    held = trained(members, epochs=2)
    monkeypatch.setenv(room.LIMIT, "0")
    parts = {"train": resident(mapped(windows())), "valid": resident(mapped(windows(24, seed=1)))}
    assert parts["train"].on_disk
    read = trained(members, epochs=2, **parts)
    for name in held:
        assert distance(held[name].weights, read[name].weights) == 0
        assert held[name].history == read[name].history
