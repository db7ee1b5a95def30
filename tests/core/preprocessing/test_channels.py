"""Which rows a view means, and refusals that show both sides."""

import pytest

from rdpd_core.errors import IncompatibleError, ParameterError, UnknownNameError
from rdpd_core.preprocessing.channels import Interface, check_fit, interface, view_rows
from tests.toys import CHANNELS, CLASSES, toy_windows

MODEL = Interface(("wrist", "ankle", "pulse"), ("m/s^2", "m/s^2", "1/min"), CLASSES, 20.0, 8)


def test_rows_of_a_view_in_the_order_asked_for() -> None:
    assert view_rows(CHANNELS, ["pulse", "wrist"]) == [2, 0]
    with pytest.raises(UnknownNameError, match="did you mean 'wrist'"):
        view_rows(CHANNELS, ["wirst"])
    for names in ([], ["wrist", "wrist"]):
        with pytest.raises(ParameterError, match="at least one channel"):
            view_rows(CHANNELS, names)


def test_windows_fit_a_model_made_for_them() -> None:
    windows = toy_windows([0, 1], "ab")
    check_fit(MODEL, interface(windows))
    assert interface(windows, [2]).channels == ("pulse",)
    assert interface(windows, [2]).units == ("1/min",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channels": ("wrist", "ankle", "heart")}, r"channels: teacher \[wrist, ankle, pulse\], data \[wrist, ankle, heart\]"),
        ({"channels": ("ankle", "wrist", "pulse")}, "same names, other order"),
        ({"units": ("g", "g", "1/min")}, r"units: teacher \[m/s\^2, m/s\^2, 1/min\], data \[g, g, 1/min\]"),
        ({"classes": ("rest", "walk")}, r"classes: teacher \[rest, walk, run\], data \[rest, walk\]"),
        ({"sampling_rate": 50.0}, r"sampling rate in Hz: teacher 20\.0, data 50\.0"),
        ({"samples": 16}, "samples in a window: teacher 8, data 16"),
    ],
)
def test_every_difference_is_shown_from_both_sides(change: dict[str, object], words: str) -> None:
    with pytest.raises(IncompatibleError, match=words):
        check_fit(MODEL, MODEL._replace(**change), "teacher")


def test_all_differences_are_told_at_once() -> None:
    with pytest.raises(IncompatibleError, match=r"(?s)classes.*sampling rate"):
        check_fit(MODEL, MODEL._replace(classes=("x", "y"), sampling_rate=1.0))
