"""Missing values: held, averaged or zero, and never passed on."""

import numpy as np
import pytest

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.preprocessing.missing import fill

NAN = np.nan


def test_ffill_holds_the_last_value_and_starts_with_the_mean() -> None:
    filled = fill(np.array([[NAN, 2.0, NAN, NAN, 6.0, np.inf]]))
    assert filled.tolist() == [[4.0, 2.0, 2.0, 2.0, 6.0, 6.0]]
    assert filled.dtype == np.float32


def test_zero_writes_zero_and_accepts_a_silent_channel() -> None:
    assert fill(np.array([[NAN, 2.0], [NAN, NAN]]), "zero").tolist() == [[0.0, 2.0], [0.0, 0.0]]


def test_whole_signals_are_not_copied() -> None:
    signal = np.ones((2, 5), dtype=np.float32)
    assert fill(signal) is signal


def test_a_channel_without_values_is_named_with_its_recording() -> None:
    with pytest.raises(DataError, match="position 7: channel pulse"):
        fill(np.array([[1.0, 2.0], [NAN, NAN]]), "ffill", ("wrist", "pulse"), position=7)


def test_an_unknown_policy_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'fill'.*did you mean 'ffill'"):
        fill(np.ones((1, 2)), "fill")
