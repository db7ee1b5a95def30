"""What a model says about a set of windows, beside what is true of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from rdpd_core.errors import DataError, ParameterError, ShapeError


@dataclass(frozen=True)
class Predictions:
    """Class distributions of N windows and what is known of the windows.

    Attributes:
        probability: (N, K), float64, rows sum to 1.
        target: (N,), int64, position in `classes`; -1 where unknown.
        subject: (N,), text.
        recording: (N,), text.
        classes: K class names, in the order of the columns.
        attention: (N, S), float64, rows sum to 1; None for a model without attention over time.
        logits: (N, K), float64, or None if they were not kept.

    Raises:
        ShapeError: The arrays do not belong together.
        DataError: A probability is not a number or lies outside [0, 1], or a target is not a class.
    """

    probability: np.ndarray
    target: np.ndarray
    subject: np.ndarray
    recording: np.ndarray
    classes: tuple[str, ...]
    attention: np.ndarray | None = None
    logits: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("probability", "attention", "logits", "target"):
            if getattr(self, name) is not None:
                dtype = np.int64 if name == "target" else np.float64
                object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
        for name in ("subject", "recording"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)).astype(str))
        object.__setattr__(self, "classes", tuple(self.classes))
        self._check_shapes()
        self._check_values()

    def _check_shapes(self) -> None:
        n, k = len(self.target), len(self.classes)
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "classes"}
        wanted = {"probability": (n, k), "logits": (n, k), "target": (n,), "subject": (n,), "recording": (n,)}
        for name, shape in wanted.items():
            if given[name] is not None and given[name].shape != shape:
                raise ShapeError(f"{name} has shape {given[name].shape}; {n} targets and {k} classes need {shape}")
        if self.attention is not None and (self.attention.ndim != 2 or len(self.attention) != n):
            raise ShapeError(f"attention has shape {self.attention.shape}; give (N, S) with N = {n}")

    def _check_values(self) -> None:
        wrong = ~np.isfinite(self.probability) | (self.probability < 0) | (self.probability > 1 + 1e-6)
        if wrong.any():
            windows = int(wrong.any(axis=1).sum())
            raise DataError(
                f"{windows} of {len(self)} windows have a probability that is not a number in [0, 1]; "
                "look for missing values in the windows, or for a model whose training diverged"
            )
        if len(self) and (self.target.min() < -1 or self.target.max() >= len(self.classes)):
            low, high = self.target.min(), self.target.max()
            raise DataError(f"targets lie in [{low}, {high}]; allowed are -1 to {len(self.classes) - 1}")

    def __len__(self) -> int:
        return len(self.target)

    @classmethod
    def from_logits(
        cls,
        logits: Tensor | np.ndarray,
        *,
        target: np.ndarray,
        subject: np.ndarray,
        recording: np.ndarray,
        classes: Iterable[str],
        attention: Tensor | np.ndarray | None = None,
    ) -> Self:
        """Give predictions from logits (N, K), as `predict` returns them, and what is known of the windows."""
        plain, weights = _array(logits), None if attention is None else _array(attention)
        return cls(softmax(plain), target, subject, recording, tuple(classes), weights, plain)

    def select(self, index: np.ndarray) -> Self:
        """Give the chosen windows: positions, or a mask over N."""
        names = ("probability", "target", "subject", "recording", "attention", "logits")
        return replace(self, **{name: None if getattr(self, name) is None else getattr(self, name)[index] for name in names})

    def labeled(self) -> Self:
        """Give the windows whose class is known.

        Raises:
            DataError: There are none.
        """
        known = self.target >= 0
        if not known.any():
            raise DataError(f"none of the {len(self)} windows has a label; scores need windows whose class is known")
        return self if known.all() else self.select(known)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Give the softmax over the last axis, in float64."""
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def predict(
    model: nn.Module, windows: Tensor | Iterable[Tensor], batch_size: int = 512, device: torch.device | str | None = None
) -> tuple[Tensor, Tensor | None]:
    """Run a model in evaluation mode; the model is left in the mode and on the device it was found.

    Args:
        model: Gives a `ModelOutput` for (B, C, T).
        windows: (N, C, T), normalized, or batches of it.
        batch_size: Windows at once; batches that are handed in are taken as they come.
        device: Where to run; None runs where the model is.

    Returns:
        Logits (N, K) and attention (N, S), or None for a model without attention; both on the CPU, float32.

    Raises:
        ParameterError: The batch size is not positive.
        DataError: There are no windows.
    """
    if batch_size < 1:
        raise ParameterError(f"batch_size={batch_size} is not allowed; give 1 or more")
    batches = windows.split(batch_size) if isinstance(windows, Tensor) else windows
    logits, attention = [], []
    with _evaluating(model, device) as place, torch.inference_mode():
        for batch in batches:
            output = model(batch.to(place))
            logits.append(output.logits.float().cpu())
            if output.attention is not None:
                attention.append(output.attention.float().cpu())
    if not logits or not sum(map(len, logits)):
        raise DataError("there are no windows to predict; choose a set that is not empty")
    return torch.cat(logits), torch.cat(attention) if attention else None


@contextmanager
def _evaluating(model: nn.Module, device: torch.device | str | None) -> Iterator[torch.device]:
    """Hold a model in evaluation mode on a device; parts that were frozen in evaluation mode stay so afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    first = next((p for p in [*model.parameters(), *model.buffers()]), None)
    home = torch.device("cpu") if first is None else first.device
    place = home if device is None else torch.device(device)
    try:
        model.eval()
        yield place if place == home else _moved(model, place)
    finally:
        for module, mode in modes:
            module.training = mode
        if place != home:
            model.to(home)


def _moved(model: nn.Module, place: torch.device) -> torch.device:
    model.to(place)
    return place


def _array(values: Tensor | np.ndarray) -> np.ndarray:
    return np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values, dtype=np.float64)
