"""Running a model over windows without disturbing it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.evaluation.predictions import Predictions, predict, softmax
from rdpd_core.types import ModelOutput


class Net(nn.Module):
    """Mean over time, dropout, and a linear layer; counts the batches it has seen."""

    def __init__(self, attends: bool = True) -> None:
        super().__init__()
        self.linear, self.drop, self.frozen = nn.Linear(3, 2), nn.Dropout(0.5), nn.BatchNorm1d(3)
        self.attends, self.batches = attends, []

    def forward(self, x: torch.Tensor) -> ModelOutput:
        self.batches.append(len(x))
        z = self.drop(self.linear(self.frozen(x.mean(dim=2))))
        return ModelOutput(z, torch.softmax(x[:, 0, :4], dim=1) if self.attends else None)


def test_batches_change_nothing_and_the_model_is_left_as_found():
    net, x = Net(), torch.randn(10, 3, 8, generator=torch.Generator().manual_seed(0))
    net.train()
    net.frozen.eval()
    logits, attention = predict(net, x, batch_size=4)
    assert net.batches == [4, 4, 2]
    assert net.training
    assert net.drop.training
    assert not net.frozen.training, "a part frozen in evaluation mode stays frozen"
    whole, _ = predict(net, iter([x[:3], x[3:]]))
    assert torch.equal(logits, predict(net, x, batch_size=4)[0]), "no dropout"
    torch.testing.assert_close(logits, whole)
    assert logits.shape == (10, 2)
    torch.testing.assert_close(attention.sum(dim=1), torch.ones(10))
    assert not logits.requires_grad


def test_a_model_that_fails_is_left_as_found():
    net = Net().train()
    with pytest.raises(RuntimeError):
        predict(net, torch.zeros(2, 5, 8))
    assert net.training


def test_no_attention_and_a_named_device():
    logits, attention = predict(Net(attends=False), torch.zeros(2, 3, 8), device="cpu")
    assert attention is None
    assert logits.device.type == "cpu"


def test_nothing_to_predict_is_refused():
    with pytest.raises(DataError, match="no windows"):
        predict(Net(), torch.zeros(0, 3, 8))
    with pytest.raises(DataError, match="no windows"):
        predict(Net(), [])
    with pytest.raises(ParameterError, match="batch_size=0"):
        predict(Net(), torch.zeros(2, 3, 8), batch_size=0)


def test_from_logits_and_select():
    z = torch.tensor([[1000.0, 0.0], [0.0, 1.0]])
    given = Predictions.from_logits(
        z, target=np.array([0, -1]), subject=["a", "b"], recording=[7, 8], classes=["x", "y"], attention=torch.ones(2, 1)
    )
    assert given.probability[0].tolist() == [1, 0]
    assert given.recording.tolist() == ["7", "8"]
    one = given.labeled()
    assert len(one) == 1
    assert one.attention.shape == (1, 1)
    assert np.allclose(softmax(np.zeros((2, 5))), 0.2)
