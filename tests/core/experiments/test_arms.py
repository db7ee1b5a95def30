"""The rows of a comparison."""

import pytest

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.arms import ARMS, PAPER_ARMS, Arm, pick_arms
from rdpd_core.methods import METHODS


def weights(name):
    """Give the weights of soft, attention and combined term."""
    return tuple(ARMS[name].weights[f"{term}_weight"] for term in ("soft", "attention", "combined"))


def test_arms_are_the_ablations_of_the_paper():
    assert weights("direct") == (0, 0, 0)
    assert weights("distill") == (1, 0, 0)
    assert weights("rdpd_r1") == (1, 0, 1)
    assert weights("rdpd_r2") == (1, 1, 0)
    assert weights("rdpd") == (1, 1, 1)
    students = [a for a in ARMS.values() if a.role == "student"]
    assert all(a.weights["hard_weight"] == 1 for a in students)
    assert all(set(a.weights) <= set(METHODS.get("rdpd").Params.numbers()) for a in students)
    assert [a.title for a in pick_arms(PAPER_ARMS)] == ["Teacher", "Direct", "Distill", "RDPD_r1", "RDPD_r2", "RDPD"]


def test_who_listens_to_a_teacher_and_who_does_not():
    assert [n for n, a in ARMS.items() if a.imitates] == ["distill", "rdpd_r1", "rdpd_r2", "rdpd"]
    assert not Arm("own", "Own", "labels twice", weights={"hard_weight": 1.0, "combined_weight": 1.0}).imitates
    assert {a.role for a in ARMS.values()} == {"teacher", "student", "oracle", "forest"}
    assert all(a.meaning for a in ARMS.values())


def test_arms_come_once_in_the_order_of_the_paper():
    assert [a.name for a in pick_arms(["rdpd", "direct", "rdpd", "teacher"])] == ["teacher", "direct", "rdpd"]


def test_unknown_arms_and_none_are_refused():
    with pytest.raises(UnknownNameError, match=r"unknown arm 'rdpd_r3'.*did you mean 'rdpd_r"):
        pick_arms(["direct", "rdpd_r3"])
    with pytest.raises(ParameterError, match="name at least one arm of teacher, direct"):
        pick_arms([])
