"""Asking one method about some windows: what is checked before, and what is measured beside the values."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from rdpd_core.errors import DataError, IncompatibleError, ParameterError, ShapeError
from rdpd_core.evaluation.attributed import Attribution
from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question, centered
from rdpd_core.evaluation.attributions.baselines import BASELINES, baselines
from rdpd_core.evaluation.cells import Cells
from rdpd_core.evaluation.ranks import spearman
from rdpd_core.models import Model
from rdpd_core.params import Params
from rdpd_core.runtime import threads, torch_generator

AT_ONCE = 1 << 22
"""Numbers that are held together, 17 MB: enough that what a call costs in any case weighs little; memory stays bounded."""
_LOCK = threading.RLock()


def attribute(
    model: Model,
    x: np.ndarray | Tensor,
    target: np.ndarray | Sequence[int] | Tensor,
    method: str = "integrated_gradients",
    baseline: str = "zero",
    *,
    params: Params | None = None,
    cells: Cells | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Attribution:
    """Give which values of windows speak for their classes.

    A window's attribution does not depend on the windows beside it. One computation runs at a time, so models may be shared.

    Args:
        model: In evaluation mode; left as it is.
        x: (B, C, T), normalized, of the channels that the model reads.
        target: (B,), the class to explain in each window.
        method: Name in `ATTRIBUTORS`.
        baseline: Name in `BASELINES`.
        params: Settings of the method; None takes the defaults.
        cells: What methods that take parts away take away together; None takes channels in segments.
        seed: Keys all that is random.
        on_progress: Told how many windows are done, of how many; may raise to end it.

    Raises:
        UnknownNameError: No such method or baseline.
        IncompatibleError: The method cannot explain this model; the message says why.
        ShapeError: The windows have other channels or another length than the model reads.
        DataError: There are no windows, or values are not numbers.
        ParameterError: A class is not one of the model's.
    """
    kind = ATTRIBUTORS.get(method)
    if reason := kind.fits(model):
        raise IncompatibleError(f"{kind.title} cannot explain a model {model.name!r}: {reason}; choose another method")
    divided = cells or Cells.of(model.channels, model.samples, segments_of(model))
    if (len(divided.groups), divided.samples) != (model.channels, model.samples):
        raise ShapeError(
            f"cells of {len(divided.groups)} channels and {divided.samples} samples do not divide windows of "
            f"{model.channels} channels and {model.samples} samples"
        )
    asked, parts = kind(params), []
    with _alone(model) as device:
        windows, classes = _checked(model, x, target)
        base = baselines(baseline, windows.to(device), torch_generator("baseline", seed))
        whole = Question(model, windows.to(device), classes.to(device), base[0], divided, torch_generator("attribution", seed))
        step = max(1, AT_ONCE // asked.held(whole))
        for at in range(0, len(windows), step):
            some = slice(at, at + step)
            parts.append(_some(asked, whole, base, some, seed))
            if on_progress is not None:
                on_progress(min(at + step, len(windows)), len(windows))
    values, score, reference = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not (np.isfinite(values).all() and np.isfinite(score).all()):
        raise DataError(
            f"{kind.title} gave values that are not numbers; the model's weights are damaged or its training diverged"
        )
    return Attribution(method, baseline, values, classes.numpy(), score, reference, kind.additive, kind.signed)


def baseline_effect(
    model: Model, x: np.ndarray | Tensor, target: np.ndarray | Sequence[int] | Tensor, method: str, baseline: str, **given
) -> dict[str, float]:
    """Give how alike attributions are with every other baseline: mean rank correlation over windows of sums per cell.

    Args:
        model: As in `attribute`.
        x: As in `attribute`.
        target: As in `attribute`.
        method: As in `attribute`.
        baseline: The stated one; the others are compared with it.
        **given: As in `attribute`.

    Returns:
        By name of the other baselines; 1 where the method compares with none.
    """
    others = [name for name in BASELINES if name != baseline]
    if not ATTRIBUTORS.get(method).compares:
        return dict.fromkeys(others, 1.0)
    cells = given.get("cells") or Cells.of(model.channels, model.samples, segments_of(model))
    sums = {n: cells.sums(attribute(model, x, target, method, n, **given).values) for n in (baseline, *others)}
    return {name: float(spearman(sums[baseline], sums[name]).mean()) for name in others}


def segments_of(model: Model) -> int:
    """Give the segments that a model's attention weighs; 1 for a model that has none."""
    return int(getattr(model.params, "segments", 1))


def _checked(model: Model, x: np.ndarray | Tensor, target: np.ndarray | Sequence[int] | Tensor) -> tuple[Tensor, Tensor]:
    windows = torch.as_tensor(np.asarray(x) if not isinstance(x, Tensor) else x, dtype=torch.float32).detach().cpu().clone()
    model.check_input(windows)
    if not len(windows):
        raise DataError("there are no windows to explain; choose at least one")
    if not torch.isfinite(windows).all():
        raise DataError("the windows hold values that are not numbers; fill what is missing before asking")
    classes = torch.as_tensor(np.asarray(target) if not isinstance(target, Tensor) else target).detach().cpu().long()
    if classes.shape != (len(windows),):
        raise ShapeError(f"{len(windows)} windows need as many classes, not an array of shape {tuple(classes.shape)}")
    if classes.min() < 0 or classes.max() >= model.classes:
        raise ParameterError(
            f"classes {int(classes.min())} to {int(classes.max())} were asked for; "
            f"this model tells 0 to {model.classes - 1} apart"
        )
    if model.classes < 2:
        raise IncompatibleError("a model of one class gives no evidence for it; choose a model of two classes or more")
    return windows, classes


def _some(asked: Attributor, whole: Question, base: Tensor, some: slice, seed: int) -> tuple[np.ndarray, ...]:
    """Give values, score and reference of some windows, each the mean over the draws of the baseline."""
    x, target = whole.x[some], whole.target[some]
    with torch.no_grad():
        score = whole.evidence(x, target)
        reference = torch.stack([centered(whole.ask(b[some]).logits, target) for b in base]).mean(0)
    draws = base if asked.compares else base[:1]
    total = torch.zeros_like(x)
    for draw in draws:
        own = torch_generator("attribution", seed)  # the same for every window, whatever stands beside it
        total += asked.values(Question(whole.model, x, target, draw[some], whole.cells, own)).detach()
    values = total / len(draws)
    return values.float().cpu().numpy(), score.double().cpu().numpy(), reference.double().cpu().numpy()


@contextmanager
def _alone(model: nn.Module) -> Iterator[torch.device]:
    """Hold the lock, with gradients on; cuDNN cannot go back through a recurrent layer that is not being trained."""
    first = next(model.parameters(), None)
    device = torch.device("cpu") if first is None else first.device
    recurrent = any(isinstance(module, nn.RNNBase) for module in model.modules())
    modes = [(module, module.training) for module in model.modules()]
    with (
        _LOCK,
        threads(1),  # several pools of threads on few cores slow each other down many times over
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.backends.cudnn.flags(enabled=not (recurrent and device.type == "cuda")),
    ):
        model.eval()
        try:
            yield device
        finally:
            for module, mode in modes:
                module.training = mode
