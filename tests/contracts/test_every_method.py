"""What every distillation method owes the rest of the house; a new file is held to it without a new test."""

import dataclasses

import pytest
import torch
from torch.func import functional_call, vmap

from rdpd_core.errors import IncompatibleError
from rdpd_core.methods import METHODS, Method
from rdpd_core.params import Params
from rdpd_core.types import ModelOutput
from tests.core.training.made import distance, knowledge, member, trained

BATCH, CLASSES, SEGMENTS = 6, 4, 5
FAMILIES = {"labels", "predictions", "attention", "features"}
KNOWLEDGE = {"logits", "attention", "features"}


@pytest.fixture(params=METHODS, ids=lambda m: m.name)
def kind(request):
    return request.param


def output(seed, rows=BATCH, classes=CLASSES, segments=SEGMENTS):
    """Give what a network might say, with gradient."""
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, classes, generator=draw).requires_grad_()
    looks = torch.randn(rows, segments, generator=draw).requires_grad_()
    return ModelOutput(logits, looks.softmax(-1), {"context": torch.randn(rows, 7, generator=draw).requires_grad_()})


def made(kind, **settings):
    method = kind(kind.Params(**settings))
    method.setup(output(0), output(1) if kind.uses_teacher else None)
    method.initialize(torch.Generator().manual_seed(0))
    return method


def taught(kind, seed=2):
    return output(seed) if kind.uses_teacher else None


def other(field):
    """Give another allowed value of a real-valued setting."""
    return min(field.metadata["high"], max(field.metadata["low"], 0.5 * field.default))


def choices(kind):
    """Give settings that differ from the defaults in one switch."""
    found = [{}]
    for f in dataclasses.fields(kind.Params):
        if f.metadata["kind"] is bool:
            found.append({f.name: not f.default})
        found += [{f.name: o} for o in f.metadata.get("options", ()) if o != f.default]
    return found


LABELS = torch.tensor([0, 1, 2, 3, -1, 1])


def test_it_describes_itself(kind):
    for field in ("name", "title", "reference", "family"):
        assert isinstance(getattr(kind, field), str), field
        assert getattr(kind, field).strip(), field
    assert any(digit.isdigit() for digit in kind.reference), "a reference has a year"
    assert kind.family in FAMILIES
    assert kind.needs
    assert kind.needs <= KNOWLEDGE
    assert kind.__doc__
    assert issubclass(kind, Method)
    assert METHODS.get(kind.name) is kind


def test_every_setting_explains_itself(kind):
    assert issubclass(kind.Params, Params)
    for f in dataclasses.fields(kind.Params):
        assert f.metadata.get("help"), f"{f.name} has no help text"
    assert kind.Params.from_dict(kind.Params().to_dict()) == kind.Params()
    assert set(kind.Params.numbers()) <= {f.name for f in dataclasses.fields(kind.Params)}


def test_terms_are_named_finite_scalars_with_gradient_for_the_student_alone(kind):
    for settings in choices(kind):
        method, student, teacher = made(kind, **settings), output(1), taught(kind)
        terms = method(student, teacher, LABELS, method.params)
        assert terms, settings
        for name, term in terms.items():
            assert name.isidentifier()
            assert term.shape == (), (settings, name)
            assert torch.isfinite(term), (settings, name)
            assert term.requires_grad, (settings, name)
        sum(terms.values()).backward()
        assert torch.isfinite(student.logits.grad).all()
        assert (student.logits.grad != 0).any()
        assert teacher is None or teacher.logits.grad is None


def test_every_number_changes_the_loss_under_some_switch(kind):
    def loss(method, p):
        return sum(t.detach() for t in method(output(1), taught(kind), LABELS, p).values())

    for f in dataclasses.fields(kind.Params):
        if f.metadata["kind"] is float:
            methods = [made(kind, **settings) for settings in choices(kind)]
            changes = [loss(m, m.params) != loss(m, m.params.with_values({f.name: other(f)})) for m in methods]
            assert any(changes), f.name


def test_numbers_may_be_tensors(kind):
    method = made(kind)
    numbers = {n: torch.tensor(float(getattr(method.params, n))) for n in kind.Params.numbers()}
    plain = method(output(1), taught(kind), LABELS, method.params)
    given = method(output(1), taught(kind), LABELS, method.params.with_values(numbers))
    assert set(plain) == set(given)
    for name in plain:
        torch.testing.assert_close(plain[name], given[name])


def test_it_can_be_mapped_over_members_that_differ_in_every_number(kind):
    for settings in choices(kind):
        method, teacher = made(kind, **settings), taught(kind)
        students = [output(s) for s in range(3)]
        fields = {f.name: f for f in dataclasses.fields(kind.Params) if f.name in kind.Params.numbers()}
        values = {n: torch.tensor([f.default, other(f), (f.default + other(f)) / 2]) for n, f in fields.items()}
        own = {n: torch.stack([w.detach() + 0.1 * m for m in range(3)]) for n, w in method.named_parameters()}

        def one(logits, attention, own, values, method=method, teacher=teacher):
            given = method.params.with_values(values)
            return functional_call(method, own, (ModelOutput(logits, attention), teacher, LABELS, given))

        stacked = [torch.stack([getattr(s, part) for s in students]) for part in ("logits", "attention")]
        terms = vmap(one)(*stacked, own, values)
        for m, student in enumerate(students):
            alone = one(*student[:2], {n: w[m] for n, w in own.items()}, {n: v[m] for n, v in values.items()})
            for name, term in alone.items():
                torch.testing.assert_close(terms[name][m], term, msg=f"{settings} {name}: {terms[name][m]} {term}")


def test_windows_without_any_label_give_numbers(kind):
    method = made(kind)
    nothing = method(output(1), taught(kind), torch.full((BATCH,), -1), method.params)
    assert all(torch.isfinite(t) for t in nothing.values())


def test_own_parts_are_drawn_from_the_generator(kind):
    first, again = made(kind), made(kind)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    again.initialize(torch.Generator().manual_seed(0))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_outputs_that_lack_what_it_needs_are_refused(kind):
    method, full = kind(), output(0)
    method.check(full, output(1))
    bare = ModelOutput(full.logits)
    if kind.needs - bare.gives():
        with pytest.raises(IncompatibleError, match="from the student"):
            method.check(bare, full)
        with pytest.raises(IncompatibleError, match="from the teacher"):
            method.check(full, bare)
    with pytest.raises(IncompatibleError, match="classes"):
        method.check(full, output(1, classes=CLASSES + 1))
    if "attention" in kind.needs:
        with pytest.raises(IncompatibleError, match="segments"):
            method.check(full, output(1, segments=1))


@pytest.mark.slow
def test_a_member_of_a_cohort_equals_the_same_member_alone(kind):
    numbers = {f.name: other(f) for f in dataclasses.fields(kind.Params) if f.name in kind.Params.numbers()}
    members = [member("plain", 9), member("seed", 2), member("place", 9, (3, 1, 0)), member("few", 9, (1,))]
    members.append(member("noisy", 9, noise=0.7))
    members += [member(name, 9, settings={name: value}) for name, value in numbers.items()]
    said = knowledge(teachers=2) if kind.uses_teacher else None
    if said is not None:
        members.append(member("teacher", 9, teacher=1))
    together, turned = (trained(some, kind.name, said=said) for some in (members, members[::-1]))
    for one in members:
        alone = trained([one], kind.name, said=said)[one.name]
        for found in (together, turned):
            assert distance(alone.weights, found[one.name].weights) < 1e-4, one.name
            assert distance(alone.own, found[one.name].own) < 1e-4, one.name
    for name in ("seed", "place", "few", "noisy", *(("teacher",) if said else ())):
        assert distance(together["plain"].weights, together[name].weights) > 1e-4, name
