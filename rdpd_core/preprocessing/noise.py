"""Noise on the poor channels: x' = x + amplitude * noise, on scaled values.

Equation 16 of Hong, Xiao, Ma, Li, Sun: RDPD: Rich Data Helps Poor Data via Imitation, IJCAI 2019. The paper writes
"random_normal(-1, 1)" and its code draws from Uniform(-1, 1); uniform is the default here, the normal distribution a switch.

Each value is a function of the seed, the window, the channel and the sample, so the same window always gets the same noise, in
whatever batch and view it comes. The mixing function is that of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom
number generators, OOPSLA 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch

from rdpd_core.errors import ParameterError, ShapeError, UnknownNameError
from rdpd_core.runtime import seed_of

Array = TypeVar("Array", np.ndarray, torch.Tensor)
KINDS = ("uniform", "normal")
BLOCK_VALUES = 1 << 16
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def noise(
    seed: object, windows: np.ndarray | Sequence[int], rows: Sequence[int], samples: int, kind: str = "uniform"
) -> np.ndarray:
    """Draw noise of amplitude 1.

    Args:
        seed: Anything that has a text; another seed gives unrelated noise.
        windows: (B,), whole numbers that identify the windows, such as `Windows.start`.
        rows: (C,), positions of the channels among all channels.
        samples: T.
        kind: "uniform" between -1 and 1, or "normal" with mean 0 and standard deviation 1.

    Returns:
        (B, C, T), float32.

    Raises:
        UnknownNameError: No such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of noise", kind, KINDS)
    base = np.uint64(seed_of("noise", kind, seed))
    per_window = _mix(base + np.asarray(windows, dtype=np.int64).astype(np.uint64) * _GOLDEN)
    channel = np.asarray(rows, dtype=np.int64).astype(np.uint64) + np.uint64(1)
    streams = _mix(per_window[:, None] + channel * _GOLDEN)  # (B, C)
    steps = np.arange(1, samples + 1, dtype=np.uint64) * _GOLDEN
    out = np.empty((*streams.shape, samples), dtype=np.float32)
    block = max(1, BLOCK_VALUES // max(1, samples * streams.shape[1]))
    for at in range(0, len(streams), block):
        bits = _mix(streams[at : at + block, :, None] + steps)
        out[at : at + block] = _uniform(bits) if kind == "uniform" else _normal(bits)
    return out


def add_noise(
    x: Array,
    amplitude: float,
    *,
    seed: object,
    windows: np.ndarray | Sequence[int],
    rows: Sequence[int],
    kind: str = "uniform",
) -> Array:
    """Give windows with noise added; amplitude 0 gives the very same values.

    Args:
        x: (B, C, T), scaled, an array or a tensor.
        amplitude: At least 0.
        seed: As in `noise`.
        windows: (B,), identities of the windows.
        rows: (C,), positions of the channels among all channels.
        kind: As in `noise`.

    Raises:
        ParameterError: The amplitude is negative or not a number.
        ShapeError: `windows` or `rows` do not fit `x`.
    """
    if not (np.isfinite(amplitude) and amplitude >= 0):
        raise ParameterError(f"noise amplitude {amplitude}: give a number of at least 0")
    if tuple(x.shape[:2]) != (len(windows), len(rows)):
        raise ShapeError(f"windows of shape {tuple(x.shape)} do not fit {len(windows)} identities and {len(rows)} channels")
    if amplitude == 0:
        return x
    drawn = noise(seed, windows, rows, x.shape[2], kind)
    if isinstance(x, torch.Tensor):
        return x + amplitude * torch.from_numpy(drawn).to(x)
    return x + (np.float32(amplitude) * drawn).astype(x.dtype)


def snr_db(amplitude: float, kind: str = "uniform", power: float = 1.0) -> float:
    """Give the ratio of signal to noise power in dB; infinite for amplitude 0.

    Args:
        amplitude: Of the noise.
        kind: As in `noise`.
        power: Mean square of the signal; scaled channels have 1.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of noise", kind, KINDS)
    noise_power = amplitude**2 / (3 if kind == "uniform" else 1)
    return float("inf") if noise_power == 0 else float(10 * np.log10(power / noise_power))


def _mix(z: np.ndarray) -> np.ndarray:
    """Scramble 64-bit numbers so that neighbors have nothing in common; wraps at 2**64 on purpose."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _uniform(bits: np.ndarray) -> np.ndarray:
    """Map the upper 24 bits to the middles of 2**24 equal steps between -1 and 1."""
    return (bits >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-23) + np.float32(2.0**-24 - 1)


def _normal(bits: np.ndarray) -> np.ndarray:
    """Turn both halves of each number into one normal value (Box, Muller 1958)."""
    upper = ((bits >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32
    lower = (bits & np.uint64(0xFFFFFFFF)).astype(np.float64) * 2.0**-32
    return np.sqrt(-2 * np.log(upper)) * np.cos(2 * np.pi * lower)
