"""Direct, distillation in its published forms, and RDPD, by hand on tiny numbers."""

import math

import pytest
import torch

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.methods import METHODS
from rdpd_core.types import ModelOutput

# Two classes at temperature 2: the student says 9:1 sharp and 3:1 softened, the teacher 16:1 sharp and 4:1 softened.
STUDENT = ModelOutput(torch.tensor([[math.log(9.0), 0.0]]).double(), torch.tensor([[0.1, 0.2, 0.3, 0.4]]).double())
TEACHER = ModelOutput(torch.tensor([[math.log(16.0), 0.0]]).double(), torch.full((1, 4), 0.25).double())
LABEL = torch.tensor([1])
TAU = 2.0
HARD = -math.log(0.1)
SOFT = -(0.8 * math.log(0.75) + 0.2 * math.log(0.25))
KL = 0.8 * math.log(0.8 / 0.75) + 0.2 * math.log(0.2 / 0.25)
SHARP = -(0.8 * math.log(0.9) + 0.2 * math.log(0.1))
LOOK_STUDENT = sum(p * math.log(4 * p) for p in (0.1, 0.2, 0.3, 0.4))
LOOK_TEACHER = -sum(0.25 * math.log(4 * p) for p in (0.1, 0.2, 0.3, 0.4))


def terms(name, target=LABEL, student=STUDENT, **settings):
    """Give the terms of a method as numbers."""
    kind = METHODS.get(name)
    method = kind(kind.Params(**settings))
    method.setup(student, TEACHER)
    method.double()
    return {n: t.item() for n, t in method(student, TEACHER, target, method.params).items()}


@pytest.mark.parametrize(
    ("settings", "hard", "soft"),
    [
        ({"form": "sum"}, HARD, 4 * SOFT),
        ({"form": "sum", "alpha": 0.9}, HARD, 4 * SOFT),
        ({"form": "hinton", "alpha": 0.3}, 0.7 * HARD, 0.3 * 4 * SOFT),
        ({"form": "slide", "alpha": 0.3}, 0.7 * HARD, 2 * 0.3 * 4 * SOFT),
        ({"form": "repdistiller", "alpha": 0.9}, 0.1 * HARD, 0.9 * 4 * KL),
        ({"form": "generalized", "alpha": 0.3}, 0.7 * HARD, 0.3 * 4 * SOFT),
        ({"form": "generalized", "alpha": 0.3, "scale_squared": False}, 0.7 * HARD, 0.3 * SOFT),
        ({"form": "generalized", "alpha": 0.3, "soften_student": False}, 0.7 * HARD, 0.3 * 4 * SHARP),
        ({"form": "generalized", "alpha": 0.3, "scale_squared": False, "soften_student": False}, 0.7 * HARD, 0.3 * SHARP),
        ({"form": "hinton", "alpha": 0.3, "scale_squared": False, "soften_student": False}, 0.7 * HARD, 0.3 * 4 * SOFT),
    ],
    ids=str,
)
def test_every_form_of_distillation(settings, hard, soft):
    assert terms("kd", temperature=TAU, **settings) == pytest.approx({"hard": hard, "soft": soft})


def test_direct_is_the_label_term_at_a_temperature():
    assert terms("direct") == pytest.approx({"hard": HARD})
    assert terms("direct", temperature=TAU) == pytest.approx({"hard": -math.log(0.25)})


def test_rdpd_is_the_sum_of_its_four_terms():
    mixed = (0.5 * 0.9 + 0.5 * 0.75, 0.5 * 0.1 + 0.5 * 0.25)
    combined = -math.log(math.exp(mixed[1]) / (math.exp(mixed[0]) + math.exp(mixed[1])))
    expected = {"hard": HARD, "soft": 4 * SOFT, "attention": LOOK_STUDENT, "combined": combined}
    assert terms("rdpd", temperature=TAU) == pytest.approx(expected)
    weights = {"hard_weight": 0.5, "soft_weight": 0.3, "attention_weight": 3.0, "combined_weight": 0.0}
    weighted = {n: v * weights[f"{n}_weight"] for n, v in expected.items()}
    assert terms("rdpd", temperature=TAU, **weights) == pytest.approx(weighted)


def test_the_direction_of_attention_is_a_switch():
    assert terms("rdpd", attention_form="student_teacher")["attention"] == pytest.approx(LOOK_STUDENT)
    assert terms("rdpd", attention_form="teacher_student")["attention"] == pytest.approx(LOOK_TEACHER)
    js = terms("rdpd", attention_form="js")["attention"]
    assert 0 < js < min(LOOK_STUDENT, LOOK_TEACHER)


def test_a_divisor_divides_what_imitates_and_nothing_else():
    plain, divided = terms("rdpd", temperature=TAU), terms("rdpd", temperature=TAU, batch_divisor=128)
    assert divided["hard"] == plain["hard"]
    assert divided["combined"] == plain["combined"]
    assert divided["soft"] == pytest.approx(plain["soft"] / 128)
    assert divided["attention"] == pytest.approx(plain["attention"] / 128)


def test_windows_without_label_leave_only_the_teachers_word():
    found = terms("rdpd", torch.tensor([-1]), temperature=TAU)
    assert found["hard"] == found["combined"] == 0
    assert found["soft"] == pytest.approx(4 * SOFT)
    assert found["attention"] == pytest.approx(LOOK_STUDENT)


@pytest.mark.parametrize(("bias", "shape"), [("scalar", ()), ("per_class", (2,))])
def test_own_parts_begin_at_one_half_and_zero(bias, shape):
    kind = METHODS.get("rdpd")
    method = kind(kind.Params(combined_bias=bias))
    method.setup(STUDENT, None)
    assert {n: tuple(w.shape) for n, w in method.named_parameters()} == {"w1": (), "w2": (), "b": shape}
    assert (method.w1.item(), method.w2.item(), method.b.abs().max().item()) == (0.5, 0.5, 0.0)


def test_only_a_b_per_class_gets_gradient():
    kind = METHODS.get("rdpd")
    for bias in ("scalar", "per_class"):
        method = kind(kind.Params(combined_bias=bias))
        method.setup(STUDENT, TEACHER)
        method(STUDENT, TEACHER, LABEL, method.params)["combined"].backward()
        assert (method.w1.grad, method.w2.grad) != (None, None)
        assert (method.b.grad is None) == (bias == "scalar")


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("kd", {"form": "hintn"}, "form='hintn' is not one of sum, hinton"),
        ("kd", {"alpha": 1.5}, r"alpha=1.5 is outside \[0.0, 1.0\]"),
        ("rdpd", {"temperature": 0.0, "soft_weight": -1.0}, "temperature=0.0 .* soft_weight=-1.0"),
        ("rdpd", {"attention_form": "kl"}, "student_teacher, teacher_student, js"),
    ],
)
def test_wrong_settings_are_refused_with_the_allowed_ones(name, wrong, told):
    with pytest.raises(ParameterError, match=told):
        METHODS.get(name).Params(**wrong)


def test_an_unknown_method_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'rdpd'"):
        METHODS.get("rdpt")
