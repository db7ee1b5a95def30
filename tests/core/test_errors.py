"""Errors say what was given, what is allowed, and what to do."""

import inspect

import pytest

from rdpd_core import errors


def test_unknown_name_lists_the_known_ones_and_the_nearest():
    error = errors.UnknownNameError("data set", "dsad", ["dsads", "ptbxl"])
    assert str(error) == "unknown data set 'dsad' (did you mean 'dsads'?); known: dsads, ptbxl"


def test_unknown_name_far_from_all_suggests_none():
    assert "did you mean" not in str(errors.UnknownNameError("view", "zzz", ["torso"]))


def test_unknown_name_where_nothing_is_known():
    assert str(errors.UnknownNameError("model", "a", [])).endswith("known: none")


def test_names_that_are_no_text_are_shown():
    assert "known: 1, 2" in str(errors.UnknownNameError("seed", 12345, [1, 2]))


ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]


@pytest.mark.parametrize("cls", ALL)
def test_one_base_catches_all(cls):
    assert issubclass(cls, errors.RdpdError)


@pytest.mark.parametrize("cls", ALL)
def test_the_tree_in_the_docstring_names_it(cls):
    assert cls.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [(errors.UnknownNameError, KeyError), (errors.ParameterError, ValueError), (errors.ShapeError, ValueError)],
)
def test_those_who_expect_the_usual_kind_catch_it_too(cls, builtin):
    assert issubclass(cls, builtin)
