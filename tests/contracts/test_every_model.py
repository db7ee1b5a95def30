"""What every architecture owes the rest of the house; a new file is held to it without a new test."""

import dataclasses

import pytest
import torch
from torch.func import functional_call, vmap

from rdpd_core.errors import ShapeError
from rdpd_core.models import MODELS, Model, Site
from rdpd_core.params import Params
from rdpd_core.runtime import torch_generator
from rdpd_core.types import ModelOutput

CHANNELS, CLASSES, SAMPLES, BATCH = 3, 4, 160, 5


@pytest.fixture(params=MODELS, ids=lambda m: m.name)
def kind(request):
    return request.param


def made(kind, channels=CHANNELS, seed=0):
    """Give a small network with weights of its own."""
    model = kind(channels, CLASSES, SAMPLES)
    model.initialize(torch_generator("contract", seed))
    return model.eval()


def windows(seed=1, channels=CHANNELS):
    return torch.randn(BATCH, channels, SAMPLES, generator=torch.Generator().manual_seed(seed))


def kept(model, seed=0):
    """Give dropout patterns that fit the model's sites."""
    draw = torch.Generator().manual_seed(seed)
    sites = model.sites(BATCH)
    return {n: (torch.rand(s.shape, generator=draw) >= s.rate).to(torch.uint8) for n, s in sites.items()}


def test_it_describes_itself(kind):
    for field in ("name", "title", "reference"):
        assert isinstance(getattr(kind, field), str), field
        assert getattr(kind, field).strip(), field
    assert any(digit.isdigit() for digit in kind.reference), "a reference has a year"
    assert kind.__doc__
    assert issubclass(kind.Params, Params)
    assert kind.Params is not Params
    for f in dataclasses.fields(kind.Params):
        assert f.metadata.get("help"), f"{f.name} has no help text"
        assert f.default is not dataclasses.MISSING, f"{f.name} has no default"
    assert kind.Params.from_dict(kind.Params().to_dict()) == kind.Params()


def test_it_gives_logits_and_what_it_declares(kind):
    out = made(kind)(windows())
    assert isinstance(out, ModelOutput)
    assert out.logits.shape == (BATCH, CLASSES)
    assert torch.isfinite(out.logits).all()
    assert (out.attention is not None) == kind.attends
    if kind.attends:
        assert out.attention.shape[0] == BATCH
        assert out.attention.shape[1] > 1
        assert (out.attention >= 0).all()
        torch.testing.assert_close(out.attention.sum(1), torch.ones(BATCH))
    assert all(f.shape[0] == BATCH for f in out.features.values())
    assert not torch.equal(out.logits, made(kind)(windows(seed=2)).logits)


def test_a_window_does_not_depend_on_the_others_in_its_batch(kind):
    model, x = made(kind), windows()
    torch.testing.assert_close(model(x[2:3]).logits, model(x).logits[2:3], rtol=1e-4, atol=1e-5)


def test_weights_are_drawn_from_the_generator_and_nothing_else(kind):
    first, again, other = made(kind).state_dict(), made(kind).state_dict(), made(kind, seed=1).state_dict()
    assert all(torch.equal(first[n], again[n]) for n in first)
    assert any(not torch.equal(first[n], other[n]) for n in first)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    built = kind(CHANNELS, CLASSES, SAMPLES)
    built.initialize(torch_generator("contract", 0))
    assert all(torch.equal(first[n], w) for n, w in built.state_dict().items())
    built(windows(), kept(built))
    assert torch.equal(torch.get_rng_state(), state), "global random numbers were drawn"


def test_every_parameter_learns(kind):
    model = made(kind)
    model(windows(), kept(model)).logits.square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert (weight.grad != 0).any(), name


def test_weights_can_be_stored_and_loaded(kind):
    model, other = made(kind), made(kind, seed=1)
    other.load_state_dict({n: w.clone() for n, w in model.state_dict().items()})
    assert torch.equal(model(windows()).logits, other(windows()).logits)


@pytest.mark.parametrize("change", [(1, 0, 0), (0, 1, 0), (0, 0, 1)], ids=["channels", "classes", "samples"])
def test_weights_of_another_shape_do_not_load(kind, change):
    channels, classes, samples = change
    other = kind(CHANNELS + channels, CLASSES + classes, SAMPLES * (1 + samples))
    if samples:  # where a network takes any length, its weights do too
        with pytest.raises(ShapeError):
            other(windows())
        return
    with pytest.raises(RuntimeError, match="size mismatch"):
        other.load_state_dict(made(kind).state_dict())


@pytest.mark.parametrize(
    "shape", [(2, CHANNELS + 1, SAMPLES), (2, CHANNELS, SAMPLES // 2), (2, 2 * CHANNELS, SAMPLES // 2), (2, SAMPLES)], ids=str
)
def test_windows_of_another_shape_are_refused_with_the_right_one(kind, shape):
    with pytest.raises(ShapeError, match=rf"{kind.name} takes windows of shape \(B, {CHANNELS}, {SAMPLES}\)"):
        made(kind)(torch.zeros(shape))


# What explaining it needs


def test_what_lies_before_the_first_bend_is_affine(kind):
    model, x, y = made(kind), windows(), windows(seed=2)
    start, end, between = (model.enter(side) for side in (x, y, 0.3 * x + 0.7 * y))
    assert start.shape[0] == BATCH
    torch.testing.assert_close(between, 0.3 * start + 0.7 * end, rtol=1e-4, atol=1e-5)


def test_walking_is_asking_at_every_point(kind):
    model, x, y = made(kind), windows(), windows(seed=2)
    share = torch.tensor([0.0, 0.1, 0.4, 0.45, 0.8, 1.0])
    points = (x[:, None] + share[:, None, None] * (y - x)[:, None]).flatten(0, 1)
    wanted = model(points)
    start = model.enter(x)
    found = model.walk(start, model.enter(y) - start, share)
    torch.testing.assert_close(found.logits, wanted.logits, rtol=1e-4, atol=1e-5)
    if kind.attends:
        torch.testing.assert_close(found.attention, wanted.attention, rtol=1e-4, atol=1e-5)
    assert model.walk_values(64) > 0


def test_gradients_along_a_walk_are_those_at_every_point(kind):
    model, x, y = made(kind).double(), windows().double(), windows(seed=2).double()
    share, weight = torch.tensor([0.05, 0.3, 0.31, 0.9]).double(), torch.tensor([1.0, -2.0, 0.5, 3.0]).double()
    x.requires_grad_()
    points = (x[:, None] + share[:, None, None] * (y - x.detach())[:, None]).flatten(0, 1)
    (wanted,) = torch.autograd.grad((model(points).logits.square().sum(1).view(BATCH, -1) * weight).sum(), x)
    start = model.enter(x)
    way = (model.enter(y) - start).detach()
    (found,) = torch.autograd.grad((model.walk(start, way, share).logits.square().sum(1).view(BATCH, -1) * weight).sum(), x)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-9)


# What a cohort needs


def test_it_can_be_mapped_over_members(kind):
    template, members = made(kind), [made(kind, seed=s) for s in range(3)]
    x, patterns = windows(), [kept(template, seed=s) for s in range(3)]
    weights = {n: torch.stack([m.state_dict()[n] for m in members]).requires_grad_() for n in template.state_dict()}
    given = {n: torch.stack([p[n] for p in patterns]) for n in patterns[0]}
    logits = vmap(lambda w, k: functional_call(template, w, (x, k)).logits)(weights, given)
    logits.square().sum().backward()
    for at, (model, keep) in enumerate(zip(members, patterns, strict=True)):
        alone = model(x, keep).logits
        torch.testing.assert_close(logits[at], alone, rtol=1e-4, atol=1e-5)
        alone.square().sum().backward()
        for name, weight in model.named_parameters():
            torch.testing.assert_close(weights[name].grad[at], weight.grad, rtol=1e-3, atol=1e-4)


def test_channels_matter_only_through_the_weights_declared_for_them(kind):
    model, x = made(kind), windows()
    shapes = {n: w.shape for n, w in model.named_parameters()}
    assert kind.reads_channels
    for name, axis in kind.reads_channels.items():
        assert shapes[name][axis] == CHANNELS, name
    for channel in range(CHANNELS):
        silent = {n: w.clone() for n, w in model.state_dict().items()}
        for name, axis in kind.reads_channels.items():
            silent[name].index_fill_(axis, torch.tensor([channel]), 0.0)
        changed = x.clone()
        changed[:, channel] = 7.0
        assert torch.equal(functional_call(model, silent, (x,)).logits, functional_call(model, silent, (changed,)).logits)
        assert not torch.equal(model(x).logits, model(changed).logits), f"channel {channel} is not read"


def test_a_network_laid_into_more_channels_says_the_same(kind):
    small, x = made(kind, channels=2), windows()
    wide = made(kind)
    rows = torch.tensor([2, 0])
    weights = {}
    for name, weight in small.state_dict().items():
        axis = kind.reads_channels.get(name)
        if axis is None:
            weights[name] = weight
        else:
            weights[name] = torch.zeros(wide.state_dict()[name].shape).index_copy(axis, rows, weight)
    torch.testing.assert_close(functional_call(wide, weights, (x,)).logits, small(x[:, rows]).logits, rtol=1e-4, atol=1e-5)


def test_dropout_acts_where_it_says(kind):
    model, x = made(kind), windows()
    sites = model.sites(BATCH)
    assert all(isinstance(s, Site) and 0 <= s.rate < 1 and all(n > 0 for n in s.shape) for s in sites.values())
    plain = model(x).logits
    for name, site in sites.items():
        dropped = {name: torch.zeros(site.shape, dtype=torch.uint8)}
        assert not torch.equal(model(x, dropped).logits, plain), f"{name} does nothing"
    assert torch.equal(model(x, {}).logits, plain)
    assert torch.equal(model(x, kept(model)).logits, model(x, kept(model)).logits)


def test_the_registered_class_is_a_model(kind):
    assert issubclass(kind, Model)
    assert MODELS.get(kind.name) is kind
    assert kind.name.isidentifier()
