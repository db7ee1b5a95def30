"""A pooled layer along a straight way: the same values and slopes as position by position."""

import pytest
import torch

from rdpd_core.models import MODELS
from rdpd_core.models._path import pooled_path
from rdpd_core.runtime import torch_generator


def slow(start, way, share):
    """Give the same, position by position."""
    return (start[..., None] + way[..., None] * share).clamp(min=0).mean(-2)


@pytest.mark.parametrize("points", [1, 2, 64])
@pytest.mark.parametrize("positions", [1, 15])
def test_it_is_the_mean_of_relu_at_every_point(points, positions):
    draw = torch.Generator().manual_seed(positions)
    start, way = (torch.randn(3, 2, positions, generator=draw, dtype=torch.float64) for _ in range(2))
    share = torch.rand(points, generator=draw, dtype=torch.float64).sort().values
    torch.testing.assert_close(pooled_path(start, way, share), slow(start, way, share), rtol=1e-10, atol=1e-12)
    slopes = []
    for of in (pooled_path, slow):
        begin = start.clone().requires_grad_()
        out = of(begin, way, share)
        slopes.append(torch.autograd.grad((out * torch.linspace(-1, 2, points, dtype=out.dtype)).sum(), begin)[0])
    torch.testing.assert_close(*slopes, rtol=1e-10, atol=1e-12)


def test_units_that_never_move_stay_open_or_closed():
    start, way = torch.tensor([[1.0, -1.0, 0.0, 2.0]]), torch.tensor([[0.0, 0.0, 0.0, -1.0]])
    share = torch.tensor([0.25, 0.75])
    assert torch.equal(pooled_path(start, way, share), torch.tensor([[2.75, 2.25]]) / 4)
    begin = start.clone().requires_grad_()
    (slope,) = torch.autograd.grad(pooled_path(begin, way, share).sum(), begin)
    assert torch.equal(slope, torch.tensor([[2.0, 0.0, 0.0, 2.0]]) / 4)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"second_conv": True, "kernel": 4, "stride": 2},
        {"segments": 1, "stride": 3},
        {"pooling": "statistics"},
        {"pooling": "statistics", "second_conv": True, "kernel": 4, "stride": 2},
    ],
    ids=str,
)
def test_every_shape_of_the_rcnn_walks_as_it_is_asked(settings):
    kind = MODELS.get("rcnn")
    model = kind(5, 3, 96, kind.Params(**{"filters": 6, "hidden": 4, **settings})).eval()
    model.initialize(torch_generator("walk", 1))
    x, y = (torch.randn(4, 5, 96, generator=torch.Generator().manual_seed(at)) for at in (1, 2))
    share = torch.linspace(0, 1, 9)
    start = model.enter(x)
    found = model.walk(start, model.enter(y) - start, share).logits.view(4, 9, -1)
    for at, part in enumerate(share):
        torch.testing.assert_close(found[:, at], model(x + part * (y - x)).logits, rtol=1e-4, atol=1e-5)
