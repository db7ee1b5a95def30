"""The plain form of a model says what the model says."""

import pytest
import torch
from torch import nn

from rdpd_core.runtime import torch_generator
from rdpd_core.store.plain import PlainOutputs, plain_form
from tests.core.store.made import Tiny
from tests.core.store.rcnn_made import rcnn


@pytest.mark.parametrize("pooling", ["mean", "statistics"])
@pytest.mark.parametrize("second_conv", [False, True])
@pytest.mark.parametrize("channels", [1, 5])
def test_layers_of_pytorch_give_the_same_answers(second_conv, pooling, channels):
    model = rcnn(second_conv, channels, dropout=0.5, pooling=pooling)
    plain = plain_form(model)
    x = torch.randn(7, channels, 20, generator=torch_generator("plain"))
    with torch.no_grad():
        ours, (logits, attention) = model(x), plain(x)
    assert torch.allclose(ours.logits, logits, atol=1e-6)
    assert torch.allclose(ours.attention, attention, atol=1e-6)
    assert sum(p.numel() for p in plain.parameters()) == model.count_parameters()
    assert {type(m) for m in plain.children()} <= {nn.Conv1d, nn.LSTM, nn.Linear}


def test_a_model_of_plain_layers_stays_as_it_is():
    model = Tiny(2, 4, 20).eval()
    plain = plain_form(model)
    x = torch.randn(3, 2, 20, generator=torch_generator("plain"))
    assert isinstance(plain, PlainOutputs)
    assert torch.equal(plain(x)[0], model(x).logits)
    assert len(plain(x)) == 1
