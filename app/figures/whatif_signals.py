"""Signals before and after edits, and beneath them on the same time axis where each arm looks before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Canvas, Parts, filling, whiskers
from app.figures.case import case_title
from app.figures.reduce import reduce
from app.figures.signals import LABEL, Paper, paper_for, stack
from app.figures.text import in_plotly
from app.figures.whatif_record import WhatIf
from rdpd_core.experiments.cases import ArmCase, Case

STRIP_PIXELS, TALLEST, FLOOR = 54, 0.44, 0.06
TOP, GAP, BOTTOM = 30, 30, 46
MOST_PIXELS = 620
"""Height of the signals, at most: a wild edit is drawn on a smaller scale."""
FEW, FEW_LARGER = 4, 1.6
"""So few signals are drawn so much larger."""


def whatif_figure(shown: WhatIf) -> go.Figure:
    """Draw the students' and the edited channels, before in gray and after in ink, with the attention of every arm below."""
    case, parts = shown.before, Parts([], [], [])
    upper, lower = (Canvas(parts, number, case.offset_s, case.duration_s) for number in ("", "2"))
    paper, low, high = _signals(upper, shown)
    strips = _attention(lower, shown)
    pixels = min(paper.pixels * (FEW_LARGER if len(shown.drawn()) <= FEW else 1.0) * (high - low), MOST_PIXELS)
    layout = _frame(shown, pixels, STRIP_PIXELS * strips)
    layout["xaxis"] |= _lines(paper.major_s, paper.minor_s)
    layout["yaxis"] |= {"range": [low, high], **_lines(1.0, paper.minor_y / paper.major_y)}
    if strips:
        layout["yaxis2"] |= {"range": [-strips, 0], "title": {"text": "attention (share)", "standoff": 2}}
    return parts.figure(**layout)


def steps(shown: WhatIf) -> dict[str, Paper]:
    """Give the paper of each unit that is drawn; one strong line is one of its `major_y`."""
    case, rows = shown.before, shown.drawn()
    units = dict.fromkeys(case.channels[row].unit for row in rows)
    by_unit = {unit: [row for row in rows if case.channels[row].unit == unit] for unit in units}
    return {unit: paper_for([case.channels[r] for r in some], case.signal[some]) for unit, some in by_unit.items()}


def _signals(canvas: Canvas, shown: WhatIf) -> tuple[Paper, float, float]:
    """Draw every row in steps of its own unit; give the paper and both ends."""
    case, rows, papers = shown.before, shown.drawn(), steps(shown)
    step = np.array([papers[case.channels[row].unit].major_y for row in rows])[:, None]
    before, after = case.signal[rows] / step, shown.after.signal[rows] / step
    paper = next(iter(papers.values()))
    center = np.nanmedian(before, axis=1, keepdims=True)
    places = stack(np.concatenate([before - center, after - center], axis=1), paper._replace(major_y=1.0))
    for at, row in enumerate(rows):
        shift = float(places.baseline[at] - center[at, 0] - places.center[at])
        _row(canvas, shown, row, (before[at] + shift, after[at] + shift), float(places.baseline[at]))
    return paper, places.low, places.high


def _row(canvas: Canvas, shown: WhatIf, row: int, drawn: tuple[np.ndarray, np.ndarray], baseline: float) -> None:
    case, spans = shown.before, shown.spans(row)
    name, unit = in_plotly(case.channels[row].name), in_plotly(case.channels[row].unit)
    for start, end in spans:
        _shade(canvas, (case.offset_s + start, case.offset_s + end), (float(np.min(drawn)), float(np.max(drawn))))
    told = [("before", case, theme.MUTED, 1.0), ("after", shown.after, theme.INK, 1.2)] if spans else []
    for place, (when, source, color, width) in enumerate(told or [("", case, theme.INK, 1.2)]):
        kept = reduce(drawn[place])
        true = source.signal[row][kept.index].astype(np.float32)
        tip = f"{name} {when}: %{{customdata:.3g}} {unit} at %{{x:.2f}} s<extra></extra>"
        look = {"mode": "lines", "line": {"color": color, "width": width}, "name": f"{name} {when}", "hovertemplate": tip}
        canvas.add("scatter", **_time(case, kept.index), y=kept.value.astype(np.float32), customdata=true, **look)
    strong = f"<b>▸{name}</b>" if case.channels[row].name in case.poor else name
    mark = '<br><span style="font-size:10px">edited</span>' if spans else ""
    canvas.write(strong + mark, case.offset_s - 0.96 * LABEL * case.duration_s, baseline, align="left")


def _time(case: Case, index: np.ndarray) -> dict[str, Any]:
    """Give the times of samples; where none is left out, their start and step say it in a few bytes."""
    if len(index) == case.signal.shape[1]:
        return {"x0": case.offset_s, "dx": 1 / case.sampling_rate}
    return {"x": (case.offset_s + index / case.sampling_rate).astype(np.float32)}


def _shade(canvas: Canvas, x: tuple[float, float], y: tuple[float, float]) -> None:
    place = {"x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "xref": f"x{canvas.number}", "yref": f"y{canvas.number}"}
    look = {"fillcolor": theme.BAND, "line": {"width": 0}, "layer": "below"}
    canvas.parts.shapes.append({"type": "rect", **place, **look})


def _attention(canvas: Canvas, shown: WhatIf) -> int:
    """Draw a strip per arm: bars after, dashed lines before; give how many there are."""
    pairs = zip(shown.before.arms, shown.after.arms, strict=True)
    there = [(before, after) for before, after in pairs if after.attention is not None]
    scale = TALLEST / max((max(_top(b).max(), _top(a).max()) for b, a in there), default=1.0)
    for place, (before, after) in enumerate(there):
        _strip(canvas, before, after, FLOOR - place - 1, scale)
        square = f'<span style="color:{theme.mark_of(after.arm).color}">■</span>'
        canvas.write(
            f"{square} <b>{in_plotly(after.title)}</b>{_overlap(before, after)}", canvas.start_s, -place, yanchor="top"
        )
    return len(there)


def _strip(canvas: Canvas, before: ArmCase, after: ArmCase, floor: float, scale: float) -> None:
    segments = len(after.attention)
    step = canvas.duration_s / segments
    center = canvas.start_s + step * (np.arange(segments) + 0.5)
    values = "%{customdata[0]:.2f} before, %{customdata[1]:.2f} after"
    canvas.add(
        "bar",
        x=center,
        y=after.attention * scale,
        base=np.full(segments, floor),
        width=step * 0.97,
        name=in_plotly(after.title),
        marker=filling(after.arm),
        error_y=whiskers(after.attention, after.attention_spread, scale),
        customdata=np.stack([before.attention, after.attention], axis=1),
        hovertemplate=f"{in_plotly(after.title)}: attention {values} (n = {after.models})<extra></extra>",
    )
    x = np.stack([center - 0.48 * step, center + 0.48 * step, np.full(segments, np.nan)], axis=1).ravel()
    y = np.repeat(floor + before.attention * scale, 3)
    line = {"color": theme.INK, "width": 1.6, "dash": "dot"}
    canvas.add("scatter", x=x, y=y, mode="lines", line=line, hoverinfo="skip", connectgaps=False)
    text = [f"{new:.2f}" if f"{new:.2f}" == f"{old:.2f}" else f"{old:.2f} → {new:.2f}" for old, new in _pairs(before, after)]
    look = {"mode": "text", "textposition": "top center", "textfont": {"size": 11}, "hoverinfo": "skip", "cliponaxis": False}
    above = np.maximum(_top(after), before.attention)
    canvas.add("scatter", x=center, y=floor + above * scale, text=text, **look)


def _pairs(before: ArmCase, after: ArmCase) -> list[tuple[float, float]]:
    return list(zip(before.attention, after.attention, strict=True))


def _top(arm: ArmCase) -> np.ndarray:
    return arm.attention if arm.attention_spread is None else np.minimum(arm.attention + arm.attention_spread, 1.0)


def _overlap(before: ArmCase, after: ArmCase) -> str:
    if before.overlap is None or after.overlap is None:
        return ""
    return f" · overlap with teacher {before.overlap:.2f} → {after.overlap:.2f}"


def _frame(shown: WhatIf, upper: float, lower: float) -> dict[str, Any]:
    """Give the size of the figure, the place of its parts of so many pixels, and one time axis for both."""
    case, inner = shown.before, upper + lower + (GAP if lower else 0)
    end = case.offset_s + case.duration_s
    time = {"range": [case.offset_s - LABEL * case.duration_s, end], "zeroline": False, "ticks": ""}
    told = {"title": {"text": "time in the recording (s)", "standoff": 6}, "tickformat": "~g"}
    quiet = {"fixedrange": True, "showticklabels": False, "showgrid": False, "zeroline": False}
    hanging = {"yanchor": "top", "pad": {"t": 8}, "x": 0, "y": 1, "xref": "paper"}
    layout: dict[str, Any] = {
        "height": round(TOP + inner + BOTTOM),
        "margin": {"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        "title": {"text": in_plotly(case_title(case)), "font": {"size": 13}, **hanging},
        "dragmode": False,
        "barmode": "overlay",
        "hovermode": "closest",
        "yaxis": {**quiet, "domain": [1 - upper / inner, 1]},
    }
    if not lower:
        return layout | {"xaxis": {**time, **told, "anchor": "y"}}
    below = {"xaxis2": {**time, **told, "anchor": "y2", "showgrid": False}, "yaxis2": {**quiet, "domain": [0, lower / inner]}}
    return layout | below | {"xaxis": {**time, "anchor": "y", "matches": "x2", "showticklabels": False}}


def _lines(major: float, minor: float) -> dict[str, Any]:
    fine = {"dtick": minor, "tick0": 0, "showgrid": True, "gridcolor": theme.PAPER_MINOR, "gridwidth": 1}
    return {"showgrid": True, "dtick": major, "tick0": 0, "gridcolor": theme.PAPER_MAJOR, "gridwidth": 1, "minor": fine}
