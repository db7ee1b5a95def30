"""Where each arm looks: one strip of bars per arm, a bar per segment, on the time axis of the signal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app import theme
from app.figures.canvas import Canvas, filling, whiskers
from app.figures.text import in_plotly
from rdpd_core.experiments.cases import ArmCase

STRIP_PIXELS = 54
TALLEST = 0.44
"""Height of the highest bar of all arms, as a share of a strip; the rest is for the heading and the numbers."""
FLOOR = 0.06


def add_attention(canvas: Canvas, arms: Sequence[ArmCase]) -> int:
    """Draw the attention of every arm that has any, from top to bottom, all on one scale.

    Args:
        canvas: Where to draw.
        arms: In order.

    Returns:
        How many strips there are; the strip at place i fills -(i + 1) to -i.
    """
    shown = [arm for arm in arms if arm.attention is not None]
    scale = TALLEST / max((_top(arm).max() for arm in shown), default=1.0)
    for place, arm in enumerate(shown):
        floor = FLOOR - place - 1
        _strip(canvas, arm, floor, scale)
        canvas.write(_heading(arm), canvas.start_s, -place, yanchor="top")
        even = floor + scale / len(arm.attention)
        canvas.line((canvas.start_s, canvas.end_s), (even, even))
    return len(shown)


def _strip(canvas: Canvas, arm: ArmCase, floor: float, scale: float) -> None:
    segments = len(arm.attention)
    step = canvas.duration_s / segments
    center = canvas.start_s + step * (np.arange(segments) + 0.5)
    spread = np.zeros(segments) if arm.attention_spread is None else arm.attention_spread
    values = f"{in_plotly(arm.title)}: attention %{{customdata[0]:.2f}} ± %{{customdata[1]:.2f}}"
    canvas.add(
        "bar",
        x=center,
        y=arm.attention * scale,
        base=np.full(segments, floor),
        width=step * 0.97,
        name=in_plotly(arm.title),
        marker=filling(arm.arm),
        error_y=whiskers(arm.attention, arm.attention_spread, scale),
        customdata=np.stack([arm.attention, spread], axis=1),
        hovertemplate=f"{values} (n = {arm.models})<extra></extra>",
    )
    above = np.maximum(_top(arm), 1 / segments)  # clear of the line of even attention
    text = [f"{value:.2f}" for value in arm.attention]
    look = {"mode": "text", "textposition": "top center", "textfont": {"size": 11}, "hoverinfo": "skip", "cliponaxis": False}
    canvas.add("scatter", x=center, y=floor + above * scale, text=text, **look)


def _top(arm: ArmCase) -> np.ndarray:
    """Give the upper ends of the whiskers."""
    return arm.attention if arm.attention_spread is None else np.minimum(arm.attention + arm.attention_spread, 1.0)


def _heading(arm: ArmCase) -> str:
    square = f'<span style="color:{theme.mark_of(arm.arm).color}">■</span>'
    overlap = "" if arm.overlap is None else f" · overlap with teacher {arm.overlap:.2f}"
    return f"{square} <b>{in_plotly(arm.title)}</b>{overlap}"
