"""A stored model once more, from PyTorch's own layers: what other programs understand, and what its cost is counted on."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from rdpd_core.models import Model
from rdpd_core.models.rcnn import LEAST_VARIANCE, NORM_EPS

_NAMES = {
    "conv.weight": ("conv_weight", None),
    "conv.bias": ("conv_bias", None),
    "conv2.weight": ("conv2_weight", None),
    "conv2.bias": ("conv2_bias", None),
    "rnn.weight_ih_l0": ("lstm_in", 0),
    "rnn.weight_hh_l0": ("lstm_hidden", 0),
    "rnn.bias_ih_l0": ("lstm_bias_in", 0),
    "rnn.bias_hh_l0": ("lstm_bias_hidden", 0),
    "rnn.weight_ih_l0_reverse": ("lstm_in", 1),
    "rnn.weight_hh_l0_reverse": ("lstm_hidden", 1),
    "rnn.bias_ih_l0_reverse": ("lstm_bias_in", 1),
    "rnn.bias_hh_l0_reverse": ("lstm_bias_hidden", 1),
    "attend.weight": ("attend", None),
    "dense.weight": ("dense_weight", None),
    "dense.bias": ("dense_bias", None),
}


class PlainRCNN(nn.Module):
    """RCNN in evaluation mode with `nn.Conv1d` and `nn.LSTM`; gives logits (B, K) and attention (B, S)."""

    def __init__(self, model: Model) -> None:
        """Build the layers and copy the weights of an RCNN."""
        super().__init__()
        p = model.params
        self.statistics, self.summed = p.pooling == "statistics", model.summed
        self.channels, self.segments, self.hidden = model.channels, p.segments, p.hidden
        self.length = model.samples // p.segments
        self.conv = nn.Conv1d(model.channels, p.filters, p.kernel, p.stride)
        self.conv2 = nn.Conv1d(p.filters, 2 * p.filters, p.kernel, p.stride) if p.second_conv else None
        self.rnn = nn.LSTM(model.summed, p.hidden, bidirectional=True)
        self.attend = nn.Linear(2 * p.hidden, 1, bias=False)
        self.dense = nn.Linear(2 * p.hidden, model.classes)
        theirs = dict(model.named_parameters())
        own = {name: (value.shape, *_NAMES[name]) for name, value in self.state_dict().items()}
        self.to(model.conv_weight)
        self.load_state_dict(
            {
                name: (theirs[source] if at is None else theirs[source][at]).detach().reshape(shape)
                for name, (shape, source, at) in own.items()
            }
        )
        self.eval()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Run windows x (B, C, T), normalized."""
        pieces = x.reshape(-1, self.channels, self.segments, self.length).permute(2, 0, 1, 3)  # (S, B, C, L)
        h = self.conv(pieces.reshape(-1, self.channels, self.length))  # (S*B, K, P)
        if self.conv2 is not None:
            h = self.conv2(h.relu())
        h = self._summed(h)  # (S*B, D)
        h = h.reshape(self.segments, -1, h.shape[1])
        start = torch.zeros(2, x.shape[0], self.hidden, dtype=x.dtype, device=x.device)
        q, _ = self.rnn(h, (start, start))  # (S, B, 2U)
        attention = self.attend(q).softmax(0)  # (S, B, 1)
        return self.dense((q * attention).sum(0)), attention.squeeze(-1).t()

    def _summed(self, h: Tensor) -> Tensor:
        """Sum responses (N, K, P) up, (N, D)."""
        if not self.statistics:
            return h.relu().mean(-1)
        mean = h.mean(-1)
        spread = (h - mean.unsqueeze(-1)).square().mean(-1)
        found = torch.cat([mean, (spread + LEAST_VARIANCE).log(), (h.amax(-1) - mean + 1).log()], -1)
        return layer_norm(found, (self.summed,), eps=NORM_EPS)


class PlainOutputs(nn.Module):
    """Any other model, reduced to its logits (B, K) and, where it has one, its attention (B, S)."""

    def __init__(self, model: Model) -> None:
        """Wrap a model."""
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Run windows x (B, C, T), normalized."""
        said = self.model(x)
        return (said.logits,) if said.attention is None else (said.logits, said.attention)


def plain_form(model: Model) -> nn.Module:
    """Give a network with the weights of `model` that gives the same outputs and is made of PyTorch's own layers.

    The fused operations of RCNN are written for training cohorts; other programs do not know them.
    """
    return PlainRCNN(model) if model.name == "rcnn" else PlainOutputs(model)
