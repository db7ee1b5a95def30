"""A few lines above a picture that leave with it: n, interval and null, broken so that a narrow window shows them whole."""

from __future__ import annotations

import textwrap
from typing import Any

from app.figures.text import in_plotly

WIDTH, LINE_PX, FONT_PX, PAD_PX = 66, 14, 11, 8
"""Signs in a line that 420 pixels can hold."""


def noted(texts: list[str], above_px: int = 0) -> tuple[dict[str, Any], int]:
    """Give an annotation that stands above the axes, and the pixels it needs.

    Args:
        texts: Each begins a line.
        above_px: What else stands between the axes and the lines.
    """
    lines = [line for text in texts for line in textwrap.wrap(text, WIDTH)]
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom"}
    look = {"showarrow": False, "align": "left", "borderpad": 0, "font": {"size": FONT_PX}}
    text = "<br>".join(in_plotly(line) for line in lines)
    return {**place, **look, "text": text, "yshift": above_px + PAD_PX // 2}, LINE_PX * len(lines) + PAD_PX + above_px
