"""How quickly integrated gradients are had: by captum, by a plain loop over the points, one window after another, and at once.

"One by one" is the same public function called for every window, "at once" one call for all of them; both run on one thread,
whose processor time is told: where nothing runs beside it, that is the time one waits.
A window alone already has all of its points run together, and its convolution once, so what is left to be saved by a batch is
what every call costs whatever it is about. Captum is called window by window and for all at once, as it comes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import torch

from rdpd_core.evaluation.attributions import attribute
from rdpd_core.evaluation.attributions.base import centered
from rdpd_core.models import MODELS, Model
from rdpd_core.runtime import threads, torch_generator

CHANNELS, CLASSES, SAMPLES, STEPS = 52, 12, 256, 64
WIDTHS = {"teacher": {"filters": 64, "hidden": 32}, "student": {"filters": 16, "hidden": 8}}
AT_ONCE = "here, at once"


def bench(windows: int = 64, repeats: int = 5) -> dict[str, Any]:
    """Give ms a window and ratios on one thread, best of some repeats, and how busy the machine was.

    Args:
        windows: How many at once.
        repeats: How often each way is timed.
    """
    found: dict[str, Any] = {"channels": CHANNELS, "samples": SAMPLES, "steps": STEPS, "windows": windows, "threads": 1}
    with threads(1):
        for role, width in WIDTHS.items():
            kind = MODELS.get("rcnn")
            model = kind(CHANNELS, CLASSES, SAMPLES, kind.Params(kernel=8, stride=4, segments=4, **width)).eval()
            found[role] = _timed(model, windows, repeats)
    return found | {"load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None}


def _timed(model: Model, windows: int, repeats: int) -> dict[str, float]:
    """Give ms of processor time a window by way of computing it; the ways take turns, so that company hurts all alike."""
    import captum.attr

    x = torch.randn(windows, CHANNELS, SAMPLES, generator=torch_generator("bench"))
    target = torch.arange(windows) % CLASSES
    public = captum.attr.IntegratedGradients(lambda z, t: centered(model(z).logits, t))

    def captum_of(some: slice) -> None:
        public.attribute(x[some], additional_forward_args=target[some], n_steps=STEPS)

    def step_by_step() -> None:
        for step in range(STEPS):
            point = ((step + 0.5) / STEPS * x[:1]).requires_grad_()
            torch.autograd.grad(centered(model(point).logits, target[:1]).sum(), point)

    few = [slice(at, at + 1) for at in range(min(windows, 8))]
    ways: dict[str, tuple[Callable[[], None], int]] = {
        "plain loop over points": (step_by_step, 1),
        "captum, one by one": (lambda: [captum_of(one) for one in few], len(few)),
        "captum, at once": (lambda: captum_of(slice(len(few))), len(few)),
        "here, one by one": (lambda: [attribute(model, x[one], target[one]) for one in few], len(few)),
        AT_ONCE: (lambda: attribute(model, x, target), windows),
    }
    best = dict.fromkeys(ways, float("inf"))
    for turn in range(repeats + 1):
        for name, (call, count) in ways.items():
            begin = time.thread_time()
            call()
            if turn:  # the first turn warms up
                best[name] = min(best[name], 1e3 * (time.thread_time() - begin) / count)
    return best


def rows(found: dict[str, Any]) -> list[dict[str, str]]:
    """Give a row per model and way: ms a window, and how many times faster all windows at once are."""
    return [
        {
            "model": role,
            "way": way,
            "ms of processor a window": f"{ms:.2f}",
            "at once is faster": f"{ms / found[role][AT_ONCE]:.1f} times",
        }
        for role in WIDTHS
        for way, ms in found[role].items()
    ]


def basis(found: dict[str, Any]) -> str:
    """Say what was timed."""
    load = "" if found["load"] is None else f", load of the machine {found['load']:.1f}"
    size = f"{found['channels']} x {found['samples']}, {found['windows']} windows"
    return f"Integrated gradients, {found['steps']} points, {size}, one thread{load}."
