"""Changes of training windows, drawn anew each epoch; teacher and students always see the same changed window."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rdpd_core.errors import IncompatibleError
from rdpd_core.types import Channel


class Frame(NamedTuple):
    """Which channels are the three axes of one sensor, and what they measured before they were scaled.

    Attributes:
        axes: (A, 3), positions of x, y and z of A sensors.
        sensor: (A,), which of all the recording's sensors they are.
        place: (A,), which sensors share a body unit and so turn together.
        sensors: How many sensors the recording has; draws are made for all, so that they do not depend on who looks.
        places: How many body units it has.
        mean: (A, 3, 1), that scaling took away, in the channels' units.
        std: (A, 3, 1), that scaling divided by.
    """

    axes: Tensor
    sensor: Tensor
    place: Tensor
    sensors: int
    places: int
    mean: Tensor
    std: Tensor


def find_axes(channels: Sequence[Channel]) -> list[tuple[int, int, int]]:
    """Give the positions of x, y and z of every sensor with three axes: names of one group that differ in that letter only."""
    at = {(c.group, c.name): i for i, c in enumerate(channels)}
    found = []
    for i, channel in enumerate(channels):
        for match in re.finditer("x", channel.name):
            name = channel.name
            others = [at.get((channel.group, name[: match.start()] + axis + name[match.end() :])) for axis in "yz"]
            if None not in others and all(channels[o].unit == channel.unit for o in others):
                found.append((i, *others))
                break
    return found


def frame_of(
    channels: Sequence[Channel], mean: Sequence[float], std: Sequence[float], device: torch.device, rows: Sequence[int]
) -> Frame | None:
    """Give the frame of windows that hold some channels of a recording; None if they hold no sensor of three axes.

    Args:
        channels: Of the recording.
        mean: (C,), of all channels.
        std: (C,), likewise.
        device: Of the windows.
        rows: Positions of the channels that the windows hold, in order.
    """
    every, at = find_axes(channels), {row: i for i, row in enumerate(rows)}
    places = list(dict.fromkeys(channels[t[0]].group for t in every))
    held = [i for i, triple in enumerate(every) if all(row in at for row in triple)]
    if not held:
        return None
    whole = torch.tensor([every[i] for i in held])
    axes = torch.tensor([[at[row] for row in every[i]] for i in held], device=device)
    place = torch.tensor([places.index(channels[every[i][0]].group) for i in held])
    scale = [torch.as_tensor(v, dtype=torch.float32)[whole].unsqueeze(-1).to(device) for v in (mean, std)]
    return Frame(axes, torch.tensor(held), place, len(every), len(places), *scale)


def _none(x: Tensor, strength: float, generator: torch.Generator, frame: Frame | None = None) -> Tensor:
    return x


def _jitter(x: Tensor, strength: float, generator: torch.Generator, frame: Frame | None = None) -> Tensor:
    """Add normal noise of `strength` standard deviations."""
    return x + strength * torch.randn(x.shape, generator=generator).to(x)


def _scale(x: Tensor, strength: float, generator: torch.Generator, frame: Frame | None = None) -> Tensor:
    """Multiply each channel of each window by 1 + strength * a normal number."""
    return x * (1 + strength * torch.randn(*x.shape[:2], 1, generator=generator).to(x))


def _shift(x: Tensor, strength: float, generator: torch.Generator, frame: Frame | None = None) -> Tensor:
    """Roll each window in time by up to `strength` of its length, all channels alike."""
    length = x.shape[-1]
    by = ((torch.rand(len(x), generator=generator) * 2 - 1) * strength * length).round().long().to(x.device)
    at = (torch.arange(length, device=x.device) - by.unsqueeze(-1)) % length
    return x.gather(-1, at.unsqueeze(1).expand(x.shape))


def _rotate(x: Tensor, strength: float, generator: torch.Generator, frame: Frame | None = None) -> Tensor:
    """Turn every body unit about a random axis by a normal angle of `strength` rad, as if it had been strapped on askew."""
    return _moved(x, strength, 0.0, generator, frame)


def _motion(x: Tensor, strength: float, generator: torch.Generator, frame: Frame | None = None) -> Tensor:
    """Rotate as `rotate`, and scale every sensor by 1 + strength / 4 * a normal number."""
    return _moved(x, strength, strength / 4, generator, frame)


def _moved(x: Tensor, angle: float, size: float, generator: torch.Generator, frame: Frame | None) -> Tensor:
    if frame is None:
        raise IncompatibleError(
            "rotate and motion turn sensors of three axes, and no channels here are named as x, y and z of one; "
            "choose jitter, scale or shift"
        )
    turn = angle * torch.randn(len(x), frame.places, 1, generator=generator)
    about = torch.nn.functional.normalize(torch.randn(len(x), frame.places, 3, generator=generator), dim=-1)
    grown = 1 + size * torch.randn(len(x), frame.sensors, 1, 1, generator=generator)
    matrix = (_rotation(about, turn)[:, frame.place] * grown[:, frame.sensor]).to(x)  # (B, A, 3, 3)
    rows = frame.axes.flatten()
    raw = x[:, rows].unflatten(1, (len(frame.axes), 3)) * frame.std + frame.mean  # (B, A, 3, T)
    turned = (matrix @ raw - frame.mean) / frame.std
    return x.index_copy(1, rows, turned.flatten(1, 2))


def _rotation(axis: Tensor, angle: Tensor) -> Tensor:
    """Give rotation matrices (..., 3, 3) about unit axes (..., 3) by angles (..., 1) in rad (Rodrigues' formula)."""
    x, y, z = axis.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    angle = angle.unsqueeze(-1)
    return torch.eye(3) + angle.sin() * cross + (1 - angle.cos()) * (cross @ cross)


AUGMENTATIONS: dict[str, Callable[..., Tensor]] = {
    "none": _none,
    "jitter": _jitter,
    "scale": _scale,
    "shift": _shift,
    "rotate": _rotate,
    "motion": _motion,
}
"""Functions of windows (B, C, T), a strength, a generator and, for those that need one, a frame."""

BY_CHANNEL = frozenset({"jitter", "scale"})
"""Those whose draws depend on how many channels they are given."""
