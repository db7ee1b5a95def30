"""RCNN once more, from PyTorch's own layers, to compare with; slow and plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rdpd_core.models import MODELS, Model

NAMES = {
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


class Said(NamedTuple):
    """What the reference gives: logits (B, K) and attention (B, S)."""

    logits: Tensor
    attention: Tensor


def made(second_conv: bool = False, place: str = "before_pooling", channels: int = 3, segments: int = 4, **changes) -> Model:
    """Give a small RCNN for 4 classes in float64, every weight away from 0, so that a wrong one shows."""
    kind = MODELS.get("rcnn")
    samples = segments * (17 if second_conv else 10)
    settings = {"filters": 5, "kernel": 4, "stride": 3, "hidden": 3, "segments": segments, **changes}
    model = kind(channels, 4, samples, kind.Params(second_conv=second_conv, dropout_place=place, **settings)).double()
    draw = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(0.4 * torch.randn(weight.shape, generator=draw, dtype=torch.float64))
    return model


def patterns(model: Model, batch: int, seed: int = 0) -> dict[str, Tensor]:
    """Give random dropout patterns for a batch, uint8, half of the values kept."""
    draw = torch.Generator().manual_seed(seed)
    sites = sorted(model.sites(batch).items())
    return {name: torch.randint(0, 2, site.shape, dtype=torch.uint8, generator=draw) for name, site in sites}


class Reference(nn.Module):
    """The same network with `nn.Conv1d` and `nn.LSTM`, holding the weights of an RCNN."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        p, width = model.params, model.params.filters * (2 if model.params.second_conv else 1)
        width *= 3 if p.pooling == "statistics" else 1
        self.p, self.channels = p, model.channels
        self.conv = nn.Conv1d(model.channels, p.filters, p.kernel, p.stride)
        self.conv2 = nn.Conv1d(p.filters, 2 * p.filters, p.kernel, p.stride) if p.second_conv else None
        self.rnn = nn.LSTM(width, p.hidden, bidirectional=True)
        self.attend = nn.Linear(2 * p.hidden, 1, bias=False)
        self.dense = nn.Linear(2 * p.hidden, model.classes)
        self.double()
        self.load_state_dict({name: self.of(dict(model.named_parameters()), name).detach() for name in self.state_dict()})

    def of(self, tensors: Mapping[str, Tensor], name: str) -> Tensor:
        """Give that part of RCNN's named tensors which belongs to a parameter of the reference."""
        theirs, at = NAMES[name]
        tensor = tensors[theirs] if at is None else tensors[theirs][at]
        return tensor.reshape(dict(self.named_parameters())[name].shape)

    def forward(self, x: Tensor, keep: Mapping[str, Tensor] | None = None) -> Said:
        """Run windows x (B, C, T); `keep` holds patterns laid out as RCNN's, and half of the values is kept."""
        p, keep = self.p, keep or {}
        pieces = x.reshape(len(x), self.channels, p.segments, -1).permute(2, 0, 1, 3).flatten(0, 1)  # (S*B, C, L)
        h = self.conv(pieces)  # (S*B, K, P)
        if self.conv2 is not None:
            h = h.relu()
            if "conv" in keep:
                h = h * keep["conv"].permute(2, 1, 0) * 2
            h = self.conv2(h)
        h = self.statistics(h, keep) if p.pooling == "statistics" else self.mean(h.relu(), keep)
        q, _ = self.rnn(h.view(p.segments, len(x), -1))  # (S, B, 2U)
        attention = self.attend(q).squeeze(-1).softmax(0)  # (S, B)
        return Said(self.dense((q * attention.unsqueeze(-1)).sum(0)), attention.t())

    def mean(self, h: Tensor, keep: Mapping[str, Tensor]) -> Tensor:
        """Pool responses (N, K, P) after ReLU by their mean, dropping before or after."""
        early = self.p.dropout_place == "before_pooling"
        if "pooled" in keep and early:
            h = h * keep["pooled"].permute(2, 1, 0) * 2
        h = h.mean(-1)
        if "pooled" in keep and not early:
            h = h * keep["pooled"].t() * 2
        return h

    def statistics(self, h: Tensor, keep: Mapping[str, Tensor]) -> Tensor:
        """Sum responses (N, K, P) up by mean, log variance and peak above the mean, (N, 3K)."""
        mean = h.mean(-1)
        told = torch.cat([mean, torch.log(h.var(-1, correction=0) + 1e-3), torch.log1p(h.max(-1).values - mean)], -1)
        told = nn.functional.layer_norm(told, told.shape[-1:])
        return told * keep["pooled"].t() * 2 if "pooled" in keep else told
