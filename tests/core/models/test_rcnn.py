"""RCNN: equal to the same network of PyTorch's own layers, and as large as the paper says."""

import math

import pytest
import torch
from torch.func import functional_call, vmap

from rdpd_core.errors import ParameterError, ShapeError
from rdpd_core.models import MODELS
from tests.core.models.reference import NAMES, Reference, made, patterns

RCNN = MODELS.get("rcnn")
SHAPES = [
    *((second, place, "mean") for second in (False, True) for place in ("before_pooling", "after_pooling")),
    *((second, "before_pooling", "statistics") for second in (False, True)),
]
PAMAP2 = {"kernel": 8, "stride": 4, "segments": 4}
PTBDB = {"kernel": 32, "stride": 8, "segments": 4, "second_conv": True}
MIMIC = {"kernel": 4, "stride": 2, "segments": 4}
TEACHER, STUDENT = {"filters": 64, "hidden": 32}, {"filters": 16, "hidden": 8}


def windows(model, batch=6):
    """Give random windows for a model, with gradient."""
    draw = torch.Generator().manual_seed(3)
    return torch.randn(batch, model.channels, model.samples, generator=draw, dtype=torch.float64, requires_grad=True)


def told(name):
    """Put the name of a weight before what differs."""
    return lambda message: f"{name}: {message}"


@pytest.mark.parametrize(
    ("channels", "classes", "samples", "settings", "table", "used"),
    [
        (52, 12, 256, {**PAMAP2, **TEACHER}, 118_287, 52_620),
        (17, 12, 256, {**PAMAP2, **STUDENT}, 8_207, 4_076),
        (15, 6, 2000, {**PTBDB, **TEACHER}, 334_985, 334_982),
        (1, 6, 2000, {**PTBDB, **STUDENT}, 19_753, 19_750),
        (6, 8, 48, {**MIMIC, **TEACHER}, 60_171, 27_272),
        (1, 8, 48, {**MIMIC, **STUDENT}, 3_979, 1_896),
        (2, 8, 48, {**MIMIC, **STUDENT}, 4_043, 1_960),
    ],
)
def test_parameters_are_those_of_table_5_and_those_really_used(channels, classes, samples, settings, table, used):
    model = RCNN(channels, classes, samples, RCNN.Params(**settings))
    assert model.count_parameters(dormant=True) == table
    assert model.count_parameters() == used == sum(w.numel() for w in model.parameters())


@pytest.mark.parametrize(("second_conv", "place", "pooling"), SHAPES)
@pytest.mark.parametrize("dropped", [False, True], ids=["whole", "dropped"])
def test_outputs_and_all_gradients_equal_the_reference(second_conv, place, pooling, dropped):
    model = made(second_conv, place, pooling=pooling)
    reference, x = Reference(model), windows(model)
    y = x.detach().clone().requires_grad_()
    keep = patterns(model, len(x)) if dropped else None
    ours, theirs = model(x, keep), reference(y, keep)
    torch.testing.assert_close(ours.logits, theirs.logits, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(ours.attention, theirs.attention, rtol=1e-10, atol=1e-12)
    for out in (ours, theirs):
        (out.logits.sin().sum() + (out.attention * torch.arange(4.0).double()).sum()).backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-9, atol=1e-12)
    grads = {name: w.grad for name, w in model.named_parameters()}
    for name, weight in reference.named_parameters():
        torch.testing.assert_close(reference.of(grads, name), weight.grad, rtol=1e-9, atol=1e-12, msg=told(name))
    assert {NAMES[name][0] for name, _ in reference.named_parameters()} == set(grads)


@pytest.mark.parametrize(("segments", "kernel", "stride"), [(1, 4, 3), (2, 10, 1), (5, 1, 4)])
def test_other_shapes_equal_the_reference_too(segments, kernel, stride):
    model = made(segments=segments, kernel=kernel, stride=stride, channels=1)
    x = windows(model, 3)
    ours, theirs = model(x), Reference(model)(x)
    torch.testing.assert_close(ours.logits, theirs.logits, rtol=1e-10, atol=1e-12)


def test_attention_rows_sum_to_1_and_features_have_their_shapes():
    model = made(second_conv=True)
    out = model(windows(model) * 5)
    torch.testing.assert_close(out.attention.sum(1), torch.ones(6, dtype=torch.float64))
    assert (out.attention >= 0).all()
    shapes = {n: tuple(f.shape) for n, f in out.features.items()}
    assert shapes == {"segments": (6, 4, 10), "recurrent": (6, 4, 6), "context": (6, 6)}
    context = (out.features["recurrent"] * out.attention.unsqueeze(-1)).sum(1)
    torch.testing.assert_close(context, out.features["context"])


def test_huge_scores_leave_attention_finite():
    model = made()
    with torch.no_grad():
        model.attend.mul_(1e6)
    assert torch.isfinite(model(windows(model)).attention).all()


@pytest.mark.parametrize(("second_conv", "place", "pooling"), SHAPES)
@pytest.mark.parametrize("own_input", [False, True], ids=["shared input", "own input"])
@pytest.mark.parametrize("own_keep", [False, True], ids=["shared pattern", "own pattern"])
def test_mapping_over_members_equals_a_loop_over_them(second_conv, place, pooling, own_input, own_keep):
    model, members = made(second_conv, place, pooling=pooling), 3
    draw = torch.Generator().manual_seed(11)
    base = windows(model).detach()
    shapes = {n: (members, *w.shape) for n, w in model.named_parameters()}
    stacked = {n: (0.4 * torch.randn(s, generator=draw, dtype=torch.float64)).requires_grad_() for n, s in shapes.items()}
    looped = {n: w.detach().clone().requires_grad_() for n, w in stacked.items()}
    x = torch.stack([base * (m + 1) for m in range(members)]) if own_input else base
    keep = [patterns(model, len(base), seed=m if own_keep else 0) for m in range(members)]
    given = {n: torch.stack([k[n] for k in keep]) for n in keep[0]} if own_keep else keep[0]
    x_mapped, x_looped = x.clone().requires_grad_(), x.clone().requires_grad_()

    def one(weights, x, kept):
        out = functional_call(model, weights, (x, kept))
        return out.logits, out.attention

    logits, attention = vmap(one, in_dims=(0, 0 if own_input else None, 0 if own_keep else None))(stacked, x_mapped, given)
    each = [one({n: w[m] for n, w in looped.items()}, x_looped[m] if own_input else x_looped, keep[m]) for m in range(members)]
    torch.testing.assert_close(logits, torch.stack([e[0] for e in each]), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(attention, torch.stack([e[1] for e in each]), rtol=1e-10, atol=1e-12)
    for said in (logits, torch.stack([e[0] for e in each])):
        said.sin().sum().backward()
    for name, weight in stacked.items():
        torch.testing.assert_close(weight.grad, looped[name].grad, rtol=1e-9, atol=1e-12, msg=told(name))
    torch.testing.assert_close(x_mapped.grad, x_looped.grad, rtol=1e-9, atol=1e-12)


def test_one_network_under_many_dropout_patterns_sums_its_gradients():
    model = made(second_conv=True)
    x = windows(model).detach()
    keep = [patterns(model, len(x), seed) for seed in range(3)]
    given = {n: torch.stack([k[n] for k in keep]) for n in keep[0]}
    vmap(lambda kept: model(x, kept).logits)(given).sin().sum().backward()
    mapped = {n: w.grad for n, w in model.named_parameters()}
    model.zero_grad()
    torch.stack([model(x, k).logits for k in keep]).sin().sum().backward()
    for name, weight in model.named_parameters():
        torch.testing.assert_close(mapped[name], weight.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("second_conv", "place", "pooling"), SHAPES)
def test_without_gradient_the_outputs_are_the_same(second_conv, place, pooling):
    model = made(second_conv, place, pooling=pooling)
    x, keep = windows(model), patterns(model, 6)
    with torch.no_grad():
        quiet = model(x, keep).logits
    assert torch.equal(quiet, model(x, keep).logits)


def test_first_weights_have_the_bounds_of_the_published_code():
    p = RCNN.Params(filters=40, kernel=8, stride=4, hidden=20, second_conv=True)
    model = RCNN(30, 10, 400, p)
    model.initialize(torch.Generator().manual_seed(2))
    bounds = {
        "conv_weight": math.sqrt(6 / (8 * (30 + 40))),
        "conv2_weight": math.sqrt(6 / (8 * (40 + 80))),
        "lstm_in": 1 / math.sqrt(20),
        "lstm_hidden": 1 / math.sqrt(20),
        "lstm_bias_in": 1 / math.sqrt(20),
        "lstm_bias_hidden": 1 / math.sqrt(20),
        "attend": math.sqrt(6 / (40 + 1)),
        "dense_weight": math.sqrt(6 / (40 + 10)),
        "dense_bias": 1 / math.sqrt(40),
    }
    for name, weight in model.state_dict().items():
        if name in ("conv_bias", "conv2_bias"):
            assert (weight == 0).all(), name
            continue
        largest = float(weight.abs().max())
        assert largest <= bounds[name], name
        assert largest > bounds[name] * (0.99 if weight.numel() > 500 else 0.5), name


def test_xavier_bounds_are_those_of_pytorch():
    weight = torch.empty(40, 30, 8)
    torch.nn.init.xavier_uniform_(weight, generator=torch.Generator().manual_seed(1))
    assert float(weight.abs().max()) == pytest.approx(math.sqrt(6 / (8 * (30 + 40))), rel=1e-3)


def test_dropout_rate_0_has_no_site_and_patterns_have_their_shapes():
    assert made(dropout=0.0).sites(6) == {}
    assert {n: s.shape for n, s in made().sites(6).items()} == {"pooled": (3, 5, 24)}
    assert {n: s.shape for n, s in made(place="after_pooling").sites(6).items()} == {"pooled": (5, 24)}
    assert {n: s.shape for n, s in made(True).sites(6).items()} == {"conv": (5, 5, 24), "pooled": (1, 10, 24)}
    assert {n: s.shape for n, s in made(True, "after_pooling").sites(6).items()} == {"conv": (5, 5, 24), "pooled": (10, 24)}
    for place in ("before_pooling", "after_pooling"):
        assert {n: s.shape for n, s in made(place=place, pooling="statistics").sites(6).items()} == {"pooled": (15, 24)}


def test_statistics_are_normalized_and_leave_still_windows_a_finite_gradient():
    model = made(pooling="statistics")
    x = windows(model).detach()
    told = model(x).features["segments"]
    assert told.shape == (6, 4, 15)
    torch.testing.assert_close(told.mean(-1), torch.zeros(6, 4).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(told.var(-1, correction=0), torch.ones(6, 4).double(), rtol=1e-4, atol=0)
    still = torch.zeros_like(x).requires_grad_()
    model(still).logits.sum().backward()
    assert torch.isfinite(still.grad).all()


@pytest.mark.parametrize("shape", [(2, 4, 40), (2, 3, 41), (2, 6, 20), (3, 40)])
def test_windows_of_another_shape_are_refused(shape):
    with pytest.raises(ShapeError, match=r"takes windows of shape \(B, 3, 40\)"):
        made()(torch.zeros(shape, dtype=torch.float64))


def test_settings_that_do_not_fit_the_window_are_refused_with_a_way_out():
    with pytest.raises(ParameterError, match=r"50 samples cannot be cut into 4 equal segments; use one of \[1, 2, 5, 10,"):
        RCNN(3, 2, 50)
    with pytest.raises(ParameterError, match="convolution 1 has a kernel of 8, but only 4 positions"):
        RCNN(3, 2, 16)
    with pytest.raises(ParameterError, match="convolution 2 has a kernel of 8, but only 2 positions"):
        RCNN(3, 2, 64, RCNN.Params(second_conv=True, segments=4, stride=5))
