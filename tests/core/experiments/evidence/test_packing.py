"""Many numbers in little text come back as they were; what is not ours is refused."""

import numpy as np
import pytest

from rdpd_core.errors import DataError
from rdpd_core.experiments.evidence import packing
from rdpd_core.experiments.evidence.packing import packed, unpacked


def test_numbers_come_back_to_a_fifty_thousandth():
    values = np.random.default_rng(0).uniform(-1, 1, 500)
    again = unpacked(packed(values))
    assert np.abs(again - values).max() < 2e-5
    assert packed(again) == packed(values)


def test_ends_zero_and_what_is_no_number_are_kept():
    again = unpacked(packed(np.array([-1.0, 0.0, 1.0, np.nan, np.inf])))
    assert again[:3].tolist() == [-1.0, 0.0, 1.0]
    assert np.isnan(again[3:]).all()


def test_scores_under_resamples_need_two_bytes_each_at_most():
    values = np.random.default_rng(0).normal(0.8, 0.02, 500).clip(0, 1)
    assert len(packed(values)) < 500 * 2 * 1.3


def test_what_lies_outside_is_refused():
    with pytest.raises(DataError, match=r"from -0.5 to 1.5"):
        packed(np.array([-0.5, 1.5]))


@pytest.mark.parametrize("change", [lambda t: t[:-3], lambda t: t[:-1] + "\n", lambda t: "", lambda t: None])
def test_damaged_text_is_refused(change):
    with pytest.raises(DataError, match="cannot be read"):
        unpacked(change(packed(np.linspace(0, 1, 100))))


def test_a_small_text_cannot_fill_the_memory(monkeypatch):
    monkeypatch.setattr(packing, "MOST", 1000)
    assert len(unpacked(packed(np.zeros(1000)))) == 1000
    with pytest.raises(DataError, match="too many numbers"):
        unpacked(packed(np.zeros(1001)))
