"""The losses, against hand calculation and the identities they must obey."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rdpd_core.errors import UnknownNameError
from rdpd_core.losses import attention_divergence, combined_label, label_loss, soft_target
from rdpd_core.losses.imitation import ATTENTION_FORMS, SOFT_FORMS

ONE_THIRD = [0.1, 0.2, 0.3, 0.4]
LEVEL = [0.25, 0.25, 0.25, 0.25]


def drawn(seed, rows=5, classes=4, wide=3.0):
    """Give random logits (B, K) in float64."""
    return wide * torch.randn(rows, classes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def tensor(rows):
    return torch.tensor(rows, dtype=torch.float64)


def test_label_loss_by_hand():
    logits = torch.log(tensor([[0.7, 0.2, 0.1], [0.5, 0.25, 0.25]]))
    expected = -(math.log(0.7) + math.log(0.25)) / 2
    assert label_loss(logits, torch.tensor([0, 2])).item() == pytest.approx(expected)


def test_label_loss_at_a_temperature_by_hand():
    logits = tensor([[2.0, 0.0]])
    assert label_loss(logits, torch.tensor([0]), 2.0).item() == pytest.approx(math.log(1 + math.exp(-1)))
    assert label_loss(logits, torch.tensor([0]), tensor(2.0)).item() == pytest.approx(math.log(1 + math.exp(-1)))


@given(seed=st.integers(0, 1000), temperature=st.floats(0.3, 30))
def test_label_loss_is_pytorch_s_cross_entropy(seed, temperature):
    logits, target = drawn(seed), torch.arange(5) % 4
    expected = torch.nn.functional.cross_entropy(logits / temperature, target)
    torch.testing.assert_close(label_loss(logits, target, temperature), expected)


def test_windows_without_label_add_nothing_and_still_count():
    logits, target = drawn(1), torch.tensor([0, -1, 2, -1, 1])
    there = target >= 0
    expected = label_loss(logits[there], target[there]) * 3 / 5
    torch.testing.assert_close(label_loss(logits, target), expected)
    logits.requires_grad_()
    label_loss(logits, target).backward()
    assert (logits.grad[~there] == 0).all()
    assert (logits.grad[there] != 0).any()
    assert label_loss(logits, torch.full((5,), -1)).item() == 0


def test_shares_of_classes_count_each_class_by_its_share():
    logits, first, second = drawn(2), torch.tensor([0, 1, 2, 3, -1]), torch.tensor([1, 1, -1, 0, 2])
    rows = torch.nn.functional.one_hot(first.clamp(min=0), 4) * (first >= 0).unsqueeze(1)
    torch.testing.assert_close(label_loss(logits, rows.double()), label_loss(logits, first))
    others = torch.nn.functional.one_hot(second.clamp(min=0), 4) * (second >= 0).unsqueeze(1)
    expected = 0.7 * label_loss(logits, first, 2.0) + 0.3 * label_loss(logits, second, 2.0)
    torch.testing.assert_close(label_loss(logits, 0.7 * rows.double() + 0.3 * others.double(), 2.0), expected)
    assert label_loss(logits, torch.zeros(5, 4)).item() == 0


@given(seed=st.integers(0, 1000), temperature=st.floats(0.3, 30))
def test_divergence_of_equal_logits_is_0_and_flat(seed, temperature):
    teacher = drawn(seed)
    student = teacher.clone().requires_grad_()
    loss = soft_target(student, teacher, temperature, form="kl")
    assert abs(loss.item()) < 1e-12 * temperature**2
    loss.backward()
    assert student.grad.abs().max() < 1e-13 * temperature


@given(seed=st.integers(0, 1000), temperature=st.floats(0.3, 30))
def test_both_forms_have_one_gradient_and_differ_by_the_entropy(seed, temperature):
    teacher = drawn(seed + 1)
    losses, gradients = [], []
    for form in ("cross_entropy", "kl"):
        student = drawn(seed).requires_grad_()
        losses.append(soft_target(student, teacher, temperature, form=form))
        losses[-1].backward()
        gradients.append(student.grad)
    torch.testing.assert_close(*gradients)
    q = (teacher / temperature).softmax(-1)
    entropy = -(q * q.log()).sum(-1).mean() * temperature**2
    torch.testing.assert_close(losses[0] - losses[1], entropy)


@given(seed=st.integers(0, 1000), constant=st.floats(-50, 50))
def test_a_constant_added_to_logits_changes_nothing(seed, constant):
    student, teacher = drawn(seed), drawn(seed + 1)
    plain = soft_target(student, teacher, 4.0, form="kl")
    torch.testing.assert_close(soft_target(student + constant, teacher - constant, 4.0, form="kl"), plain)


def test_at_high_temperature_it_is_the_squared_distance_of_centered_logits():
    student, teacher = drawn(1), drawn(2)
    difference = (student - student.mean(1, keepdim=True)) - (teacher - teacher.mean(1, keepdim=True))
    limit = difference.square().sum(1).mean() / (2 * 4)
    assert soft_target(student, teacher, 1e4, form="kl").item() == pytest.approx(limit.item(), rel=2e-3)
    assert soft_target(student, teacher, 2.0, form="kl").item() != pytest.approx(limit.item(), rel=2e-2)


def test_soft_target_by_hand():
    student, teacher = tensor([[2 * math.log(3), 0.0]]), tensor([[2 * math.log(4), 0.0]])  # at temperature 2: 3/4 and 4/5
    cross = -(0.8 * math.log(0.75) + 0.2 * math.log(0.25))
    assert soft_target(student, teacher, 2.0).item() == pytest.approx(4 * cross)
    assert soft_target(student, teacher, 2.0, scale="one").item() == pytest.approx(cross)
    kl = 0.8 * math.log(0.8 / 0.75) + 0.2 * math.log(0.2 / 0.25)
    assert soft_target(student, teacher, 2.0, form="kl").item() == pytest.approx(4 * kl)
    sharp = -(0.8 * math.log(0.9) + 0.2 * math.log(0.1))  # the student's logits undivided: 9/10
    assert soft_target(student, teacher, 2.0, student_temperature=False).item() == pytest.approx(4 * sharp)
    both = soft_target(student.repeat(2, 1), teacher.repeat(2, 1), 2.0, divisor=8)
    assert both.item() == pytest.approx(4 * cross * 2 / 8)


def test_no_gradient_reaches_the_teacher():
    student, teacher = drawn(1).requires_grad_(), drawn(2).requires_grad_()
    soft_target(student, teacher, 3.0).backward()
    attention_divergence(drawn(3).softmax(-1).requires_grad_(), teacher.softmax(-1)).backward()
    assert teacher.grad is None


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("student_teacher", 0.1 * math.log(0.4) + 0.2 * math.log(0.8) + 0.3 * math.log(1.2) + 0.4 * math.log(1.6)),
        ("teacher_student", -0.25 * (math.log(0.4) + math.log(0.8) + math.log(1.2) + math.log(1.6))),
        (
            "js",
            0.5 * sum(p * math.log(p / ((p + 0.25) / 2)) for p in ONE_THIRD)
            + 0.5 * sum(0.25 * math.log(0.25 / ((p + 0.25) / 2)) for p in ONE_THIRD),
        ),
    ],
)
def test_attention_divergence_by_hand(form, expected):
    given_rows, level = tensor([ONE_THIRD]), tensor([LEVEL])
    assert attention_divergence(given_rows, level, form).item() == pytest.approx(expected, rel=1e-12)
    assert attention_divergence(given_rows.repeat(3, 1), level.repeat(3, 1), form).item() == pytest.approx(expected, rel=1e-12)
    assert attention_divergence(given_rows, level, form, divisor=4).item() == pytest.approx(expected / 4, rel=1e-12)


def test_the_two_directions_of_the_hand_example_are_known_numbers():
    rows = tensor([ONE_THIRD]), tensor([LEVEL])
    assert attention_divergence(*rows, "student_teacher").item() == pytest.approx(0.106440, abs=1e-6)
    assert attention_divergence(*rows, "teacher_student").item() == pytest.approx(0.121777, abs=1e-6)


@pytest.mark.parametrize("form", ATTENTION_FORMS)
@given(seed=st.integers(0, 1000))
def test_attention_divergence_is_0_for_equals_and_above_0_otherwise(form, seed):
    a, b = drawn(seed).softmax(-1), drawn(seed + 1).softmax(-1)
    assert abs(attention_divergence(a, a, form).item()) < 1e-12
    assert attention_divergence(a, b, form).item() > 0
    if form == "js":
        torch.testing.assert_close(attention_divergence(a, b, form), attention_divergence(b, a, form))
        assert attention_divergence(a, b, form).item() <= math.log(2) + 1e-12


@pytest.mark.parametrize("form", ATTENTION_FORMS)
def test_attention_of_exactly_0_gives_numbers(form):
    student = tensor([[1.0, 0.0]]).requires_grad_()
    loss = attention_divergence(student, tensor([[0.0, 1.0]]), form)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(student.grad).all()


def test_combined_label_by_hand():
    logits, target = tensor([[2.0, 0.0, -1.0]]), torch.tensor([1])
    hard = np.exp([2.0, 0.0, -1.0]) / np.exp([2.0, 0.0, -1.0]).sum()
    soft = np.exp([1.0, 0.0, -0.5]) / np.exp([1.0, 0.0, -0.5]).sum()
    mixed = 0.7 * hard + 0.4 * soft + np.array([0.0, 0.1, 0.2])
    expected = -math.log(math.exp(mixed[1]) / np.exp(mixed).sum())
    found = combined_label(logits, target, 2.0, tensor(0.7), tensor(0.4), tensor([0.0, 0.1, 0.2]))
    assert found.item() == pytest.approx(expected)
    assert combined_label(logits, torch.tensor([-1]), 2.0, tensor(0.7), tensor(0.4), tensor(0.0)).item() == 0


@pytest.mark.parametrize(("classes", "floor"), [(12, 1.619), (8, 1.274), (6, 1.044)])
def test_combined_label_has_the_floor_of_a_softmax_of_probabilities(classes, floor):
    target = torch.arange(classes)
    sure = 1e4 * torch.eye(classes, dtype=torch.float64)
    found = combined_label(sure, target, 5.0, tensor(0.5), tensor(0.5), tensor(0.0)).item()
    assert found == pytest.approx(-math.log(math.e / (math.e + classes - 1)))
    assert found == pytest.approx(floor, abs=5e-4)
    unsure = combined_label(drawn(1, classes, classes), target, 5.0, tensor(0.5), tensor(0.5), tensor(0.0))
    assert unsure.item() > found
    assert combined_label(sure, target, 5.0, tensor(2.0), tensor(2.0), tensor(0.0)).item() < found


def test_a_scalar_b_has_no_effect_and_one_per_class_has():
    weights = [tensor(0.5).requires_grad_() for _ in range(2)]
    scalar, per_class = tensor(0.3).requires_grad_(), tensor([0.3, 0.0, 0.0, 0.0]).requires_grad_()
    target = torch.arange(5) % 4
    combined_label(drawn(1), target, 5.0, *weights, scalar).backward()
    assert abs(scalar.grad.item()) < 1e-15
    assert all(w.grad.item() != 0 for w in weights)
    combined_label(drawn(1), target, 5.0, *weights, per_class).backward()
    assert per_class.grad.abs().max() > 1e-3


def test_combined_label_reaches_the_logits_through_both_parts():
    target, zero, half = torch.arange(5) % 4, tensor(0.0), tensor(0.5)
    for w1, w2 in ((half, zero), (zero, half)):
        logits = drawn(1).requires_grad_()
        combined_label(logits, target, 5.0, w1, w2, zero).backward()
        assert (logits.grad != 0).any()


@pytest.mark.parametrize("call", [
    lambda: soft_target(drawn(1), drawn(2), 1.0, form="kk"),
    lambda: soft_target(drawn(1), drawn(2), 1.0, scale="square"),
    lambda: attention_divergence(drawn(1).softmax(-1), drawn(2).softmax(-1), "teacher"),
])  # fmt: skip
def test_an_unknown_form_is_refused(call):
    with pytest.raises(UnknownNameError, match="known:"):
        call()


@pytest.mark.parametrize("form", [*SOFT_FORMS, *ATTENTION_FORMS])
def test_windows_the_teacher_was_not_asked_about_add_nothing_and_still_count(form):
    def apart(student, teacher, there=None):
        if form in SOFT_FORMS:
            return soft_target(student, teacher, 2.0, form=form, there=there)
        return attention_divergence(student.softmax(-1), teacher.softmax(-1), form, there=there)

    student, teacher, there = drawn(1).requires_grad_(), drawn(2), torch.tensor([True, False, True, True, False])
    found = apart(student, teacher, there)
    torch.testing.assert_close(found, apart(student[there], teacher[there]) * 3 / 5)
    found.backward()
    assert (student.grad[~there] == 0).all()
    assert (student.grad[there] != 0).any()
    torch.testing.assert_close(apart(student, teacher, torch.ones(5, dtype=torch.bool)), apart(student, teacher))
    assert apart(student, teacher, torch.zeros(5, dtype=torch.bool)).item() == 0
