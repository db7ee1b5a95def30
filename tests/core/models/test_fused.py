"""The hand-written backward passes, against numerical differentiation."""

import pytest
import torch
from torch.autograd import gradcheck
from torch.func import vmap

from rdpd_core.models._fused import bilstm, slide_conv, slide_stats

FEATURES, FILTERS, STEP, COLUMNS = 6, 3, 3, 4  # filters cover 6 rows, 3 positions over 12 rows


def drawn(*shape, seed=0):
    """Give random numbers in float64, with gradient."""
    draw = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(*shape, generator=draw, dtype=torch.float64, requires_grad=True)


def pattern(*shape):
    return torch.randint(0, 2, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(5))


KEEPS = {
    "pooled, nothing dropped": (True, None),
    "pooled, dropped before": (True, (3, FILTERS, COLUMNS)),
    "pooled, dropped after": (True, (FILTERS, COLUMNS)),
    "not pooled": (False, None),
    "not pooled, dropped": (False, (3, FILTERS, COLUMNS)),
}


@pytest.mark.parametrize(("pool", "keep"), KEEPS.values(), ids=KEEPS)
def test_convolution_has_the_right_gradient(pool, keep):
    kept = None if keep is None else pattern(*keep)
    scale = 1.0 if keep is None else 2.0
    given = (drawn(12, COLUMNS), drawn(FILTERS, FEATURES), drawn(FILTERS))
    assert gradcheck(lambda z, w, b: slide_conv(z, w, b, kept, scale, STEP, pool), given)


@pytest.mark.parametrize("own_input", [False, True], ids=["shared input", "own input"])
@pytest.mark.parametrize(("pool", "keep"), KEEPS.values(), ids=KEEPS)
@pytest.mark.slow
def test_mapped_convolution_has_the_right_gradient(pool, keep, own_input):
    kept = None if keep is None else pattern(2, *keep)
    scale = 1.0 if keep is None else 2.0
    given = (drawn(2, 12, COLUMNS) if own_input else drawn(12, COLUMNS), drawn(2, FILTERS, FEATURES), drawn(2, FILTERS))
    dims = (0 if own_input else None, 0, 0, None if keep is None else 0)
    mapped = vmap(lambda z, w, b, k: slide_conv(z, w, b, k, scale, STEP, pool), dims)
    assert gradcheck(lambda z, w, b: mapped(z, w, b, kept), given)


@pytest.mark.parametrize("rows", [6, 12], ids=["one position", "three positions"])
def test_statistics_are_those_of_all_positions_and_have_the_right_gradient(rows):
    given = (drawn(rows, COLUMNS), drawn(FILTERS, FEATURES), drawn(FILTERS))
    z, w, b = given
    every = torch.stack([w @ z[p * STEP : p * STEP + FEATURES] + b[:, None] for p in range((rows - FEATURES) // STEP + 1)])
    plain = torch.stack([every.mean(0), every.var(0, correction=0), every.amax(0) - every.mean(0)])
    torch.testing.assert_close(slide_stats(*given, STEP), plain, rtol=1e-10, atol=1e-12)
    assert gradcheck(lambda *a: slide_stats(*a, STEP), given)


@pytest.mark.parametrize("own_input", [False, True], ids=["shared input", "own input"])
@pytest.mark.slow
def test_mapped_statistics_have_the_right_gradient(own_input):
    given = (drawn(2, 12, COLUMNS) if own_input else drawn(12, COLUMNS), drawn(2, FILTERS, FEATURES), drawn(2, FILTERS))
    mapped = vmap(lambda *a: slide_stats(*a, STEP), (0 if own_input else None, 0, 0))
    assert gradcheck(mapped, given)
    each = torch.stack([slide_stats(given[0][m] if own_input else given[0], given[1][m], given[2][m], STEP) for m in range(2)])
    torch.testing.assert_close(mapped(*given), each, rtol=1e-12, atol=1e-12)


def test_the_variance_of_what_lies_far_from_0_keeps_its_digits():
    z = (torch.randn(12, COLUMNS, generator=torch.Generator().manual_seed(1)) + 300).requires_grad_()
    w = torch.full((1, FEATURES), 1.0 / FEATURES)
    found = slide_stats(z, w, torch.zeros(1), STEP)
    exact = slide_stats(z.double(), w.double(), torch.zeros(1).double(), STEP)
    torch.testing.assert_close(found[1].double(), exact[1], rtol=1e-3, atol=1e-5)
    still = torch.ones(12, COLUMNS, requires_grad=True)
    slide_stats(still, w, torch.zeros(1), STEP)[2].sum().backward()
    assert torch.isfinite(still.grad).all()


@pytest.mark.parametrize("segments", [1, 3])
def test_lstm_has_the_right_gradient(segments):
    given = (drawn(3, segments * 2), drawn(2, 8, 3), drawn(2, 8, 2), drawn(2, 8))
    assert gradcheck(lambda *a: bilstm(*a, segments), given)


@pytest.mark.parametrize("dims", [(0, 0, 0, 0), (None, 0, 0, 0), (0, None, None, 0)], ids=str)
@pytest.mark.slow
def test_mapped_lstm_has_the_right_gradient(dims):
    shapes = [(2, 4), (2, 8, 2), (2, 8, 2), (2, 8)]
    given = tuple(drawn(*(shape if d is None else (2, *shape))) for shape, d in zip(shapes, dims, strict=True))
    assert gradcheck(vmap(lambda *a: bilstm(*a, 2), dims), given)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_mapped_axis_may_lie_anywhere(axis):
    z, w, b = drawn(12, COLUMNS), drawn(2, FILTERS, FEATURES), drawn(2, FILTERS)
    moved = vmap(lambda w, b: slide_conv(z, w, b, None, 1.0, STEP, True), (axis, axis))(w.movedim(0, axis), b.movedim(0, axis))
    for m in range(2):
        torch.testing.assert_close(moved[m], slide_conv(z, w[m], b[m], None, 1.0, STEP, True))


@pytest.mark.parametrize("kept_rows", ["even", "none"])
def test_what_is_dropped_gets_no_gradient(kept_rows):
    keep = torch.zeros(FILTERS, COLUMNS, dtype=torch.uint8)
    if kept_rows == "even":
        keep[::2] = 1
    w = drawn(FILTERS, FEATURES)
    slide_conv(drawn(12, COLUMNS), w, drawn(FILTERS), keep, 2.0, STEP, True).sum().backward()
    for row in range(FILTERS):
        assert bool((w.grad[row] != 0).any()) == bool(keep[row].any())


def test_mixed_precision_stays_near_and_gives_gradients_in_the_weights_type():
    z, w, b = (t.detach().float().requires_grad_() for t in (drawn(12, COLUMNS), drawn(FILTERS, FEATURES), drawn(FILTERS)))
    full = slide_conv(z, w, b, None, 1.0, STEP, True)
    with torch.autocast("cpu", torch.bfloat16):
        half = slide_conv(z, w, b, None, 1.0, STEP, True)
        told = slide_stats(z, w, b, STEP)
    assert (half.dtype, told.dtype) == (torch.bfloat16, torch.float32)
    torch.testing.assert_close(told, slide_stats(z, w, b, STEP), rtol=0.05, atol=0.05)
    told.sum().backward()
    assert {t.grad.dtype for t in (z, w, b)} == {torch.float32}
    for tensor in (z, w, b):
        tensor.grad = None
    torch.testing.assert_close(half.float(), full, rtol=0.02, atol=0.02)
    half.float().sum().backward()
    assert {t.grad.dtype for t in (z, w, b)} == {torch.float32}
