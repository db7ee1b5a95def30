"""What every attribution method owes the rest of the house; a new file is held to it without a new test."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from rdpd_core.errors import DataError, IncompatibleError, ParameterError, RdpdError, ShapeError
from rdpd_core.evaluation.attributions import ATTRIBUTORS, BASELINES, Attributor, attribute
from rdpd_core.evaluation.cells import Cells
from rdpd_core.models import MODELS, Model
from rdpd_core.params import Params
from rdpd_core.runtime import torch_generator
from rdpd_core.types import ModelOutput

CHANNELS, CLASSES, SAMPLES, BATCH = 3, 4, 32, 5
NETWORK = {"filters": 4, "kernel": 4, "stride": 2, "hidden": 3, "segments": 4}


class Layers(Model):
    """A network of plain layers, without attention; not registered, so that it shows up nowhere."""

    name, title, reference, reads_channels = "layers", "Layers", "made by hand, 2026", {}

    def __init__(self, channels=CHANNELS, classes=CLASSES, samples=SAMPLES):
        super().__init__(channels, classes, samples)
        self.net = nn.Sequential(nn.Conv1d(channels, 6, 4, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(90, classes))
        self.initialize(torch_generator("layers", 0))

    def initialize(self, generator):
        with torch.no_grad():
            for weight in self.parameters():
                weight.copy_(torch.empty(weight.shape).uniform_(-0.4, 0.4, generator=generator))

    def forward(self, x, keep=None):
        self.check_input(x)
        return ModelOutput(self.net(x))


@pytest.fixture(params=ATTRIBUTORS, ids=lambda m: m.name)
def kind(request):
    return request.param


def networks():
    """Give a model of the house and one of plain layers."""
    house = MODELS.get("rcnn")(CHANNELS, CLASSES, SAMPLES, MODELS.get("rcnn").Params(**NETWORK))
    house.initialize(torch_generator("attributions", 1))
    with torch.no_grad():
        house.dense_weight.mul_(4)
    return [house.eval(), Layers().eval()]


def fitting(kind):
    """Give the models that a method can explain."""
    found = [model for model in networks() if not kind.fits(model)]
    assert found, f"no model shows what {kind.name} does"
    return found


def windows(count=BATCH):
    return torch.randn(count, CHANNELS, SAMPLES, generator=torch.Generator().manual_seed(1)).numpy()


TARGET = np.arange(BATCH) % CLASSES


def test_it_describes_itself(kind):
    for field in ("name", "title", "help", "reference"):
        assert isinstance(getattr(kind, field), str), field
        assert getattr(kind, field).strip(), field
    assert any(digit.isdigit() for digit in kind.reference), "a reference has a year"
    assert kind.__doc__
    assert issubclass(kind, Attributor)
    assert ATTRIBUTORS.get(kind.name) is kind
    assert kind.signed or not kind.additive, "values without a sign cannot add up to a difference"


def test_every_setting_explains_itself(kind):
    assert issubclass(kind.Params, Params)
    for f in dataclasses.fields(kind.Params):
        assert f.metadata.get("help"), f"{f.name} has no help text"
    assert kind.Params.from_dict(kind.Params().to_dict()) == kind.Params()


@pytest.mark.parametrize("baseline", BASELINES)
def test_it_has_the_shape_of_the_input_and_is_never_nan(kind, baseline):
    for model in fitting(kind):
        x = windows()
        x[:, 1] = 0.7  # a channel without variance
        found = attribute(model, x, TARGET, kind.name, baseline)
        assert found.values.shape == x.shape
        assert found.values.dtype == np.float32
        assert np.isfinite(found.values).all()
        assert np.abs(found.values).max() > 0
        assert found.signed or (found.values >= 0).all()
        assert (found.method, found.baseline) == (kind.name, baseline)


def test_its_values_add_up_if_it_says_so(kind):
    for model in fitting(kind):
        found = attribute(model, windows(), TARGET, kind.name)
        if not kind.additive:
            assert found.completeness is None
            continue
        assert np.median(found.completeness) < 0.1
        difference = found.score - found.reference
        assert np.allclose(found.values.sum((1, 2)), difference, atol=found.gap.max() + 1e-6)


def test_a_window_is_explained_alike_alone_and_in_company(kind):
    for model in fitting(kind):
        x = windows()
        together = attribute(model, x, TARGET, kind.name, "noise").values
        for at in (0, BATCH - 1):
            alone = attribute(model, x[at : at + 1], TARGET[at : at + 1], kind.name, "noise").values
            np.testing.assert_allclose(together[at], alone[0], atol=1e-4)


def test_what_the_model_does_not_read_gets_nothing(kind):
    for model in fitting(kind):
        if not kind.signed and not kind.compares and model.attends and kind.name == "attention":
            continue  # attention is spread over all channels by definition
        name = "conv_weight" if model.attends else "net.0.weight"
        with torch.no_grad():
            dict(model.named_parameters())[name][:, 2] = 0
        found = attribute(model, windows(), TARGET, kind.name)
        assert np.abs(found.values[:, 2]).max() < 1e-6
        assert np.abs(found.values[:, 0]).max() > 1e-5


def test_the_model_is_left_as_it_was(kind):
    for model in fitting(kind):
        model.train()
        before = {n: w.clone() for n, w in model.state_dict().items()}
        attribute(model, windows(), TARGET, kind.name)
        assert model.training
        assert all(torch.equal(before[n], w) for n, w in model.state_dict().items())
        assert all(w.grad is None and w.requires_grad for w in model.parameters())
        assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())


def test_it_works_where_nothing_is_differentiated(kind):
    for model in fitting(kind):
        free = attribute(model, windows(), TARGET, kind.name).values
        with torch.inference_mode():
            np.testing.assert_array_equal(attribute(model, windows(), TARGET, kind.name).values, free)


def test_bad_input_is_refused_in_words(kind):
    model, x = fitting(kind)[0], windows()
    with pytest.raises(ShapeError, match="takes windows of shape"):
        attribute(model, x[:, :, :-4], TARGET, kind.name)
    with pytest.raises(ShapeError, match="takes windows of shape"):
        attribute(model, x[:, :2], TARGET, kind.name)
    with pytest.raises(ShapeError, match="takes windows of shape"):
        attribute(model, x[0], TARGET, kind.name)
    with pytest.raises(DataError, match="no windows"):
        attribute(model, x[:0], TARGET[:0], kind.name)
    with pytest.raises(DataError, match="not numbers"):
        attribute(model, np.where(x > 1, np.nan, x), TARGET, kind.name)
    with pytest.raises(ParameterError, match="0 to 3 apart"):
        attribute(model, x, TARGET + 1, kind.name)
    with pytest.raises(ShapeError, match="as many classes"):
        attribute(model, x, TARGET[:2], kind.name)
    with pytest.raises(ShapeError, match="do not divide"):
        attribute(model, x, TARGET, kind.name, cells=Cells.of(CHANNELS, SAMPLES - 1))
    with pytest.raises(RdpdError, match="unknown baseline"):
        attribute(model, x, TARGET, kind.name, "nothing")


def test_a_model_it_cannot_explain_is_refused_with_the_reason(kind):
    for model in networks():
        if reason := kind.fits(model):
            with pytest.raises(IncompatibleError, match="choose another method") as told:
                attribute(model, windows(), TARGET, kind.name)
            assert reason in str(told.value)
