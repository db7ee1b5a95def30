"""The course of columns that nobody has explained yet: each on a scale of its own, from its smallest to its largest value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Canvas, Parts
from app.figures.text import in_plotly

ROW_PX, NAME_PX, MOST = 44, 16, 12
Course = Sequence[Sequence[float | None]]


def courses_figure(courses: Mapping[str, Course], names: Mapping[str, str], span: tuple[float, float], unit: str) -> go.Figure:
    """Draw the range of values of each column over the file.

    Args:
        courses: Column to the smallest and the largest value in each of a few hundred parts of the file.
        names: Column to what is written above it; only these columns are drawn, at most `MOST`.
        span: First and last time, or row.
        unit: Of the span: "s", or "rows".
    """
    shown = [name for name in names if name in courses][:MOST]
    parts = Parts([], [], [])
    canvas = Canvas(parts, "", span[0], span[1] - span[0])
    for row, name in enumerate(shown):
        low, high = ([pair[side] for pair in courses[name]] for side in (0, 1))
        ends = [v for v in (*low, *high) if v is not None]
        bottom, size = (min(ends), max(ends) - min(ends)) if ends else (0.0, 0.0)
        base = float(len(shown) - 1 - row)

        def place(value: float | None, base: float = base, bottom: float = bottom, size: float = size) -> float | None:
            return None if value is None else base + 0.08 + (0.55 * (value - bottom) / size if size else 0.27)

        times = [span[0] + (at + 0.5) / len(low) * canvas.duration_s for at in range(len(low))]
        line = {"color": theme.CATEGORICAL["light"][1 + row % 3], "width": 1}
        look = {"mode": "lines", "x": times, "line": line, "hoverinfo": "skip"}
        canvas.add("scatter", y=[place(v) for v in low], **look)
        canvas.add("scatter", y=[place(v) for v in high], fill="tonexty", **look)
        told = f"{bottom:.4g} to {bottom + size:.4g}" if ends else "no value"
        canvas.write(f"{in_plotly(names[name])} <i>{told}</i>", span[0], base + 0.98, yanchor="top")
    time = "row of the file" if unit == "rows" else f"time ({unit})"
    return parts.figure(
        height=ROW_PX * max(len(shown), 2) + 50,
        margin={"l": 8, "r": 8, "t": 4, "b": 40},
        xaxis={"title": {"text": time}, "range": list(span), "zeroline": False},
        yaxis={
            "range": [0, max(len(shown), 1)],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        dragmode=False,
    )


def courses_table(courses: Mapping[str, Course], names: Mapping[str, str]) -> pd.DataFrame:
    """Give the numbers behind the picture."""
    rows = [
        {"column": name, "part": at + 1, "lowest": low, "highest": high}
        for name in list(names)[:MOST]
        for at, (low, high) in enumerate(courses.get(name, ()))
    ]
    return pd.DataFrame(rows)


def describe(names: Mapping[str, str], told: Mapping[str, Any]) -> str:
    """Say in words what the picture shows."""
    return f"Range of values over the file of {told['rows']} rows: {', '.join(list(names.values())[:MOST])}."
