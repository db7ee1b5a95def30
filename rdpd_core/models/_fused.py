"""The costly operations of a recurrent convolutional network, with hand-written backward passes.

Left to automatic differentiation, a cohort spends most of its time moving element-wise intermediates through memory. Here
each operation keeps only what its backward needs, lays time positions and windows along the last axis so that every gate is
one contiguous block, and folds all members into one matrix product where they share their input.

Inside, M is always the first axis. `torch.func.vmap` reaches that form through each Function's own rule; a single network is
the case M = 1. Gradients are taken outside the mapping, of all members at once: `vmap(grad(...))` is not possible.
Columns R of every matrix are (segment, window) pairs, segment first: R = S * B.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_aten = torch.ops.aten


def slide_conv(z: Tensor, weight: Tensor, bias: Tensor, keep: Tensor | None, scale: float, step: int, pool: bool) -> Tensor:
    """Give a strided convolution along time, then ReLU, dropout, and, if asked, the mean over positions.

    Args:
        z: (rows, R): time-major rows, all channels of one time step together.
        weight: (K, F): one filter a row, in the order of the rows it covers; position p covers rows [p*step, p*step + F).
        bias: (K,).
        keep: uint8 dropout pattern, (P, K, R) before pooling or without it, (K, R) after pooling; None drops nothing.
        scale: What kept values are multiplied by, 1 / (1 - rate).
        step: Rows from one position to the next: stride times channels.
        pool: Average over positions.

    Returns:
        (K, R) if pooled, else (P, K, R).
    """
    save = torch.is_grad_enabled()
    pattern = None if keep is None else keep.unsqueeze(0)
    out, _ = _SlideConv.apply(z, weight.unsqueeze(0), bias.unsqueeze(0), pattern, scale, step, pool, save)
    return out.squeeze(0)


def slide_stats(z: Tensor, weight: Tensor, bias: Tensor, step: int) -> Tensor:
    """Give mean, variance and peak of a strided convolution over its positions, with nothing bent in between.

    Args:
        z: (rows, R), as for `slide_conv`.
        weight: (K, F), likewise.
        bias: (K,).
        step: Rows from one position to the next.

    Returns:
        (3, K, R), in float32 at least: mean, variance (over all positions), and by how much the largest is above the mean.
    """
    args = (z, weight.unsqueeze(0), bias.unsqueeze(0))
    return _SlideStats.apply(*args, step, torch.is_grad_enabled())[0].squeeze(0)


def bilstm(h: Tensor, w_in: Tensor, w_hidden: Tensor, bias: Tensor, segments: int) -> Tensor:
    """Give the outputs of a one-layer bidirectional LSTM over segments.

    Args:
        h: (D, R).
        w_in: (2, 4U, D), forward then backward direction; gates in the order input, forget, cell, output.
        w_hidden: (2, 4U, U).
        bias: (2, 4U).
        segments: S.

    Returns:
        (2U, R), forward direction first.
    """
    args = (h.unsqueeze(0), w_in.unsqueeze(0), w_hidden.unsqueeze(0), bias.unsqueeze(0))
    return _BiLSTM.apply(*args, segments, torch.is_grad_enabled())[0].squeeze(0)


def _front(tensor: Tensor | None, dim: int | None, size: int) -> Tensor | None:
    """Give a tensor whose own leading 1 is replaced by the mapped axis."""
    if tensor is None:
        return None
    if dim is None:
        return tensor.expand(size, *tensor.shape[1:])
    return tensor.movedim(dim, 0).squeeze(1)


def _hide(ctx: Any, *kept: Tensor) -> None:
    """Mark outputs that are kept for the backward pass alone; nor are gradients of zeros made for them."""
    ctx.mark_non_differentiable(*kept)
    ctx.set_materialize_grads(False)


def _half(*tensors: Tensor) -> list[Tensor]:
    """Cast to the autocast type where mixed precision is on, as the built-in matrix products do."""
    kind = tensors[0].device.type
    if torch.is_autocast_enabled(kind):
        return [t.to(torch.get_autocast_dtype(kind)) for t in tensors]
    return list(tensors)


class _SlideConv(torch.autograd.Function):
    """slide_conv over M members; `z` is (rows, R) when shared, (M, rows, R) otherwise."""

    @staticmethod
    def forward(
        z: Tensor, weight: Tensor, bias: Tensor, keep: Tensor | None, scale: float, step: int, pool: bool, save: bool
    ) -> tuple[Tensor, Tensor]:
        z, weight, bias = _half(z, weight, bias)
        members, filters, width = weight.shape
        positions, columns = (z.shape[-2] - width) // step + 1, z.shape[-1]
        early = keep is not None and (not pool or keep.ndim == 4)
        shape = (members, positions, filters, columns) if not pool else (positions, members, filters, columns)
        acts, bias = z.new_empty(shape if save or not pool else (1, *shape[1:])), bias.unsqueeze(-1)
        total = z.new_zeros(members, filters, columns) if pool else acts
        for p in range(positions):
            at = acts[p if save else 0] if pool else acts[:, p]
            rows = z[..., p * step : p * step + width, :]
            torch.clamp(_response(rows, weight, at if pool else None).add_(bias), min=0, out=at)
            if early:
                at.mul_(keep[:, p]).mul_(scale)
            if pool:
                total.add_(at)
        if pool:
            total.div_(positions)
            if keep is not None and not early:
                total.mul_(keep).mul_(scale)
        return total, acts if pool else acts.new_empty(0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple) -> None:
        z, weight, _, keep, scale, step, pool, _ = inputs
        _hide(ctx, output[1])
        ctx.save_for_backward(z, weight, keep, output[1] if pool else output[0])
        ctx.scale, ctx.step, ctx.pool = scale, step, pool

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor | None, _: None) -> tuple:
        if grad is None:
            return (None,) * 8
        z, weight, keep, acts = ctx.saved_tensors
        kind = acts.dtype
        members, filters, width = weight.shape
        z_grad = torch.zeros_like(z, dtype=kind) if ctx.needs_input_grad[0] else None
        learns = ctx.needs_input_grad[1]  # who asks for the gradient of the input alone saves a third of the work
        w_grad = torch.zeros_like(weight, dtype=kind) if learns else None
        b_grad = torch.zeros(members, filters, 1, dtype=kind, device=weight.device)
        z_, weight_ = z.to(kind), weight.to(kind)
        positions = acts.shape[0] if ctx.pool else acts.shape[1]
        factor = ctx.scale if keep is not None else 1.0
        if ctx.pool:
            grad = grad.to(kind) * (factor / positions)
            if keep is not None and keep.ndim == 3:
                grad = grad * keep
        else:
            grad = grad.to(kind) * factor if factor != 1.0 else grad.to(kind)
        for p in range(positions):
            rows = slice(p * ctx.step, p * ctx.step + width)
            at = acts[p] if ctx.pool else acts[:, p]
            # Kept activations are positive and dropped or clipped ones zero, so the sign of `acts` is the whole mask.
            local = _aten.threshold_backward(grad if ctx.pool else grad[:, p], at, 0)
            b_grad += local.sum(-1, keepdim=True)
            _add_gradients(local, z_[..., rows, :], weight_, w_grad, None if z_grad is None else z_grad[..., rows, :])
        z_grad = None if z_grad is None else z_grad.to(z.dtype)
        w_grad = w_grad.to(weight.dtype) if learns else None
        return z_grad, w_grad, b_grad.squeeze(-1).to(weight.dtype), None, None, None, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple, z: Tensor, weight: Tensor, bias: Tensor, keep: Tensor | None, *rest: Any) -> tuple:
        size = info.batch_size
        z = z if in_dims[0] is None else z.movedim(in_dims[0], 0)
        parts = [_front(t, d, size) for t, d in zip((weight, bias, keep), in_dims[1:4], strict=True)]
        out, acts = _SlideConv.apply(z, *parts, *rest)
        return (out.unsqueeze(1), acts), (0, None)


class _SlideStats(torch.autograd.Function):
    """slide_stats over M members, (M, 3, K, R); `z` is (rows, R) when shared, (M, rows, R) otherwise."""

    @staticmethod
    def forward(z: Tensor, weight: Tensor, bias: Tensor, step: int, save: bool) -> tuple[Tensor, ...]:
        z, weight, bias = _half(z, weight, bias)
        members, filters, width = weight.shape
        positions, columns = (z.shape[-2] - width) // step + 1, z.shape[-1]
        wide = torch.promote_types(z.dtype, torch.float32)  # a variance summed up in 16 bits would be noise
        acts = z.new_empty(positions if save else 1, members, filters, columns)
        out = z.new_zeros(members, 3, filters, columns, dtype=wide)
        total, square, peak = out.unbind(1)
        for p in range(positions):
            at = _response(z[..., p * step : p * step + width, :], weight, acts[p if save else 0])
            if p == 0:
                first, top = at.to(wide, copy=True), at.clone()
                continue
            above = at.to(wide) - first  # sums run over distances from the first position, which keeps digits
            total.add_(above)
            square.addcmul_(above, above)
            torch.maximum(top, at, out=top)
        total.div_(positions)
        square.div_(positions).addcmul_(total, total, value=-1).clamp_(min=0)
        total.add_(first)
        torch.sub(top, total, out=peak)
        total.add_(bias.to(wide).unsqueeze(-1))
        return out, *((acts, top) if save else ())

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple) -> None:
        z, weight, bias, step, _ = inputs
        _hide(ctx, *output[1:])
        ctx.save_for_backward(z, weight, bias, *output)
        ctx.step = step

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor | None, *_: None) -> tuple:
        if grad is None:
            return (None,) * 5
        z, weight, bias, out, acts, top = ctx.saved_tensors
        wide, positions, width = out.dtype, len(acts), weight.shape[-1]
        z_grad = torch.zeros_like(z, dtype=wide) if ctx.needs_input_grad[0] else None
        learns = ctx.needs_input_grad[1]
        w_grad = torch.zeros_like(weight, dtype=wide) if learns else None
        z_, weight_ = z.to(wide), weight.to(wide)
        of_mean, of_variance, of_peak = grad.to(wide).unbind(1)
        slope = of_variance * (2 / positions)
        level = (of_mean - of_peak) / positions - slope * (out[:, 0] - bias.to(wide).unsqueeze(-1))
        ahead = torch.ones_like(top, dtype=torch.bool)  # whose peak is still to come: of equal answers, the first is the peak
        for p in range(positions):
            rows = slice(p * ctx.step, p * ctx.step + width)
            local = torch.addcmul(level, slope, acts[p].to(wide))
            here = (acts[p] == top).logical_and_(ahead)
            ahead.logical_xor_(here)
            local.addcmul_(of_peak, here.to(wide))
            _add_gradients(local, z_[..., rows, :], weight_, w_grad, None if z_grad is None else z_grad[..., rows, :])
        z_grad = None if z_grad is None else z_grad.to(z.dtype)
        w_grad = w_grad.to(weight.dtype) if learns else None
        return z_grad, w_grad, of_mean.sum(-1).to(weight.dtype), None, None  # variance and peak know no bias

    @staticmethod
    def vmap(info: Any, in_dims: tuple, z: Tensor, weight: Tensor, bias: Tensor, *rest: Any) -> tuple:
        z = z if in_dims[0] is None else z.movedim(in_dims[0], 0)
        parts = [_front(t, d, info.batch_size) for t, d in zip((weight, bias), in_dims[1:3], strict=True)]
        out, *kept = _SlideStats.apply(z, *parts, *rest)
        return (out.unsqueeze(1), *kept), (0, *(None for _ in kept))


def _response(piece: Tensor, weight: Tensor, out: Tensor | None = None) -> Tensor:
    """Give what filters (M, K, F) answer to rows (F, R) or (M, F, R), (M, K, R); written into `out` if there is one.

    A bias is added afterwards: on the CPU a product that begins with one takes longer than both.
    """
    if piece.ndim == 2:
        flat = None if out is None else out.view(-1, out.shape[-1])
        return torch.mm(weight.reshape(-1, weight.shape[-1]), piece, out=flat).view(*weight.shape[:2], -1)
    return torch.bmm(weight, piece, out=out)


def _add_gradients(local: Tensor, piece: Tensor, weight: Tensor, w_grad: Tensor | None, piece_grad: Tensor | None) -> None:
    """Add what the gradient of an answer (M, K, R) says of filters (M, K, F) and rows (F, R) or (M, F, R), where asked."""
    if piece.ndim == 2:
        flat = local.reshape(-1, local.shape[-1])
        if w_grad is not None:
            w_grad.view(-1, w_grad.shape[-1]).addmm_(flat, piece.t())
        if piece_grad is not None:
            piece_grad.addmm_(weight.reshape(-1, weight.shape[-1]).t(), flat)
        return
    if w_grad is not None:
        w_grad.baddbmm_(local, piece.transpose(1, 2))
    if piece_grad is not None:
        piece_grad.baddbmm_(weight.transpose(1, 2), local)


class _BiLSTM(torch.autograd.Function):
    """bilstm over M members; both directions of all members advance together."""

    @staticmethod
    def forward(h: Tensor, w_in: Tensor, w_hidden: Tensor, bias: Tensor, segments: int, save: bool) -> tuple[Tensor, ...]:
        h, w_in, w_hidden, bias = _half(h, w_in, w_hidden, bias)
        members, _, gates, width = w_in.shape
        units, batch = gates // 4, h.shape[-1] // segments
        x = torch.bmm(w_in.reshape(members, 2 * gates, width), h).add_(bias.reshape(members, -1, 1))
        x = x.view(members, 2, gates, segments, batch)
        recurrent = w_hidden.reshape(2 * members, gates, units)
        state = (2 * members, units, batch)
        acts = x.new_empty(segments, 2 * members, gates, batch)
        cells, hiddens = x.new_empty(segments + 1, *state), x.new_empty(segments + 1, *state)
        for before in (cells[0], hiddens[0]):
            before.zero_()
        for t in range(segments):
            z = acts[t]
            if t:
                torch.bmm(recurrent, hiddens[t], out=z)
                pair = z.view(members, 2, gates, batch)
                pair[:, 0] += x[:, 0, :, t]
                pair[:, 1] += x[:, 1, :, segments - 1 - t]
            else:
                pair = z.view(members, 2, gates, batch)
                pair[:, 0], pair[:, 1] = x[:, 0, :, 0], x[:, 1, :, segments - 1]
            z[:, : 2 * units].sigmoid_()
            z[:, 2 * units : 3 * units].tanh_()
            z[:, 3 * units :].sigmoid_()
            i, f, g, o = z.split(units, 1)
            torch.mul(i, g, out=cells[t + 1])
            if t:
                cells[t + 1].addcmul_(f, cells[t])
            torch.tanh(cells[t + 1], out=hiddens[t + 1]).mul_(o)
        out = _outputs(hiddens[1:], members, segments, batch)
        return out, *((acts, cells, hiddens) if save else ())

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple) -> None:
        h, w_in, w_hidden, _, segments, _ = inputs
        _hide(ctx, *output[1:])
        ctx.save_for_backward(h, w_in, w_hidden, *output[1:])
        ctx.segments = segments

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor | None, *_: None) -> tuple:
        if grad is None:
            return (None,) * 6
        h, w_in, w_hidden, acts, cells, hiddens = ctx.saved_tensors
        segments, (members, _, gates, width) = ctx.segments, w_in.shape
        kind, batch, units = acts.dtype, acts.shape[-1], gates // 4
        recurrent = w_hidden.to(kind).reshape(2 * members, gates, units).transpose(1, 2)
        grad = grad.to(kind).view(members, 2, units, segments, batch)
        learns = any(ctx.needs_input_grad[1:4])
        x_grad = torch.empty(members, 2, gates, segments, batch, dtype=kind, device=h.device)
        w_hidden_grad = torch.zeros(2 * members, gates, units, dtype=kind, device=h.device)
        d_hidden, d_cell = torch.zeros_like(cells[0]), torch.zeros_like(cells[0])
        d_gates = torch.empty_like(acts[0])
        for t in range(segments - 1, -1, -1):
            pair = d_hidden.view(members, 2, units, batch)
            pair[:, 0] += grad[:, 0, :, t]
            pair[:, 1] += grad[:, 1, :, segments - 1 - t]
            d_cell = _gate_gradients(acts[t], cells[t], cells[t + 1], d_hidden, d_cell, d_gates, units)
            if t:
                if learns:
                    w_hidden_grad.baddbmm_(d_gates, hiddens[t].transpose(1, 2))
                d_hidden = torch.bmm(recurrent, d_gates)
            both = d_gates.view(members, 2, gates, batch)
            x_grad[:, 0, :, t], x_grad[:, 1, :, segments - 1 - t] = both[:, 0], both[:, 1]
        flat = x_grad.view(members, 2 * gates, segments * batch)
        h_grad = torch.bmm(w_in.to(kind).reshape(members, 2 * gates, width).transpose(1, 2), flat)
        if not learns:
            return h_grad.to(h.dtype), None, None, None, None, None
        w_in_grad = torch.bmm(flat, h.to(kind).transpose(1, 2)).view_as(w_in)
        bias_grad = flat.sum(-1).view(members, 2, gates)
        found = (h_grad, w_in_grad, w_hidden_grad.view_as(w_hidden), bias_grad)
        return *(g.to(h.dtype) for g in found), None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple, *args: Any) -> tuple:
        parts = [_front(t, d, info.batch_size) for t, d in zip(args[:4], in_dims[:4], strict=True)]
        out, *kept = _BiLSTM.apply(*parts, *args[4:])
        return (out.unsqueeze(1), *kept), (0, *(None for _ in kept))


def _outputs(hiddens: Tensor, members: int, segments: int, batch: int) -> Tensor:
    """Lay hidden states (S, 2M, U, B), each direction in its own order, out as (M, 2U, S*B)."""
    pair = hiddens.view(segments, members, 2, -1, batch)
    out = pair.new_empty(members, 2, pair.shape[3], segments, batch)
    out[:, 0] = pair[:, :, 0].permute(1, 2, 0, 3)
    out[:, 1] = pair[:, :, 1].flip(0).permute(1, 2, 0, 3)
    return out.view(members, -1, segments * batch)


def _gate_gradients(
    acts: Tensor, before: Tensor, after: Tensor, d_hidden: Tensor, d_cell: Tensor, d_gates: Tensor, units: int
) -> Tensor:
    """Write the gradient before the gates' squashing into `d_gates`; give the gradient of the earlier cell state."""
    i, f, g, o = acts.split(units, 1)
    d_i, d_f, d_g, d_o = d_gates.split(units, 1)
    squashed = after.tanh()
    _aten.sigmoid_backward(d_hidden * squashed, o, grad_input=d_o)
    d_cell = d_cell + _aten.tanh_backward(d_hidden * o, squashed)
    _aten.sigmoid_backward(d_cell * g, i, grad_input=d_i)
    _aten.sigmoid_backward(d_cell * before, f, grad_input=d_f)
    _aten.tanh_backward(d_cell * i, g, grad_input=d_g)
    return d_cell * f
