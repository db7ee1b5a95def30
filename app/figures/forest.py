"""Numbers with their intervals below each other, one line each, in sections; and what chance alone would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.noted import noted
from app.figures.text import in_plotly

LINE_PX, BOTTOM, LEFT = 19, 44, 0.27
"""Height of a line; below the axes; share of the width for names."""
NARROW = 21


class Line(NamedTuple):
    """One number.

    Attributes:
        label: What it is of.
        arm: Whose mark it has.
        value: The number; None where there is nothing to take it from, or it is hidden.
        ends: Of its interval, or None.
        n: What stands behind it: "n = 310 windows of 32 subjects".
        band: What chance alone would give, from and to; None if the whole picture has one null.
        why: Said in place of a number that is not there.
        key: What a click on it opens.
    """

    label: str
    arm: str
    value: float | None
    ends: tuple[float, float] | None
    n: str
    band: tuple[float, float] | None = None
    why: str = "not shown: too few people"
    key: str = ""


class Section(NamedTuple):
    """Lines of one kind.

    Attributes:
        heading: Empty where there is only one section.
        lines: At least one.
    """

    heading: str
    lines: tuple[Line, ...]


def line_of(label: str, arm: str, cell: Mapping[str, Any], unit: str, **more: Any) -> Line:
    """Give the line of an estimate as an analysis keeps it: "value", "interval", "n" windows and "units" people."""
    found = cell["interval"]
    n = f"n = {cell['n']} windows of {cell['units']} {unit}"
    return Line(label, arm, cell["value"], None if found is None else (found["low"], found["high"]), n, **more)


def forest_figure(
    sections: Sequence[Section], axis: str, notes: list[str], span: tuple[float, float], null: float | None = None
) -> go.Figure:
    """Draw the lines.

    Args:
        sections: At least one.
        axis: What the numbers are, with their unit.
        notes: Lines above the picture: n, interval, null.
        span: From and to of the axis, if the numbers do not need more.
        null: Where all numbers would lie by chance.
    """
    parts, at, places = Parts([], [], []), 0.0, []
    for section in sections:
        if section.heading:
            parts.texts.append(_heading(section.heading, at))
            at += 1
        for line in section.lines:
            places.append((line, at))
            parts.texts.append(_label(line, at))
            at += 1
        at += 0.3
    low, high = _reach(places, span)
    parts.shapes.extend(shape for line, y in places for shape in _band(line, y))
    parts.shapes.extend(_null(null, y) for line, y in places if null is not None and line.value is not None)
    parts.traces.extend(_points(places, arm) for arm in dict.fromkeys(line.arm for line, _ in places))
    parts.texts.extend(_why(line, y, low) for line, y in places if line.value is None)
    note, top = noted(notes)
    parts.texts.append(note)
    still = {"fixedrange": True, "zeroline": False, "ticks": ""}
    across = {"domain": [LEFT, 1], "range": [low, high], "gridcolor": theme.BAND, "nticks": 6}
    return parts.figure(
        height=top + BOTTOM + round(LINE_PX * (at + 0.2)),
        margin={"l": 4, "r": 12, "t": top, "b": BOTTOM},
        dragmode=False,
        showlegend=False,
        xaxis={**still, **across, "title": {"text": in_plotly(axis), "standoff": 6}},
        yaxis={**still, "range": [at - 0.5, -0.7], "showgrid": False, "showticklabels": False},
    )


def _reach(places: Sequence[tuple[Line, float]], span: tuple[float, float]) -> tuple[float, float]:
    values = [v for line, _ in places for v in (line.value, *(line.ends or ()), *(line.band or ())) if v is not None]
    low, high = min([span[0], *values]), max([span[1], *values])
    pad = 0.02 * (high - low)
    return low - pad, high + pad


def _heading(text: str, y: float) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": y, "yref": "y", "yanchor": "middle"}
    return {**place, "text": f"<b>{in_plotly(text)}</b>", "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def _label(line: Line, y: float) -> dict[str, Any]:
    place = {"x": LEFT, "xref": "paper", "xanchor": "right", "xshift": -6, "y": y, "yref": "y", "yanchor": "middle"}
    short = line.label if len(line.label) <= NARROW else f"{line.label[: NARROW - 1]}…"
    return {**place, "text": in_plotly(short), "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def _why(line: Line, y: float, low: float) -> dict[str, Any]:
    place = {"x": low, "xref": "x", "xanchor": "left", "xshift": 6, "y": y, "yref": "y", "yanchor": "middle"}
    look = {"showarrow": False, "borderpad": 0, "font": {"size": 10, "color": theme.QUIET}}
    return {**place, **look, "text": in_plotly(line.why)}


def _band(line: Line, y: float) -> list[dict[str, Any]]:
    if line.band is None:
        return []
    place = {"x0": line.band[0], "x1": line.band[1], "y0": y - 0.42, "y1": y + 0.42, "xref": "x", "yref": "y"}
    return [{"type": "rect", **place, "fillcolor": "rgba(128, 140, 150, 0.35)", "line": {"width": 0}, "layer": "below"}]


def _null(x: float, y: float) -> dict[str, Any]:
    """Give the null beside one line, so that it crosses no words."""
    place = {"x0": x, "x1": x, "y0": y - 0.5, "y1": y + 0.5, "xref": "x", "yref": "y", "layer": "below"}
    return {"type": "line", **place, "line": {"color": theme.MUTED, "width": 2, "dash": "dash"}}


def _points(places: Sequence[tuple[Line, float]], arm: str) -> dict[str, Any]:
    own = [(line, y) for line, y in places if line.arm == arm and line.value is not None]
    mark = theme.mark_of(arm)
    ends = [line.ends or (line.value, line.value) for line, _ in own]
    more = [max(high - line.value, 0) for (line, _), (_, high) in zip(own, ends, strict=True)]
    less = [max(line.value - low, 0) for (line, _), (low, _) in zip(own, ends, strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [line.value for line, _ in own],
        "y": [y for _, y in own],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": more,
            "arrayminus": less,
            "color": mark.color,
            "thickness": 1.5,
            "width": 4,
        },
        "marker": {"symbol": mark.symbol, "color": mark.color, "size": 9},
        "customdata": [[in_plotly(line.label), in_plotly(f"{_ends(line)}, {line.n}"), line.key] for line, _ in own],
        "hovertemplate": "%{customdata[0]}: %{x:.3f} %{customdata[1]}<extra></extra>",
        "showlegend": False,
        "cliponaxis": False,
    }


def _ends(line: Line) -> str:
    return "no interval" if line.ends is None else f"[{line.ends[0]:.3f}, {line.ends[1]:.3f}]"


def forest_table(sections: Sequence[Section], axis: str) -> pd.DataFrame:
    """Give a row per line."""
    rows = []
    for section in sections:
        for line in section.lines:
            low, high = line.ends or (None, None)
            head = {"of": section.heading} if section.heading else {}
            null = {} if line.band is None else {"by chance, from": line.band[0], "by chance, to": line.band[1]}
            rows.append({**head, "what": line.label, axis: line.value, "low": low, "high": high, "n": line.n, **null})
    return pd.DataFrame(rows)


def describe_forest(sections: Sequence[Section], axis: str, notes: list[str]) -> str:
    """Give the text alternative."""
    told = []
    for section in sections:
        lines = "; ".join(f"{one.label} {_said(one)}" for one in section.lines)
        told.append(f"{section.heading}: {lines}." if section.heading else f"{lines}.")
    return f"{axis[:1].upper()}{axis[1:]}, with 95% intervals. {' '.join(told)} {' '.join(notes)}"


def _said(line: Line) -> str:
    return line.why if line.value is None else f"{line.value:.2f} {_ends(line)}"
