"""The probability of one class, window by window, a strip per arm; points can be clicked, and the chosen window is marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.experiments.subjects import Course

STRIP_PIXELS, TOP, BOTTOM = 66, 22, 46
ROOM = 0.66
"""Height of probability 1, as a share of a strip; the rest is for its heading."""
FEW = 60
"""Up to so many windows every one is a point that one can see."""


class Timeline(NamedTuple):
    """Windows of one subject, in the order of time.

    Attributes:
        klass: The class whose probability is drawn.
        courses: Of every arm.
        position: (n,), which of the subject's windows each is, from 1.
        recording: (n,), text.
        offset_s: (n,), start of each window in its recording.
        true: (n,), whether the class is the true one.
        chosen: Position of the window that is looked at.
    """

    klass: str
    courses: tuple[Course, ...]
    position: np.ndarray
    recording: np.ndarray
    offset_s: np.ndarray
    true: np.ndarray
    chosen: int


def timeline_figure(line: Timeline) -> go.Figure:
    """Draw the strips: lines are means over seeds, bands lowest to highest seed, shade where the class is true.

    Args:
        line: What to draw.
    """
    parts, strips = Parts([], [], []), len(line.courses)
    for at, course in enumerate(line.courses):
        floor = -at - 1.0
        parts.traces.extend(_strip(line, course, floor))
        parts.texts.append(_heading(course, -at))
        parts.shapes.extend(_level(floor + share * ROOM) for share in (0.0, 1.0))
    parts.shapes.extend(_shades(line))
    parts.shapes.extend(_edges(line))
    parts.shapes.extend(_here(line))
    parts.texts.append(_told_here(line))
    first, last = float(line.position[0]), float(line.position[-1])
    still = {"fixedrange": True, "showgrid": False, "zeroline": False}
    levels = [-at - 1 + share * ROOM for at in range(strips) for share in (0, 1)]
    title = {"text": f"window of the subject, in the order of time (n = {len(line.position)})", "standoff": 6}
    return parts.figure(
        height=TOP + BOTTOM + STRIP_PIXELS * strips,
        margin={"l": 4, "r": 10, "t": TOP, "b": BOTTOM},
        dragmode=False,
        hovermode="closest",
        xaxis={**still, "range": [first - 0.6, last + 0.6], "tickformat": "d", "title": title, "nticks": 12},
        yaxis={**still, "range": [-strips - 0.04, 0], "tickvals": levels, "ticktext": ["0", "1"] * strips, "ticks": ""},
    )


def _strip(line: Timeline, course: Course, floor: float) -> Iterator[dict[str, Any]]:
    mark, x = theme.mark_of(course.arm), line.position
    none = {"showlegend": False, "hoverinfo": "skip"}
    if course.models > 1:
        around = np.concatenate([course.high, course.low[::-1]]) * ROOM + floor
        fill = {"fill": "toself", "fillcolor": faded(mark.color, 0.28), "line": {"width": 0}, "mode": "lines"}
        yield {"type": "scatter", "x": np.concatenate([x, x[::-1]]), "y": around, **fill, **none}
    many = len(x) > FEW
    points = {"symbol": mark.symbol, "color": mark.color, "size": 3 if many else 7}
    behind = [
        [int(p), in_plotly(r), f"{o:g}", f"{m:.2f}", f"{a:.2f}", f"{b:.2f}"]
        for p, r, o, m, a, b in zip(
            line.position, line.recording, line.offset_s, course.mean, course.low, course.high, strict=True
        )
    ]
    told = "window %{customdata[0]}, recording %{customdata[1]} from %{customdata[2]} s"
    value = f"{in_plotly(course.title)}: {in_plotly(line.klass)} %{{customdata[3]}} (%{{customdata[4]}} to %{{customdata[5]}})"
    yield {
        "type": "scatter",
        "x": x,
        "y": course.mean * ROOM + floor,
        "mode": "lines+markers",
        "line": {"color": mark.color, "width": 1.4},
        "marker": points,
        "customdata": behind,
        "hovertemplate": f"{value}<br>{told}<extra></extra>",
        "showlegend": False,
    }


def _heading(course: Course, top: float) -> dict[str, Any]:
    square = f'<span style="color:{theme.mark_of(course.arm).color}">■</span>'
    mean = f"mean {course.mean.mean():.2f} over {len(course.mean)} windows"
    text = f"{square} <b>{in_plotly(course.title)}</b> · {mean}"
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top - 0.03, "yref": "y", "yanchor": "top"}
    return {**place, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def _level(y: float) -> dict[str, Any]:
    look = {"layer": "below", "line": {"color": theme.MUTED, "width": 0.6, "dash": "dot"}}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": y, "y1": y, **look}


def _shades(line: Timeline) -> Iterator[dict[str, Any]]:
    """Yield the shade behind each stretch of windows of which the class is true."""
    if line.true.all():
        return
    marked = np.flatnonzero(np.diff(np.concatenate([[0], line.true.astype(int), [0]])))
    for start, end in zip(marked[::2], marked[1::2], strict=True):
        ends = {"x0": float(line.position[start]) - 0.5, "x1": float(line.position[end - 1]) + 0.5}
        whole = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "fillcolor": theme.BAND}
        yield {**whole, **ends, "line": {"width": 0}, "layer": "below"}


def _edges(line: Timeline) -> Iterator[dict[str, Any]]:
    """Yield a line in every strip wherever another recording begins."""
    look = {"layer": "below", "line": {"color": theme.MUTED, "width": 1, "dash": "dash"}}
    for at in np.flatnonzero(line.recording[1:] != line.recording[:-1]):
        yield from _upright(line, float(line.position[at]) + 0.5, **look)


def _here(line: Timeline) -> Iterator[dict[str, Any]]:
    return _upright(line, line.chosen, line={"color": theme.INK, "width": 1.6})


def _upright(of: Timeline, x: float, **look: Any) -> Iterator[dict[str, Any]]:
    """Yield a line from 0 to 1 in every strip, clear of the headings."""
    for at in range(len(of.courses)):
        yield {"type": "line", "xref": "x", "x0": x, "x1": x, "yref": "y", "y0": -at - 1, "y1": -at - 1 + ROOM, **look}


def _told_here(line: Timeline) -> dict[str, Any]:
    first, last = float(line.position[0]), float(line.position[-1])
    right = line.chosen > (first + last) / 2
    place = {"x": line.chosen, "xref": "x", "xanchor": "right" if right else "left", "y": 1, "yref": "paper"}
    return {**place, "yanchor": "bottom", "text": f"window {line.chosen}", "showarrow": False, "font": {"size": 12}}


def timeline_table(line: Timeline) -> pd.DataFrame:
    """Give a row per window: where it is, whether the class is true, and the probability of each arm with its range."""
    table = {
        "window": line.position,
        "recording": line.recording,
        "start (s)": line.offset_s,
        f"truth is {line.klass}": line.true,
    }
    for course in line.courses:
        table[f"{course.title}, mean of {course.models}"] = course.mean
        table[f"{course.title}, lowest"], table[f"{course.title}, highest"] = course.low, course.high
    return pd.DataFrame(table)
