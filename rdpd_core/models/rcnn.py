"""RCNN: a convolution within segments, a bidirectional LSTM across them, and attention over segments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rdpd_core.errors import ParameterError
from rdpd_core.models._fused import bilstm, slide_conv, slide_stats
from rdpd_core.models._path import pooled_path
from rdpd_core.models.base import MODELS, Model, Site, kept_scale
from rdpd_core.params import Params, choice, flag, number
from rdpd_core.types import ModelOutput

STATISTICS = 3
NORM_EPS = 1e-5
LEAST_VARIANCE = 1e-3
"""Added to a variance before its logarithm: a filter whose answers lie within 3% of a unit of the normalized input is still."""


@MODELS.register
class RCNN(Model):
    """The network of RDPD, for teacher and student alike; they differ in width only.

    Attributes:
        positions: Positions of each convolution within a segment.
        summed: D, the numbers that sum up a segment.
    """

    name = "rcnn"
    title = "RCNN with attention over segments"
    reference = "Hong et al. RDPD: Rich Data Helps Poor Data via Imitation. IJCAI 2019, Equations 1-5."
    attends = True
    reads_channels = {"conv_weight": 1}

    @dataclass(frozen=True)
    class Params(Params):
        """Widths and switches; the defaults are the paper's student for PAMAP2."""

        filters: int = number(16, 1, 1024, "filters of the first convolution")
        kernel: int = number(8, 1, 512, "length of a filter", unit="samples")
        stride: int = number(4, 1, 256, "step of the convolution", unit="samples")
        hidden: int = number(8, 1, 512, "hidden units of the LSTM, per direction")
        segments: int = number(4, 1, 256, "segments in a window, which attention weighs")
        second_conv: bool = flag(False, "a second convolution of twice the filters; the published code has it for PTBDB only")
        dropout: float = number(0.5, 0.0, 0.95, "share dropped after each convolution; from the code, not in the paper")
        dropout_place: str = choice(
            "before_pooling",
            ("before_pooling", "after_pooling"),
            "drop single positions (published code) or whole pooled filters (a fifteenth of the random numbers)",
        )
        pooling: str = choice(
            "mean",
            ("mean", "statistics"),
            "sum a segment up by the mean of each filter after ReLU (paper), or by its mean, log variance and peak with no "
            "ReLU, normalized over all of them; dropout then acts after pooling",
        )

    def __init__(self, channels: int, classes: int, samples: int, params: Params | None = None) -> None:
        super().__init__(channels, classes, samples, params)
        p = self.params
        self.positions = _positions(samples, p)
        wide = p.filters * (2 if p.second_conv else 1)
        self.summed = wide * (STATISTICS if p.pooling == "statistics" else 1)
        self.conv_weight = nn.Parameter(torch.empty(p.filters, channels, p.kernel))
        self.conv_bias = nn.Parameter(torch.empty(p.filters))
        if p.second_conv:
            self.conv2_weight = nn.Parameter(torch.empty(wide, p.filters, p.kernel))
            self.conv2_bias = nn.Parameter(torch.empty(wide))
        self.lstm_in = nn.Parameter(torch.empty(2, 4 * p.hidden, self.summed))
        self.lstm_hidden = nn.Parameter(torch.empty(2, 4 * p.hidden, p.hidden))
        self.lstm_bias_in = nn.Parameter(torch.empty(2, 4 * p.hidden))
        self.lstm_bias_hidden = nn.Parameter(torch.empty(2, 4 * p.hidden))
        self.attend = nn.Parameter(torch.empty(2 * p.hidden))
        self.dense_weight = nn.Parameter(torch.empty(classes, 2 * p.hidden))
        self.dense_bias = nn.Parameter(torch.empty(classes))
        self.initialize(torch.Generator().manual_seed(0))

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Draw as the published code: Xavier-uniform for convolutions, attention and dense; zero convolution biases."""
        p = self.params
        for name, weight in self.named_parameters():
            if name in ("conv_bias", "conv2_bias"):
                weight.zero_()
                continue
            if name in ("conv_weight", "conv2_weight"):
                bound = math.sqrt(6 / (weight.shape[2] * (weight.shape[0] + weight.shape[1])))
            elif name == "attend":
                bound = math.sqrt(6 / (weight.numel() + 1))
            elif name == "dense_weight":
                bound = math.sqrt(6 / sum(weight.shape))
            else:  # PyTorch's own default for LSTM weights and linear biases
                bound = 1 / math.sqrt(2 * p.hidden if name == "dense_bias" else p.hidden)
            draw = torch.empty(weight.shape, dtype=weight.dtype).uniform_(-bound, bound, generator=generator)
            weight.copy_(draw)

    def sites(self, batch: int) -> dict[str, Site]:
        """Give the dropout places: after each convolution, before or after the pooling."""
        p, columns = self.params, batch * self.params.segments
        if p.dropout == 0:
            return {}
        last = (self.summed, columns)
        if p.dropout_place == "before_pooling" and p.pooling == "mean":
            last = (self.positions[-1], *last)
        found = {"pooled": Site(last, p.dropout)}
        if p.second_conv:
            found["conv"] = Site((self.positions[0], p.filters, columns), p.dropout)
        return found

    def forward(self, x: Tensor, keep: Mapping[str, Tensor] | None = None) -> ModelOutput:
        """Run the network; features are `segments` (B, S, D), `recurrent` (B, S, 2U) and `context` (B, 2U)."""
        self.check_input(x)
        p, keep = self.params, keep or {}
        batch, scale = x.shape[0], kept_scale(p.dropout)
        rows = x.reshape(batch, self.channels, p.segments, -1).permute(3, 1, 2, 0)  # (L, C, S, B)
        z = rows.reshape(-1, p.segments * batch)  # (L*C, S*B)
        step = p.stride * self.channels
        first = self.conv_weight.transpose(1, 2).reshape(p.filters, -1)  # rows are time-major
        if p.second_conv:
            z = slide_conv(z, first, self.conv_bias, keep.get("conv"), scale, step, pool=False)
            z = z.reshape(-1, p.segments * batch)  # (P*K, S*B)
            first, step = self.conv2_weight.transpose(1, 2).reshape(2 * p.filters, -1), p.stride * p.filters
        bias = self.conv2_bias if p.second_conv else self.conv_bias
        return self._decide(self._pooled(z, first, bias, keep.get("pooled"), scale, step))

    def enter(self, x: Tensor) -> Tensor:
        """Give the first convolution before anything bends it, (B, S, K, P)."""
        self.check_input(x)
        p, batch = self.params, x.shape[0]
        pieces = x.reshape(batch, self.channels, p.segments, -1).transpose(1, 2).flatten(0, 1)  # (B*S, C, L)
        return functional.conv1d(pieces, self.conv_weight, self.conv_bias, p.stride).unflatten(0, (batch, p.segments))

    def walk(self, start: Tensor, way: Tensor, share: Tensor) -> ModelOutput:
        """Run what follows the first convolution along straight ways; a mean is pooled without walking position by position."""
        p = self.params
        if not p.second_conv:
            first, step = (side.permute(2, 1, 0, 3).contiguous() for side in (start, way))  # (K, S, B, P)
            pooled = pooled_path if p.pooling == "mean" else _summed_path
            return self._decide(pooled(first, step, share).flatten(1))
        first, step = (side.permute(3, 2, 1, 0)[..., None] for side in (start, way))  # (P, K, S, B, 1)
        z = (first + share * step).relu().flatten(2).flatten(0, 1)  # (P*K, S*B*n)
        second = self.conv2_weight.transpose(1, 2).reshape(2 * p.filters, -1)
        return self._decide(self._pooled(z, second, self.conv2_bias, None, 1.0, p.stride * p.filters))

    def walk_values(self, points: int) -> int:
        """Give about how many numbers `walk` holds at once for each window."""
        p = self.params
        wide = (3 * self.positions[0] if p.second_conv or p.pooling == "statistics" else 1) * p.filters
        return p.segments * (wide + 20 * p.hidden) * points

    def _pooled(self, z: Tensor, weight: Tensor, bias: Tensor, keep: Tensor | None, scale: float, step: int) -> Tensor:
        """Give what sums up the last convolution, (D, S*B); arguments as for `slide_conv`."""
        if self.params.pooling == "mean":
            return slide_conv(z, weight, bias, keep, scale, step, pool=True)
        h = _summary(*slide_stats(z, weight, bias, step))
        return h if keep is None else h * keep * scale

    def _decide(self, h: Tensor) -> ModelOutput:
        """Run what follows the pooling, from (D, S*B)."""
        segments = self.params.segments
        batch = h.shape[1] // segments
        q = bilstm(h, self.lstm_in, self.lstm_hidden, self.lstm_bias_in + self.lstm_bias_hidden, segments)
        q = q.reshape(-1, segments, batch)  # (2U, S, B)
        attention = torch.einsum("usb,u->sb", q, self.attend).softmax(0)  # (S, B)
        context = (q * attention).sum(1)  # (2U, B)
        logits = (self.dense_weight @ context).t() + self.dense_bias  # (B, K)
        by_segment = h.reshape(-1, segments, batch).permute(2, 1, 0)
        features = {"segments": by_segment, "recurrent": q.permute(2, 1, 0), "context": context.t()}
        return ModelOutput(logits, attention.t(), features)

    def count_parameters(self, dormant: bool = False) -> int:
        """Count trainable numbers.

        Args:
            dormant: Count as Table 5 of the paper does: the published code always builds the second convolution, used or
                not, and keeps three scalars for the combined label inside the network.
        """
        total = sum(w.numel() for w in self.parameters())
        if not dormant:
            return total
        p = self.params
        second = 0 if p.second_conv else 2 * p.filters * (p.filters * p.kernel + 1)
        return total + second + 3


def _summary(mean: Tensor, variance: Tensor, peak: Tensor) -> Tensor:
    """Give what statistics say of a segment, (3K, ...), normalized over its first axis.

    Mean and spread of a layer sum up a recording in Snyder et al. (ICASSP 2018); the logarithm of the variance of linear
    filters is what Schirrmeister et al. (Human Brain Mapping 38, 2017) take from filter banks.
    """
    h = torch.cat([mean, (variance + LEAST_VARIANCE).log(), (peak + 1).log()], 0)
    h = h - h.mean(0, keepdim=True)
    return h * torch.rsqrt(h.square().mean(0, keepdim=True) + NORM_EPS)


def _summed_path(start: Tensor, way: Tensor, share: Tensor) -> Tensor:
    """Give `_summary` of start + share * way (K, S, B, P) over its positions, (3K, S, B, n)."""
    z = start.unsqueeze(-1) + way.unsqueeze(-1) * share
    variance, mean = torch.var_mean(z, -2, correction=0)
    return _summary(mean, variance, z.amax(-2) - mean)


def _positions(samples: int, p: RCNN.Params) -> list[int]:
    """Give the positions of each convolution within a segment, or raise ParameterError if one does not fit."""
    if samples % p.segments:
        fitting = [s for s in range(1, min(samples, 64) + 1) if samples % s == 0]
        raise ParameterError(f"{samples} samples cannot be cut into {p.segments} equal segments; use one of {fitting}")
    length, found = samples // p.segments, []
    for layer in range(2 if p.second_conv else 1):
        if length < p.kernel:
            raise ParameterError(
                f"convolution {layer + 1} has a kernel of {p.kernel}, but only {length} positions to cover; "
                "use a shorter kernel or stride, or fewer segments"
            )
        length = (length - p.kernel) // p.stride + 1
        found.append(length)
    return found
