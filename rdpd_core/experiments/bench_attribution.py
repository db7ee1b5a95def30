"""How quickly integrated gradients are had: step by step, window by window in captum and here, and many windows at once.

Window by window, all steps of a window already run together, which is as much as a core can hold in its cache: more windows at
once save little then. What is saved is seen against the plain loop over steps.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from rdpd_core.evaluation.attributions import attribute
from rdpd_core.evaluation.attributions.base import centered
from rdpd_core.models import MODELS, Model
from rdpd_core.runtime import threads, torch_generator

CHANNELS, CLASSES, SAMPLES, STEPS = 52, 12, 256, 64
WIDTHS = {"teacher": {"filters": 64, "hidden": 32}, "student": {"filters": 16, "hidden": 8}}


def bench(windows: int = 32, repeats: int = 5) -> dict[str, Any]:
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
    import captum.attr

    x = torch.randn(windows, CHANNELS, SAMPLES, generator=torch_generator("bench"))
    target = torch.arange(windows) % CLASSES
    public = captum.attr.IntegratedGradients(lambda z, t: centered(model(z).logits, t))

    def by_captum() -> None:
        for at in range(few):
            public.attribute(x[at : at + 1], additional_forward_args=target[at : at + 1], n_steps=STEPS)

    def one_by_one() -> None:
        for at in range(few):
            attribute(model, x[at : at + 1], target[at : at + 1])

    def step_by_step() -> None:
        for step in range(STEPS):
            point = ((step + 0.5) / STEPS * x[:1]).requires_grad_()
            torch.autograd.grad(centered(model(point).logits, target[:1]).sum(), point)

    few = min(windows, 8)
    ms = {
        "plain loop over steps": _best(step_by_step, repeats),
        "captum, one by one": _best(by_captum, repeats) / few,
        "here, one by one": _best(one_by_one, repeats) / few,
        "here, at once": _best(lambda: attribute(model, x, target), repeats) / windows,
    }
    ratios = {f"{name} / at once": ms[name] / ms["here, at once"] for name in list(ms)[:3]}
    return {f"{name} (ms a window)": round(v, 2) for name, v in ms.items()} | {n: round(r, 2) for n, r in ratios.items()}


def _best(call: Callable[[], None], repeats: int) -> float:
    """Give the shortest of some runs, in ms, after one that is not counted."""
    call()
    took = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        took.append(time.perf_counter() - begin)
    return 1e3 * min(took)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print times and ratios as JSON."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.experiments.bench_attribution", description=main.__doc__)
    parser.add_argument("--windows", type=int, default=32, help="windows at once; default 32")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each way; the shortest counts; default 5")
    given = parser.parse_args(arguments)
    print(json.dumps(bench(given.windows, given.repeats), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
