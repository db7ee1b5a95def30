"""The benchmark: a fair rival, honest numbers, no stopwatch in the tests."""

import math

import pytest
import torch

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments import bench as room
from rdpd_core.experiments.bench import SHAPES, PlainStudent, Shape, Timing, bench, matrix_rate
from rdpd_core.models import MODELS
from tests.core.models.reference import NAMES

CPU = torch.device("cpu")
TINY = Shape(windows=200, channels=3, samples=32, classes=4, segments=4, kernel=3, stride=2, filters=4, hidden=2)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(SHAPES, "tiny", TINY)


def plain_and_ours(shape):
    """Give the rival and RCNN with the rival's weights, both in evaluation mode."""
    kind = MODELS.get("rcnn")
    names = ("filters", "kernel", "stride", "hidden", "segments")
    ours = kind(shape.channels, shape.classes, shape.samples, kind.Params(**{n: getattr(shape, n) for n in names}))
    plain = PlainStudent(shape).eval()
    theirs = dict(plain.named_parameters())
    with torch.no_grad():
        for name, (target, at) in NAMES.items():
            if name in theirs or name == "attend.weight":
                weight = dict(ours.named_parameters())[target]
                theirs[name].copy_((weight if at is None else weight[at]).reshape(theirs[name].shape))
    return plain, ours


@pytest.mark.parametrize("name", ["pamap2", "mimic3", "tiny"])
def test_the_rival_is_the_same_network(tiny, name):
    shape = SHAPES[name]
    plain, ours = plain_and_ours(shape)
    x = torch.randn(5, shape.channels, shape.samples, generator=torch.Generator().manual_seed(1))
    logits, attention = plain(x)
    torch.testing.assert_close(ours(x).logits, logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours(x).attention, attention, rtol=1e-4, atol=1e-5)
    assert sum(w.numel() for w in plain.parameters()) == ours.count_parameters() + 3
    assert shape.positions == ours.positions[-1]


def test_the_rival_drops_in_training_only():
    plain = PlainStudent(TINY)
    x = torch.randn(5, 3, 32)
    assert not torch.equal(plain(x)[0], plain(x)[0])
    assert torch.equal(plain.eval()(x)[0], plain(x)[0])


def test_shapes_are_the_paper_s():
    pamap2, mimic3 = SHAPES["pamap2"], SHAPES["mimic3"]
    assert (pamap2.channels, pamap2.samples, pamap2.classes, pamap2.positions) == (17, 256, 12, 15)
    assert (mimic3.channels, mimic3.samples, mimic3.classes, mimic3.positions) == (1, 48, 8, 5)


def test_both_train_on_the_same_windows_for_the_same_steps(tiny, monkeypatch):
    seen = {"loop": 0, "cohort": 0, "windows": 0}
    forward, losses = PlainStudent.forward, room.Cohort.losses

    def counted_forward(self, x):
        seen["loop"] += 1
        seen["windows"] += len(x)
        return forward(self, x)

    def counted_losses(self, x, *rest):
        seen["cohort"] += 1
        seen["windows"] -= len(x)
        return losses(self, x, *rest)

    monkeypatch.setattr(PlainStudent, "forward", counted_forward)
    monkeypatch.setattr(room.Cohort, "losses", counted_losses)
    bench(["tiny"], [2], CPU, repeats=1, say=lambda text: None)
    assert seen["loop"] == seen["cohort"] > 0
    assert seen["windows"] == 0


def test_every_shape_size_and_place_is_a_line_with_its_ratio(tiny):
    told = []
    lines = bench(["tiny"], [1, 3], CPU, repeats=1, say=told.append)
    places = ("before_pooling", "after_pooling")
    assert [(t.shape, t.members, t.dropout_place) for t in lines] == [("tiny", m, p) for m in (1, 3) for p in places]
    assert len(told) == 4
    for line in lines:
        assert line.ratio == pytest.approx(line.loop_s / line.cohort_s)
        assert all(math.isfinite(v) and v > 0 for v in (line.loop_s, line.cohort_s, line.matrix_share, line.peak_mb))
        assert Timing(**line.to_dict()) == line


def test_the_share_counts_forward_and_weight_gradient_of_the_convolution(tiny, monkeypatch):
    monkeypatch.setattr(room, "matrix_rate", lambda *_: 1e9)
    (line, _) = bench(["tiny"], [2], CPU, repeats=1, say=lambda text: None)
    products = 200 * 4 * 3 * (3 * 3) * 4  # windows, segments, positions, covered values, filters
    assert line.matrix_share == pytest.approx(2 * 2 * products / line.cohort_s / 1e9)
    assert TINY.positions == 3


def test_the_matrix_rate_is_a_rate():
    assert matrix_rate(TINY, 2, CPU) > 1e6


def test_wrong_words_are_refused_before_anything_is_timed(tiny):
    told = []
    with pytest.raises(UnknownNameError, match=r"unknown benchmark shape 'pamap'.*did you mean 'pamap2'"):
        bench(["tiny", "pamap"], [2], CPU, say=told.append)
    for sizes, repeats in (([2, 0], 1), ([2], 0)):
        with pytest.raises(ParameterError, match="at least 1"):
            bench(["tiny"], sizes, CPU, repeats, say=told.append)
    assert told == []
