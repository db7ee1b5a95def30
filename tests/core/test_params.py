"""Settings are declared once: validated, frozen, and the same after a round trip through text."""

import dataclasses
import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.params import Params, choice, flag, number


@dataclass(frozen=True)
class Recipe(Params):
    rate: float = number(0.1, 0.0, 1.0, "share dropped", unit="s")
    epochs: int = number(10, 1, 100, "passes over the data")
    mode: str = choice("soft", ("soft", "hard"), "kind of targets")
    warm: bool = flag(False, "start from given weights")


def test_defaults_are_valid():
    assert Recipe().to_dict() == {"rate": 0.1, "epochs": 10, "mode": "soft", "warm": False}


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().rate = 0.5


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("rate", 1.5, r"rate=1.5 s is outside \[0.0, 1.0\] s"),
        ("rate", float("nan"), "outside"),
        ("rate", float("inf"), "outside"),
        ("rate", "0.5", "is not a number"),
        ("rate", True, "is not a number"),
        ("epochs", 0, r"epochs=0 is outside \[1, 100\]"),
        ("epochs", 2.5, "is not a whole number"),
        ("mode", "mild", "mode='mild' is not one of soft, hard"),
        ("warm", 1, "neither True nor False"),
    ],
)
def test_a_wrong_setting_is_refused(name, value, reason):
    with pytest.raises(ParameterError, match=reason):
        Recipe(**{name: value})


def test_every_wrong_setting_is_named_at_once():
    with pytest.raises(ParameterError, match=r"Recipe: rate=-1.*; epochs=1000.*; mode='x'"):
        Recipe(rate=-1.0, epochs=1000, mode="x")


@pytest.mark.parametrize(("name", "value"), [("rate", 0.0), ("rate", 1.0), ("epochs", 1), ("epochs", 100)])
def test_both_ends_of_a_range_are_allowed(name, value):
    assert getattr(Recipe(**{name: value}), name) == value


@given(st.floats(0, 1), st.integers(1, 100), st.sampled_from(["soft", "hard"]), st.booleans())
def test_round_trips(rate, epochs, mode, warm):
    recipe = Recipe(rate, epochs, mode, warm)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert Recipe.from_dict({name: str(value) for name, value in recipe.to_dict().items()}) == recipe


@pytest.mark.parametrize("word", ["true", "True", "yes", "1"])
def test_a_switch_may_be_a_word(word):
    assert Recipe.from_dict({"warm": word}).warm is True


@pytest.mark.parametrize(("name", "text"), [("rate", "much"), ("epochs", "2.5"), ("warm", "perhaps")])
def test_text_that_cannot_be_read_is_refused(name, text):
    with pytest.raises(ParameterError, match=f"{name}={text!r} cannot be read"):
        Recipe.from_dict({name: text})


def test_a_whole_number_becomes_real_where_one_is_declared():
    assert type(Recipe.from_dict({"rate": 1}).rate) is float


def test_an_unknown_setting_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"unknown Recipe setting 'epoch' \(did you mean 'epochs'"):
        Recipe.from_dict({"epoch": 3})


def test_only_real_numbers_may_differ_between_members():
    assert Recipe.numbers() == ["rate"]


def test_with_values_holds_what_is_not_checked_and_leaves_the_rest():
    plain = Recipe(epochs=7)
    many = plain.with_values({"rate": [0.1, 0.2]})
    assert (many.rate, many.epochs) == ([0.1, 0.2], 7)
    assert plain.rate == 0.1
